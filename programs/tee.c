// tee [-a] [FILE...]: standard input to standard output and to files

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "programs/tool.h"

const char *tool_name = "tee";

int main(int count, char **words) {
  bool given[256] = {0};
  int first = parse_options(words, "a", given, "[-a] [FILE...]");
  int files = first < count ? count - first : 0, status = 0;
  int *descriptors = grow(NULL, (files + 1) * sizeof *descriptors);
  for (int i = 0; i < files; ++i) {
    descriptors[i] = open(words[first + i], O_WRONLY | O_CREAT | (given['a'] ? O_APPEND : O_TRUNC), 0666);
    if (descriptors[i] >= 0) continue;
    complain(words[first + i]);
    status = 1;
  }
  char part[16 << 10];
  ssize_t got;
  while ((got = read(0, part, sizeof part)) > 0) {
    write_out(part, got);
    for (int i = 0; i < files; ++i) {
      for (ssize_t done = 0, wrote; descriptors[i] >= 0 && done < got; done += wrote) {
        wrote = write(descriptors[i], part + done, got - done);
        if (wrote > 0) continue;
        complain(words[first + i]);
        descriptors[i] = -1;
        status = 1;
      }
    }
  }
  if (got < 0) {
    complain("standard input");
    status = 1;
  }
  return status;
}
