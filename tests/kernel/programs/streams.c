// Standard input to standard output, its size to standard error; exits with 42.
#include <stdio.h>

int main(void) {
  static char buffer[5000];
  size_t total = 0, size;
  while ((size = fread(buffer, 1, sizeof buffer, stdin)) > 0) {
    fwrite(buffer, 1, size, stdout);
    total += size;
  }
  fprintf(stderr, "%zu", total);
  return 42;
}
