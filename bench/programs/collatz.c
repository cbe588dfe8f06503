// Integer: the longest Collatz chain, in 64 bits, with population counts on the way.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  uint64_t n = argc > 1 ? (uint64_t)atol(argv[1]) : 5000000, best = 0, at = 0, bits = 0;
  for (uint64_t i = 1; i < n; i++) {
    uint64_t x = i, steps = 0;
    while (x != 1) {
      x = x & 1 ? 3 * x + 1 : x >> 1;
      steps++;
    }
    bits += (uint64_t)__builtin_popcountll(i * steps);
    if (steps > best) best = steps, at = i;
  }
  printf("%llu %llu %llu\n", (unsigned long long)at, (unsigned long long)best, (unsigned long long)bits);
}
