// touch [-c] FILE...: makes files that are not there (but with -c), and sets their times to now

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "programs/tool.h"

const char *tool_name = "touch";

int main(int count, char **words) {
  static const char help[] = "[-c] FILE...";
  bool given[256] = {0};
  int first = parse_options(words, "c", given, help), status = 0;
  if (first >= count) usage(help);
  for (int i = first; i < count; ++i) {
    if (utimensat(AT_FDCWD, words[i], NULL, 0) == 0) continue;
    if (errno == ENOENT && given['c']) continue;
    int fd = errno == ENOENT ? open(words[i], O_WRONLY | O_CREAT, 0666) : -1;
    if (fd < 0) {
      complain(words[i]);
      status = 1;
    } else {
      close(fd);
    }
  }
  return status;
}
