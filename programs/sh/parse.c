// The grammar, by recursive descent with one token ahead. Words stay as they were written, quotes and all.
//
//   line       list newline
//   list       and_or ((; | & | newline) and_or)*           a newline ends the outermost one
//   and_or     pipeline ((&& | ||) pipeline)*
//   pipeline   [!] command (| command)*
//   command    (NAME=VALUE | word | redirection)+
//            | ( list ) | { list } | if list then list (elif list then list)* [else list] fi
//            | (while | until) list do list done | for NAME [in word*] do list done
//            | case word in ([(] word (| word)* ) [list] ;;)* esac, each with redirections
//            | NAME ( ) command
//
// The lines of << follow the line that it is in: they are taken when that ends.

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "programs/sh/sh.h"

typedef enum { End, Newline, Word, Number, Operator } TokenKind;

typedef struct {
  Source *source;
  TokenKind kind;
  size_t begin, end;   // of the token in the source's text
  size_t last_end;     // of the token before
  size_t depth;
  bool failed;
  Redirection *heres;  // << that wait for the end of the line, the first one first
} Parser;

enum { most_depth = 100 };

static Node *parse_list(Parser *p, bool is_line);

// ------------------------------------------------------------------------------------- Tokens

static int peek(Parser *p) {
  Source *source = p->source;
  if (source->at == source->text.size && !source_more(source)) return -1;
  return source->at < source->text.size ? (unsigned char)source->text.bytes[source->at] : -1;
}

static int take(Parser *p) {
  int c = peek(p);
  if (c >= 0) ++p->source->at;
  if (c == '\n') ++p->source->line;
  return c;
}

static void fail(Parser *p, const char *why) {
  if (!p->failed && !interrupted) complain("line %zu: syntax error: %s", p->source->line, why);
  p->failed = true;
  p->kind = End;
}

static void fail_at_token(Parser *p) {
  char near[80] = "near ";
  size_t size = p->end - p->begin;
  if (p->kind == End) strcpy(near, "it ends too early");
  else if (p->kind == Newline) strcpy(near, "near the end of the line");
  else strncat(near, p->source->text.bytes + p->begin, size < 60 ? size : 60);
  if (!p->failed && p->kind == Newline) --p->source->line;
  fail(p, near);
}

// Behind an opening quote or bracket, to its end.
static void take_until(Parser *p, char closing) {
  if (++p->depth > most_depth) fail(p, "nested too deeply");
  while (!p->failed) {
    int c = take(p);
    if (c < 0) {
      char why[] = "no closing ?";
      why[sizeof why - 2] = closing;
      fail(p, why);
    }
    if (c == closing) break;
    if (closing == '\'') continue;
    if (c == '\\') take(p);
    else if (c == '"' && closing != '`') take_until(p, '"');
    else if (c == '\'' && closing == ')') take_until(p, '\'');
    else if (c == '(' && closing == ')') take_until(p, ')');
    else if (c == '$' && peek(p) == '(') take(p), take_until(p, ')');
    else if (c == '$' && peek(p) == '{') take(p), take_until(p, '}');
  }
  --p->depth;
}

// The lines up to one that is the word alone.
static void take_here(Parser *p, Redirection *here) {
  Text body = {0};
  text_add(&body, "", 0);
  for (bool ends = false; !ends;) {
    size_t line = body.size;
    int c;
    bool at_start = true;
    while ((c = take(p)) >= 0 && c != '\n') {
      if (c == '\t' && at_start && here->strips_tabs) continue;
      at_start = false;
      text_put(&body, c);
    }
    ends = strcmp(body.bytes + line, here->word) == 0;
    if (ends) body.size = line;
    else if (c < 0) ends = true;  // it lacks the last line; what there is will do
    else text_put(&body, '\n');
  }
  here->body = arena_copy(body.bytes, body.size);
  free(body.bytes);
}

static void take_word(Parser *p) {
  for (int c; !p->failed && (c = peek(p)) >= 0 && !strchr(" \t\n|&;()<>", c);) {
    take(p);
    if (c == '\\') take(p);
    else if (c == '\'' || c == '"' || c == '`') take_until(p, c);
    else if (c == '$' && peek(p) == '(') take(p), take_until(p, ')');
    else if (c == '$' && peek(p) == '{') take(p), take_until(p, '}');
  }
}

