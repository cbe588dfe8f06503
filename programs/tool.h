// What the small programs share (tool.c).

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

extern const char *tool_name;  // each program's own; messages begin with it

_Noreturn void usage(const char *words);     // "usage: NAME words", status 2
void complain(const char *what);             // "NAME: what: <errno>"
bool parse_count(const char *text, unsigned long *count);
// Standard output. If nobody reads it any more the program ends, as by SIGPIPE: 141; of other errors it tells.
void write_out(const void *bytes, size_t size);
int finish(int status);                      // of main, where stdio was used
char *path_in(const char *folder, const char *name);  // on the heap
bool is_folder(const char *path);
// Calls run(file, name) for each of the files, or for standard input where there are none and for "-". The highest
// status; 1 for a file that cannot be opened or read.
int each_input(char **names, int count, int (*run)(FILE *file, const char *name));
// A line without its newline, in *line, which grows; its size or -1 at the end. Tells whether there was a newline.
long take_line(FILE *file, char **line, size_t *room, bool *has_newline);
void *grow(void *block, size_t size);        // realloc that ends the program if it fails
// The options among the letters, from words[1] on; `given` has a place for each byte. The index of the first other word.
int parse_options(char **words, const char *letters, bool given[256], const char *usage_words);
