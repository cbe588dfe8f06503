// cat [FILE...]: the files one after the other; "-" is standard input.

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "programs/tool.h"

const char *tool_name = "cat";

static char part[64 << 10];

static int copy(const char *name) {
  bool is_input = strcmp(name, "-") == 0;
  int fd = is_input ? 0 : open(name, O_RDONLY);
  ssize_t got = fd < 0 ? -1 : 0;
  while (fd >= 0 && (got = read(fd, part, sizeof part)) > 0) write_out(part, got);
  if (got < 0) complain(name);
  if (!is_input && fd >= 0) close(fd);
  return got < 0;
}

int main(int count, char **words) {
  bool given[256] = {0};
  int at = parse_options(words, "", given, "[FILE...]");
  if (at >= count) return copy("-");
  int status = 0;
  for (; at < count; ++at) status |= copy(words[at]);
  return status;
}