static void advance(Parser *p) {
  if (p->failed) return;
  p->last_end = p->end;
  int c;
  for (;;) {
    c = peek(p);
    if (c == '#') {
      while ((c = peek(p)) >= 0 && c != '\n') take(p);
    } else if (c == '\\' && p->source->at + 1 < p->source->text.size &&
               p->source->text.bytes[p->source->at + 1] == '\n') {
      take(p);
      take(p);
    } else if (c == ' ' || c == '\t' || c == '\r') {
      take(p);
    } else {
      break;
    }
  }
  p->begin = p->source->at;
  if (c < 0) {
    p->kind = End;
  } else if (c == '\n') {
    take(p);
    p->end = p->source->at;
    for (; p->heres; p->heres = p->heres->next_here) take_here(p, p->heres);
    p->kind = Newline;
    return;
  } else if (strchr("|&;()<>", c)) {
    take(p);
    p->kind = Operator;
    int second = c == '(' || c == ')' ? -1 : peek(p);
    if ((strchr("|&><;", c) && second == c) || (c == '>' && second == '&') || (c == '<' && second == '&')) take(p);
    if (c == '<' && second == '<' && peek(p) == '-') take(p);
  } else {
    take_word(p);
    p->kind = Word;
    size_t size = p->source->at - p->begin;
    const char *bytes = p->source->text.bytes + p->begin;
    if (size == 1 && isdigit((unsigned char)*bytes) && (bytes[1] == '<' || bytes[1] == '>')) p->kind = Number;
  }
  p->end = p->source->at;
}

static bool is(const Parser *p, TokenKind kind, const char *text) {
  size_t size = strlen(text);
  return p->kind == kind && p->end - p->begin == size && memcmp(p->source->text.bytes + p->begin, text, size) == 0;
}

static char *copy_token(const Parser *p) { return arena_copy(p->source->text.bytes + p->begin, p->end - p->begin); }

static void expect(Parser *p, TokenKind kind, const char *text) {
  if (is(p, kind, text)) advance(p);
  else fail_at_token(p);
}

static void skip_newlines(Parser *p) {
  while (p->kind == Newline) advance(p);
}

static bool is_reserved(const Parser *p) {
  static const char *const closing[] = {"then", "elif", "else", "fi", "do", "done", "esac", "}"};
  for (size_t i = 0; i < sizeof closing / sizeof *closing; ++i) {
    if (is(p, Word, closing[i])) return true;
  }
  return false;
}

// ----------------------------------------------------------------------------------- Commands

static Node *new_node(Kind kind, Node *left, Node *right) {
  Node *node = arena_get(sizeof *node);
  node->kind = kind;
  node->left = left;
  node->right = right;
  return node;
}

static bool is_redirection(const Parser *p) {
  return p->kind == Number || is(p, Operator, "<") || is(p, Operator, ">") || is(p, Operator, ">>") ||
         is(p, Operator, ">&") || is(p, Operator, "<&") || is(p, Operator, "<<") || is(p, Operator, "<<-");
}

static void parse_redirection(Parser *p, Redirection ***last) {
  Redirection *redirection = arena_get(sizeof *redirection);
  redirection->descriptor = -1;
  if (p->kind == Number) {
    redirection->descriptor = p->source->text.bytes[p->begin] - '0';
    advance(p);
  }
  bool is_here = is(p, Operator, "<<") || is(p, Operator, "<<-");
  bool reads = is_here || is(p, Operator, "<") || is(p, Operator, "<&");
  redirection->strips_tabs = is(p, Operator, "<<-");
  if (redirection->descriptor < 0) redirection->descriptor = reads ? 0 : 1;
  if (redirection->descriptor > 2) fail(p, "descriptors are 0, 1 and 2");
  bool duplicates = is(p, Operator, ">&") || is(p, Operator, "<&");
  redirection->how = is_here ? Here : duplicates ? Duplicate : reads ? Read : is(p, Operator, ">>") ? Append : Write;
  advance(p);
  if (p->kind != Word && p->kind != Number) fail_at_token(p);
  redirection->word = copy_token(p);
  if (is_here) {
    redirection->is_plain = strpbrk(redirection->word, "\\'\"");
    char *to = redirection->word;
    for (const char *c = to; *c; ++c) {
      if (!strchr("\\'\"", *c)) *to++ = *c;
    }
    *to = 0;
    Redirection **here = &p->heres;
    while (*here) here = &(*here)->next_here;
    *here = redirection;
  }
  advance(p);
  **last = redirection;
  *last = &redirection->next;
}

