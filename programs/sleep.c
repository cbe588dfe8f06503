// sleep SECONDS, which may have a fraction

#include <stdlib.h>
#include <time.h>

#include "programs/tool.h"

const char *tool_name = "sleep";

int main(int count, char **words) {
  char *end = "?";
  double seconds = count == 2 ? strtod(words[1], &end) : 0;
  if (*end || !(seconds >= 0) || seconds > 1e9) usage("SECONDS");
  struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  return clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL) != 0;
}
