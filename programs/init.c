// init [PROGRAM ARGS...]: the first process of a system: runs /etc/rc with a shell, if that is there, then the program
// or a shell, and ends as that does, with which the machine is switched off.

#include <errno.h>
#include <skerry/process.h>
#include <stdlib.h>
#include <unistd.h>

#include "programs/tool.h"

const char *tool_name = "init";

static int run(char **words) {
  extern char **environ;
  static char *no_environment[] = {NULL};
  static const int streams[3] = {0, 1, 2};
  const char *search = getenv("PATH");
  char *path = process_find(words[0], search ? search : "/bin");
  if (!path) {
    fprintf(stderr, "init: %s: not found\n", words[0]);
    return 127;
  }
  uint32_t number;
  struct skerry_ended ended;
  errno = process_start(path, words, environ ? environ : no_environment, streams, &number);
  // A program that starts others and does not wait for them leaves none to us: they end with it.
  if (!errno) errno = skerry_wait(number, 0, &ended);
  free(path);
  if (!errno) return process_status(&ended);
  complain(words[0]);
  return 126;
}

int main(int count, char **words) {
  static char *script[] = {"sh", "/etc/rc", NULL}, *shell[] = {"sh", NULL};
  if (access(script[1], R_OK) == 0) run(script);
  return run(count > 1 ? words + 1 : shell);
}
