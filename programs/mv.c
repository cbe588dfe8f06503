// mv FROM... TO

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "programs/tool.h"

const char *tool_name = "mv";

int main(int count, char **words) {
  static const char help[] = "FROM... TO (of one folder that the system was given)";
  bool given[256] = {0};
  int first = parse_options(words, "f", given, help);
  if (count - first < 2) usage(help);
  const char *to = words[count - 1];
  bool into_folder = is_folder(to);
  if (count - first > 2 && !into_folder) usage(help);
  int status = 0;
  for (int i = first; i < count - 1; ++i) {
    const char *slash = strrchr(words[i], '/');
    char *target = into_folder ? path_in(to, slash ? slash + 1 : words[i]) : NULL;
    if (rename(words[i], target ? target : to) < 0) {
      complain(words[i]);
      status = 1;
    }
    free(target);
  }
  return status;
}
