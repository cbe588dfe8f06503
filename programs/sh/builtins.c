// What has to run in the shell itself, since it changes the shell or concerns its children.

#include <errno.h>
#include <skerry/process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "programs/sh/sh.h"

static bool parse_number(const char *text, unsigned long *number) {
  char *end;
  *number = strtoul(text, &end, 10);
  return *text >= '0' && *text <= '9' && !*end;
}

// Where `path` leads from `folder`, without "." and "..".
static char *plain_path(const char *folder, const char *path) {
  Text text = {0};
  const char *parts[] = {*path == '/' ? "" : folder, path};
  for (int i = 0; i < 2; ++i) {
    for (const char *at = parts[i]; *at;) {
      at += strspn(at, "/");
      size_t size = strcspn(at, "/");
      if (size == 2 && memcmp(at, "..", 2) == 0) {
        while (text.size && text.bytes[--text.size] != '/') {}
      } else if (size && !(size == 1 && *at == '.')) {
        text_put(&text, '/');
        text_add(&text, at, size);
      }
      at += size;
    }
  }
  if (!text.size) text_put(&text, '/');
  text_add(&text, "", 0);
  return text.bytes;
}

static int change_folder(int count, char **words, Streams streams) {
  if (count > 2) {
    dprintf(streams.fd[2], "cd: usage: cd [FOLDER]\n");
    return 2;
  }
  const char *home = variable("HOME"), *now = variable("PWD");
  char *path = plain_path(now ? now : "/", count == 2 ? words[1] : home ? home : "/");
  int status = 0;
  if (chdir(path) < 0) {
    dprintf(streams.fd[2], "cd: %s: %s\n", path, strerror(errno));
    status = 1;
  } else {
    variable_set("PWD", 3, path);
    variable_export("PWD", 3);
  }
  free(path);
  return status;
}

static int print_folder(int, char **, Streams streams) {
  const char *folder = variable("PWD");
  return dprintf(streams.fd[1], "%s\n", folder ? folder : "/") < 0;
}

static int leave(int count, char **words, Streams streams) {
  unsigned long status = last_status;
  if (count > 2 || (count == 2 && !parse_number(words[1], &status))) {
    dprintf(streams.fd[2], "exit: usage: exit [STATUS]\n");
    status = 2;
  }
  last_status = status & 0xff;
  must_exit = true;
  return last_status;
}

static int export(int count, char **words, Streams streams) {
  if (count == 1) list_exported(streams.fd[1]);
  for (int i = 1; i < count; ++i) {
    size_t name_size = name_size_of(words[i]);
    if (!name_size || (words[i][name_size] && words[i][name_size] != '=')) {
      dprintf(streams.fd[2], "export: %s: not a name\n", words[i]);
      return 1;
    }
    if (words[i][name_size]) variable_set(words[i], name_size, words[i] + name_size + 1);
    variable_export(words[i], name_size);
  }
  return 0;
}

static int wait_for_children(int count, char **words, Streams streams) {
  if (count == 1) return wait_for_all();
  int status = 0;
  for (int i = 1; i < count && !interrupted; ++i) {
    unsigned long number;
    if (!parse_number(words[i], &number) || !number) {
      dprintf(streams.fd[2], "wait: %s: not a number\n", words[i]);
      return 2;
    }
    status = wait_for(number);
  }
  return status;
}

// Only who started a process, or who is above, may kill it: so this is the shell's to do.
static int kill_children(int count, char **words, Streams streams) {
  if (count == 1) {
    dprintf(streams.fd[2], "kill: usage: kill NUMBER...\n");
    return 2;
  }
  int status = 0;
  for (int i = 1; i < count; ++i) {
    unsigned long number;
    if (!parse_number(words[i], &number)) {
      dprintf(streams.fd[2], "kill: %s: not a number\n", words[i]);
      status = 2;
      continue;
    }
    int error = skerry_kill(number);
    if (!error) continue;
    dprintf(streams.fd[2], "kill: %s: %s\n", words[i], strerror(error));
    status = 1;
  }
  return status;
}

