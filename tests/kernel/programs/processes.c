// The interface for processes itself (docs/system-interface.md). Without arguments it tests; with them it is the child
// of such a test. It is /work/processes.wasm; /work/text is no program; /only is given read-only.
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <skerry/process.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/libc-find-relpath.h>

static const int streams[3] = {0, 1, 2};
static char *no_environment[] = {NULL};

static int start(const char *path, uint32_t *number, const char *a, const char *b) {
  char *words[] = {"processes", (char *)a, (char *)b, NULL};
  return process_start(path, words, no_environment, streams, number);
}

static uint32_t child(const char *a, const char *b) {
  uint32_t number = 0;
  assert(start("/work/processes.wasm", &number, a, b) == 0 && number != 0);
  return number;
}

static int status_of(uint32_t number) {
  struct skerry_ended ended;
  assert(skerry_wait(number, 0, &ended) == 0 && ended.number == number);
  return process_status(&ended);
}

static int folder_of(const char *path, const char **within) {
  const char *prefix;
  return __wasilibc_find_abspath(path, &prefix, within);
}

// What `change` does to a good request, and what spawn says then.
static struct skerry_request request;
static uint32_t number;
static int spawn(void) { return skerry_spawn(&request, &number); }

static void test_requests(void) {
  const struct skerry_pass good[] = {{0, NULL, 0}, {1, NULL, 0}, {2, NULL, 0}};
  struct skerry_request whole = {0};
  const char *within;
  whole.directory = folder_of("/work/processes.wasm", &within);
  whole.path = within;
  whole.path_size = strlen(within);
  whole.arguments = "processes\0exit\0007";
  whole.arguments_size = 17;
  whole.passes = good;
  whole.pass_count = 3;
  request = whole;
  assert(spawn() == 0 && status_of(number) == 7);

  request.flags = 2;
  assert(spawn() == EINVAL);
  request = whole;
  request.directory = 1000;
  assert(spawn() == EBADF);
  request.directory = 1;
  assert(spawn() == ENOTDIR || spawn() == EBADF);
  request = whole;
  request.arguments_size = 16;  // no zero byte at its end
  assert(spawn() == EINVAL);
  request = whole;
  request.path = "none.wasm";
  request.path_size = 9;
  assert(spawn() == ENOENT);
  request.path = "../work/processes.wasm";
  request.path_size = 22;
  assert(spawn() == EPERM);
  request.path = "proc\0sses.wasm";
  request.path_size = 14;
  assert(spawn() == EINVAL);
  request.path = "";
  request.path_size = 0;
  assert(spawn() == ENOENT || spawn() == EINVAL);
  request.path = ".";
  request.path_size = 1;
  assert(spawn() == EISDIR);
  request = whole;
  const struct skerry_pass bad_number[] = {{0, NULL, 0}, {77, NULL, 0}};
  request.passes = bad_number;
  request.pass_count = 2;
  assert(spawn() == EBADF);
  const struct skerry_pass no_folder[] = {{1, "/a", 2}};
  request.passes = no_folder;
  request.pass_count = 1;
  assert(spawn() == ENOTDIR);
  request = whole;
  static struct skerry_pass many[2000];
  request.passes = many;
  request.pass_count = 2000;
  assert(spawn() == EMFILE);
  // A child without descriptors runs all the same.
  request = whole;
  request.pass_count = 0;
  assert(spawn() == 0 && status_of(number) == 7);
  // Its memory is bounded: less than it begins with is refused, and told on its standard error.
  request = whole;
  request.memory = 1;
  request.passes = NULL;
  request.pass_count = 0;
  assert(spawn() == 0 && status_of(number) == 1);
}

