// bombs WHAT [NUMBER]: programs that take all there is of something. Each goes on until it is refused, and exits with 0
// if that was as it should be; or never ends, and is killed. It is /work/bombs.wasm, and has /own for itself.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <skerry/process.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>
#include <wasi/libc-find-relpath.h>

#define expect(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "line %d: %s, errno %d\n", __LINE__, #condition, errno); \
      exit(1); \
    } \
  } while (0)

// What a call may say whose asker gets no more.
static bool is_refusal(int error) {
  return error == ENOMEM || error == ENOSPC || error == EMFILE || error == EAGAIN || error == EDQUOT;
}

static struct skerry_request request;
static struct skerry_pass passes[5];

static void prepare(const char *program, const char *arguments, uint32_t size) {
  const char *prefix, *within;
  request.directory = __wasilibc_find_abspath(program, &prefix, &within);
  request.path = within;
  request.path_size = strlen(within);
  request.arguments = arguments;
  request.arguments_size = size;
  for (uint32_t i = 0; i < 3; ++i) passes[i] = (struct skerry_pass){i, NULL, 0};
  const char *rest;
  passes[3] = (struct skerry_pass){__wasilibc_find_abspath("/work/x", &prefix, &rest), "/work", 5};
  passes[4] = (struct skerry_pass){__wasilibc_find_abspath("/own/x", &prefix, &rest), "/own", 4};
  request.passes = passes;
  request.pass_count = 5;
}

static void grow(bool touches) {
  volatile char *at = NULL;
  for (;;) {
    size_t before = __builtin_wasm_memory_grow(0, 16);
    if (before == (size_t)-1) break;
    at = (char *)(before << 16);
    if (touches) for (int i = 0; i < 16 * 65536; i += 4096) at[i] = 1;
  }
  size_t last = __builtin_wasm_memory_size(0);
  expect(__builtin_wasm_memory_grow(0, 65537) == (size_t)-1 && __builtin_wasm_memory_size(0) == last);
  ((volatile char *)((last << 16) - 1))[0] = 2;
}

// Pipes until there are no more, each filled until it is full.
static void pipes(void) {
  static char block[4096];
  uint32_t ends[2];
  uint32_t count = 0;
  int error;
  while ((error = skerry_pipe(ends)) == 0) {
    ++count;
    expect(__wasi_fd_fdstat_set_flags(ends[1], __WASI_FDFLAGS_NONBLOCK) == 0);
    ssize_t written;
    while ((written = write(ends[1], block, sizeof block)) > 0) {}
    expect(written < 0 && (errno == EAGAIN || is_refusal(errno)));
  }
  expect(is_refusal(error) && count > 10);
}

static void renumber(uint32_t times) {
  uint32_t ends[2], highest = 0;
  for (uint32_t i = 0; i < times; ++i) {
    expect(skerry_pipe(ends) == 0);
    expect(__wasi_fd_renumber(ends[0], ends[0]) == 0);
    expect(__wasi_fd_renumber(ends[0], ends[1]) == 0);
    expect(__wasi_fd_renumber(ends[1], 0xffffffff) == __WASI_ERRNO_BADF);
    expect(__wasi_fd_renumber(0x80000000, ends[1]) == __WASI_ERRNO_BADF);
    expect(__wasi_fd_close(ends[0]) == __WASI_ERRNO_BADF);
    expect(__wasi_fd_close(ends[1]) == 0);
    if (i == 0) highest = ends[1];
    expect(ends[0] <= highest && ends[1] <= highest);
  }
}

// A process is two processes more; never ends. When there are no more, one waits.
static void fork_bomb(void) {
  prepare("/work/bombs.wasm", "bombs\0fork", 11);
  uint32_t number;
  for (;;) {
    int error = skerry_spawn(&request, &number);
    if (error && is_refusal(error)) {
      struct skerry_ended ended;
      skerry_wait(0, 0, &ended);
    } else {
      expect(!error);
    }
  }
}

