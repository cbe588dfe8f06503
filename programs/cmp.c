// cmp [-s] FILE FILE: whether two files are the same, and if not, where they differ first

#include <string.h>

#include "programs/tool.h"

const char *tool_name = "cmp";

static FILE *open_file(const char *name) {
  FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
  if (!file) complain(name);
  return file;
}

int main(int count, char **words) {
  static const char help[] = "[-s] FILE FILE";
  bool given[256] = {0};
  int first = parse_options(words, "s", given, help);
  if (count - first != 2) usage(help);
  const char *name = words[first], *other_name = words[first + 1];
  FILE *file = open_file(name), *other = open_file(other_name);
  if (!file || !other) return 2;
  unsigned long long byte = 1, line = 1;
  for (;; ++byte) {
    int a = getc(file), b = getc(other);
    if (ferror(file) || ferror(other)) {
      complain(ferror(file) ? name : other_name);
      return 2;
    }
    if (a == b && a == EOF) return 0;
    if (a != b) {
      if (given['s']) return 1;
      if (a != EOF && b != EOF) printf("%s %s differ: byte %llu, line %llu\n", name, other_name, byte, line);
      else fprintf(stderr, "cmp: %s ends after byte %llu\n", a == EOF ? name : other_name, byte - 1);
      return finish(1);
    }
    line += a == '\n';
  }
}
