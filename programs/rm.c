// rm [-rf] PATH...

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "programs/tool.h"

const char *tool_name = "rm";

static bool is_recursive, is_forced;
enum { MostDepth = 200 };

static int remove_path(const char *path, int depth) {
  struct stat about;
  bool is_there = lstat(path, &about) == 0;
  if (!is_there && errno == ENOENT && is_forced) return 0;
  if (is_there && S_ISDIR(about.st_mode) && is_recursive && depth < MostDepth) {
    DIR *folder = opendir(path);
    int status = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
      if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
      char *within = path_in(path, entry->d_name);
      status |= remove_path(within, depth + 1);
      free(within);
    }
    if (folder) closedir(folder);
    if (status) return status;
    is_there = rmdir(path) == 0;
  } else if (is_there) {
    is_there = unlink(path) == 0;
  }
  if (!is_there) complain(path);
  return !is_there;
}

int main(int count, char **words) {
  static const char help[] = "[-rf] PATH...";
  bool given[256] = {0};
  int first = parse_options(words, "rRf", given, help);
  is_recursive = given['r'] || given['R'];
  is_forced = given['f'];
  if (first >= count && !is_forced) usage(help);
  int status = 0;
  for (int i = first; i < count; ++i) status |= remove_path(words[i], 0);
  return status;
}
