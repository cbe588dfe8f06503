// sh [-i] [FILE | -c TEXT [NAME]] [ARGS...]

#include <errno.h>
#include <fcntl.h>
#include <skerry/process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "programs/sh/sh.h"

enum { StatusSyntax = 2, StatusNotFound = 127 };

static void run_all(Source *source) {
  const Streams streams = {{0, 1, 2}};
  while (!must_exit) {
    ArenaMark mark = arena_mark();
    reap();
    interrupted = must_return = continues = false;  // what was interrupted may have been on its way out
    leaves_loops = 0;
    Node *node = NULL;
    ParseResult result = parse(source, &node);
    if (result == Parsed) run(node, streams);
    arena_release(mark);
    if (interrupted) {
      last_status = 130;
      if (!is_interactive) return;
    }
    if (result == ParseEnd && !interrupted) return;
    if (result == ParseError) {
      if (!interrupted) last_status = StatusSyntax;
      if (!is_interactive) return;
    }
    if (result == ParseError || interrupted) source->at = source->text.size;
    source_drop(source);
  }
}

bool read_file(const char *path, Text *text) {
  int fd = open(path, O_RDONLY);
  ssize_t got = -1;
  char part[4096];
  while (fd >= 0 && (got = read(fd, part, sizeof part)) > 0) text_add(text, part, got);
  if (got < 0) complain("%s: %s", path, strerror(errno));
  if (fd >= 0) close(fd);
  text_add(text, "", 0);
  return got >= 0;
}

int main(int count, char **words) {
  variables_begin();
  if (!variable("PWD")) variable_set("PWD", 3, "/");
  variable_export("PWD", 3);
  Source source = {.line = 1, .descriptor = -1};
  int at = 1;
  bool asked = count > at && strcmp(words[at], "-i") == 0;
  at += asked;
  bool has_text = count > at && strcmp(words[at], "-c") == 0;
  if ((has_text && count < at + 2) || (!has_text && count > at && words[at][0] == '-')) {
    complain("usage: sh [-i] [FILE | -c TEXT [NAME]] [ARGS...]");
    return StatusSyntax;
  }
  int first = at;  // of the words that are $0, $1, ...
  if (has_text) {
    text_add(&source.text, words[at + 1], strlen(words[at + 1]));
    first = at + 2;
  } else if (count > at) {
    if (!read_file(words[at], &source.text)) return StatusNotFound;
  } else {
    source.descriptor = 0;
    source.prompts = is_interactive = asked || (isatty(0) && isatty(2));
    first = count;
  }
  parameter_count = first < count ? count - first : 1;
  parameters = grow(NULL, (parameter_count + 1) * sizeof *parameters);
  parameters[0] = words[0];
  for (int i = first; i < count; ++i) parameters[i - first] = words[i];
  parameters[parameter_count] = NULL;
  if (is_interactive) skerry_interrupts(SKERRY_INTERRUPT_TELLS);
  run_all(&source);
  return last_status;
}
