// head [-n LINES] [FILE...]

#include <stdio.h>
#include <string.h>

#include "programs/tool.h"

const char *tool_name = "head";

static int show(FILE *file, const char *name, unsigned long lines) {
  for (int c; lines && (c = getc(file)) != EOF;) {
    putchar(c);
    lines -= c == '\n';
  }
  if (!ferror(file)) return 0;
  complain(name);
  return 1;
}

int main(int count, char **words) {
  static const char help[] = "[-n LINES] [FILE...]";
  unsigned long lines = 10;
  int first = 1;
  if (count > 2 && strcmp(words[1], "-n") == 0) {
    if (!parse_count(words[2], &lines)) usage(help);
    first = 3;
  } else if (count > 1 && words[1][0] == '-' && words[1][1]) {
    usage(help);
  }
  if (first == count) return finish(show(stdin, "standard input", lines));
  int status = 0;
  for (int i = first; i < count; ++i) {
    FILE *file = fopen(words[i], "r");
    if (!file) {
      complain(words[i]);
      status = 1;
      continue;
    }
    if (count - first > 1) printf("%s==> %s <==\n", i > first ? "\n" : "", words[i]);
    status |= show(file, words[i], lines);
    fclose(file);
  }
  return finish(status);
}
