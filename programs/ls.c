// ls [-al] [PATH...]

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "programs/tool.h"

const char *tool_name = "ls";

static bool shows_all, is_long;

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int show(const char *path, const char *name) {
  if (is_long) {
    struct stat about;
    if (lstat(path, &about) < 0) {
      complain(path);
      return 1;
    }
    char kind = S_ISDIR(about.st_mode) ? 'd' : S_ISLNK(about.st_mode) ? 'l' : S_ISREG(about.st_mode) ? '-' : '?';
    char when[32] = "";
    strftime(when, sizeof when, "%Y-%m-%d %H:%M", gmtime(&about.st_mtime));
    printf("%c %10lld %s %s", kind, (long long)about.st_size, when, name);
    char target[4096];
    ssize_t size = kind == 'l' ? readlink(path, target, sizeof target) : 0;
    if (size > 0) printf(" -> %.*s", (int)size, target);
    putchar('\n');
  } else {
    puts(name);
  }
  return 0;
}

static int show_folder(const char *path) {
  DIR *folder = opendir(path);
  if (!folder) {
    complain(path);
    return 1;
  }
  char **names = NULL;
  size_t count = 0;
  int status = 0;
  errno = 0;
  for (struct dirent *entry; (entry = readdir(folder)); errno = 0) {
    if (entry->d_name[0] == '.' && !shows_all) continue;
    if ((count & (count - 1)) == 0) names = realloc(names, (count ? 2 * count : 1) * sizeof *names);
    if (!names || !(names[count] = strdup(entry->d_name))) break;
    ++count;
  }
  if (errno) {
    complain(path);
    status = 1;
  }
  closedir(folder);
  if (count > 1) qsort(names, count, sizeof *names, compare);
  for (size_t i = 0; i < count; ++i) {
    char *within = path_in(path, names[i]);
    status |= show(within, names[i]);
    free(within);
    free(names[i]);
  }
  free(names);
  return status;
}

int main(int count, char **words) {
  bool given[256] = {0};
  int first = parse_options(words, "al1", given, "[-al] [PATH...]");
  shows_all = given['a'];
  is_long = given['l'];
  if (first >= count) return finish(show_folder("."));
  int status = 0;
  for (int i = first; i < count; ++i) {
    struct stat about;
    if (stat(words[i], &about) < 0 && lstat(words[i], &about) < 0) {
      complain(words[i]);
      status = 1;
    } else if (!S_ISDIR(about.st_mode)) {
      status |= show(words[i], words[i]);
    } else {
      if (count - first > 1) printf("%s%s:\n", i > first ? "\n" : "", words[i]);
      status |= show_folder(words[i]);
    }
  }
  return finish(status);
}
