// env [NAME=VALUE...] [PROGRAM ARGS...]: the environment, or a program with more of it

#include <errno.h>
#include <skerry/process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "programs/tool.h"

const char *tool_name = "env";

int main(int count, char **words) {
  extern char **environ;
  int at = 1;
  for (; at < count && strchr(words[at], '='); ++at) {
    if (putenv(words[at]) == 0) continue;
    complain(words[at]);
    return 1;
  }
  if (at == count) {
    for (char **text = environ; text && *text; ++text) puts(*text);
    return finish(0);
  }
  const char *search = getenv("PATH");
  char *path = process_find(words[at], search ? search : "/bin");
  if (!path) {
    fprintf(stderr, "env: %s: not found\n", words[at]);
    return 127;
  }
  static const int streams[3] = {0, 1, 2};
  uint32_t number;
  struct skerry_ended ended;
  errno = process_start(path, words + at, environ, streams, &number);
  if (!errno) errno = skerry_wait(number, 0, &ended);
  if (!errno) return process_status(&ended);
  complain(words[at]);
  return 126;
}
