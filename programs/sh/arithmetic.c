// $(( )): integers of 64 bits that wrap, with C's operators and their order.
//
//   expression   NAME (= | OP=) expression | condition
//   condition    binary [? expression : condition]
//   binary       unary (OPERATOR unary)*               by precedence
//   unary        (+ | - | ! | ~)* (NUMBER | NAME | ( expression ))
//
// A name stands for its variable's value, which is a number; one that is not set is 0.

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "programs/sh/sh.h"

typedef struct {
  const char *at;
  int depth;
  bool ignores;  // what an operator skips is read, and not done
  bool failed;
} Arithmetic;

enum { most_depth = 100 };

static int64_t expression(Arithmetic *a);

static int64_t fail(Arithmetic *a, const char *why) {
  if (!a->failed) complain("$((...)): %s: %s", why, *a->at ? a->at : "at its end");
  a->failed = true;
  return 0;
}

static void skip_blanks(Arithmetic *a) { a->at += strspn(a->at, " \t\n\r"); }

// The operators, the longer ones of two that begin alike first.
static const struct { const char *text; int precedence; } operators[] = {
  {"||", 1}, {"&&", 2}, {"==", 6}, {"!=", 6}, {"<=", 7}, {">=", 7}, {"<<", 8}, {">>", 8}, {"|", 3}, {"^", 4},
  {"&", 5},  {"<", 7},  {">", 7},  {"+", 9},  {"-", 9},  {"*", 10}, {"/", 10}, {"%", 10},
};
enum { operator_count = sizeof operators / sizeof *operators };

static int64_t apply(Arithmetic *a, const char *op, int64_t x, int64_t y) {
  uint64_t u = x, v = y;
  if ((*op == '/' || *op == '%') && y == 0) return a->ignores ? 0 : fail(a, "a division by zero");
  switch (*op) {
    case '+': return u + v;
    case '-': return u - v;
    case '*': return u * v;
    case '/': return y == -1 ? (int64_t)(0 - u) : x / y;
    case '%': return y == -1 ? 0 : x % y;
    case '^': return x ^ y;
    case '=': return x == y;
    case '!': return x != y;
    case '|': return op[1] == '|' ? x || y : x | y;
    case '&': return op[1] == '&' ? x && y : x & y;
    case '<': return op[1] == '<' ? (int64_t)(u << (v & 63)) : op[1] == '=' ? x <= y : x < y;
    default: return op[1] == '>' ? x >> (v & 63) : op[1] == '=' ? x >= y : x > y;
  }
}

static int64_t number_of(Arithmetic *a, const char *text) {
  char *end;
  text += strspn(text, " \t\n");
  int64_t value = strtoull(text + (*text == '-'), &end, 0);
  if (*text == '-') value = 0 - (uint64_t)value;
  end += strspn(end, " \t\n");
  return *end ? fail(a, "a variable that is no number") : value;
}

static int64_t unary(Arithmetic *a) {
  skip_blanks(a);
  char c = *a->at;
  if (++a->depth > most_depth) return fail(a, "nested too deeply");
  int64_t value = 0;
  if (c && strchr("+-!~", c)) {
    ++a->at;
    value = unary(a);
    value = c == '-' ? (int64_t)(0 - (uint64_t)value) : c == '!' ? !value : c == '~' ? ~value : value;
  } else if (c == '(') {
    ++a->at;
    value = expression(a);
    skip_blanks(a);
    if (*a->at == ')') ++a->at;
    else fail(a, "no closing )");
  } else if (isdigit((unsigned char)c)) {
    char *end;
    value = strtoull(a->at, &end, 0);
    if (isalnum((unsigned char)*end) || *end == '_') fail(a, "not a number");
    a->at = end;
  } else if (name_size_of(a->at)) {
    size_t size = name_size_of(a->at);
    const char *text = variable(arena_copy(a->at, size));
    if (text && *text) value = number_of(a, text);
    a->at += size;
  } else {
    fail(a, "a number is wanted");
  }
  --a->depth;
  return value;
}

static int64_t binary(Arithmetic *a, int precedence) {
  int64_t value = unary(a);
  while (!a->failed) {
    skip_blanks(a);
    int i = 0;
    while (i < operator_count && strncmp(a->at, operators[i].text, strlen(operators[i].text)) != 0) ++i;
    if (i == operator_count || operators[i].precedence < precedence) break;
    const char *op = operators[i].text;
    a->at += strlen(op);
    bool ignored = a->ignores;
    a->ignores |= (i == 0 && value) || (i == 1 && !value);
    int64_t right = binary(a, operators[i].precedence + 1);
    a->ignores = ignored;
    if (!a->failed) value = apply(a, op, value, right);
  }
  return value;
}

static int64_t condition(Arithmetic *a) {
  int64_t value = binary(a, 1);
  skip_blanks(a);
  if (a->failed || *a->at != '?') return value;
  ++a->at;
  bool ignored = a->ignores;
  a->ignores = ignored || !value;
  int64_t first = expression(a);
  skip_blanks(a);
  if (*a->at != ':') return fail(a, "a : is wanted");
  ++a->at;
  a->ignores = ignored || value;
  int64_t second = condition(a);
  a->ignores = ignored;
  return value ? first : second;
}

static int64_t expression(Arithmetic *a) {
  if (++a->depth > most_depth) return fail(a, "nested too deeply");
  skip_blanks(a);
  size_t size = name_size_of(a->at);
  const char *behind = a->at + size + strspn(a->at + size, " \t\n");
  char op[3] = {behind[0], behind[0] == '<' || behind[0] == '>' ? behind[1] : 0, 0};
  size_t op_size = *op && strchr("+-*/%&|^", *op) ? 1 : op[1] && op[0] == op[1] ? 2 : 0;
  int64_t value;
  if (size && behind[op_size] == '=' && behind[op_size + 1] != '=') {
    char *name = arena_copy(a->at, size);
    a->at = behind + op_size + 1;
    value = expression(a);
    const char *old = variable(name);
    if (op_size) value = apply(a, op, old && *old ? number_of(a, old) : 0, value);
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    if (!a->failed && !a->ignores) variable_set(name, size, text);
  } else {
    value = condition(a);
  }
  --a->depth;
  return value;
}

bool evaluate(const char *text, int64_t *value) {
  Arithmetic a = {.at = text};
  skip_blanks(&a);
  *value = *a.at ? expression(&a) : 0;
  skip_blanks(&a);
  if (!a.failed && *a.at) fail(&a, "an operator is wanted");
  return !a.failed;
}
