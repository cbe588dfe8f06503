// What the small programs share (tool.c).

#pragma once

#include <stdbool.h>
#include <stddef.h>

extern const char *tool_name;  // each program's own; messages begin with it

_Noreturn void usage(const char *words);     // "usage: NAME words", status 2
void complain(const char *what);             // "NAME: what: <errno>"
bool parse_count(const char *text, unsigned long *count);
// Standard output. If nobody reads it any more the program ends, as by SIGPIPE: 141; of other errors it tells.
void write_out(const void *bytes, size_t size);
int finish(int status);                      // of main, where stdio was used
char *path_in(const char *folder, const char *name);  // on the heap
bool is_folder(const char *path);
// The options among the letters, from words[1] on; `given` has a place for each byte. The index of the first other word.
int parse_options(char **words, const char *letters, bool given[256], const char *usage_words);
