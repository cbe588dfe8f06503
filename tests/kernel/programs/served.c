// Tells what becomes of three looks at a folder (server_test.py).

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void tell(const char *what, int result) {
  printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done");
  fflush(stdout);
}

int main(void) {
  struct stat about;
  tell("stat", stat("/work/file", &about));
  tell("open", open("/work/file", O_RDONLY));
  tell("stat", stat("/work/file", &about));
  return 9;
}
