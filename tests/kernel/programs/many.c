// Many processes (docs/testing.md). It is /work/many.wasm, and starts itself:
//
//   many alive N    N processes at once; when all have started each says its own number on its own pipe
//   many row N      N processes, one after another
//
// Either way it counts the machine's free pages before and after, once everything that is made a first time has been.
#include <assert.h>
#include <errno.h>
#include <skerry/process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/libc-find-relpath.h>

#include "tests/kernel/programs/free_pages.h"

static struct skerry_request request;

static void prepare(const char *arguments, uint32_t size) {
  const char *prefix, *within;
  request.directory = __wasilibc_find_abspath("/work/many.wasm", &prefix, &within);
  request.path = within;
  request.path_size = strlen(within);
  request.arguments = arguments;
  request.arguments_size = size;
}

static void expect_exit(uint32_t number) {
  struct skerry_ended ended;
  assert(skerry_wait(number, 0, &ended) == 0);
  assert(ended.number == number && ended.how == SKERRY_EXITED && ended.code == 0);
}

// Waits on descriptor 0 until nobody can write to it any more, and says who it is.
static int child(void) {
  char byte;
  assert(read(0, &byte, 1) == 0);
  uint32_t number;
  assert(skerry_self(&number) == 0);
  assert(write(1, &number, sizeof number) == sizeof number);
  return 0;
}

// The parent's alone, and for all rounds: its own memory does not grow between the counts.
static uint32_t *numbers, *answers;
static struct skerry_process *list;

static void alive(uint32_t count) {
  uint32_t start[2];
  assert(skerry_pipe(start) == 0);
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t ends[2];
    assert(skerry_pipe(ends) == 0);
    const struct skerry_pass passes[] = {{start[0], NULL, 0}, {ends[1], NULL, 0}, {2, NULL, 0}};
    request.passes = passes;
    request.pass_count = 3;
    int error = skerry_spawn(&request, &numbers[i]);
    if (error) {
      fprintf(stderr, "process %u of %u: %s\n", i + 1, count, strerror(error));
      exit(1);
    }
    close(ends[1]);
    answers[i] = ends[0];
  }
  // All are there now: they wait, or have yet to.
  uint32_t listed;
  assert(skerry_list(list, count + 10, &listed) == 0 && listed == count + 1);
  close(start[0]);
  close(start[1]);
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t number;
    assert(read(answers[i], &number, sizeof number) == sizeof number && number == numbers[i]);
    assert(read(answers[i], &number, 1) == 0);
    close(answers[i]);
    expect_exit(numbers[i]);
  }
}

static void row(uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t number;
    request.passes = NULL;
    request.pass_count = 0;
    assert(skerry_spawn(&request, &number) == 0);
    expect_exit(number);
  }
}

int main(int count, char **words) {
  if (count > 1 && strcmp(words[1], "child") == 0) return child();
  if (count > 1 && strcmp(words[1], "nothing") == 0) return 0;
  assert(count == 3);
  uint32_t wanted = strtoul(words[2], NULL, 10);
  int64_t before, after;
  if (strcmp(words[1], "alive") == 0) {
    prepare("many\0child", 11);
    numbers = malloc(wanted * sizeof *numbers);
    answers = malloc(wanted * sizeof *answers);
    list = malloc((wanted + 10) * sizeof *list);
    assert(numbers && answers && list);
    // Arrays and tables of pages are as large as they once had to be after some rounds; what is lost adds up.
    after = settled_pages();
    for (int round = 0; round < 7; ++round) {
      before = after;
      alive(wanted);
      after = settled_pages();
      if (before == after) break;
    }
  } else {
    prepare("many\0nothing", 13);
    row(100);
    before = settled_pages();
    row(wanted);
    after = settled_pages();
  }
  printf("%s %u: %lld pages lost\n", words[1], wanted, (long long)(before - after));
  return before == after ? 0 : 3;
}
