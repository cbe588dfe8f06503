// seq [FIRST [STEP]] LAST: numbers, a line each

#include <stdlib.h>

#include "programs/tool.h"

const char *tool_name = "seq";

static long long number(const char *text) {
  char *end;
  long long value = strtoll(text, &end, 10);
  if (!*text || *end) usage("[FIRST [STEP]] LAST");
  return value;
}

int main(int count, char **words) {
  if (count < 2 || count > 4) usage("[FIRST [STEP]] LAST");
  long long first = count > 2 ? number(words[1]) : 1, step = count == 4 ? number(words[2]) : 1;
  long long last = number(words[count - 1]), at = first;
  if (step == 0) usage("[FIRST [STEP]] LAST");
  while (step > 0 ? at <= last : at >= last) {
    printf("%lld\n", at);
    if (__builtin_add_overflow(at, step, &at)) break;
  }
  return finish(0);
}
