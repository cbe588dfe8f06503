// sh: a shell. docs/programs.md has its grammar.
//
//   source   lines of a terminal, a file or a text
//     | parse      (parse.c: one command with all that belongs to it)
//   Node     a tree in the arena
//     | run        (run.c; words.c expands, variables.c keeps, builtins.c is what runs in the shell itself)
//   children, and a status
//
// What belongs to one command lives in the arena and goes when it has run; variables and jobs are on the heap.
// There is no fork: what needs a shell of its own, as ( ) and $( ), is started as `sh -c` of that piece of text.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// --------------------------------------------------------------------------- Memory (memory.c)

void *arena_get(size_t size);
char *arena_copy(const char *text, size_t size);
typedef struct { void *block; size_t used; } ArenaMark;
ArenaMark arena_mark(void);
void arena_release(ArenaMark mark);  // all that was got since
_Noreturn void out_of_memory(void);
void *grow(void *block, size_t size);  // realloc that does not fail

typedef struct { char *bytes; size_t size, room; } Text;  // on the heap, always with a zero byte behind it
void text_add(Text *text, const char *bytes, size_t size);
void text_put(Text *text, char c);

typedef struct { char **items; size_t count, room; } Words;  // the array is on the heap, the words in the arena
void words_add(Words *words, char *word);

// --------------------------------------------------------------------------- Source (source.c)

typedef struct {
  Text text;        // what has been read and is not yet done with
  size_t at;        // the parser is here
  size_t line;      // of text.bytes[at]
  int descriptor;   // more comes from here; -1: nothing does
  bool prompts;
  bool has_ended;
} Source;

// Reads another line. False at the end, and where it was interrupted.
bool source_more(Source *source);
// A whole file (main.c). False after a message.
bool read_file(const char *path, Text *text);
// Forgets what has been parsed.
void source_drop(Source *source);

// ---------------------------------------------------------------------------- Parser (parse.c)

typedef enum {
  Simple, Pipeline, And, Or, Sequence, Background, Group, Subshell, If, While, Until, For, Case, CaseItem, Function
} Kind;

typedef struct Redirection {
  struct Redirection *next;
  int descriptor;
  enum { Read, Write, Append, Duplicate, Here } how;
  char *word;
  char *body;                 // Here: the lines, with what is to be expanded in them
  bool is_plain;              // Here: nothing is
  bool strips_tabs;
  struct Redirection *next_here;  // that waits for the end of the line
} Redirection;

typedef struct Node {
  Kind kind;
  bool negated;               // Pipeline
  struct Node *left, *right;  // of And, Or, Sequence; condition and body; the body; Case: the first item
  struct Node *otherwise;     // If
  struct Node *next;          // in a Pipeline, whose first is `left`; of a CaseItem
  char **words;               // Simple: assignments and words, unexpanded; For: the name and the list; Case: the
                              // word; CaseItem: the patterns; Function: the name
  size_t word_count, assignment_count;
  Redirection *redirections;
  char *text;                 // as it was written, without redirections of what is no Simple; Function: its body
} Node;

typedef enum { Parsed, ParsedNothing, ParseError, ParseEnd } ParseResult;
// One line of commands, and the lines that belong to it.
ParseResult parse(Source *source, Node **node);

// --------------------------------------------------------------------- Variables (variables.c)

void variables_begin(void);  // from the environment
const char *variable(const char *name);
void variable_set(const char *name, size_t name_size, const char *value);
void variable_export(const char *name, size_t name_size);
size_t name_size_of(const char *text);  // of the name that it begins with; 0
char **environment_with(const Words *assignments);  // exported ones; free() it
void variable_unset(const char *name);
void list_exported(int descriptor);
char *assignments_of_all(void);  // and functions, as text for another shell; free() it

void function_set(const char *name, const char *body);
const char *function_body(const char *name);
void function_unset(const char *name);

extern char **parameters;  // $0, $1, ...
extern size_t parameter_count;

// ----------------------------------------------------------------------------- Words (words.c)

// What a word stands for: none, one or more. False after a message.
bool expand(const char *word, Words *into);
// The same without splitting and globs, as for values.
char *expand_one(const char *word);
// Of a text that is no word: quotes are as any other byte.
char *expand_text(const char *text);
// Whether the value fits the pattern that the word is. -1 after a message.
int fits_pattern(const char *word, const char *value);

// ------------------------------------------------------------------- Arithmetic (arithmetic.c)

// What is within $(( )), expanded. False after a message.
bool evaluate(const char *text, int64_t *value);

// -------------------------------------------------------------------------------- Run (run.c)

typedef struct { int fd[3]; } Streams;

extern int last_status;
extern uint32_t last_background;
extern bool interrupted;  // Ctrl-C: everything up to the prompt is given up
extern bool must_exit;    // `exit` was run: likewise, to the end
extern bool must_return;  // `return` was run: likewise, to the end of the function or file
extern unsigned long leaves_loops;  // `break` or `continue` was run: likewise, to the end of so many loops
extern bool continues;    // and the last of these goes on
extern unsigned long loop_depth, call_depth;
extern bool is_interactive;

int run(const Node *node, Streams streams);
// The commands of a text, in this shell.
int run_text(const char *text, Streams streams);
// Starts another shell with the text; its number or 0.
uint32_t start_shell(const char *text, Streams streams);
int wait_for(uint32_t number);
int wait_for_all(void);
void reap(void);
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

// ----------------------------------------------------------------------- Built in (builtins.c)

typedef int Builtin(int count, char **words, Streams streams);
Builtin *find_builtin(const char *name);
