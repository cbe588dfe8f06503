// wc [-lwc] [FILE...]: lines, words and bytes

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "programs/tool.h"

const char *tool_name = "wc";

typedef struct { unsigned long long lines, words, bytes; } Counts;

static char part[64 << 10];
static bool given[256];

static int count_file(const char *name, Counts *counts) {
  bool is_input = strcmp(name, "-") == 0, in_word = false;
  int fd = is_input ? 0 : open(name, O_RDONLY);
  ssize_t got = fd < 0 ? -1 : 0;
  while (fd >= 0 && (got = read(fd, part, sizeof part)) > 0) {
    counts->bytes += got;
    for (ssize_t i = 0; i < got; ++i) {
      bool is_blank = isspace((unsigned char)part[i]);
      counts->lines += part[i] == '\n';
      counts->words += in_word && is_blank;
      in_word = !is_blank;
    }
  }
  counts->words += in_word;
  if (got < 0) complain(name);
  if (!is_input && fd >= 0) close(fd);
  return got < 0;
}

static void show(const Counts *counts, const char *name) {
  bool all = !given['l'] && !given['w'] && !given['c'];
  const char *between = "";
  if (all || given['l']) printf("%llu", counts->lines), between = " ";
  if (all || given['w']) printf("%s%llu", between, counts->words), between = " ";
  if (all || given['c']) printf("%s%llu", between, counts->bytes);
  printf("%s%s\n", *name ? " " : "", name);
}

int main(int count, char **words) {
  int first = parse_options(words, "lwc", given, "[-lwc] [FILE...]");
  Counts total = {0};
  int status = 0;
  if (first >= count) {
    status = count_file("-", &total);
    show(&total, "");
  }
  for (int i = first; i < count; ++i) {
    Counts counts = {0};
    status |= count_file(words[i], &counts);
    show(&counts, words[i]);
    total.lines += counts.lines;
    total.words += counts.words;
    total.bytes += counts.bytes;
  }
  if (count - first > 1) show(&total, "total");
  return finish(status);
}
