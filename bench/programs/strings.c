// Strings: words counted in a hash table, edit distance, search.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT 400000
#define SLOTS 65536
static char text[TEXT + 1];
static struct { char word[16]; int count; } table[SLOTS];

static uint32_t hash(const char *s) {
  uint32_t h = 2166136261u;
  while (*s) h = (h ^ (uint8_t)*s++) * 16777619u;
  return h;
}

static int distance(const char *a, const char *b) {
  int row[64], n = (int)strlen(b);
  for (int j = 0; j <= n; j++) row[j] = j;
  for (int i = 1; a[i - 1]; i++) {
    int diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= n; j++) {
      int t = row[j], best = diagonal + (a[i - 1] != b[j - 1]);
      if (row[j] + 1 < best) best = row[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      row[j] = best;
      diagonal = t;
    }
  }
  return row[n];
}

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 260;
  uint32_t seed = 7;
  for (int i = 0; i < TEXT; i++) {
    seed = seed * 1103515245 + 12345;
    uint32_t r = seed >> 16;
    text[i] = r % 6 == 0 ? ' ' : (char)('a' + r % 11);
  }
  unsigned long sum = 0;
  for (long r = 0; r < rounds; r++) {
    memset(table, 0, sizeof table);
    char word[16];
    int length = 0;
    for (int i = 0; i <= TEXT; i++) {
      if (i < TEXT && text[i] != ' ' && length < 15) {
        word[length++] = text[i];
        continue;
      }
      if (!length) continue;
      word[length] = 0;
      uint32_t slot = hash(word) % SLOTS;
      for (int tries = 0; tries < 64 && table[slot].count && strcmp(table[slot].word, word); tries++) slot = (slot + 1) % SLOTS;
      strcpy(table[slot].word, word);
      table[slot].count++;
      length = 0;
    }
    for (int i = 0; i + 1 < SLOTS; i += 37) sum += (unsigned)distance(table[i].word, table[i + 1].word) + (unsigned)table[i].count;
    for (const char *p = text; (p = strstr(p, "cab")); p++) sum++;
    text[r * 97 % TEXT] = 'z';
  }
  printf("%lu\n", sum);
}
