// tail [-n [+]LINES] [FILE...]: the last lines, or (+) all from one on

#include <stdlib.h>
#include <string.h>

#include "programs/tool.h"

const char *tool_name = "tail";

static unsigned long wanted = 10;
static bool from_start;
static int files, shown;

static void put(const char *line, long size, bool has_newline) {
  fwrite(line, 1, size, stdout);
  if (has_newline) putchar('\n');
}

static int show(FILE *file, const char *name) {
  if (files > 1) printf("%s==> %s <==\n", shown++ ? "\n" : "", name);
  struct { char *text; size_t room; long size; bool has_newline; } *ring = NULL, line = {0};
  unsigned long count = 0;
  for (;; ++count) {
    if (!from_start && count < wanted) {
      ring = grow(ring, (count + 1) * sizeof *ring);
      memset(&ring[count], 0, sizeof *ring);
    }
    bool keeps = !from_start && wanted;
    // A place is used again for the line that comes `wanted` later.
    unsigned long at = keeps ? count % wanted : 0;
    line.size = take_line(file, &line.text, &line.room, &line.has_newline);
    if (line.size < 0) break;
    if (from_start && count + 1 >= wanted) put(line.text, line.size, line.has_newline);
    if (!keeps) continue;
    typeof(line) old = {ring[at].text, ring[at].room, 0, false};
    memcpy(&ring[at], &line, sizeof line);
    memcpy(&line, &old, sizeof line);
  }
  unsigned long kept = from_start ? 0 : count < wanted ? count : wanted;
  for (unsigned long i = 0; i < kept; ++i) {
    unsigned long at = (count - kept + i) % wanted;
    put(ring[at].text, ring[at].size, ring[at].has_newline);
  }
  for (unsigned long i = 0; i < kept; ++i) free(ring[i].text);
  free(line.text);
  free(ring);
  return 0;
}

int main(int count, char **words) {
  static const char help[] = "[-n [+]LINES] [FILE...]";
  int first = 1;
  if (count > 2 && strcmp(words[1], "-n") == 0) {
    from_start = words[2][0] == '+';
    if (!parse_count(words[2] + from_start, &wanted)) usage(help);
    first = 3;
  } else if (count > 1 && words[1][0] == '-' && words[1][1]) {
    usage(help);
  }
  files = count - first;
  return finish(each_input(words + first, files, show));
}
