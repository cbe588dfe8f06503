// Expansion: quotes, variables, $( ), splitting, paths.
//
// A field is built with a backslash before each byte that is not to be taken as a pattern; where no pattern is in it
// these go away again.

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <skerry/process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "programs/sh/sh.h"

typedef struct {
  Words *into;      // null: all is one field, without patterns
  Text field;
  bool has_field;   // also an empty one, where there were quotes
  bool has_pattern;
  bool failed;
} Expansion;

// -------------------------------------------------------------------------------------- Paths

// `pattern` as in a field; `name` as it is.
static bool matches(const char *pattern, const char *name) {
  const char *star = NULL, *star_name = NULL;
  for (;;) {
    const char *next = pattern;
    bool fits = false;
    if (*pattern == '*') {
      star = ++pattern;
      star_name = name;
      continue;
    }
    if (!*name && !*pattern) return true;
    if (*pattern == '?') {
      fits = *name;
      next = pattern + 1;
    } else if (*pattern == '[' && *name) {
      const char *at = pattern + 1;
      bool negated = *at == '!' || *at == '^';
      at += negated;
      bool found = false;
      const char *first = at;
      while (*at && (*at != ']' || at == first)) {
        if (*at == '\\' && at[1]) ++at;
        unsigned char low = *at++, high = low;
        if (*at == '-' && at[1] && at[1] != ']') {
          at += at[1] == '\\' && at[2] ? 2 : 1;
          high = *at++;
        }
        found |= low <= (unsigned char)*name && (unsigned char)*name <= high;
      }
      if (*at == ']') {
        fits = found != negated;
        next = at + 1;
      } else {
        fits = *name == '[';
        next = pattern + 1;
      }
    } else if (*pattern) {
      const char *literal = pattern + (*pattern == '\\' && pattern[1]);
      fits = *literal == *name;
      next = literal + 1;
    }
    if (fits && *name) {
      pattern = next;
      ++name;
      continue;
    }
    if (!star || !*star_name) return false;
    pattern = star;
    name = ++star_name;
  }
}

static char *without_backslashes(const char *pattern, size_t size) {
  char *plain = arena_get(size + 1), *at = plain;
  for (size_t i = 0; i < size; ++i) {
    if (pattern[i] == '\\' && i + 1 < size) ++i;
    *at++ = pattern[i];
  }
  return plain;
}

static bool is_pattern(const char *text, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (text[i] == '\\') ++i;
    else if (strchr("*?[", text[i])) return true;
  }
  return false;
}

static char *join(const char *folder, const char *name, const char *behind) {
  char *path = arena_get(strlen(folder) + strlen(name) + strlen(behind) + 1);
  return strcat(strcat(strcpy(path, folder), name), behind);
}

// One part of the path after the other: `found` are the paths so far.
static void add_paths(const char *pattern, Words *into) {
  Words found = {0}, longer = {0};
  words_add(&found, "");
  for (bool is_last = false; !is_last;) {
    size_t size = strcspn(pattern, "/");
    size_t slashes = strspn(pattern + size, "/");
    is_last = !pattern[size + slashes];
    char *part = arena_copy(pattern, size), *behind = arena_copy(pattern + size, slashes);
    longer.count = 0;
    for (size_t i = 0; i < found.count; ++i) {
      const char *folder = found.items[i];
      if (!is_pattern(part, size)) {
        char *path = join(folder, without_backslashes(part, size), behind);
        struct stat about;
        if (!is_last || stat(path, &about) == 0) words_add(&longer, path);
        continue;
      }
      DIR *directory = opendir(*folder ? folder : ".");
      if (!directory) continue;
      for (struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_name[0] == '.' && part[0] != '.') continue;
        if (matches(part, entry->d_name)) words_add(&longer, join(folder, entry->d_name, behind));
      }
      closedir(directory);
    }
    Words last = found;
    found = longer;
    longer = last;
    pattern += size + slashes;
  }
  for (size_t i = 0; i < found.count; ++i) words_add(into, found.items[i]);
  free(found.items);
  free(longer.items);
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

// ------------------------------------------------------------------------------------- Fields

static void end_field(Expansion *e) {
  if (!e->has_field && !e->field.size) return;
  text_add(&e->field, "", 0);
  size_t before = e->into->count;
  if (e->has_pattern) {
    add_paths(e->field.bytes, e->into);
    if (e->into->count > before + 1) {
      qsort(e->into->items + before, e->into->count - before, sizeof *e->into->items, compare);
    }
  }
  if (e->into->count == before) words_add(e->into, without_backslashes(e->field.bytes, e->field.size));
  e->field.size = 0;
  e->has_field = e->has_pattern = false;
}

static void put_literal(Expansion *e, char c) {
  if (strchr("*?[]\\-!^", c)) text_put(&e->field, '\\');
  text_put(&e->field, c);
}

static void put_active(Expansion *e, char c) {
  if (strchr("*?[", c)) e->has_pattern = true;
  text_put(&e->field, c);
}

