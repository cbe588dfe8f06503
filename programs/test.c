// test: whether something is so. [!] and one of:
//   WORD  -n WORD  -z WORD  A = B  A != B  A -eq|-ne|-lt|-le|-gt|-ge B  -e|-f|-d|-s PATH

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "programs/tool.h"

const char *tool_name = "test";

static long long number(const char *text) {
  char *end;
  long long value = strtoll(text, &end, 10);
  if (!*text || *end) {
    fprintf(stderr, "test: %s: not a number\n", text);
    exit(2);
  }
  return value;
}

static bool of_path(char what, const char *path) {
  struct stat about;
  if (stat(path, &about) < 0) return false;
  return what == 'f' ? S_ISREG(about.st_mode) : what == 'd' ? S_ISDIR(about.st_mode) : what == 'e' || about.st_size > 0;
}

static bool compare(const char *a, const char *op, const char *b) {
  if (strcmp(op, "=") == 0) return strcmp(a, b) == 0;
  if (strcmp(op, "!=") == 0) return strcmp(a, b) != 0;
  static const char *const ops[] = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge"};
  for (int i = 0; i < 6; ++i) {
    if (strcmp(op, ops[i]) != 0) continue;
    long long x = number(a), y = number(b);
    bool results[] = {x == y, x != y, x < y, x <= y, x > y, x >= y};
    return results[i];
  }
  usage("[!] WORD | -nzefds WORD | A OP B");
}

int main(int count, char **words) {
  ++words;
  --count;
  bool negated = count > 1 && strcmp(words[0], "!") == 0;
  words += negated;
  count -= negated;
  bool result = false;
  if (count == 1) result = *words[0];
  else if (count == 2 && strcmp(words[0], "-n") == 0) result = *words[1];
  else if (count == 2 && strcmp(words[0], "-z") == 0) result = !*words[1];
  else if (count == 2 && words[0][0] == '-' && words[0][1] && !words[0][2] && strchr("efds", words[0][1])) {
    result = of_path(words[0][1], words[1]);
  } else if (count == 3) result = compare(words[0], words[1], words[2]);
  else if (count != 0) usage("[!] WORD | -nzefds WORD | A OP B");
  return result == negated;
}
