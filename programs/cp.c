// cp [-r] FROM... TO

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "programs/tool.h"

const char *tool_name = "cp";

static bool is_recursive;
static char part[64 << 10];

static int fail_at(const char *path) {
  complain(path);
  return 1;
}

static int copy_file(const char *from, const char *to) {
  int input = open(from, O_RDONLY);
  if (input < 0) return fail_at(from);
  struct stat source, target;
  if (fstat(input, &source) == 0 && stat(to, &target) == 0 && source.st_ino == target.st_ino &&
      source.st_dev == target.st_dev) {
    fprintf(stderr, "cp: %s and %s are the same file\n", from, to);
    close(input);
    return 1;
  }
  int output = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  int status = output < 0 ? fail_at(to) : 0;
  for (ssize_t got; !status && (got = read(input, part, sizeof part)) != 0;) {
    if (got < 0) status = fail_at(from);
    for (ssize_t done = 0, written; !status && done < got; done += written) {
      written = write(output, part + done, got - done);
      if (written < 0) status = fail_at(to);
    }
  }
  if (output >= 0 && close(output) < 0) status = fail_at(to);
  close(input);
  return status;
}

enum { MostDepth = 200 };

static int copy(const char *from, const char *to, int depth) {
  if (!is_folder(from)) return copy_file(from, to);
  if (!is_recursive || depth > MostDepth) {
    fprintf(stderr, "cp: %s: %s\n", from, is_recursive ? "too deep" : "is a folder (and -r is not given)");
    return 1;
  }
  if (mkdir(to, 0777) < 0 && errno != EEXIST) return fail_at(to);
  DIR *folder = opendir(from);
  if (!folder) return fail_at(from);
  int status = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char *source = path_in(from, entry->d_name), *target = path_in(to, entry->d_name);
    status |= copy(source, target, depth + 1);
    free(source);
    free(target);
  }
  closedir(folder);
  return status;
}

int main(int count, char **words) {
  static const char help[] = "[-r] FROM... TO";
  bool given[256] = {0};
  int first = parse_options(words, "rR", given, help);
  is_recursive = given['r'] || given['R'];
  if (count - first < 2) usage(help);
  const char *to = words[count - 1];
  bool into_folder = is_folder(to);
  if (count - first > 2 && !into_folder) usage(help);
  int status = 0;
  for (int i = first; i < count - 1; ++i) {
    const char *slash = strrchr(words[i], '/');
    char *target = into_folder ? path_in(to, slash ? slash + 1 : words[i]) : strdup(to);
    status |= target ? copy(words[i], target, 0) : fail_at(to);
    free(target);
  }
  return status;
}
