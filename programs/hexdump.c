// hexdump [FILE]: sixteen bytes a line, as hexadecimal and as text

#include <ctype.h>
#include <stdio.h>

#include "programs/tool.h"

const char *tool_name = "hexdump";

int main(int count, char **words) {
  if (count > 2) usage("[FILE]");
  FILE *file = count == 2 ? fopen(words[1], "rb") : stdin;
  if (!file) {
    complain(words[1]);
    return 1;
  }
  unsigned char line[16];
  unsigned long long at = 0;
  for (size_t size; (size = fread(line, 1, sizeof line, file)) > 0; at += size) {
    printf("%08llx ", at);
    for (size_t i = 0; i < sizeof line; ++i) {
      if (i % 8 == 0) putchar(' ');
      if (i < size) printf("%02x ", line[i]);
      else fputs("   ", stdout);
    }
    fputs(" |", stdout);
    for (size_t i = 0; i < size; ++i) putchar(line[i] < 128 && isprint(line[i]) ? line[i] : '.');
    puts("|");
  }
  printf("%08llx\n", at);
  if (ferror(file)) {
    complain(count == 2 ? words[1] : "standard input");
    return finish(1);
  }
  return finish(0);
}