// A chain of processes, each of which waits for the next; at its end one that computes for ever.
static void chain(uint32_t length) {
  char words[32];
  if (length == 0) for (volatile bool forever = true; forever;) {}
  uint32_t size = sprintf(words, "bombs%cchain%c%u", 0, 0, (unsigned)length - 1) + 1;
  prepare("/work/bombs.wasm", words, size);
  uint32_t number;
  struct skerry_ended ended;
  expect(skerry_spawn(&request, &number) == 0);
  expect(skerry_wait(number, 0, &ended) == 0);
}

// Children that end at once and that nobody asks for.
static void unasked(void) {
  prepare("/work/bombs.wasm", "bombs\0nothing", 14);
  uint32_t number;
  for (int i = 0; i < 300; ++i) {
    int error = skerry_spawn(&request, &number);
    expect(error == 0 || is_refusal(error));
  }
}

// As many words as fit, all empty; then one more.
static void words(void) {
  uint32_t size = 1 << 20;
  char *zeros = calloc(size + 1, 1);
  expect(zeros);
  prepare("/work/bombs.wasm", zeros, size);
  request.environment = zeros;
  uint32_t number;
  struct skerry_ended ended;
  for (int shift = 0; shift < 20; shift += 2) {
    request.arguments_size = size >> shift;
    request.environment_size = size >> shift;
    int error = skerry_spawn(&request, &number);
    expect(error == 0 || error == E2BIG || is_refusal(error));
    if (error == 0) expect(skerry_wait(number, 0, &ended) == 0);
  }
  request.arguments_size = size + 1;
  expect(skerry_spawn(&request, &number) == E2BIG);
}

// Files, folders and names until nothing is left.
static void fill_files(void) {
  static char block[65536];
  memset(block, 1, sizeof block);
  int file = open("/own/file", O_CREAT | O_RDWR, 0666);
  expect(file >= 0);
  while (write(file, block, sizeof block) > 0) {}
  expect(is_refusal(errno));
  expect(pread(file, block, 1, 65535) == 1 && block[0] == 1);
  char name[300];
  int i = 0;
  for (;; ++i) {
    sprintf(name, "/own/%0200d", i);
    int made = open(name, O_CREAT | O_WRONLY, 0666);
    if (made < 0) break;
    close(made);
    if (i == 20000) break;
  }
  expect(i == 20000 || is_refusal(errno));
  expect(ftruncate(file, 0) == 0);
  close(file);
  expect(ftruncate(open("/own/hole", O_CREAT | O_WRONLY, 0666), 1ll << 33) == 0);
  int hole = open("/own/hole", O_WRONLY);
  ssize_t end = pwrite(hole, "x", 1, (1ll << 33) - 1);
  expect(end == 1 || is_refusal(errno));
  close(hole);
}

static void deep_folders(void) {
  int at = open("/own", O_RDONLY | O_DIRECTORY);
  int depth = 0;
  for (; depth < 3000; ++depth) {
    if (mkdirat(at, "d", 0777) != 0) break;
    int below = openat(at, "d", O_RDONLY | O_DIRECTORY);
    if (below < 0) break;
    close(at);
    at = below;
  }
  expect(depth == 3000 || is_refusal(errno));
  // The guest cleans up from within: a path of that depth is too long.
  char up[8] = "..";
  struct stat about;
  expect(fstatat(at, up, &about, 0) != 0);
  expect(renameat(at, "none", at, "other") != 0);
  close(at);
  expect(rename("/own/d", "/own/d/d/d") != 0 && errno == EINVAL);
  expect(rename("/own/d", "/own/e") == 0);
  int from = open("/own/e", O_RDONLY | O_DIRECTORY), top = open("/own", O_RDONLY | O_DIRECTORY);
  // Lifts the rest to the top, one by one.
  for (int i = 0; i < depth; ++i) {
    char name[16], next[24];
    sprintf(name, "n%d", i);
    if (renameat(from, "d", top, name) != 0) break;
    close(from);
    sprintf(next, "/own/n%d", i);
    from = open(next, O_RDONLY | O_DIRECTORY);
  }
}

