// keeper SEED SECONDS PASSES: runs the attacks of /work/plan, beside neighbours who must not notice, and says how it
// went.
//
// It is the machine's first process. First come all attacks in the plan's order, PASSES times, then, for SECONDS, some
// in random order, up to four at once. After each of them the neighbours answer; when all are over, as much of the
// machine's memory must be free as was after the first pass, but for what is kept of free objects' blocks and of pools,
// which is more or less as it comes: what an attack loses adds up to more.
//
// A line of the plan:
//
//   NAME;ENDING;MEMORY;MILLISECONDS;PROGRAM;WORD;WORD...
//
//   NAME          begins with "alone" where others would be refused what it takes
//   ENDING        exit N | trap TEXT | killed | any, or several with | between; TEXT is what its standard error has
//   MEMORY        its limit in bytes; 0: none
//   MILLISECONDS  after which it is killed; 0: it must end by itself
//
// The attack gets an empty file, and twice a file that takes what it says, as 0, 1 and 2; a folder of its own that is
// emptied afterwards, /own; and to read, /work.
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <skerry/process.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <wasi/libc-find-relpath.h>

#include "tests/kernel/programs/free_pages.h"

enum { kept_pages = 128 };
enum { most_attacks = 4096, most_at_once = 4, neighbours = 2, longest_answer_ms = 60000 };

struct attack {
  char *name, *ending, *program, *words;
  uint32_t words_size, milliseconds;
  uint64_t memory;
};
static struct attack attacks[most_attacks];
static uint32_t attack_count;

struct run {
  const struct attack *attack;
  uint32_t number, place;
  uint64_t began, kill_at;
  bool was_killed;
};

static uint64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

static uint64_t random_state;
static uint32_t random_below(uint32_t limit) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(random_state >> 33) % limit;
}

static void fail(const char *what, const struct run *run, const struct skerry_ended *ended, const char *said) {
  printf("FAILED: %s: %s", run ? run->attack->name : "neighbour", what);
  if (ended) printf(" (how %u, code %u)", (unsigned)ended->how, (unsigned)ended->code);
  if (said) printf("; it said: %.600s", said);
  printf("\n");
  exit(1);
}

// ------------------------------------------------------------------------------------ The plan

static char *next_field(char **at) {
  char *field = *at;
  char *end = strchr(field, ';');
  assert(end);
  *end = 0;
  *at = end + 1;
  return field;
}

static void read_plan(void) {
  int file = open("/work/plan", O_RDONLY);
  struct stat about;
  assert(file >= 0 && fstat(file, &about) == 0);
  char *text = malloc(about.st_size + 1);
  assert(text && read(file, text, about.st_size) == about.st_size);
  text[about.st_size] = 0;
  close(file);
  for (char *line = text; *line;) {
    char *end = strchr(line, '\n');
    assert(end && attack_count < most_attacks);
    *end = 0;
    struct attack *a = &attacks[attack_count++];
    a->name = next_field(&line);
    a->ending = next_field(&line);
    a->memory = strtoull(next_field(&line), NULL, 10);
    a->milliseconds = strtoul(next_field(&line), NULL, 10);
    a->program = next_field(&line);
    a->words = line;
    a->words_size = end - line + 1;
    for (char *c = line; c < end; ++c) if (*c == ';') *c = 0;
    line = end + 1;
  }
}

// ------------------------------------------------------------------------------------ Starting

static int folder_of(const char *path, const char **within) {
  const char *prefix;
  int folder = __wasilibc_find_abspath(path, &prefix, within);
  assert(folder >= 0);
  return folder;
}

static int start(const char *program, const char *words, uint32_t words_size, const int streams[3], const char *own,
                 uint64_t memory, uint32_t *number) {
  const char *within, *within_root;
  struct skerry_request request = {0};
  request.directory = folder_of(program, &within);
  request.path = within;
  request.path_size = strlen(within);
  request.arguments = words;
  request.arguments_size = words_size;
  request.memory = memory;
  struct skerry_pass passes[5];
  for (int i = 0; i < 3; ++i) passes[i] = (struct skerry_pass){streams[i], NULL, 0};
  passes[3] = (struct skerry_pass){folder_of("/work", &within_root), "/work", 5};
  request.passes = passes;
  request.pass_count = 4;
  int own_folder = -1;
  if (own) {
    own_folder = open(own, O_RDONLY | O_DIRECTORY);
    assert(own_folder >= 0);
    passes[4] = (struct skerry_pass){own_folder, "/own", 4};
    request.pass_count = 5;
  }
  int error = skerry_spawn(&request, number);
  if (own_folder >= 0) close(own_folder);
  return error;
}

// --------------------------------------------------------------------------------- Neighbours

static struct { uint32_t number; int to, from; } neighbour[neighbours];
static uint64_t slowest_ms;