static void put_value(Expansion *e, const char *value, bool is_quoted) {
  const char *separators = variable("IFS");
  for (const char *c = value; *c; ++c) {
    if (is_quoted || !e->into) put_literal(e, *c);
    else if (separators && strchr(separators, *c)) end_field(e);
    else if (*c == '\\') put_literal(e, *c);
    else put_active(e, *c);
  }
}

static void put_parameters(Expansion *e, bool is_quoted, bool is_joined) {
  for (size_t i = 1; i < parameter_count; ++i) {
    if (i > 1 && (is_joined || !e->into)) put_value(e, " ", is_quoted);
    else if (i > 1) end_field(e);
    put_value(e, parameters[i], is_quoted);
    if (is_quoted) e->has_field = true;
  }
}

// What the commands write, without the newlines at its end.
static void put_output(Expansion *e, const char *text, size_t size, bool is_quoted) {
  uint32_t ends[2];
  int error = skerry_pipe(ends);
  if (error) {
    complain("no pipe: %s", strerror(error));
    e->failed = true;
    return;
  }
  uint32_t child = start_shell(arena_copy(text, size), (Streams){{0, ends[1], 2}});
  close(ends[1]);
  Text output = {0};
  text_add(&output, "", 0);
  char part[4096];
  for (ssize_t got; child && (got = read(ends[0], part, sizeof part)) > 0;) {
    for (ssize_t i = 0; i < got; ++i) {
      if (part[i]) text_put(&output, part[i]);
    }
  }
  close(ends[0]);
  if (child) last_status = wait_for(child);
  else e->failed = true;
  while (output.size && output.bytes[output.size - 1] == '\n') output.bytes[--output.size] = 0;
  put_value(e, output.bytes, is_quoted);
  free(output.bytes);
}

static void put_braced(Expansion *e, const char *name, size_t size, bool is_quoted);

static void put_named(Expansion *e, const char *name, size_t size, bool is_quoted) {
  char number[24];
  if (size == 1 && strchr("?$!#", *name)) {
    uint32_t self = 0;
    if (*name == '$') skerry_self(&self);
    snprintf(number, sizeof number, "%lu", *name == '?' ? (unsigned long)last_status
                                         : *name == '$' ? (unsigned long)self
                                         : *name == '!' ? (unsigned long)last_background
                                                        : (unsigned long)(parameter_count - 1));
    put_value(e, number, is_quoted);
  } else if (size == 1 && (*name == '@' || *name == '*')) {
    put_parameters(e, is_quoted, *name == '*' && is_quoted);
  } else if (*name >= '0' && *name <= '9') {
    size_t index = strtoul(name, NULL, 10);
    if (index < parameter_count) put_value(e, parameters[index], is_quoted);
  } else {
    const char *value = variable(arena_copy(name, size));
    if (value) put_value(e, value, is_quoted);
  }
}

// Behind a bracket, to the one that closes it; the parser has seen that there is one.
static const char *closing(const char *at, char open, char close) {
  for (size_t depth = 1;; ++at) {
    if (*at == '\\' && at[1]) ++at;
    else if (*at == '\'' && open == '(') at += 1 + strcspn(at + 1, "'");
    else if (*at == open) ++depth;
    else if (*at == close && --depth == 0) return at;
    if (!*at) return at;
  }
}

static void put_number(Expansion *e, const char *text, size_t size, bool is_quoted) {
  char *plain = expand_text(arena_copy(text, size));
  int64_t value;
  if (!plain || !evaluate(plain, &value)) {
    e->failed = true;
    return;
  }
  char number[24];
  snprintf(number, sizeof number, "%lld", (long long)value);
  put_value(e, number, is_quoted);
}

// Behind a $; gives what is behind the name.
static const char *put_dollar(Expansion *e, const char *at, bool is_quoted) {
  if (at[0] == '(' && at[1] == '(') {
    const char *end = closing(at + 2, '(', ')');
    if (end[0] == ')' && end[1] == ')') {
      put_number(e, at + 2, end - at - 2, is_quoted);
      return end + 2;
    }
  }
  if (*at == '(') {
    const char *end = closing(at + 1, '(', ')');
    put_output(e, at + 1, end - at - 1, is_quoted);
    return end + (*end != 0);
  }
  if (*at == '{') {
    const char *end = closing(at + 1, '{', '}');
    put_braced(e, at + 1, end - at - 1, is_quoted);
    return end + (*end != 0);
  }
  size_t size = name_size_of(at);
  if (!size && *at && strchr("?$!#@*0123456789", *at)) size = 1;
  if (size) put_named(e, at, size, is_quoted);
  else put_literal(e, '$');
  return at + size;
}

// What is left of the value without the shortest or longest part at its end or beginning that fits the pattern.
static char *without_part(const char *value, const char *word, bool at_end, bool is_longest) {
  size_t size = strlen(value);
  for (size_t i = 0; i <= size; ++i) {
    size_t part = is_longest ? size - i : i;
    char *piece = at_end ? arena_copy(value + size - part, part) : arena_copy(value, part);
    int fits = fits_pattern(word, piece);
    if (fits < 0) return NULL;
    if (fits) return at_end ? arena_copy(value, size - part) : arena_copy(value + part, size - part);
  }
  return arena_copy(value, size);
}