// A line into variables; what is left over goes to the last.
static int read_line(int count, char **words, Streams streams) {
  Text line = {0};
  text_add(&line, "", 0);
  char c = 0;
  ssize_t got;
  while ((got = read(streams.fd[0], &c, 1)) == 1 && c != '\n') text_put(&line, c);
  if (got < 0 && errno == EINTR) interrupted = true;
  const char *at = line.bytes, *blank = " \t";
  for (int i = 1; i < count; ++i) {
    at += strspn(at, blank);
    size_t size = i == count - 1 ? strlen(at) : strcspn(at, blank);
    char *value = arena_copy(at, size);
    while (i == count - 1 && size && strchr(blank, value[size - 1])) value[--size] = 0;
    size_t name_size = name_size_of(words[i]);
    if (!name_size || words[i][name_size]) {
      dprintf(streams.fd[2], "read: %s: not a name\n", words[i]);
      got = 0;
      break;
    }
    variable_set(words[i], name_size, value);
    at += size;
  }
  free(line.bytes);
  return got != 1;
}

static int shift(int, char **, Streams) {
  if (parameter_count <= 1) return 1;
  memmove(parameters + 1, parameters + 2, (parameter_count - 2) * sizeof *parameters);
  --parameter_count;
  return 0;
}

static int leave_call(int count, char **words, Streams streams) {
  unsigned long status = last_status;
  if (count > 2 || (count == 2 && !parse_number(words[1], &status))) {
    dprintf(streams.fd[2], "return: usage: return [STATUS]\n");
    return 2;
  }
  if (!call_depth) {
    dprintf(streams.fd[2], "return: not in a function\n");
    return 1;
  }
  last_status = status & 0xff;
  must_return = true;
  return last_status;
}

// break and continue, whose first letters tell them apart.
static int leave_loops(int count, char **words, Streams streams) {
  unsigned long levels = 1;
  if (count > 2 || (count == 2 && (!parse_number(words[1], &levels) || !levels))) {
    dprintf(streams.fd[2], "%s: usage: %s [LOOPS]\n", words[0], words[0]);
    return 2;
  }
  leaves_loops = levels < loop_depth ? levels : loop_depth;
  continues = leaves_loops && *words[0] == 'c';
  return 0;
}

static int forget(int count, char **words, Streams) {
  bool is_function = count > 1 && strcmp(words[1], "-f") == 0;
  for (int i = 1 + is_function; i < count; ++i) {
    if (is_function) function_unset(words[i]);
    else variable_unset(words[i]);
  }
  return 0;
}

// set [--] WORDS...: $1 and so on. They live as long as the shell: a script sets them a few times.
static int set_parameters(int count, char **words, Streams streams) {
  int first = count > 1 && strcmp(words[1], "--") == 0 ? 2 : 1;
  if (count == 1 || (first == 1 && *words[1] == '-')) {
    dprintf(streams.fd[2], "set: usage: set [--] WORDS...\n");
    return 2;
  }
  char **list = grow(NULL, (count - first + 2) * sizeof *list);
  list[0] = parameters[0];
  for (int i = first; i < count; ++i) list[1 + i - first] = strcpy(grow(NULL, strlen(words[i]) + 1), words[i]);
  parameter_count = 1 + count - first;
  list[parameter_count] = NULL;
  free(parameters);
  parameters = list;
  return 0;
}

static int evaluate_words(int count, char **words, Streams streams) {
  Text text = {0};
  text_add(&text, "", 0);
  for (int i = 1; i < count; ++i) {
    text_add(&text, words[i], strlen(words[i]));
    text_put(&text, ' ');
  }
  int status = run_text(text.bytes, streams);
  free(text.bytes);
  return status;
}

// . FILE: its commands, in this shell.
static int run_file(int count, char **words, Streams streams) {
  Text text = {0};
  if (count != 2 || !read_file(words[1], &text)) {
    if (count != 2) dprintf(streams.fd[2], ".: usage: . FILE\n");
    return 1;
  }
  ++call_depth;
  int status = run_text(text.bytes, streams);
  if (must_return) status = last_status;
  must_return = false;
  --call_depth;
  free(text.bytes);
  return status;
}

static int nothing(int, char **, Streams) { return 0; }

Builtin *find_builtin(const char *name) {
  static const struct { const char *name; Builtin *run; } all[] = {
    {":", nothing},     {"cd", change_folder}, {"exit", leave},     {"export", export}, {"kill", kill_children},
    {"break", leave_loops}, {"continue", leave_loops}, {"return", leave_call}, {"unset", forget},
    {"set", set_parameters}, {"eval", evaluate_words}, {".", run_file},
    {"pwd", print_folder}, {"read", read_line}, {"shift", shift},   {"wait", wait_for_children},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    if (strcmp(all[i].name, name) == 0) return all[i].run;
  }
  return NULL;
}
