// find [PATH...] [-name PATTERN] [-type f|d|l] [-maxdepth N]: paths in a folder and below, those that all of it fits

#include <dirent.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "programs/tool.h"

const char *tool_name = "find";

static const char *pattern;
static char type;
static unsigned long most_depth = 1000;  // deeper than this nobody's stack goes

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int visit(const char *path, const char *name, unsigned long depth) {
  struct stat about;
  if (lstat(path, &about) < 0) {
    complain(path);
    return 1;
  }
  char is = S_ISDIR(about.st_mode) ? 'd' : S_ISLNK(about.st_mode) ? 'l' : S_ISREG(about.st_mode) ? 'f' : '?';
  if ((!type || type == is) && (!pattern || fnmatch(pattern, name, 0) == 0)) puts(path);
  if (is != 'd' || depth == most_depth) return 0;
  DIR *folder = opendir(path);
  if (!folder) {
    complain(path);
    return 1;
  }
  char **names = NULL;
  size_t count = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if ((count & (count - 1)) == 0) names = grow(names, (count ? 2 * count : 1) * sizeof *names);
    names[count++] = strcpy(grow(NULL, strlen(entry->d_name) + 1), entry->d_name);
  }
  closedir(folder);
  if (count > 1) qsort(names, count, sizeof *names, compare);
  int status = 0;
  for (size_t i = 0; i < count; ++i) {
    char *within = path_in(path, names[i]);
    status |= visit(within, names[i], depth + 1);
    free(within);
    free(names[i]);
  }
  free(names);
  return status;
}

int main(int count, char **words) {
  static const char help[] = "[PATH...] [-name PATTERN] [-type f|d|l] [-maxdepth N]";
  int paths = 1;
  while (paths < count && words[paths][0] != '-') ++paths;
  for (int i = paths; i < count; i += 2) {
    if (i + 1 == count) usage(help);
    if (strcmp(words[i], "-name") == 0) pattern = words[i + 1];
    else if (strcmp(words[i], "-type") == 0 && strchr("fdl", words[i + 1][0])) type = words[i + 1][0];
    else if (strcmp(words[i], "-maxdepth") != 0 || !parse_count(words[i + 1], &most_depth)) usage(help);
  }
  int status = 0;
  if (paths == 1) status = visit(".", ".", 0);
  for (int i = 1; i < paths; ++i) {
    const char *slash = strrchr(words[i], '/');
    status |= visit(words[i], slash && slash[1] ? slash + 1 : words[i], 0);
  }
  return finish(status);
}
