// top [-d SECONDS] [-n TIMES]: the processes that use the processor most, again and again

#include <errno.h>
#include <skerry/process.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "programs/tool.h"

const char *tool_name = "top";

enum { most_shown = 20 };

typedef struct {
  struct skerry_process process;
  double share;
} Row;

static struct skerry_process *before;
static uint32_t before_count;

static struct skerry_process *take_list(uint32_t *count) {
  for (uint32_t room = 64;; room *= 2) {
    struct skerry_process *list = grow(NULL, room * sizeof *list);
    if ((errno = skerry_list(list, room, count)) != 0) {
      complain("the list");
      exit(1);
    }
    if (*count < room) return list;
    free(list);
  }
}

static int compare(const void *a, const void *b) {
  const Row *x = a, *y = b;
  if (x->share != y->share) return x->share < y->share ? 1 : -1;
  return (x->process.number > y->process.number) - (x->process.number < y->process.number);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// KiB, from /proc; 0 where it is not told.
static unsigned long long memory_of(uint32_t number) {
  char path[48], name[32];
  unsigned long long size = 0;
  snprintf(path, sizeof path, "/proc/%lu/status", (unsigned long)number);
  FILE *file = fopen(path, "r");
  for (char line[256]; file && fgets(line, sizeof line, file);) {
    if (sscanf(line, "%31s %llu", name, &size) == 2 && strcmp(name, "Memory:") == 0) break;
    size = 0;
  }
  if (file) fclose(file);
  return size;
}

static void show(double seconds) {
  uint32_t count;
  struct skerry_process *list = take_list(&count);
  Row *rows = grow(NULL, (count + 1) * sizeof *rows);
  for (uint32_t i = 0; i < count; ++i) {
    uint64_t ran = list[i].processor_ns;
    for (uint32_t k = 0; k < before_count; ++k) {
      if (before[k].number == list[i].number) ran -= before[k].processor_ns;
    }
    rows[i] = (Row){list[i], seconds > 0 ? 100 * (double)ran / 1e9 / seconds : 0};
  }
  qsort(rows, count, sizeof *rows, compare);
  if (isatty(1)) fputs("\033[H\033[J", stdout);
  printf("%lu processes\nNUMBER PARENT  CPU%%  SECONDS      KiB NAME\n", (unsigned long)count);
  for (uint32_t i = 0; i < count && i < most_shown; ++i) {
    const struct skerry_process *p = &rows[i].process;
    printf("%6lu %6lu %5.1f %8.3f %8llu %s\n", (unsigned long)p->number, (unsigned long)p->parent, rows[i].share,
           (double)p->processor_ns / 1e9, memory_of(p->number), p->name);
  }
  if (finish(0)) exit(1);
  free(rows);
  free(before);
  before = list;
  before_count = count;
}

int main(int count, char **words) {
  static const char help[] = "[-d SECONDS] [-n TIMES]";
  unsigned long delay = 2, times = 0;
  for (int i = 1; i < count; i += 2) {
    unsigned long *value = strcmp(words[i], "-d") == 0 ? &delay : strcmp(words[i], "-n") == 0 ? &times : NULL;
    if (!value || i + 1 == count || !parse_count(words[i + 1], value) || !*value) usage(help);
  }
  double last = now();
  before = take_list(&before_count);
  for (unsigned long round = 0; !times || round < times; ++round) {
    if (round || !times) sleep(delay);
    double at = now();
    show(at - last);
    last = at;
  }
  return 0;
}
