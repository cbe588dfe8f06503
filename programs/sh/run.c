// Runs the tree: what a command starts, with which streams, and what comes of it.

#include <errno.h>
#include <fcntl.h>
#include <skerry/process.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "programs/sh/sh.h"

enum { StatusNotRun = 126, StatusNotFound = 127, StatusInterrupted = 130 };

int last_status;
uint32_t last_background;
bool interrupted, must_exit, must_return, continues, is_interactive;
unsigned long leaves_loops, loop_depth, call_depth;

enum { most_calls = 200 };

// Whether what comes next is not to be run.
static bool leaves(void) { return interrupted || must_exit || must_return || leaves_loops; }

void complain(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *text = NULL;
  if (vasprintf(&text, format, arguments) < 0) out_of_memory();
  va_end(arguments);
  dprintf(2, "sh: %s\n", text);
  free(text);
}

// --------------------------------------------------------------------------------- Redirections

typedef struct {
  Streams streams;
  int *opened;
  size_t opened_count;
} Redirected;

static void close_opened(Redirected *redirected) {
  for (size_t i = 0; i < redirected->opened_count; ++i) close(redirected->opened[i]);
  free(redirected->opened);
}

static void keep_open(Redirected *redirected, int fd) {
  redirected->opened = grow(redirected->opened, (redirected->opened_count + 1) * sizeof fd);
  redirected->opened[redirected->opened_count++] = fd;
}

// The lines of <<, in a pipe. -1 after a message.
static int open_here(const Redirection *redirection) {
  enum { room = 64 << 10 };  // of a pipe: nobody reads yet
  char *body = redirection->is_plain ? redirection->body : expand_text(redirection->body);
  if (!body) return -1;
  size_t size = strlen(body);
  uint32_t ends[2];
  int error = size > room ? EFBIG : skerry_pipe(ends);
  if (error) {
    complain("<<%s: %s", redirection->word, strerror(error));
    return -1;
  }
  write(ends[1], body, size);
  close(ends[1]);
  return ends[0];
}

// In the order in which they are written. False after a message; close_opened() is due either way.
static bool redirect(const Redirection *redirection, Redirected *redirected) {
  for (; redirection; redirection = redirection->next) {
    int *target = &redirected->streams.fd[redirection->descriptor];
    if (redirection->how == Here) {
      int fd = open_here(redirection);
      if (fd < 0) return false;
      keep_open(redirected, fd);
      *target = fd;
      continue;
    }
    char *word = expand_one(redirection->word);
    if (!word) return false;
    if (redirection->how == Duplicate) {
      if (word[0] < '0' || word[0] > '2' || word[1]) {
        complain("%s: not one of the descriptors 0, 1 and 2", word);
        return false;
      }
      *target = redirected->streams.fd[word[0] - '0'];
      continue;
    }
    static const int flags[] = {
      [Read] = O_RDONLY, [Write] = O_WRONLY | O_CREAT | O_TRUNC, [Append] = O_WRONLY | O_CREAT | O_APPEND};
    int fd = open(word, flags[redirection->how], 0666);
    if (fd < 0) {
      complain("%s: %s", word, strerror(errno));
      return false;
    }
    keep_open(redirected, fd);
    *target = fd;
  }
  return true;
}

// ------------------------------------------------------------------------------------- Children

// Of background commands, what has not been asked for.
static struct { uint32_t number; int status; } ended_jobs[256];
static size_t ended_count;

static void remember(const struct skerry_ended *ended) {
  size_t most = sizeof ended_jobs / sizeof *ended_jobs;
  size_t at = ended_count++ % most;
  ended_jobs[at].number = ended->number;
  ended_jobs[at].status = process_status(ended);
}

void reap(void) {
  struct skerry_ended ended;
  int error;
  while ((error = skerry_wait(0, SKERRY_WAIT_LOOK, &ended)) == 0 && ended.number) remember(&ended);
  if (error == EINTR) interrupted = true;
}

// The status of the last one. Ctrl-C kills them all.
static int wait_for_job(const uint32_t *children, size_t count) {
  int status = 0;
  for (size_t i = 0; i < count; ++i) {
    struct skerry_ended ended;
    int error;
    while ((error = skerry_wait(children[i], 0, &ended)) == EINTR) {
      interrupted = true;
      for (size_t k = i; k < count; ++k) skerry_kill(children[k]);
    }
    status = error ? StatusNotFound : process_status(&ended);
  }
  return interrupted ? StatusInterrupted : status;
}