static void finish_words(Node *node, Words *words) {
  node->word_count = words->count;
  node->words = arena_get((words->count + 1) * sizeof *node->words);
  if (words->count) memcpy(node->words, words->items, words->count * sizeof *node->words);
  words->count = 0;
}

static Words collected;  // of the command that is being parsed, which holds no other

static Node *parse_command(Parser *p);
static Node *parse_function(Parser *p, char *name);

static Node *parse_simple(Parser *p) {
  Node *node = new_node(Simple, NULL, NULL);
  Redirection **last = &node->redirections;
  while (!p->failed && (p->kind == Word || is_redirection(p))) {
    if (is_redirection(p)) {
      parse_redirection(p, &last);
      continue;
    }
    char *word = copy_token(p);
    size_t name_size = name_size_of(word);
    bool assigns = name_size && word[name_size] == '=' && collected.count == node->assignment_count;
    if (assigns) ++node->assignment_count;
    advance(p);
    bool is_first = collected.count == 0 && !node->redirections;
    if (is_first && name_size && !word[name_size] && is(p, Operator, "(")) return parse_function(p, word);
    words_add(&collected, word);
  }
  if (!collected.count && !node->redirections) fail_at_token(p);
  finish_words(node, &collected);
  return node;
}

static Node *parse_if(Parser *p) {
  Node *condition = parse_list(p, false);
  expect(p, Word, "then");
  Node *node = new_node(If, condition, parse_list(p, false));
  if (is(p, Word, "elif")) {
    advance(p);
    if (++p->depth > most_depth) fail(p, "nested too deeply");
    node->otherwise = parse_if(p);  // takes the `fi` as well
    --p->depth;
    return node;
  }
  if (is(p, Word, "else")) {
    advance(p);
    node->otherwise = parse_list(p, false);
  }
  expect(p, Word, "fi");
  return node;
}

static Node *parse_loop(Parser *p, Kind kind) {
  Node *condition = parse_list(p, false);
  expect(p, Word, "do");
  Node *node = new_node(kind, condition, parse_list(p, false));
  expect(p, Word, "done");
  return node;
}

static Node *parse_for(Parser *p) {
  Node *node = new_node(For, NULL, NULL);
  char *name = p->kind == Word ? copy_token(p) : "";
  if (!*name || name[name_size_of(name)]) fail_at_token(p);
  words_add(&collected, name);
  advance(p);
  skip_newlines(p);
  if (is(p, Word, "in")) {
    advance(p);
    for (; p->kind == Word; advance(p)) words_add(&collected, copy_token(p));
  } else {
    words_add(&collected, "\"$@\"");
  }
  finish_words(node, &collected);
  if (is(p, Operator, ";")) advance(p);
  skip_newlines(p);
  expect(p, Word, "do");
  node->right = parse_list(p, false);
  expect(p, Word, "done");
  return node;
}

static Node *parse_case(Parser *p) {
  Node *node = new_node(Case, NULL, NULL);
  if (p->kind != Word) fail_at_token(p);
  words_add(&collected, copy_token(p));
  finish_words(node, &collected);
  advance(p);
  skip_newlines(p);
  expect(p, Word, "in");
  skip_newlines(p);
  for (Node **last = &node->left; !p->failed && !is(p, Word, "esac"); last = &(*last)->next) {
    Node *item = *last = new_node(CaseItem, NULL, NULL);
    if (is(p, Operator, "(")) advance(p);
    for (;;) {
      if (p->kind != Word && p->kind != Number) fail_at_token(p);
      if (p->failed) break;
      words_add(&collected, copy_token(p));
      advance(p);
      if (!is(p, Operator, "|")) break;
      advance(p);
    }
    finish_words(item, &collected);
    expect(p, Operator, ")");
    skip_newlines(p);
    if (!is(p, Operator, ";;") && !is(p, Word, "esac")) item->left = parse_list(p, false);
    if (!is(p, Word, "esac")) expect(p, Operator, ";;");
    skip_newlines(p);
  }
  expect(p, Word, "esac");
  return node;
}

