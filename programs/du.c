// du [-s] [PATH...]: how many KiB files take, folders with what is in them; -s: of each path alone

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "programs/tool.h"

const char *tool_name = "du";

static bool given[256];
static int status;

static unsigned long long visit(const char *path, bool is_named) {
  struct stat about;
  if (lstat(path, &about) < 0) {
    complain(path);
    status = 1;
    return 0;
  }
  unsigned long long size = (about.st_size + 1023) / 1024;
  if (S_ISDIR(about.st_mode)) {
    DIR *folder = opendir(path);
    if (!folder) {
      complain(path);
      status = 1;
      return 0;
    }
    size = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
      if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
      char *within = path_in(path, entry->d_name);
      size += visit(within, false);
      free(within);
    }
    closedir(folder);
    if (!given['s']) is_named = true;
  }
  if (is_named) printf("%llu\t%s\n", size, path);
  return size;
}

int main(int count, char **words) {
  int first = parse_options(words, "s", given, "[-s] [PATH...]");
  if (first >= count) visit(".", true);
  for (int i = first; i < count; ++i) visit(words[i], true);
  return finish(status);
}
