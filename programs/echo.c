// echo [-n] WORD...

#include <stdio.h>
#include <string.h>

#include "programs/tool.h"

const char *tool_name = "echo";

int main(int count, char **words) {
  bool has_newline = count < 2 || strcmp(words[1], "-n") != 0;
  for (int i = has_newline ? 1 : 2; i < count; ++i) {
    fputs(words[i], stdout);
    if (i + 1 < count) putchar(' ');
  }
  if (has_newline) putchar('\n');
  return finish(0);
}
