// xargs [-n MOST] [PROGRAM ARGS...]: runs the program with words from standard input as more arguments

#include <errno.h>
#include <skerry/process.h>
#include <stdlib.h>
#include <string.h>

#include "programs/tool.h"

const char *tool_name = "xargs";

static char **words_to_run;
static size_t word_count, room;
static char *path;

static void add(char *word) {
  if (word_count + 2 > room) words_to_run = grow(words_to_run, (room = 2 * room + 16) * sizeof *words_to_run);
  words_to_run[word_count++] = word;
  words_to_run[word_count] = NULL;
}

static int run(void) {
  extern char **environ;
  static char *no_environment[] = {NULL};
  static const int streams[3] = {0, 1, 2};
  uint32_t number;
  struct skerry_ended ended;
  errno = process_start(path, words_to_run, environ ? environ : no_environment, streams, &number);
  if (!errno) errno = skerry_wait(number, 0, &ended);
  if (!errno) return process_status(&ended) ? 123 : 0;
  complain(words_to_run[0]);
  return 126;
}

// A word, with ' " and \ as a shell has them; null at the end.
static char *take_word(void) {
  char *word = NULL;
  size_t size = 0;
  int c, quote = 0;
  bool begun = false;
  while ((c = getchar()) != EOF) {
    if (!quote && strchr(" \t\n", c)) {
      if (begun) break;
      continue;
    }
    if ((size & (size + 1)) == 0) word = grow(word, 2 * size + 2);
    begun = true;
    if (quote ? c == quote : c == '\'' || c == '"') quote = quote ? 0 : c;
    else if (c == '\\' && !quote && (c = getchar()) == EOF) break;
    else word[size++] = c;
  }
  if (begun) word[size] = 0;
  return word;
}

int main(int count, char **words) {
  static const char help[] = "[-n MOST] [PROGRAM ARGS...]";
  unsigned long most = 1000;
  int first = 1;
  if (count > 1 && words[1][0] == '-') {
    if (strcmp(words[1], "-n") != 0 || count < 3 || !parse_count(words[2], &most) || !most) usage(help);
    first = 3;
  }
  if (first == count) add("echo");
  for (int i = first; i < count; ++i) add(words[i]);
  const char *search = getenv("PATH");
  path = process_find(words_to_run[0], search ? search : "/bin");
  if (!path) {
    fprintf(stderr, "xargs: %s: not found\n", words_to_run[0]);
    return 127;
  }
  size_t own = word_count;
  int status = 0;
  for (bool ends = false; !ends;) {
    while (word_count < own + most) {
      char *word = take_word();
      ends = !word;
      if (ends) break;
      add(word);
    }
    if (word_count == own) break;
    int of_run = run();
    if (of_run > status) status = of_run;
    while (word_count > own) free(words_to_run[--word_count]);
    words_to_run[own] = NULL;
  }
  return status;
}
