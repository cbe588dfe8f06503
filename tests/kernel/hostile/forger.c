// forger FIRST STEP: has forged.wasm make its calls, every STEP-th from number FIRST on. A call that traps ends that
// process; the next one begins behind it. Before each call the process says which it is, and whether it may trap.
#include <skerry/process.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/libc-find-relpath.h>

static int folder_of(const char *path, const char **within) {
  const char *prefix;
  return __wasilibc_find_abspath(path, &prefix, within);
}

int main(int count, char **words) {
  if (count != 3) return 99;
  uint32_t next = strtoul(words[1], NULL, 10), step = strtoul(words[2], NULL, 10), calls = 0, traps = 0;
  const char *within, *rest;
  struct skerry_request request = {.directory = folder_of("/work/forged.wasm", &within)};
  request.path = within;
  request.path_size = strlen(within);
  for (bool done = false; !done;) {
    uint32_t ends[2], number;
    if (skerry_pipe(ends) != 0) return 2;
    const uint32_t work = folder_of("/work/x", &rest), own = folder_of("/own/x", &rest);
    const struct skerry_pass passes[] = {
      {0, NULL, 0}, {ends[1], NULL, 0}, {0, NULL, 0}, {work, "/work", 5}, {own, "/own", 4}};
    char text[64];
    request.arguments = text;
    request.arguments_size = sprintf(text, "forged%c%u%c%u", 0, (unsigned)next, 0, (unsigned)step) + 1;
    request.passes = passes;
    request.pass_count = 5;
    if (skerry_spawn(&request, &number) != 0) return 3;
    close(ends[1]);
    struct { uint32_t number, may_trap; } last = {next, 0}, records[64];
    ssize_t got;
    while ((got = read(ends[0], records, sizeof records)) > 0) {
      last = records[got / sizeof records[0] - 1];
      calls += got / sizeof records[0];
    }
    close(ends[0]);
    struct skerry_ended ended;
    if (skerry_wait(number, 0, &ended) != 0) return 4;
    if (ended.how == SKERRY_EXITED && ended.code == 0) {
      done = true;
    } else if (ended.how == SKERRY_TRAPPED && last.may_trap) {
      ++traps;
      next = last.number + step;
    } else {
      fprintf(stderr, "call %u: how %u, code %u\n", (unsigned)last.number, (unsigned)ended.how, (unsigned)ended.code);
      return 1;
    }
  }
  printf("%u calls, %u traps\n", (unsigned)calls, (unsigned)traps);
  return calls > 50 && traps > 10 ? 0 : 5;
}
