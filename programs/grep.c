// grep [-EFchilnqrsv] PATTERN [FILE...]: the lines that a pattern fits

#include <dirent.h>
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "programs/tool.h"

const char *tool_name = "grep";

static bool given[256];
static regex_t pattern;
static bool shows_names, was_found;

static int search(FILE *file, const char *name) {
  static char *line;
  static size_t room;
  bool has_newline;
  unsigned long number = 0, count = 0;
  while (take_line(file, &line, &room, &has_newline) >= 0) {
    ++number;
    if ((regexec(&pattern, line, 0, NULL, 0) == 0) == given['v']) continue;
    was_found = true;
    ++count;
    if (given['q']) exit(0);
    if (given['l']) break;
    if (given['c']) continue;
    if (shows_names) printf("%s:", name);
    if (given['n']) printf("%lu:", number);
    puts(line);
  }
  if (given['l'] && count) puts(name);
  if (given['c'] && shows_names) printf("%s:%lu\n", name, count);
  else if (given['c']) printf("%lu\n", count);
  return 0;
}

// A folder with all below it.
static int search_path(char *path) {
  if (!given['r'] || !is_folder(path)) return each_input(&path, 1, search);
  DIR *folder = opendir(path);
  if (!folder) {
    complain(path);
    return 2;
  }
  int status = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char *within = path_in(path, entry->d_name);
    struct stat about;
    if (lstat(within, &about) == 0 && (S_ISREG(about.st_mode) || S_ISDIR(about.st_mode))) status |= search_path(within);
    free(within);
  }
  closedir(folder);
  return status;
}

int main(int count, char **words) {
  static const char help[] = "[-EFchilnqrsv] PATTERN [FILE...]";
  int first = parse_options(words, "EFchilnqrsv", given, help);
  if (first >= count) usage(help);
  const char *text = words[first++];
  char *plain = NULL;
  if (given['F']) {  // each byte that means something in a pattern stands for itself
    char *to = plain = grow(NULL, 2 * strlen(text) + 1);
    for (const char *c = text; *c; ++c) {
      if (strchr(".[]*^$\\", *c)) *to++ = '\\';
      *to++ = *c;
    }
    *to = 0;
  }
  int flags = REG_NOSUB | (given['E'] && !plain ? REG_EXTENDED : 0) | (given['i'] ? REG_ICASE : 0);
  int error = regcomp(&pattern, plain ? plain : text, flags);
  if (error) {
    char why[128];
    regerror(error, &pattern, why, sizeof why);
    fprintf(stderr, "grep: %s: %s\n", text, why);
    return 2;
  }
  if (given['s']) freopen("/dev/null", "w", stderr);
  shows_names = (count - first > 1 || given['r']) && !given['h'];
  int status = 0;
  if (first == count) status = each_input(NULL, 0, search);
  for (int i = first; i < count; ++i) status |= search_path(words[i]);
  return finish(status ? 2 : !was_found);
}
