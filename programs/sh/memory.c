// The arena, in blocks of which the newest is in use, and texts and lists that grow.

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "programs/sh/sh.h"

typedef struct Block {
  struct Block *before;
  size_t used, size;
  char bytes[];
} Block;

static Block *newest;
enum { BlockSize = 16 << 10 };

void out_of_memory(void) {
  static const char message[] = "sh: out of memory\n";
  write(2, message, sizeof message - 1);
  _exit(2);
}

void *grow(void *block, size_t size) {
  void *larger = realloc(block, size);
  if (!larger) out_of_memory();
  return larger;
}

void *arena_get(size_t size) {
  size = (size + 15) & ~(size_t)15;
  if (!newest || newest->size - newest->used < size) {
    size_t block_size = size > BlockSize ? size : BlockSize;
    Block *block = grow(NULL, sizeof *block + block_size);
    *block = (Block){newest, 0, block_size};
    newest = block;
  }
  void *got = newest->bytes + newest->used;
  newest->used += size;
  return memset(got, 0, size);
}

char *arena_copy(const char *text, size_t size) {
  char *copy = arena_get(size + 1);
  memcpy(copy, text, size);
  return copy;
}

ArenaMark arena_mark(void) { return (ArenaMark){newest, newest ? newest->used : 0}; }

void arena_release(ArenaMark mark) {
  while (newest != mark.block) {
    Block *before = newest->before;
    free(newest);
    newest = before;
  }
  if (newest) newest->used = mark.used;
}

void text_add(Text *text, const char *bytes, size_t size) {
  if (text->room - text->size <= size) {
    text->room = 2 * (text->size + size) + 64;
    text->bytes = grow(text->bytes, text->room);
  }
  memcpy(text->bytes + text->size, bytes, size);
  text->size += size;
  text->bytes[text->size] = 0;
}

void text_put(Text *text, char c) { text_add(text, &c, 1); }

void words_add(Words *words, char *word) {
  if (words->room - words->count < 2) {
    words->room = 2 * words->room + 8;
    words->items = grow(words->items, words->room * sizeof *words->items);
  }
  words->items[words->count++] = word;
  words->items[words->count] = NULL;
}
