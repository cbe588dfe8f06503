// mv FROM... TO. From one file system to another it copies, and then removes what it copied.

#include <errno.h>
#include <skerry/process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "programs/tool.h"

const char *tool_name = "mv";

static bool run(char **words) {
  extern char **environ;
  static char *no_environment[] = {NULL};
  static const int streams[3] = {0, 1, 2};
  const char *search = getenv("PATH");
  char *path = process_find(words[0], search ? search : "/bin");
  uint32_t number;
  struct skerry_ended ended;
  errno = path ? process_start(path, words, environ ? environ : no_environment, streams, &number) : ENOENT;
  if (!errno) errno = skerry_wait(number, 0, &ended);
  free(path);
  if (errno) complain(words[0]);
  return !errno && process_status(&ended) == 0;
}

// They tell themselves what went wrong.
static bool carry_over(char *from, const char *to) {
  return run((char *[]){"cp", "-r", from, (char *)to, NULL}) && run((char *[]){"rm", "-r", from, NULL});
}

int main(int count, char **words) {
  static const char help[] = "FROM... TO";
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
      bool is_elsewhere = errno == EXDEV;
      if (!is_elsewhere) complain(words[i]);
      if (!is_elsewhere || !carry_over(words[i], target ? target : to)) status = 1;
    }
    free(target);
  }
  return status;
}