// ${NAME}, ${#NAME}, ${NAME:-WORD} and the like.
static void put_braced(Expansion *e, const char *text, size_t size, bool is_quoted) {
  if (size > 1 && *text == '#' && name_size_of(text + 1) == size - 1) {
    const char *value = variable(arena_copy(text + 1, size - 1));
    char number[24];
    snprintf(number, sizeof number, "%zu", value ? strlen(value) : 0);
    put_value(e, number, is_quoted);
    return;
  }
  size_t name_size = name_size_of(text);
  if (!name_size) name_size = strspn(text, "0123456789");
  if (!name_size && size == 1 && strchr("?$!#@*", *text)) name_size = 1;
  if (name_size && name_size == size) {
    put_named(e, text, size, is_quoted);
  } else if (name_size && size > name_size && strchr(":%#", text[name_size])) {
    const char *name = arena_copy(text, name_size), *value = variable(name), *behind = text + name_size + 1;
    if (isdigit((unsigned char)*name)) {
      size_t index = strtoul(name, NULL, 10);
      value = index < parameter_count ? parameters[index] : NULL;
    }
    char op = text[name_size], how = *behind;
    bool is_double = op != ':' && how == op;
    behind += op == ':' || is_double;
    char *word = behind <= text + size ? arena_copy(behind, text + size - behind) : NULL;
    bool has = value && *value;
    if (op != ':') value = without_part(value ? value : "", word, op == '%', is_double);
    else if (!word || !strchr("-+=", how)) value = NULL;
    else if (how == '+') value = has ? expand_one(word) : "";
    else if (!has) value = expand_one(word);
    if (op == ':' && how == '=' && !has && value && name_size_of(name)) variable_set(name, name_size, value);
    if (op == ':' && (!word || !strchr("-+=", how))) complain("${%.*s}: not a way to expand", (int)size, text);
    if (value) put_value(e, value, is_quoted);
    else e->failed = true;
  } else {
    complain("${%.*s}: a name is wanted", (int)size, text);
    e->failed = true;
  }
}

static void expand_into(Expansion *e, const char *at) {
  if (*at == '~' && (!at[1] || at[1] == '/') && variable("HOME")) {
    put_value(e, variable("HOME"), true);
    ++at;
  }
  bool is_quoted = false;  // by "
  while (*at && !e->failed) {
    char c = *at++;
    if (c == '"') {
      is_quoted = !is_quoted;
      // "$@" without parameters is no field.
      if (is_quoted && !(strncmp(at, "$@\"", 3) == 0 && parameter_count <= 1)) e->has_field = true;
    } else if (c == '\'' && !is_quoted) {
      e->has_field = true;
      for (; *at && *at != '\''; ++at) put_literal(e, *at);
      if (*at) ++at;
    } else if (c == '\\' && *at) {
      if (is_quoted && !strchr("$`\"\\\n", *at)) put_literal(e, '\\');
      if (*at != '\n') put_literal(e, *at);
      ++at;
    } else if (c == '$') {
      at = put_dollar(e, at, is_quoted);
    } else if (c == '`') {
      size_t size = strcspn(at, "`");
      put_output(e, at, size, is_quoted);
      at += size + (at[size] != 0);
    } else if (is_quoted) {
      put_literal(e, c);
    } else {
      put_active(e, c);
    }
  }
}

bool expand(const char *word, Words *into) {
  Expansion e = {.into = into};
  expand_into(&e, word);
  if (!e.failed) end_field(&e);
  free(e.field.bytes);
  return !e.failed;
}

char *expand_one(const char *word) {
  Expansion e = {0};
  expand_into(&e, word);
  text_add(&e.field, "", 0);
  char *value = e.failed ? NULL : without_backslashes(e.field.bytes, e.field.size);
  free(e.field.bytes);
  return value;
}

char *expand_text(const char *text) {
  Expansion e = {0};
  while (*text && !e.failed) {
    char c = *text++;
    if (c == '$') {
      text = put_dollar(&e, text, true);
    } else if (c == '`') {
      size_t size = strcspn(text, "`");
      put_output(&e, text, size, true);
      text += size + (text[size] != 0);
    } else if (c == '\\' && *text && strchr("$`\\\n", *text)) {
      if (*text != '\n') put_literal(&e, *text);
      ++text;
    } else {
      put_literal(&e, c);
    }
  }
  text_add(&e.field, "", 0);
  char *value = e.failed ? NULL : without_backslashes(e.field.bytes, e.field.size);
  free(e.field.bytes);
  return value;
}

int fits_pattern(const char *word, const char *value) {
  Expansion e = {0};
  expand_into(&e, word);
  text_add(&e.field, "", 0);
  int fits = e.failed ? -1 : matches(e.field.bytes, value);
  free(e.field.bytes);
  return fits;
}
