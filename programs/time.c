// time PROGRAM ARGS...: runs it, and tells on standard error how long that took

#include <errno.h>
#include <skerry/process.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "programs/tool.h"

const char *tool_name = "time";

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int count, char **words) {
  extern char **environ;
  if (count < 2) usage("PROGRAM ARGS...");
  const char *search = getenv("PATH");
  char *path = process_find(words[1], search ? search : "/bin");
  if (!path) {
    fprintf(stderr, "time: %s: not found\n", words[1]);
    return 127;
  }
  static char *no_environment[] = {NULL};
  static const int streams[3] = {0, 1, 2};
  uint32_t number;
  struct skerry_ended ended;
  double start = now();
  errno = process_start(path, words + 1, environ ? environ : no_environment, streams, &number);
  if (!errno) errno = skerry_wait(number, 0, &ended);
  if (errno) {
    complain(words[1]);
    return 126;
  }
  fprintf(stderr, "%.3f s\n", now() - start);
  return process_status(&ended);
}
