// Variables: names and values, some of them for children as well.

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "programs/sh/sh.h"

typedef struct {
  char *text;  // NAME=VALUE
  size_t name_size;
  bool is_exported;
} Variable;

static Variable *variables;
static size_t variable_count;
char **parameters;
size_t parameter_count;

static Variable *find(const char *name, size_t name_size) {
  for (size_t i = 0; i < variable_count; ++i) {
    Variable *at = &variables[i];
    if (at->name_size == name_size && memcmp(at->text, name, name_size) == 0) return at;
  }
  return NULL;
}

size_t name_size_of(const char *text) {
  size_t size = 0;
  if (isalpha((unsigned char)*text) || *text == '_') {
    while (isalnum((unsigned char)text[size]) || text[size] == '_') ++size;
  }
  return size;
}

const char *variable(const char *name) {
  Variable *found = find(name, strlen(name));
  return found ? found->text + found->name_size + 1 : NULL;
}

void variable_set(const char *name, size_t name_size, const char *value) {
  Variable *found = find(name, name_size);
  if (!found) {
    variables = grow(variables, (variable_count + 1) * sizeof *variables);
    found = &variables[variable_count++];
    *found = (Variable){NULL, name_size, false};
  }
  char *text = grow(NULL, name_size + strlen(value) + 2);  // the value may be the old one
  memcpy(text, name, name_size);
  text[name_size] = '=';
  strcpy(text + name_size + 1, value);
  free(found->text);
  found->text = text;
}

void variable_unset(const char *name) {
  Variable *found = find(name, strlen(name));
  if (!found) return;
  free(found->text);
  *found = variables[--variable_count];
}

// -------------------------------------------------------------------------------- Functions

static struct Function {
  struct Function *next;
  char *name, *body;
} *functions;

static struct Function **find_function(const char *name) {
  struct Function **at = &functions;
  while (*at && strcmp((*at)->name, name) != 0) at = &(*at)->next;
  return at;
}

static char *copy(const char *text) { return strcpy(grow(NULL, strlen(text) + 1), text); }

void function_set(const char *name, const char *body) {
  struct Function **at = find_function(name);
  if (!*at) {
    *at = grow(NULL, sizeof **at);
    **at = (struct Function){NULL, copy(name), NULL};
  }
  free((*at)->body);
  (*at)->body = copy(body);
}

const char *function_body(const char *name) {
  struct Function *found = *find_function(name);
  return found ? found->body : NULL;
}

void function_unset(const char *name) {
  struct Function **at = find_function(name), *found = *at;
  if (!found) return;
  *at = found->next;
  free(found->name);
  free(found->body);
  free(found);
}

// --------------------------------------------------------------------------------------------

void variable_export(const char *name, size_t name_size) {
  if (!find(name, name_size)) variable_set(name, name_size, "");
  find(name, name_size)->is_exported = true;
}

void variables_begin(void) {
  extern char **environ;
  for (char **text = environ; text && *text; ++text) {
    size_t name_size = name_size_of(*text);
    if (!name_size || (*text)[name_size] != '=') continue;
    variable_set(*text, name_size, *text + name_size + 1);
    variable_export(*text, name_size);
  }
  static const char *const defaults[][2] = {{"PATH", "/bin"}, {"PS1", "$ "}, {"PS2", "> "}, {"IFS", " \t\n"}};
  for (size_t i = 0; i < sizeof defaults / sizeof *defaults; ++i) {
    const char *name = defaults[i][0];
    if (!variable(name)) variable_set(name, strlen(name), defaults[i][1]);
  }
  variable_export("PATH", 4);
}

char **environment_with(const Words *assignments) {
  char **list = grow(NULL, (variable_count + assignments->count + 1) * sizeof *list);
  size_t count = 0;
  for (size_t i = 0; i < variable_count; ++i) {
    Variable *at = &variables[i];
    bool is_replaced = false;
    for (size_t k = 0; k < assignments->count; ++k) {
      is_replaced |= strncmp(assignments->items[k], at->text, at->name_size + 1) == 0;
    }
    if (at->is_exported && !is_replaced) list[count++] = at->text;
  }
  for (size_t k = 0; k < assignments->count; ++k) list[count++] = assignments->items[k];
  list[count] = NULL;
  return list;
}

void list_exported(int descriptor) {
  for (size_t i = 0; i < variable_count; ++i) {
    if (variables[i].is_exported) dprintf(descriptor, "export %s\n", variables[i].text);
  }
}

char *assignments_of_all(void) {
  Text text = {0};
  for (size_t i = 0; i < variable_count; ++i) {
    Variable *at = &variables[i];
    if (at->is_exported) continue;
    text_add(&text, at->text, at->name_size + 1);
    text_put(&text, '\'');
    for (const char *c = at->text + at->name_size + 1; *c; ++c) {
      if (*c == '\'') text_add(&text, "'\\''", 4);
      else text_put(&text, *c);
    }
    text_add(&text, "'\n", 2);
  }
  for (struct Function *at = functions; at; at = at->next) {
    text_add(&text, at->name, strlen(at->name));
    text_add(&text, "() ", 3);
    text_add(&text, at->body, strlen(at->body));
    text_put(&text, '\n');
  }
  text_add(&text, "", 0);
  return text.bytes;
}