int wait_for(uint32_t number) {
  for (size_t i = 0; i < sizeof ended_jobs / sizeof *ended_jobs; ++i) {
    if (number && ended_jobs[i].number == number) {
      ended_jobs[i].number = 0;
      return ended_jobs[i].status;
    }
  }
  return wait_for_job(&number, 1);
}

int wait_for_all(void) {
  struct skerry_ended ended;
  int error;
  while ((error = skerry_wait(0, 0, &ended)) == 0) remember(&ended);
  if (error != EINTR) return 0;
  interrupted = true;
  return StatusInterrupted;
}

static bool is_script(const char *path) {
  char start[2] = "";
  int fd = open(path, O_RDONLY);
  if (fd < 0) return false;
  bool result = read(fd, start, 2) == 2 && memcmp(start, "#!", 2) == 0;
  close(fd);
  return result;
}

// A program by its name. Its number, or 0 with `status` after a message.
static uint32_t start_program(Words *words, const Words *assignments, Streams streams, int *status) {
  const char *search = variable("PATH");
  if (strcmp(words->items[0], "[") == 0) {  // is `test` with a bracket at its end
    if (strcmp(words->items[words->count - 1], "]") != 0) {
      complain("[: no closing ]");
      *status = 2;
      return 0;
    }
    words->items[0] = "test";
    words->items[--words->count] = NULL;
  }
  char *path = process_find(words->items[0], search ? search : "");
  Words with_shell = {0};
  if (path && is_script(path)) {
    words_add(&with_shell, "sh");
    words_add(&with_shell, path);
    for (size_t i = 1; i < words->count; ++i) words_add(&with_shell, words->items[i]);
    words = &with_shell;
  }
  char *program = words == &with_shell ? process_find("sh", search ? search : "") : path;
  uint32_t number = 0;
  if (!program) {
    complain("%s: not found", words->items[0]);
    *status = StatusNotFound;
  } else {
    char **environment = environment_with(assignments);
    int error = process_start(program, words->items, environment, streams.fd, &number);
    free(environment);
    if (error) {
      complain("%s: %s", words->items[0], strerror(error));
      *status = StatusNotRun;
      number = 0;
    }
  }
  if (program != path) free(program);
  free(path);
  free(with_shell.items);
  return number;
}

uint32_t start_shell(const char *text, Streams streams) {
  char *assignments = assignments_of_all();
  char *whole = arena_get(strlen(assignments) + strlen(text) + 1);
  strcat(strcpy(whole, assignments), text);
  free(assignments);
  Words words = {0};
  const Words none = {0};
  words_add(&words, "sh");
  words_add(&words, "-c");
  words_add(&words, whole);
  for (size_t i = 0; i < parameter_count; ++i) words_add(&words, parameters[i]);
  uint32_t number = start_program(&words, &none, streams, &last_status);
  free(words.items);
  return number;
}

// ------------------------------------------------------------------------------------- Commands

enum Place { InShell, OfItsOwn };

int run_text(const char *text, Streams streams) {
  Source source = {.line = 1, .descriptor = -1};
  text_add(&source.text, text, strlen(text));
  int status = 0;
  while (!leaves()) {
    Node *node = NULL;
    ParseResult result = parse(&source, &node);
    if (result == ParseEnd) break;
    if (result == ParseError) {
      status = 2;
      break;
    }
    if (result == Parsed) status = run(node, streams);
  }
  free(source.text.bytes);
  return must_exit ? last_status : status;
}

// The words are its $1 and so on; $0 stays.
static int call_function(const char *body, Words *words, Streams streams) {
  if (call_depth == most_calls) {
    complain("%s: too many calls within each other", words->items[0]);
    return 1;
  }
  char **outer = parameters;
  size_t outer_count = parameter_count;
  unsigned long outer_loops = loop_depth;
  char *text = arena_copy(body, strlen(body));  // it may redefine itself
  parameters = grow(NULL, (words->count + 1) * sizeof *parameters);
  parameters[0] = outer[0];
  memcpy(parameters + 1, words->items + 1, words->count * sizeof *parameters);
  parameter_count = words->count;
  loop_depth = 0;
  ++call_depth;
  int status = run_text(text, streams);
  if (must_return) status = last_status;
  must_return = false;
  --call_depth;
  loop_depth = outer_loops;
  free(parameters);
  parameters = outer;
  parameter_count = outer_count;
  return status;
}

