// Writes a byte to its standard output; with a number for an argument it echoes so many instead; with two
// arguments it computes.
#include <stdlib.h>
#include <unistd.h>

#include "bench/kernel/work.h"

int main(int count, char** arguments) {
  char byte = 'x';
  if (count < 2) {
    write(1, &byte, 1);
    return 0;
  }
  if (count > 2) {
    compute();
    return 0;
  }
  for (int i = atoi(arguments[1]); i > 0; i--) {
    if (read(0, &byte, 1) <= 0) return 1;
    write(1, &byte, 1);
  }
  return 0;
}