static void polls(void) {
  static __wasi_subscription_t wishes[4097];
  static __wasi_event_t events[4097];
  size_t stored;
  for (int i = 0; i < 4097; ++i) {
    wishes[i].userdata = i;
    wishes[i].u.tag = i % 2 ? __WASI_EVENTTYPE_FD_READ : __WASI_EVENTTYPE_CLOCK;
    if (i % 2) wishes[i].u.u.fd_read.file_descriptor = i % 4 == 1 ? 0 : 1000000;
    else wishes[i].u.u.clock.timeout = i;
  }
  for (int i = 0; i < 20; ++i) {
    expect(__wasi_poll_oneoff(wishes, events, 4096, &stored) == 0 && stored > 0);
    expect(__wasi_poll_oneoff(wishes, events, 4097, &stored) == __WASI_ERRNO_INVAL);
    // Events over the subscriptions themselves.
    expect(__wasi_poll_oneoff(wishes, (__wasi_event_t *)wishes, 100, &stored) == 0);
    memset(wishes, 0, 100 * sizeof *wishes);
  }
}

// Deadlines, all the time.
static void timers(void) {
  static __wasi_subscription_t wishes[100];
  static __wasi_event_t events[100];
  size_t stored;
  for (int i = 0; i < 100; ++i) wishes[i].u.u.clock.timeout = 1000 * i + 1;
  for (;;) expect(__wasi_poll_oneoff(wishes, events, 100, &stored) == 0 && stored > 0);
}

// Out of the folder, by every way that there is.
static void escapes(void) {
  static const char *const ways[] = {
    "..", "../", "../..", "../run", "./..", "a/../..", "a/../../own", "/", "/run", "//run", "/own", "/work/plan",
    "/../run", "link", "link/", "link/said0", "chain", "chain/..", "a/up", "a/up/..", "loop", "loop/x", "../own",
    "../own0", "../said0", "a/./../../run", "a//..//..", "..\0", "self/../..", "self/self/self/../..",
  };
  expect(mkdir("/own/a", 0777) == 0);
  int own = open("/own", O_RDONLY | O_DIRECTORY);
  expect(symlinkat("..", own, "link") == 0 && symlinkat("../..", own, "a/up") == 0);
  expect(symlinkat("/run", own, "absolute") != 0);
  expect(symlinkat("link", own, "chain") == 0 && symlinkat("loop", own, "loop") == 0);
  expect(symlinkat(".", own, "self") == 0);
  for (unsigned i = 0; i < sizeof ways / sizeof *ways; ++i) {
    const char *const way = ways[i];
    fprintf(stderr, "%s\n", way);  // which, where it fails
    __wasi_fd_t opened;
    __wasi_filestat_t about;
    expect(__wasi_path_open(own, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, way, 0, ~0ull >> 35, 0, 0, &opened) != 0);
    expect(__wasi_path_open(own, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, way, __WASI_OFLAGS_CREAT, 0, 0, 0, &opened) != 0);
    expect(__wasi_path_filestat_get(own, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, way, &about) != 0);
    expect(__wasi_path_create_directory(own, way) != 0);
    char below[64];
    snprintf(below, sizeof below, "%s/x", way);
    expect(__wasi_path_create_directory(own, below) != 0);
    expect(__wasi_path_rename(own, "a", own, below) != 0);
    expect(__wasi_path_link(own, 0, "a", own, below) != 0);
    expect(__wasi_path_symlink("a", own, below) != 0);
    expect(__wasi_path_remove_directory(own, way) != 0);
    uint32_t number;
    prepare("/own/x", "x", 2);
    request.path = way;
    request.path_size = strlen(way);
    expect(skerry_spawn(&request, &number) != 0);
    ftruncate(2, 0);
  }
  int work = open("/work", O_RDONLY | O_DIRECTORY);
  expect(work >= 0 && mkdirat(work, "new", 0777) != 0 && unlinkat(work, "plan", 0) != 0);
  expect(renameat(work, "plan", own, "plan") != 0 && renameat(own, "a", work, "a") != 0);
  expect(linkat(work, "plan", own, "plan", 0) != 0);
  expect(openat(work, "plan", O_WRONLY) < 0 && openat(work, "plan", O_RDONLY | O_TRUNC) < 0);
}

