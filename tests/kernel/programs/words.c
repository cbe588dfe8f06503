// Its arguments and environment, a line each; exits with the number that the last argument is.
#include <stdio.h>
#include <stdlib.h>

extern char **environ;

int main(int argc, char **argv) {
  for (int i = 0; i < argc; ++i) printf("%s\n", argv[i]);
  for (char **e = environ; *e; ++e) printf("%s\n", *e);
  return atoi(argv[argc - 1]);
}
