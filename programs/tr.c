// tr [-cds] SET [SET]: bytes of one set become those of the other; -d: they go; -s: of equal ones in a row one stays.
// A set has bytes, ranges (a-z), \n \t \\ and octal, and classes ([:upper:]); -c: all bytes but those.

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "programs/tool.h"

const char *tool_name = "tr";

typedef struct { unsigned char bytes[256]; int count; } Set;

static const struct { const char *name; int (*fits)(int); } classes[] = {
  {"[:alpha:]", isalpha}, {"[:digit:]", isdigit}, {"[:alnum:]", isalnum}, {"[:upper:]", isupper},
  {"[:lower:]", islower}, {"[:space:]", isspace}, {"[:punct:]", ispunct}, {"[:print:]", isprint},
};

static void add(Set *set, unsigned char byte) {
  if (set->count < 256) set->bytes[set->count++] = byte;
}

static unsigned char take(const char **text) {
  unsigned char byte = *(*text)++;
  if (byte != '\\' || !**text) return byte;
  if (**text >= '0' && **text <= '7') {
    int value = 0;
    for (int i = 0; i < 3 && **text >= '0' && **text <= '7'; ++i) value = 8 * value + *(*text)++ - '0';
    return value;
  }
  byte = *(*text)++;
  return byte == 'n' ? '\n' : byte == 't' ? '\t' : byte == 'r' ? '\r' : byte;
}

static Set parse_set(const char *text) {
  Set set = {0};
  while (*text) {
    bool is_class = false;
    for (size_t i = 0; i < sizeof classes / sizeof *classes && !is_class; ++i) {
      size_t size = strlen(classes[i].name);
      if (strncmp(text, classes[i].name, size) != 0) continue;
      for (int byte = 0; byte < 256; ++byte) {
        if (classes[i].fits(byte)) add(&set, byte);
      }
      text += size;
      is_class = true;
    }
    if (is_class) continue;
    unsigned char first = take(&text), last = first;
    if (*text == '-' && text[1]) {
      ++text;
      last = take(&text);
    }
    for (int byte = first; byte <= last; ++byte) add(&set, byte);
  }
  return set;
}

int main(int count, char **words) {
  static const char help[] = "[-cds] SET [SET]";
  bool given[256] = {0};
  int first = parse_options(words, "cds", given, help), sets = count - first;
  bool replaces = !given['d'] && sets == 2;
  if (sets < 1 || sets > 2 || (sets == 1 && !given['d'] && !given['s']) || (sets == 2 && given['d'])) usage(help);
  Set from = parse_set(words[first]), to = replaces ? parse_set(words[first + 1]) : from;
  if (replaces && !to.count) usage(help);
  bool is_from[256] = {0}, is_squeezed[256] = {0};
  unsigned char becomes[256];
  for (int i = 0; i < from.count; ++i) is_from[from.bytes[i]] = true;
  if (given['c']) {
    from.count = 0;
    for (int byte = 0; byte < 256; ++byte) {
      is_from[byte] = !is_from[byte];
      if (is_from[byte]) from.bytes[from.count++] = byte;
    }
    if (!replaces) to = from;
  }
  for (int byte = 0; byte < 256; ++byte) becomes[byte] = byte;
  for (int i = from.count; replaces && i-- > 0;) becomes[from.bytes[i]] = to.bytes[i < to.count ? i : to.count - 1];
  for (int i = 0; i < to.count; ++i) is_squeezed[to.bytes[i]] = given['s'];
  int before = -1;
  for (int c; (c = getchar()) != EOF;) {
    if (given['d'] && is_from[c]) continue;
    c = becomes[c];
    if (is_squeezed[c] && c == before) continue;
    putchar(before = c);
  }
  if (ferror(stdin)) {
    complain("standard input");
    return finish(1);
  }
  return finish(0);
}