// Programs that are none, and many different ones.
static void modules(void) {
  static const unsigned char smallest[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  prepare("/own/m", "m", 2);
  for (int i = 0; i < 60; ++i) {
    int file = open("/own/m", O_CREAT | O_TRUNC | O_WRONLY, 0666);
    expect(file >= 0);
    // A custom section of i bytes, so that no two are the same; every third is cut short, others are damaged.
    unsigned char section[2 + 64] = {0, (unsigned char)(1 + i), 0};
    expect(write(file, smallest, sizeof smallest) == sizeof smallest);
    expect(write(file, section, i % 3 == 0 ? 1 : 3 + i) > 0);
    if (i % 5 == 0) expect(write(file, "\x0a\xff\xff\xff\xff\x0f", 6) == 6);
    close(file);
    uint32_t number;
    struct skerry_ended ended;
    expect(skerry_spawn(&request, &number) == 0 && skerry_wait(number, 0, &ended) == 0);
    expect(ended.how == SKERRY_EXITED && ended.code == (i % 3 == 0 || i % 5 == 0 ? 1 : 0));
  }
}

// Says a lot: its own reader is slow, and goes away.
static void flood(void) {
  static char text[20000];
  memset(text, 'x', sizeof text);
  for (;;) {
    if (write(1, text, sizeof text) <= 0) exit(is_refusal(errno) ? 0 : 1);
    lseek(1, 0, SEEK_SET);
    ftruncate(1, 0);
  }
}

static void pipe_flood(void) {
  uint32_t there[2], back[2];
  expect(skerry_pipe(there) == 0 && skerry_pipe(back) == 0);
  prepare("/work/bombs.wasm", "bombs\0echo", 11);
  passes[0].descriptor = there[0];
  passes[1].descriptor = back[1];
  uint32_t number;
  expect(skerry_spawn(&request, &number) == 0);
  close(there[0]);
  close(back[1]);
  static char block[60000];
  for (uint32_t i = 0; i < 100; ++i) {
    // Never more than fits both pipes, so that nobody waits for the other for ever.
    const uint32_t size = i % 2 ? 1000 : sizeof block;
    memset(block, i, size);
    expect(write(there[1], block, size) == (ssize_t)size);
    for (uint32_t done = 0; done < size;) {
      ssize_t got = read(back[0], block, size - done);
      expect(got > 0 && block[0] == (char)i && block[got - 1] == (char)i);
      done += got;
    }
  }
  close(there[1]);
  struct skerry_ended ended;
  expect(skerry_wait(number, 0, &ended) == 0 && ended.how == SKERRY_EXITED && ended.code == 0);
}

static void wait_for_ever(void) {
  uint32_t ends[2];
  char byte;
  expect(skerry_pipe(ends) == 0);
  read(ends[0], &byte, 1);
}

static void echo(void) {
  char block[5000];
  ssize_t got;
  while ((got = read(0, block, sizeof block)) > 0)
    for (ssize_t done = 0; done < got;) done += write(1, block + done, got - done);
}

int main(int count, char **words_given) {
  const char *what = count > 1 ? words_given[1] : "";
  uint32_t number = count > 2 ? strtoul(words_given[2], NULL, 10) : 0;
  if (strcmp(what, "spin") == 0) for (volatile bool forever = true; forever;) {}
  else if (strcmp(what, "wait") == 0) wait_for_ever();
  else if (strcmp(what, "grow") == 0) grow(true);
  else if (strcmp(what, "promise") == 0) grow(false);
  else if (strcmp(what, "pipes") == 0) pipes();
  else if (strcmp(what, "renumber") == 0) renumber(number);
  else if (strcmp(what, "fork") == 0) fork_bomb();
  else if (strcmp(what, "chain") == 0) chain(number);
  else if (strcmp(what, "unasked") == 0) unasked();
  else if (strcmp(what, "words") == 0) words();
  else if (strcmp(what, "files") == 0) fill_files();
  else if (strcmp(what, "folders") == 0) deep_folders();
  else if (strcmp(what, "polls") == 0) polls();
  else if (strcmp(what, "timers") == 0) timers();
  else if (strcmp(what, "escapes") == 0) escapes();
  else if (strcmp(what, "modules") == 0) modules();
  else if (strcmp(what, "flood") == 0) flood();
  else if (strcmp(what, "pipe-flood") == 0) pipe_flood();
  else if (strcmp(what, "echo") == 0) echo();
  else if (strcmp(what, "nothing") != 0) return 99;
}
