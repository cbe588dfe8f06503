// sort [-nru] [-k FIELD] [FILE...]: lines in order, of their bytes or (-n) of the numbers that they begin with

#include <stdlib.h>
#include <string.h>

#include "programs/tool.h"

const char *tool_name = "sort";

static bool given[256];
static unsigned long field;
static char **lines;
static size_t line_count, room;

static int collect(FILE *file, const char *) {
  bool has_newline;
  for (;;) {
    char *line = NULL;
    size_t size = 0;
    if (take_line(file, &line, &size, &has_newline) < 0) {
      free(line);
      return 0;
    }
    if (line_count == room) lines = grow(lines, (room = 2 * room + 64) * sizeof *lines);
    lines[line_count++] = line;
  }
}

// From the field on; fields are apart by blanks.
static const char *key(const char *line) {
  for (unsigned long at = 1; at < field; ++at) {
    line += strspn(line, " \t");
    line += strcspn(line, " \t");
  }
  return field ? line + strspn(line, " \t") : line;
}

static int compare_keys(const char *a, const char *b) {
  if (!given['n']) return strcmp(key(a), key(b));
  double x = strtod(key(a), NULL), y = strtod(key(b), NULL);
  return (x > y) - (x < y);
}

static int compare(const void *a, const void *b) {
  const char *x = *(char *const *)a, *y = *(char *const *)b;
  int order = compare_keys(x, y);
  if (order == 0 && !given['u']) order = strcmp(x, y);
  return given['r'] ? -order : order;
}

int main(int count, char **words) {
  static const char help[] = "[-nru] [-k FIELD] [FILE...]";
  int first = 1;
  while (first < count && words[first][0] == '-' && words[first][1]) {
    if (strcmp(words[first], "-k") == 0) {
      if (first + 1 == count || !parse_count(words[first + 1], &field) || !field) usage(help);
      first += 2;
      continue;
    }
    for (const char *c = words[first] + 1; *c; ++c) {
      if (!strchr("nru", *c)) usage(help);
      given[(unsigned char)*c] = true;
    }
    ++first;
  }
  int status = each_input(words + first, count - first, collect);
  if (line_count > 1) qsort(lines, line_count, sizeof *lines, compare);
  for (size_t i = 0; i < line_count; ++i) {
    if (given['u'] && i && compare_keys(lines[i - 1], lines[i]) == 0) continue;
    puts(lines[i]);
  }
  return finish(status);
}