static void start_neighbours(void) {
  for (uint32_t i = 0; i < neighbours; ++i) {
    uint32_t there[2], back[2];
    assert(skerry_pipe(there) == 0 && skerry_pipe(back) == 0);
    const int streams[3] = {there[0], back[1], 2};
    const char *words = i == 0 ? "neighbour\0waits" : "neighbour\0spins";
    assert(start("/work/neighbour.wasm", words, 16, streams, NULL, 4 << 20, &neighbour[i].number) == 0);
    close(there[0]);
    close(back[1]);
    neighbour[i].to = there[1];
    neighbour[i].from = back[0];
  }
}

static void ask_neighbours(const struct run *run) {
  for (uint32_t i = 0; i < neighbours; ++i) {
    uint32_t question = random_below(1u << 31), answer = 0;
    uint64_t began = now_ms();
    ssize_t asked = write(neighbour[i].to, &question, sizeof question);
    if (asked != sizeof question) fail("a neighbour is gone", run, NULL, NULL);
    struct pollfd wait = {.fd = neighbour[i].from, .events = POLLRDNORM};
    if (poll(&wait, 1, longest_answer_ms) != 1) fail("a neighbour does not answer", run, NULL, NULL);
    if (read(neighbour[i].from, &answer, sizeof answer) != sizeof answer || answer != (question ^ 0x5a5a5a5a))
      fail("a neighbour answers wrongly", run, NULL, NULL);
    uint64_t took = now_ms() - began;
    if (took > slowest_ms) slowest_ms = took;
  }
}

static void stop_neighbours(void) {
  for (uint32_t i = 0; i < neighbours; ++i) {
    struct skerry_ended ended;
    close(neighbour[i].to);
    close(neighbour[i].from);
    assert(skerry_wait(neighbour[i].number, 0, &ended) == 0);
    if (ended.how != SKERRY_EXITED || ended.code != 0) fail("a neighbour ended otherwise", NULL, &ended, NULL);
  }
}

// ----------------------------------------------------------------------------------- Attacks

static void remove_all_in(const char *path) {
  DIR *folder = opendir(path);
  assert(folder);
  // Names are taken before anything goes.
  for (;;) {
    struct dirent *entry = readdir(folder);
    if (!entry) break;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char *inside = malloc(strlen(path) + strlen(entry->d_name) + 2);
    assert(inside);
    sprintf(inside, "%s/%s", path, entry->d_name);
    struct stat about;
    assert(lstat(inside, &about) == 0);
    if (S_ISDIR(about.st_mode)) {
      remove_all_in(inside);
      assert(rmdir(inside) == 0);
    } else {
      assert(unlink(inside) == 0);
    }
    free(inside);
  }
  closedir(folder);
}

static void path_of(char *path, const char *what, uint32_t place) { sprintf(path, "/run/%s%u", what, (unsigned)place); }

// What attacks started is killed with them, and takes a while to go.
static void await_quiet(void) {
  static struct skerry_process list[8];
  static const struct timespec pause = {0, 10000000};
  uint64_t began = now_ms();
  for (;;) {
    uint32_t count;
    assert(skerry_list(list, 8, &count) == 0);
    if (count <= 1 + neighbours) return;
    if (now_ms() - began > 120000) fail("what it started does not go", NULL, NULL, NULL);
    nanosleep(&pause, NULL);
  }
}

// False where others have taken what it needs.
static bool begin(struct run *run, const struct attack *attack, uint32_t place, uint32_t others) {
  char own[32], said[32];
  path_of(own, "own", place);
  path_of(said, "said", place);
  const int empty = open("/run/empty", O_RDONLY), sink = open(said, O_WRONLY | O_TRUNC | O_APPEND);
  assert(empty >= 0 && sink >= 0);
  const int streams[3] = {empty, sink, sink};
  *run = (struct run){attack, 0, place, now_ms(), 0, false};
  int error;
  for (;;) {
    error = start(attack->program, attack->words, attack->words_size, streams, own, attack->memory, &run->number);
    if (error != ENOMEM || others != 0) break;
    await_quiet();
    if (now_ms() - run->began > 130000) fail("memory that it had does not come back", run, NULL, NULL);
  }
  close(empty);
  close(sink);
  if (error == ENOMEM) return false;
  if (error) {
    printf("%s: %s\n", attack->name, strerror(error));
    fail("it was not started", run, NULL, NULL);
  }
  if (attack->milliseconds) run->kill_at = run->began + attack->milliseconds;
  return true;
}

static bool matches(const char *endings, const struct skerry_ended *ended, const char *said) {
  for (const char *at = endings;;) {
    size_t size = strcspn(at, "|");
    char one[200];
    assert(size < sizeof one);
    memcpy(one, at, size);
    one[size] = 0;
    if (strcmp(one, "any") == 0) return true;
    if (strcmp(one, "killed") == 0 && ended->how == SKERRY_KILLED) return true;
    bool exited = strncmp(one, "exit ", 5) == 0 && ended->how == SKERRY_EXITED;
    if (exited && ended->code == strtoul(one + 5, NULL, 10)) return true;
    if (strncmp(one, "trap ", 5) == 0 && ended->how == SKERRY_TRAPPED && strstr(said, one + 5)) return true;
    if (!at[size]) return false;
    at += size + 1;
  }
}

