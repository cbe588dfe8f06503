// Many processes on many harts. It is /work/crowd.wasm, and its own child.
//
//   stress ROUNDS   starts, pipes, kills and reaps children, many at once, and prints by how many pages the free memory
//                   differs between the rounds' middle and their end
//   share COUNT     starts children that compute, and prints how many of them ran at once, in hundredths
//   turns A B       starts children that do A and B: `work`, which computes; `draw` and `store`, which do nothing but call
//                   the kernel; `nap` and `ask`, which wait again and again for an instant to come or that has come; and
//                   prints how much of what both had of the processor was the latter's, in hundredths
//   pace COUNT      children do equal work, first one after the other, then at once; prints both times
//   answer COUNT    starts children that compute for ever, and answers lines with what it read
//   rest            says so, does nothing for two seconds, and says so
#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <skerry/process.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>

#include "tests/kernel/programs/free_pages.h"

static const char *const path = "/work/crowd.wasm";

static uint32_t start(const char *what, const char *with, int in, int out) {
  char *words[] = {"crowd", (char *)what, (char *)with, NULL}, *none[] = {NULL};
  const int streams[3] = {in, out, 2};
  uint32_t number;
  int error = process_start(path, words, none, streams, &number);
  assert(error == 0);
  return number;
}

static int status_of(uint32_t number) {
  struct skerry_ended ended;
  assert(skerry_wait(number, 0, &ended) == 0 && ended.number == number);
  return process_status(&ended);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static unsigned compute(unsigned count) {
  volatile unsigned sum = 0;
  for (unsigned i = 0; i < count; ++i) sum = sum * 31 + i;
  return sum;
}

// Bytes go through three children; meanwhile others compute, end, and are killed at any instant.
static void one_round(unsigned round) {
  enum { links = 3, others = 8, size = 3000 };
  uint32_t chain[links], crowd[others], ends[2];
  assert(skerry_pipe(ends) == 0);
  int in = ends[0], feed = ends[1];
  for (unsigned i = 0; i < links; ++i) {
    assert(skerry_pipe(ends) == 0);
    chain[i] = start("pass", NULL, in, ends[1]);
    close(in);
    close(ends[1]);
    in = ends[0];
  }
  for (unsigned i = 0; i < others; ++i) {
    char text[16];
    snprintf(text, sizeof text, "%u", round + i);
    crowd[i] = i % 2 ? start("spin", NULL, 0, 1) : start("exit", text, 0, 1);
  }
  char sent[size], got[size];
  for (unsigned i = 0; i < size; ++i) sent[i] = (char)(i * 7 + round);
  assert(write(feed, sent, size) == size);
  close(feed);
  unsigned filled = 0;
  for (ssize_t more; (more = read(in, got + filled, size - filled)) > 0;) filled += (unsigned)more;
  assert(filled == size && memcmp(sent, got, size) == 0);
  close(in);
  for (unsigned i = 0; i < links; ++i) assert(status_of(chain[i]) == 0);
  compute(round % 16 * 1000);
  for (unsigned i = 1; i < others; i += 2) assert(skerry_kill(crowd[i]) == 0);
  for (unsigned i = 0; i < others; ++i) assert(status_of(crowd[i]) == (i % 2 ? 137 : (int)((round + i) & 0xff)));
}

static void stress(unsigned rounds) {
  int64_t before = 0;
  for (unsigned i = 0; i < rounds; ++i) {
    if (i == rounds / 2) before = settled_pages();
    one_round(i);
  }
  printf("%lld pages\n", (long long)(before - settled_pages()));
}

static void share(unsigned count) {
  uint32_t children[64], ends[2], stored;
  assert(count <= 64 && skerry_pipe(ends) == 0);
  for (unsigned i = 0; i < count; ++i) children[i] = start("work", NULL, 0, (int)ends[1]);
  char c;
  for (unsigned i = 0; i < count; ++i) assert(read((int)ends[0], &c, 1) == 1);
  // All of them compute by now.
  struct skerry_process list[80];
  uint64_t sums[2] = {0, 0}, times[2];
  for (unsigned look = 0; look < 2; ++look) {
    if (look == 1) sleep(2);
    times[look] = now();
    assert(skerry_list(list, 80, &stored) == 0);
    for (unsigned i = 0; i < stored; ++i) {
      for (unsigned k = 0; k < count; ++k) sums[look] += list[i].number == children[k] ? list[i].processor_ns : 0;
    }
  }
  for (unsigned i = 0; i < count; ++i) assert(skerry_kill(children[i]) == 0 && status_of(children[i]) == 137);
  printf("%llu\n", (unsigned long long)((sums[1] - sums[0]) * 100 / (times[1] - times[0])));
}

static void turns(const char *one, const char *other) {
  uint32_t ends[2], stored;
  assert(skerry_pipe(ends) == 0);
  const uint32_t children[2] = {start(one, NULL, 0, (int)ends[1]), start(other, NULL, 0, (int)ends[1])};
  char c;
  for (unsigned i = 0; i < 2; ++i) assert(read((int)ends[0], &c, 1) == 1);
  struct skerry_process list[8];
  uint64_t had[2] = {0, 0};
  for (unsigned look = 0; look < 2; ++look) {
    if (look == 1) sleep(2);
    assert(skerry_list(list, 8, &stored) == 0);
    for (unsigned i = 0; i < stored; ++i) {
      for (unsigned k = 0; k < 2; ++k) if (list[i].number == children[k]) had[k] = list[i].processor_ns - had[k];
    }
  }
  for (unsigned i = 0; i < 2; ++i) assert(skerry_kill(children[i]) == 0 && status_of(children[i]) == 137);
  printf("%llu\n", (unsigned long long)(had[1] * 100 / (had[0] + had[1])));
}

// Calls without end, in which the kernel's time goes: by itself, and under a lock.
static void draw(void) {
  static uint8_t block[1 << 20];
  write(1, "", 1);
  for (;;) assert(__wasi_random_get(block, sizeof block) == 0);
}
static void store(void) {
  static char block[1 << 20];
  int file = open("/own/file", O_CREAT | O_RDWR, 0666);
  assert(file >= 0);
  write(1, "", 1);
  for (;;) assert(pwrite(file, block, sizeof block, 0) == sizeof block);
}

// Works, waits, and works on.
static void nap(void) {
  static const struct timespec soon = {0, 1000};
  write(1, "", 1);
  for (;; nanosleep(&soon, NULL)) compute(100000);
}
static void ask(void) {
  write(1, "", 1);
  for (struct pollfd none = {.fd = 0, .events = POLLRDNORM};; poll(&none, 1, 0)) compute(100000);
}

static void pace(unsigned count) {
  uint32_t children[64];
  assert(count <= 64);
  for (unsigned round = 0; round < 3; ++round) {
    uint64_t begin = now();
    for (unsigned i = 0; i < count; ++i) assert(status_of(start("job", NULL, 0, 1)) == 0);
    uint64_t middle = now();
    for (unsigned i = 0; i < count; ++i) children[i] = start("job", NULL, 0, 1);
    for (unsigned i = 0; i < count; ++i) assert(status_of(children[i]) == 0);
    printf("one after the other %llu ms, at once %llu ms\n", (unsigned long long)((middle - begin) / 1000000),
           (unsigned long long)((now() - middle) / 1000000));
  }
}

static void answer(unsigned count) {
  for (unsigned i = 0; i < count; ++i) start("spin", NULL, 0, 1);
  char line[80];
  puts("ready");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) {
    printf("read %s", line);
    fflush(stdout);
  }
}

