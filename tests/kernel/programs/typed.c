// Says what it was given, line by line, in capitals.
#include <ctype.h>
#include <stdio.h>

int main(void) {
  char line[256];
  puts("ready");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) {
    for (char* c = line; *c; c++) *c = (char)toupper(*c);
    printf("got %s", line);
    fflush(stdout);
  }
  puts("end");
  return 3;
}