static void finish(const struct run *run, const struct skerry_ended *ended) {
  char path[32], said[2000] = "";
  path_of(path, "said", run->place);
  int file = open(path, O_RDONLY);
  assert(file >= 0);
  ssize_t size = read(file, said, sizeof said - 1);
  assert(size >= 0);
  said[size] = 0;
  close(file);
  if (!matches(run->attack->ending, ended, said)) fail("it ended otherwise", run, ended, said);
  assert(truncate(path, 0) == 0);
  path_of(path, "own", run->place);
  remove_all_in(path);
}

// Looks after the runs until one of them has ended; false if none is left.
static bool await_one(struct run *runs, uint32_t *count) {
  static const struct timespec pause = {0, 2000000};
  while (*count) {
    for (uint32_t i = 0; i < *count; ++i) {
      struct skerry_ended ended;
      struct run *run = &runs[i];
      if (run->kill_at && !run->was_killed && now_ms() >= run->kill_at) {
        assert(skerry_kill(run->number) == 0);
        run->was_killed = true;
      }
      int error = skerry_wait(run->number, SKERRY_WAIT_LOOK, &ended);
      if (error) fail(strerror(error), run, NULL, NULL);
      if (ended.number == 0) {
        if (now_ms() - run->began > 120000) fail("it does not end", run, NULL, NULL);
        continue;
      }
      finish(run, &ended);
      ask_neighbours(run);
      *run = runs[--*count];
      return true;
    }
    nanosleep(&pause, NULL);
  }
  return false;
}

static void pass(void) {
  for (uint32_t i = 0; i < attack_count; ++i) {
    struct run run;
    uint32_t count = 1;
    begin(&run, &attacks[i], 0, 0);
    await_one(&run, &count);
  }
  await_quiet();
}

static bool runs_alone(const struct attack *attack) { return strncmp(attack->name, "alone", 5) == 0; }

static void soak(uint64_t seconds) {
  struct run runs[most_at_once];
  bool taken[most_at_once] = {false};
  uint32_t count = 0, done = 0;
  uint64_t began = now_ms(), told = began;
  while (now_ms() - began < seconds * 1000 || count) {
    uint32_t wanted = 1 + random_below(most_at_once);
    bool is_alone = false;
    while (count < wanted && now_ms() - began < seconds * 1000) {
      const struct attack *attack = &attacks[random_below(attack_count)];
      if (runs_alone(attack)) {
        while (await_one(runs, &count)) ++done;
        memset(taken, 0, sizeof taken);
        wanted = 1;
        is_alone = true;
      }
      uint32_t place = 0;
      while (taken[place]) ++place;
      if (!begin(&runs[count], attack, place, count)) break;
      ++count;
      taken[place] = true;
    }
    if (await_one(runs, &count)) ++done;
    if (is_alone) await_quiet();  // what it started is ended with it, and has memory until it is gone
    memset(taken, 0, sizeof taken);
    for (uint32_t i = 0; i < count; ++i) taken[runs[i].place] = true;
    if (now_ms() - told >= 10000) {
      told = now_ms();
      printf("%llu s: %u attacks, slowest answer %llu ms, %llu pages free\n",
             (unsigned long long)((told - began) / 1000), (unsigned)done, (unsigned long long)slowest_ms,
             (unsigned long long)free_pages());
      fflush(stdout);
      slowest_ms = 0;
    }
  }
}

int main(int count, char **words) {
  assert(count == 4);
  random_state = strtoull(words[1], NULL, 10);
  uint64_t seconds = strtoull(words[2], NULL, 10);
  uint32_t passes = strtoul(words[3], NULL, 10);
  read_plan();
  int empty = open("/run/empty", O_WRONLY | O_CREAT, 0666);
  assert(empty >= 0);
  close(empty);
  for (uint32_t i = 0; i < most_at_once; ++i) {
    char own[32];
    path_of(own, "own", i);
    assert(mkdir(own, 0777) == 0);
    path_of(own, "said", i);
    assert(close(open(own, O_WRONLY | O_CREAT, 0666)) == 0);
  }
  free(malloc(1 << 20));  // what is needed when there is no more to be had
  start_neighbours();
  ask_neighbours(NULL);
  int64_t before = 0;
  for (uint32_t i = 0; i < passes; ++i) {
    pass();
    printf("pass %u: %u attacks, slowest answer %llu ms, %llu pages free\n", (unsigned)i + 1, (unsigned)attack_count,
           (unsigned long long)slowest_ms, (unsigned long long)free_pages());
    fflush(stdout);
    slowest_ms = 0;
    if (i == 0) before = settled_pages();
  }
  if (seconds) {
    soak(seconds);
    pass();  // so that what was used last is what was then
  }
  int64_t after = settled_pages();
  stop_neighbours();
  printf("%lld pages less are free than after the first pass\n", (long long)(before - after));
  return before <= after + kept_pages ? 0 : 3;
}