int main(int count, char **words) {
  const char *what = count > 1 ? words[1] : "";
  unsigned with = count > 2 ? (unsigned)strtoul(words[2], NULL, 10) : 0;
  if (strcmp(what, "exit") == 0) return (int)(compute(with * 100) & 0) + (int)with;
  if (strcmp(what, "spin") == 0) for (;;) compute(1000);
  if (strcmp(what, "job") == 0) return (int)(compute(30000000) & 0);
  if (strcmp(what, "work") == 0) {
    write(1, "", 1);
    for (;;) compute(1000);
  }
  if (strcmp(what, "pass") == 0) {
    char buffer[100];
    for (ssize_t size; (size = read(0, buffer, sizeof buffer)) > 0;) assert(write(1, buffer, (size_t)size) == size);
    return 0;
  }
  if (strcmp(what, "stress") == 0) stress(with);
  if (strcmp(what, "share") == 0) share(with);
  if (strcmp(what, "turns") == 0) turns(words[2], words[3]);
  if (strcmp(what, "draw") == 0) draw();
  if (strcmp(what, "store") == 0) store();
  if (strcmp(what, "nap") == 0) nap();
  if (strcmp(what, "ask") == 0) ask();
  if (strcmp(what, "pace") == 0) pace(with);
  if (strcmp(what, "answer") == 0) answer(with);
  if (strcmp(what, "rest") == 0) {
    puts("rests");
    fflush(stdout);
    sleep(2);
    puts("rested");
  }
  return 0;
}
