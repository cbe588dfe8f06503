// ln [-fs] TARGET NAME: another name for a file, or (-s) a symbolic link. NAME may be a folder to make it in.

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "programs/tool.h"

const char *tool_name = "ln";

int main(int count, char **words) {
  static const char help[] = "[-fs] TARGET NAME";
  bool given[256] = {0};
  int first = parse_options(words, "fs", given, help);
  if (count - first != 2) usage(help);
  const char *target = words[first], *name = words[first + 1], *slash = strrchr(target, '/');
  char *within = is_folder(name) ? path_in(name, slash ? slash + 1 : target) : NULL;
  if (within) name = within;
  if (given['f']) unlink(name);
  int failed = given['s'] ? symlink(target, name) : link(target, name);
  if (failed) complain(name);
  free(within);
  return failed != 0;
}
