// mkdir [-p] PATH...

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "programs/tool.h"

const char *tool_name = "mkdir";

static int make(const char *path) {
  if (mkdir(path, 0777) == 0) return 0;
  complain(path);
  return 1;
}

static int make_all(char *path) {
  for (char *at = path; *at;) {
    at += strspn(at, "/");
    at += strcspn(at, "/");
    char behind = *at;
    *at = 0;
    if (!is_folder(path) && make(path) != 0) return 1;
    *at = behind;
  }
  return 0;
}

int main(int count, char **words) {
  static const char help[] = "[-p] PATH...";
  bool given[256] = {0};
  int first = parse_options(words, "p", given, help);
  if (first >= count) usage(help);
  int status = 0;
  for (int i = first; i < count; ++i) status |= given['p'] ? make_all(words[i]) : make(words[i]);
  return status;
}
