// limit [-m BYTES] [-t SECONDS] [-d COUNT] [-c COUNT] PROGRAM ARGS...: runs it with limits: of memory, of processor time,
// of descriptors, of processes below it

#include <errno.h>
#include <skerry/process.h>
#include <stdlib.h>
#include <string.h>

#include "programs/tool.h"

const char *tool_name = "limit";

static const char words_for[] = "[-m BYTES[K|M|G]] [-t SECONDS] [-d COUNT] [-c COUNT] PROGRAM ARGS...";

// Digits, and a fraction or a letter where `scales` says so. None is 0, which would be no limit.
static double number_of(const char *text, bool is_bytes, bool is_seconds) {
  char *end;
  double number = text ? strtod(text, &end) : 0;
  if (!text || *text < '0' || *text > '9' || !(number > 0 && number < 1e18)) usage(words_for);
  static const char scales[] = "KMG";
  const char *scale = *end && is_bytes ? strchr(scales, *end) : NULL;
  for (const char *at = scales; scale && at <= scale; ++at) number *= 1024;
  end += scale != NULL;
  if (*end || (!is_seconds && number != (double)(uint64_t)number)) usage(words_for);
  return number;
}

static uint32_t count_of(const char *text) {
  double count = number_of(text, false, false);
  if (count >= SKERRY_NO_CHILDREN) usage(words_for);
  return (uint32_t)count;
}

int main(int count, char **words) {
  extern char **environ;
  struct skerry_request limits = {0};
  int at = 1;
  for (; at < count && words[at][0] == '-'; at += 2) {
    const char *value = words[at + 1];
    if (strcmp(words[at], "-m") == 0) limits.memory = (uint64_t)number_of(value, true, false);
    else if (strcmp(words[at], "-t") == 0) limits.processor_ns = (uint64_t)(number_of(value, false, true) * 1e9);
    else if (strcmp(words[at], "-d") == 0) limits.descriptors = count_of(value);
    else if (strcmp(words[at], "-c") == 0 && value && strcmp(value, "0") == 0) limits.children = SKERRY_NO_CHILDREN;
    else if (strcmp(words[at], "-c") == 0) limits.children = count_of(value);
    else usage(words_for);
  }
  if (at >= count) usage(words_for);
  const char *search = getenv("PATH");
  char *path = process_find(words[at], search ? search : "/bin");
  if (!path) {
    fprintf(stderr, "limit: %s: not found\n", words[at]);
    return 127;
  }
  static char *no_environment[] = {NULL};
  static const int streams[3] = {0, 1, 2};
  uint32_t number;
  struct skerry_ended ended;
  errno = process_start_limited(path, words + at, environ ? environ : no_environment, streams, &limits, &number);
  if (!errno) errno = skerry_wait(number, 0, &ended);
  if (errno) {
    complain(words[at]);
    return 126;
  }
  return process_status(&ended);
}