// Behind its name and the opening bracket. It is kept as it was written.
static Node *parse_function(Parser *p, char *name) {
  Node *node = new_node(Function, NULL, NULL);
  words_add(&collected, name);
  finish_words(node, &collected);
  advance(p);
  expect(p, Operator, ")");
  skip_newlines(p);
  size_t begin = p->begin;
  parse_command(p);
  if (!p->failed) node->text = arena_copy(p->source->text.bytes + begin, p->last_end - begin);
  return node;
}

static Node *parse_command(Parser *p) {
  size_t begin = p->begin;
  Node *node;
  if (++p->depth > most_depth) fail(p, "nested too deeply");
  if (is(p, Operator, "(")) {
    advance(p);
    node = new_node(Subshell, parse_list(p, false), NULL);
    expect(p, Operator, ")");
  } else if (is(p, Word, "{")) {
    advance(p);
    node = new_node(Group, parse_list(p, false), NULL);
    expect(p, Word, "}");
  } else if (is(p, Word, "if")) {
    advance(p);
    node = parse_if(p);
  } else if (is(p, Word, "while") || is(p, Word, "until")) {
    Kind kind = is(p, Word, "while") ? While : Until;
    advance(p);
    node = parse_loop(p, kind);
  } else if (is(p, Word, "for")) {
    advance(p);
    node = parse_for(p);
  } else if (is(p, Word, "case")) {
    advance(p);
    node = parse_case(p);
  } else {
    if (is_reserved(p)) fail_at_token(p);
    node = parse_simple(p);
  }
  bool is_compound = node->kind != Simple && node->kind != Function;
  if (is_compound && !p->failed) {
    size_t bracket = node->kind == Subshell;
    node->text = arena_copy(p->source->text.bytes + begin + bracket, p->last_end - begin - 2 * bracket);
  }
  Redirection **last = &node->redirections;
  while (*last) last = &(*last)->next;
  while (!p->failed && is_compound && is_redirection(p)) parse_redirection(p, &last);
  if (node->kind == Simple && !p->failed) {
    node->text = arena_copy(p->source->text.bytes + begin, p->last_end - begin);
  }
  --p->depth;
  return node;
}

static Node *parse_pipeline(Parser *p) {
  Node *node = new_node(Pipeline, NULL, NULL);
  if (is(p, Word, "!")) {
    node->negated = true;
    advance(p);
  }
  Node **last = &node->left;
  for (;;) {
    *last = parse_command(p);
    last = &(*last)->next;
    if (p->failed || !is(p, Operator, "|")) return node;
    advance(p);
    skip_newlines(p);
  }
}

static Node *parse_and_or(Parser *p) {
  size_t begin = p->begin;
  Node *node = parse_pipeline(p);
  while (!p->failed && (is(p, Operator, "&&") || is(p, Operator, "||"))) {
    Kind kind = is(p, Operator, "&&") ? And : Or;
    advance(p);
    skip_newlines(p);
    node = new_node(kind, node, parse_pipeline(p));
  }
  if (!p->failed) node->text = arena_copy(p->source->text.bytes + begin, p->last_end - begin);
  return node;
}

// Within other commands it may be on several lines, and is not empty.
static Node *parse_list(Parser *p, bool is_line) {
  Node *list = NULL;
  if (!is_line) skip_newlines(p);
  while (!p->failed) {
    Node *node = parse_and_or(p);
    bool goes_on = false;
    if (is(p, Operator, "&")) {
      node = new_node(Background, node, NULL);
      goes_on = true;
      advance(p);
    } else if (is(p, Operator, ";")) {
      goes_on = true;
      advance(p);
    }
    if (!is_line && p->kind == Newline) {
      goes_on = true;
      skip_newlines(p);
    }
    list = list ? new_node(Sequence, list, node) : node;
    if (!goes_on || p->kind == End || p->kind == Newline || is_reserved(p) || is(p, Operator, ")") ||
        is(p, Operator, ";;")) {
      break;
    }
  }
  return list;
}

ParseResult parse(Source *source, Node **node) {
  Parser p = {.source = source};
  advance(&p);
  if (p.kind == Newline) return ParsedNothing;
  if (p.kind == End) return p.failed ? ParseError : ParseEnd;
  *node = parse_list(&p, true);
  if (!p.failed && p.kind != Newline && p.kind != End) fail_at_token(&p);
  collected.count = 0;
  return p.failed ? ParseError : Parsed;
}