static void test_numbers(void) {
  struct skerry_ended ended;
  uint32_t self;
  assert(skerry_wait(0, 0, &ended) == ECHILD);
  assert(skerry_wait(0, SKERRY_WAIT_LOOK, &ended) == ECHILD);
  assert(skerry_wait(4000000000, 0, &ended) == ECHILD);
  assert(skerry_self(&self) == 0);
  assert(skerry_wait(self, 0, &ended) == ECHILD);
  assert(skerry_wait(1, 0, &ended) == ECHILD);
  assert(skerry_kill(0) == ESRCH && skerry_kill(4000000000) == ESRCH);
  assert(skerry_interrupts(2) == EINVAL);

  uint32_t spinning = child("spin", NULL);
  assert(skerry_wait(spinning, 2, &ended) == EINVAL);
  assert(skerry_wait(spinning, SKERRY_WAIT_LOOK, &ended) == 0 && ended.number == 0);
  // A sibling may neither kill it nor wait for it, nor may it kill its parent.
  char text[16];
  snprintf(text, sizeof text, "%lu", (unsigned long)spinning);
  assert(status_of(child("kill", text)) == ESRCH);
  assert(status_of(child("wait", text)) == ECHILD);
  snprintf(text, sizeof text, "%lu", (unsigned long)self);
  assert(status_of(child("kill", text)) == ESRCH);
  assert(skerry_kill(spinning) == 0 && skerry_kill(spinning) == 0);
  assert(status_of(spinning) == 137);
  assert(skerry_wait(spinning, 0, &ended) == ECHILD && skerry_kill(spinning) == ESRCH);

  // What is below a child is the caller's to kill; and goes with the child.
  uint32_t ends[2];
  assert(skerry_pipe(ends) == 0);
  char *words[] = {"processes", "parent", NULL};
  int to_pipe[3] = {0, (int)ends[1], 2};
  uint32_t parent, below;
  assert(process_start("/work/processes.wasm", words, no_environment, to_pipe, &parent) == 0);
  close(ends[1]);
  assert(read(ends[0], &below, sizeof below) == sizeof below);
  assert(skerry_wait(below, 0, &ended) == ECHILD);
  assert(skerry_kill(below) == 0);
  uint32_t second;
  assert(read(ends[0], &second, sizeof second) == sizeof second);
  assert(skerry_kill(parent) == 0 && status_of(parent) == 137);
  char c;
  assert(read(ends[0], &c, 1) == 0);  // the second child held an end, and is gone
  close(ends[0]);
  assert(skerry_kill(second) == ESRCH);
}

static void test_pointers(void) {
  static const char *const shapes[] = {"request", "number", "path", "passes", "ended", "pipe", "list", "self"};
  for (unsigned i = 0; i < sizeof shapes / sizeof *shapes; ++i) assert(status_of(child("pointer", shapes[i])) == 134);
}

static void test_descriptors(void) {
  // A folder that is read-only for the parent is so for the child; a descriptor that is not passed is not there.
  assert(status_of(child("write", "/only/new")) == EROFS);
  assert(status_of(child("write", "/work/new")) == 0);
  int fd = open("/work/new", O_RDONLY);
  assert(fd > 2);
  char text[16];
  snprintf(text, sizeof text, "%d", fd);
  assert(status_of(child("close", text)) == EBADF);
  close(fd);
  // Pipes until there are no descriptors left; then they can be closed and made again.
  static uint32_t ends[100000][2];
  int error = 0, count = 0;
  while (count < 100000 && (error = skerry_pipe(ends[count])) == 0) ++count;
  assert(error == EMFILE && count > 100);
  while (count > 0) {
    --count;
    assert(close(ends[count][0]) == 0 && close(ends[count][1]) == 0);
  }
  assert(skerry_pipe(ends[0]) == 0 && close(ends[0][0]) == 0);
  assert(write(ends[0][1], "x", 1) == -1 && errno == EPIPE);
  close(ends[0][1]);
}

static uint32_t spawn_with(const struct skerry_request *limits, const char *a, const char *b) {
  char *words[] = {"processes", (char *)a, (char *)b, NULL};
  uint32_t number = 0;
  assert(process_start_limited("/work/processes.wasm", words, no_environment, streams, limits, &number) == 0);
  return number;
}

static void test_limits(void) {
  // Descriptors: those that are passed count; a grandchild, whatever it is given, has no more.
  struct skerry_request limits = {.descriptors = 9};
  assert(status_of(spawn_with(&limits, "descriptors", NULL)) == 9);
  // Where a request does not say that it has limits, what is behind it is none of its own.
  request = (struct skerry_request){.path = "", .descriptors = 1, .children = SKERRY_NO_CHILDREN, .processor_ns = 1};
  request.directory = folder_of("/work/processes.wasm", &request.path);
  request.path_size = strlen(request.path);
  request.arguments = "processes\0exit\0007";
  request.arguments_size = 17;
  static const struct skerry_pass two[] = {{1, NULL, 0}, {2, NULL, 0}};
  request.passes = two;
  request.pass_count = 2;
  assert(spawn() == 0 && status_of(number) == 7);
  request.flags = SKERRY_LIMITED;
  assert(spawn() == EMFILE);
  assert(status_of(spawn_with(&limits, "below", "descriptors")) == 9);
  limits.descriptors = 2;
  char *words[] = {"processes", "exit", NULL};
  assert(process_start_limited("/work/processes.wasm", words, no_environment, streams, &limits, &number) == EMFILE);

  // Children: however they are started, so many are below it at once; and again when they have ended.
  limits = (struct skerry_request){.children = SKERRY_NO_CHILDREN};
  assert(status_of(spawn_with(&limits, "nest", NULL)) == 0);
  limits.children = 3;
  assert(status_of(spawn_with(&limits, "nest", NULL)) == 3);
  assert(status_of(spawn_with(&limits, "many", NULL)) == 3);
  limits.children = 5;
  assert(status_of(spawn_with(&limits, "below", "nest")) == 4);
  limits.children = 1000;
  assert(status_of(spawn_with(&limits, "nest", NULL)) == 20);

  // Processor time: in its own code, in calls, and of what a child was given no other limit for; not what it waits.
  limits = (struct skerry_request){.processor_ns = 60000000};
  assert(status_of(spawn_with(&limits, "spin", NULL)) == 134);
  assert(status_of(spawn_with(&limits, "calls", NULL)) == 134);
  assert(status_of(spawn_with(&limits, "below", "spin")) == 134);
  assert(status_of(spawn_with(&limits, "sleep", NULL)) == 0);
}