static bool expand_assignments(const Node *node, Words *into) {
  for (size_t i = 0; i < node->assignment_count; ++i) {
    const char *word = node->words[i];
    size_t name_size = name_size_of(word) + 1;
    char *value = expand_one(word + name_size);
    if (!value) return false;
    char *text = arena_get(name_size + strlen(value) + 1);
    memcpy(text, word, name_size);
    strcpy(text + name_size, value);
    words_add(into, text);
  }
  return true;
}

// As they are, in quotes.
static char *words_as_text(const Words *assignments, const Words *words) {
  Text text = {0};
  for (size_t i = 0; i < assignments->count + words->count; ++i) {
    const char *word = i < assignments->count ? assignments->items[i] : words->items[i - assignments->count];
    size_t name = i < assignments->count ? name_size_of(word) + 1 : 0;
    text_add(&text, word, name);
    text_put(&text, '\'');
    for (const char *c = word + name; *c; ++c) {
      if (*c == '\'') text_add(&text, "'\\''", 4);
      else text_put(&text, *c);
    }
    text_add(&text, "' ", 2);
  }
  text_add(&text, "", 0);
  char *copy = arena_copy(text.bytes, text.size);
  free(text.bytes);
  return copy;
}

// Sets `child` where it has started one; else gives the status.
static int run_simple(const Node *node, Streams streams, enum Place place, uint32_t *child) {
  Words words = {0}, assignments = {0};
  Redirected redirected = {streams, NULL, 0};
  int status = 1;
  bool good = expand_assignments(node, &assignments);
  for (size_t i = node->assignment_count; good && i < node->word_count; ++i) good = expand(node->words[i], &words);
  good = good && redirect(node->redirections, &redirected);
  const char *function = good && words.count ? function_body(words.items[0]) : NULL;
  Builtin *builtin = good && words.count && !function ? find_builtin(words.items[0]) : NULL;
  if ((builtin || function) && place == OfItsOwn) {
    *child = start_shell(words_as_text(&assignments, &words), redirected.streams);
    status = last_status;
  } else if (function) {
    status = call_function(function, &words, redirected.streams);
  } else if (good && words.count && !builtin) {
    *child = start_program(&words, &assignments, redirected.streams, &status);
  } else if (good) {
    bool ran_output = false;
    for (size_t i = 0; i < assignments.count; ++i) {
      size_t name_size = name_size_of(assignments.items[i]);
      variable_set(assignments.items[i], name_size, assignments.items[i] + name_size + 1);
      ran_output |= strstr(node->words[i], "$(") || strchr(node->words[i], '`');
    }
    status = builtin ? builtin(words.count, words.items, redirected.streams) : ran_output ? last_status : 0;
  }
  close_opened(&redirected);
  free(words.items);
  free(assignments.items);
  return status;
}

static int run_in_streams(const Node *node, Streams streams);

static int define(const Node *node) {
  function_set(node->words[0], node->text);
  return 0;
}

// Something of a pipeline that has more than itself.
static int start_part(const Node *node, Streams streams, uint32_t *child) {
  if (node->kind == Simple) return run_simple(node, streams, OfItsOwn, child);
  Redirected redirected = {streams, NULL, 0};
  if (node->kind == Function) return define(node);
  if (redirect(node->redirections, &redirected)) *child = start_shell(node->text, redirected.streams);
  close_opened(&redirected);
  return last_status;
}

static int run_pipeline(const Node *node, Streams streams, enum Place place) {
  uint32_t *children = NULL;
  size_t count = 0;
  int status = 0, input = streams.fd[0];
  if (place == InShell && !node->left->next && node->left->kind != Subshell) {
    uint32_t child = 0;
    if (node->left->kind == Simple) status = run_simple(node->left, streams, InShell, &child);
    else status = run_in_streams(node->left, streams);
    if (child) status = wait_for_job(&child, 1);
  } else {
    for (const Node *part = node->left; part; part = part->next) {
      uint32_t ends[2] = {0, streams.fd[1]};
      int error = part->next ? skerry_pipe(ends) : 0;
      if (error) {
        complain("no pipe: %s", strerror(error));
        status = 1;
        break;
      }
      uint32_t child = 0;
      status = start_part(part, (Streams){{input, ends[1], streams.fd[2]}}, &child);
      if (child) {
        children = grow(children, (count + 1) * sizeof *children);
        children[count++] = child;
        last_background = place == OfItsOwn ? child : last_background;
      }
      if (input != streams.fd[0]) close(input);
      if (part->next) close(ends[1]);
      input = ends[0];
      if (!part->next && place == InShell) {
        int of_last = wait_for_job(children, count);
        if (child || interrupted) status = of_last;
      }
    }
    if (input != streams.fd[0] && node->left->next && status == 1 && !count) close(input);
  }
  free(children);
  return node->negated ? !status : status;
}

