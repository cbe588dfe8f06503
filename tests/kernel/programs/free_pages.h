// How many pages of the machine are free.
#pragma once

#include <assert.h>
#include <skerry/process.h>
#include <stdint.h>

static inline int64_t free_pages(void) {
  struct skerry_memory memory;
  assert(skerry_memory(&memory) == 0 && memory.free <= memory.total);
  return (int64_t)(memory.free / 4096);
}

// The same when what is only kept, for the next process to begin quickly, was given back: that is what the system does
// where it has to refuse a guest's wish, and nobody can have all of the machine's memory.
static inline int64_t settled_pages(void) {
  struct skerry_memory memory;
  assert(skerry_memory(&memory) == 0);
  size_t all = memory.total / 65536, now = __builtin_wasm_memory_size(0);
  assert(all > now && __builtin_wasm_memory_grow(0, all - now) == (size_t)-1);
  return free_pages();
}
