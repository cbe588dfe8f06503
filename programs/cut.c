// cut (-c LIST | -f LIST [-d BYTE]) [FILE...]: bytes or fields of each line
// LIST is N, N-M, N- or -M, several with commas between.

#include <stdlib.h>
#include <string.h>

#include "programs/tool.h"

const char *tool_name = "cut";

static const char help[] = "(-c LIST | -f LIST [-d BYTE]) [FILE...]";
static struct { unsigned long first, last; } ranges[64];
static int range_count;
static bool is_fields;
static char separator = '\t';

static void parse_list(const char *list) {
  while (*list) {
    char *end;
    unsigned long first = 1, last;
    if (*list != '-') {
      first = last = strtoul(list, &end, 10);
      if (end == list || !first) usage(help);
      list = end;
    }
    if (*list == '-') {
      last = strtoul(++list, &end, 10);
      if (end == list) last = ~0ul;
      list = end;
    }
    if (range_count == sizeof ranges / sizeof *ranges || (*list && *list++ != ',')) usage(help);
    ranges[range_count].first = first;
    ranges[range_count++].last = last;
  }
}

static bool is_chosen(unsigned long place) {
  for (int i = 0; i < range_count; ++i) {
    if (ranges[i].first <= place && place <= ranges[i].last) return true;
  }
  return false;
}

static int show(FILE *file, const char *) {
  static char *line;
  static size_t room;
  bool has_newline;
  for (long size; (size = take_line(file, &line, &room, &has_newline)) >= 0;) {
    if (!is_fields) {
      for (long i = 0; i < size; ++i) {
        if (is_chosen(i + 1)) putchar(line[i]);
      }
    } else if (!strchr(line, separator)) {
      fputs(line, stdout);
    } else {
      bool is_first = true;
      unsigned long place = 1;
      for (const char *at = line;; ++place) {
        const char *end = strchr(at, separator);
        size_t length = end ? (size_t)(end - at) : strlen(at);
        if (is_chosen(place)) {
          if (!is_first) putchar(separator);
          fwrite(at, 1, length, stdout);
          is_first = false;
        }
        if (!end) break;
        at = end + 1;
      }
    }
    putchar('\n');
  }
  return 0;
}

int main(int count, char **words) {
  int first = 1;
  for (; first < count && words[first][0] == '-' && words[first][1]; ++first) {
    char what = words[first][1];
    const char *value = words[first][2] ? words[first] + 2 : ++first < count ? words[first] : NULL;
    if (!value || !strchr("cfd", what)) usage(help);
    if (what == 'd') separator = *value;
    else parse_list(value);
    is_fields |= what == 'f';
  }
  if (!range_count) usage(help);
  return finish(each_input(words + first, count - first, show));
}
