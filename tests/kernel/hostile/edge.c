// edge STEP: what is asked for with little stack left. dive.wasm is let down to how deep it can go, less a little, and
// there does each thing that it knows: it comes back, or is told that the stack is exhausted; and nothing else happens.
#include <fcntl.h>
#include <skerry/process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/libc-find-relpath.h>

enum { things = 9 };

static struct skerry_ended dive(uint32_t what, uint32_t depth) {
  const char *within, *rest, *prefix;
  struct skerry_request request = {.directory = __wasilibc_find_abspath("/work/dive.wasm", &prefix, &within)};
  const struct skerry_pass passes[] = {{0, NULL, 0}, {5, NULL, 0}, {2, NULL, 0},
                                       {__wasilibc_find_abspath("/work/x", &prefix, &rest), "/work", 5},
                                       {__wasilibc_find_abspath("/work/x", &prefix, &rest), "/work", 5}};
  char text[64];
  request.path = within;
  request.path_size = strlen(within);
  request.arguments = text;
  request.arguments_size = sprintf(text, "dive%c%u%c%u", 0, (unsigned)what, 0, (unsigned)depth) + 1;
  request.passes = passes;
  request.pass_count = 5;
  uint32_t number;
  struct skerry_ended ended;
  if (skerry_spawn(&request, &number) != 0 || skerry_wait(number, 0, &ended) != 0) exit(2);
  return ended;
}

int main(int count, char **words) {
  int file = open("/own/depth", O_RDWR | O_CREAT, 0666);
  if (count != 2 || file != 5) return 99;
  uint32_t step = strtoul(words[1], NULL, 10), deepest = 0, returned = 0, exhausted = 0;
  struct skerry_ended ended = dive(0, 0);
  if (ended.how != SKERRY_TRAPPED || pread(file, &deepest, sizeof deepest, 0) != sizeof deepest) return 3;
  if (deepest < 1000) return 3;
  for (uint32_t what = 1; what <= things; ++what) {
    for (uint32_t less = 0; less < 60; less += step) {
      ended = dive(what, deepest + 5 - less);
      returned += ended.how == SKERRY_EXITED && ended.code == 0;
      exhausted += ended.how == SKERRY_TRAPPED;
    }
    // With enough of it, it works.
    ended = dive(what, deepest / 2);
    if (ended.how != SKERRY_EXITED || ended.code != 0) {
      fprintf(stderr, "thing %u: how %u, code %u\n", (unsigned)what, (unsigned)ended.how, (unsigned)ended.code);
      return 4;
    }
  }
  printf("%u deep, %u came back, %u trapped\n", (unsigned)deepest, (unsigned)returned, (unsigned)exhausted);
  return exhausted >= things && returned + exhausted == things * ((60 + step - 1) / step) ? 0 : 5;
}