// Its input is at an end: the terminal is for what runs in front.
static int run_background(const Node *node, Streams streams) {
  uint32_t ends[2];
  int error = skerry_pipe(ends);
  if (error) {
    complain("no pipe: %s", strerror(error));
    return 1;
  }
  close(ends[1]);
  streams.fd[0] = ends[0];
  last_background = 0;
  if (node->kind == Pipeline) run_pipeline(node, streams, OfItsOwn);
  else last_background = start_shell(node->text, streams);
  close(ends[0]);
  if (is_interactive && last_background) dprintf(2, "[%lu]\n", (unsigned long)last_background);
  return last_background ? 0 : StatusNotRun;
}

static bool goes_on(void) {
  reap();
  return !leaves();
}

// Behind the body of a loop: whether another round follows.
static bool next_round(void) {
  if (!leaves_loops || interrupted || must_exit || must_return) return !leaves();
  if (--leaves_loops != 0) return false;
  bool again = continues;
  continues = false;
  return again;
}

static int run_loop(const Node *node, Streams streams) {
  int status = 0;
  bool again = true;
  ++loop_depth;
  while (again && goes_on()) {
    ArenaMark mark = arena_mark();
    bool is_true = run(node->left, streams) == 0;
    bool enters = is_true == (node->kind == While) && !leaves();
    if (enters) status = run(node->right, streams);
    arena_release(mark);
    again = next_round() && enters;
  }
  --loop_depth;
  return status;
}

static int run_for(const Node *node, Streams streams) {
  Words values = {0};
  int status = 0;
  bool good = true;
  for (size_t i = 1; good && i < node->word_count; ++i) good = expand(node->words[i], &values);
  bool again = true;
  ++loop_depth;
  for (size_t i = 0; good && again && i < values.count && goes_on(); ++i) {
    ArenaMark mark = arena_mark();
    variable_set(node->words[0], strlen(node->words[0]), values.items[i]);
    status = run(node->right, streams);
    arena_release(mark);
    again = next_round();
  }
  --loop_depth;
  free(values.items);
  return good ? status : 1;
}

static int run_case(const Node *node, Streams streams) {
  char *value = expand_one(node->words[0]);
  if (!value) return 1;
  for (const Node *item = node->left; item; item = item->next) {
    for (size_t i = 0; i < item->word_count; ++i) {
      int fits = fits_pattern(item->words[i], value);
      if (fits < 0) return 1;
      if (fits) return item->left ? run(item->left, streams) : 0;
    }
  }
  return 0;
}

// A compound command with its redirections.
static int run_in_streams(const Node *node, Streams streams) {
  Redirected redirected = {streams, NULL, 0};
  int status = 1;
  if (redirect(node->redirections, &redirected)) {
    streams = redirected.streams;
    switch (node->kind) {
      case Group: status = run(node->left, streams); break;
      case If:
        status = run(node->left, streams);
        if (leaves()) break;
        if (status == 0) status = run(node->right, streams);
        else status = node->otherwise ? run(node->otherwise, streams) : 0;
        break;
      case While:
      case Until: status = run_loop(node, streams); break;
      case Case: status = run_case(node, streams); break;
      case Function: status = define(node); break;
      default: status = run_for(node, streams); break;
    }
  }
  close_opened(&redirected);
  return status;
}

int run(const Node *node, Streams streams) {
  if (leaves()) return last_status;
  int status;
  switch (node->kind) {
    case Pipeline: status = run_pipeline(node, streams, InShell); break;
    case And:
    case Or:
      status = run(node->left, streams);
      if ((status == 0) == (node->kind == And)) status = run(node->right, streams);
      break;
    case Sequence:
      run(node->left, streams);
      status = run(node->right, streams);
      break;
    case Background: status = run_background(node->left, streams); break;
    default: status = run_in_streams(node, streams); break;
  }
  if (!must_exit && !must_return) last_status = status;
  return last_status;
}
