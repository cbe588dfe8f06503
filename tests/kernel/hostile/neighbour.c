// neighbour waits | spins: whom nobody may disturb. It keeps a pattern in a megabyte of memory, of which it checks
// and renews some at each question and, if it spins, all the time; answers come back on its standard output.
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { size = 1 << 18 };
static uint32_t pattern[size];
static uint32_t generation = 1;

static uint32_t word(uint32_t i, uint32_t round) { return (i * 2654435761u) ^ (round * 40503u); }

// Whether all of it is as it was left; renews it.
static int check(void) {
  for (uint32_t i = 0; i < size; ++i) {
    if (pattern[i] != word(i, generation)) return 0;
    pattern[i] = word(i, generation + 1);
  }
  ++generation;
  return 1;
}

int main(int count, char **words) {
  int spins = count > 1 && strcmp(words[1], "spins") == 0;
  for (uint32_t i = 0; i < size; ++i) pattern[i] = word(i, generation);
  for (;;) {
    struct pollfd input = {.fd = 0, .events = POLLRDNORM};
    if (spins && poll(&input, 1, 0) == 0) {
      if (!check()) return 1;
      continue;
    }
    uint32_t question;
    ssize_t got = read(0, &question, sizeof question);
    if (got == 0) return check() ? 0 : 1;
    if (got != sizeof question) return 2;
    if (!check()) return 1;
    question ^= 0x5a5a5a5a;
    if (write(1, &question, sizeof question) != sizeof question) return 3;
  }
}