static void test_programs(void) {
  uint32_t number;
  // The file is read when the process begins: it says on standard error what is wrong, and ends with 1.
  int error = start("/work/text", &number, NULL, NULL);
  assert(error != 0 || status_of(number) == 1);
  assert(start("/work/elf", &number, NULL, NULL) != 0 || status_of(number) == 1);
  assert(start("/work", &number, NULL, NULL) == EISDIR);
}

static int as_child(const char *what, const char *with) {
  uint32_t number = strtoul(with ? with : "", NULL, 10), two[2];
  struct skerry_ended ended;
  void *outside = (void *)0xfffffff0;
  const struct skerry_request more = {
      .memory = 1ull << 40, .processor_ns = 1ull << 60, .descriptors = 10000, .children = 10000};
  if (strcmp(what, "below") == 0) return status_of(spawn_with(&more, with, NULL));
  if (strcmp(what, "descriptors") == 0) {
    // The last place is for an end of a pipe that has none for its other; a file takes it.
    int last = 0;
    while (skerry_pipe(two) == 0) last = two[1] + 1;
    for (int fd; (fd = open("/work/processes.wasm", O_RDONLY)) >= 0;) last = fd + 1;
    return errno == EMFILE ? last : 98;
  }
  if (strcmp(what, "nest") == 0) {
    // How many are within one another, at most twenty; twice, since the first have gone by then.
    uint32_t depth = with ? number : 0, below = 0;
    char text[16];
    snprintf(text, sizeof text, "%lu", (unsigned long)depth + 1);
    char *words[] = {"processes", "nest", text, NULL};
    if (depth == 20) return 0;
    for (int i = 0; i < (depth == 0 ? 2 : 1); ++i) {
      int error = process_start_limited("/work/processes.wasm", words, no_environment, streams, &more, &number);
      if (error) return error == EAGAIN ? 0 : 99;
      uint32_t found = 1 + status_of(number);
      if (i == 1 && found != below) return 98;
      below = found;
    }
    return below;
  }
  if (strcmp(what, "many") == 0) {
    int started = 0;
    while (start("/work/processes.wasm", &number, "exit", "0") == 0) ++started;
    return started;
  }
  if (strcmp(what, "calls") == 0) for (char bytes[64];;) getentropy(bytes, sizeof bytes);
  if (strcmp(what, "sleep") == 0) return usleep(200000) != 0;
  if (strcmp(what, "exit") == 0) return number;
  if (strcmp(what, "spin") == 0) for (volatile bool forever = true; forever;) {}
  if (strcmp(what, "kill") == 0) return skerry_kill(number);
  if (strcmp(what, "wait") == 0) return skerry_wait(number, 0, &ended);
  if (strcmp(what, "close") == 0) return close(number) == 0 ? 0 : errno;
  if (strcmp(what, "write") == 0) return open(with, O_WRONLY | O_CREAT, 0666) >= 0 ? 0 : errno;
  if (strcmp(what, "parent") == 0) {
    number = child("spin", NULL);
    write(1, &number, sizeof number);
    assert(status_of(number) == 137);
    number = child("spin", NULL);
    write(1, &number, sizeof number);
    status_of(number);
  }
  if (strcmp(what, "pointer") == 0) {
    struct skerry_request request = {.path = "x", .path_size = 1};
    if (strcmp(with, "request") == 0) skerry_spawn(outside, &number);
    if (strcmp(with, "number") == 0) skerry_spawn(&request, (uint32_t *)0xfffffffe);
    request.path_size = 0xffffffff;
    if (strcmp(with, "path") == 0) skerry_spawn(&request, &number);
    request.path_size = 1;
    request.passes = outside;
    request.pass_count = 0x40000000;
    if (strcmp(with, "passes") == 0) skerry_spawn(&request, &number);
    if (strcmp(with, "ended") == 0) skerry_wait(0, 0, outside);
    if (strcmp(with, "pipe") == 0) skerry_pipe(outside);
    if (strcmp(with, "list") == 0) skerry_list(outside, 0x10000000, two);
    if (strcmp(with, "self") == 0) skerry_self((uint32_t *)0xfffffffd);
  }
  return 99;
}

int main(int count, char **words) {
  if (count > 1) return as_child(words[1], count > 2 ? words[2] : NULL);
  test_numbers();
  test_requests();
  test_pointers();
  test_descriptors();
  test_limits();
  test_programs();
  puts("all is as it should be");
}
