#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "programs/tool.h"

void usage(const char *words) {
  fprintf(stderr, "usage: %s%s%s\n", tool_name, *words ? " " : "", words);
  exit(2);
}

void complain(const char *what) { fprintf(stderr, "%s: %s: %s\n", tool_name, what, strerror(errno)); }

bool parse_count(const char *text, unsigned long *count) {
  char *end;
  errno = 0;
  *count = strtoul(text, &end, 10);
  return *text >= '0' && *text <= '9' && !*end && !errno;
}

static _Noreturn void output_failed(void) {
  if (errno == EPIPE) _exit(141);
  complain("standard output");
  _exit(1);
}

void write_out(const void *bytes, size_t size) {
  for (const char *at = bytes; size;) {
    ssize_t done = write(1, at, size);
    if (done < 0) output_failed();
    at += done;
    size -= done;
  }
}

int finish(int status) {
  if (fflush(stdout) != 0 || ferror(stdout)) output_failed();
  return status;
}

void *grow(void *block, size_t size) {
  void *larger = realloc(block, size);
  if (larger) return larger;
  errno = ENOMEM;
  complain("memory");
  exit(1);
}

int each_input(char **names, int count, int (*run)(FILE *file, const char *name)) {
  static char *nothing[] = {"-"};
  if (count == 0) {
    names = nothing;
    count = 1;
  }
  int status = 0;
  for (int i = 0; i < count; ++i) {
    bool is_standard = strcmp(names[i], "-") == 0;
    const char *name = is_standard ? "standard input" : names[i];
    FILE *file = is_standard ? stdin : fopen(names[i], "r");
    int of_file = 1;
    if (file) of_file = run(file, name);
    if (!file || ferror(file)) {
      complain(name);
      of_file = of_file > 1 ? of_file : 1;
    }
    if (file && !is_standard) fclose(file);
    if (of_file > status) status = of_file;
  }
  return status;
}

long take_line(FILE *file, char **line, size_t *room, bool *has_newline) {
  ssize_t size = getline(line, room, file);
  *has_newline = size > 0 && (*line)[size - 1] == '\n';
  if (*has_newline) (*line)[--size] = 0;
  return size;
}

char *path_in(const char *folder, const char *name) {
  size_t size = strlen(folder);
  char *path = malloc(size + strlen(name) + 2);
  if (!path) {
    complain(name);
    exit(1);
  }
  strcpy(path, folder);
  if (size && folder[size - 1] != '/') strcat(path, "/");
  return strcat(path, name);
}

bool is_folder(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

int parse_options(char **words, const char *letters, bool given[256], const char *usage_words) {
  int at = 1;
  for (; words[at] && words[at][0] == '-' && words[at][1]; ++at) {
    if (strcmp(words[at], "--") == 0) return at + 1;
    for (const char *c = words[at] + 1; *c; ++c) {
      if (!strchr(letters, *c)) usage(usage_words);
      given[(unsigned char)*c] = true;
    }
  }
  return at;
}
