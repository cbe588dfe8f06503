// uniq [-cdu] [FILE]: of equal lines that follow each other one; with their count, only those of several, or of one

#include <stdlib.h>
#include <string.h>

#include "programs/tool.h"

const char *tool_name = "uniq";

static bool given[256];

static void show(const char *line, unsigned long times) {
  if (!times || (given['d'] && times == 1) || (given['u'] && times > 1)) return;
  if (given['c']) printf("%7lu ", times);
  puts(line);
}

static int reduce(FILE *file, const char *) {
  char *line = NULL, *before = NULL;
  size_t room = 0, before_room = 0;
  unsigned long times = 0;
  bool has_newline;
  while (take_line(file, &line, &room, &has_newline) >= 0) {
    if (times && strcmp(line, before) == 0) {
      ++times;
      continue;
    }
    show(before, times);
    char *swapped = before;
    size_t swapped_room = before_room;
    before = line;
    before_room = room;
    line = swapped;
    room = swapped_room;
    times = 1;
  }
  show(before, times);
  free(line);
  free(before);
  return 0;
}

int main(int count, char **words) {
  int first = parse_options(words, "cdu", given, "[-cdu] [FILE]");
  if (count - first > 1) usage("[-cdu] [FILE]");
  return finish(each_input(words + first, count - first, reduce));
}
