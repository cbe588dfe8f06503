// Integer: the sieve of Eratosthenes over bytes.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char composite[4000000];

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 130;
  unsigned long sum = 0;
  for (long r = 0; r < rounds; r++) {
    unsigned n = 3999999 - (unsigned)r;
    memset(composite, 0, n + 1);
    for (unsigned i = 2; i * i <= n; i++)
      if (!composite[i])
        for (unsigned j = i * i; j <= n; j += i) composite[j] = 1;
    for (unsigned i = 2; i <= n; i++) sum += !composite[i];
  }
  printf("%lu\n", sum);
}
