// forged FIRST STEP: calls of the system with forged numbers. The table of calls and what is good for each is made by
// forge.py (calls.inc). A call's values are its parameters and then what stands in structures that it reads; one of
// them, or a pointer and its count together, is forged, or is made equal to another.
//
// Exits with 7 where a call succeeded though it was told of memory that is not there, else with 0 when all are done.
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

enum kind { End, Number, High, Wide, Pointer, Count, Fixed };
struct value {
  enum kind kind;
  uint64_t good;     // Pointer: an offset in the arena
  uint32_t size;     // Pointer: of an item
  int8_t count;      // Pointer: which value is the count; -1: one item
  bool is_lenient;   // Pointer: the call need not look at all of it
  uint16_t at;       // of values in structures: the offset in the arena
};
enum { most_values = 20, arena_size = 4096 };
struct call {
  const char *name;
  uint32_t (*make)(const uint64_t *values);
  uint8_t parameters, values;
  struct value value[most_values];
};

#include FORGED_CALLS  // calls.inc

static uint8_t arena[arena_size] __attribute__((aligned(16)));

IMPORT("wasi_snapshot_preview1", "fd_write") int say(uint32_t, const void *, uint32_t, uint32_t *);
IMPORT("wasi_snapshot_preview1", "path_open")
int open_in(uint32_t, uint32_t, const char *, uint32_t, uint32_t, uint64_t, uint64_t, uint32_t, uint32_t *);
IMPORT("wasi_snapshot_preview1", "fd_close") int close_number(uint32_t);
enum { own_folder = 4, own_file = 5 };

static uint32_t end_of_memory(void) { return __builtin_wasm_memory_size(0) << 16; }

static bool is_inside(const struct call *call, const uint64_t *values, uint32_t i) {
  const struct value *value = &call->value[i];
  if (value->kind != Pointer) return true;
  uint64_t count = value->count < 0 ? 1 : (uint32_t)values[value->count];
  return (uint32_t)values[i] + count * value->size <= end_of_memory();
}

static uint64_t good_value(const struct value *value) {
  return value->kind == Pointer ? (uint32_t)(uintptr_t)arena + value->good : value->good;
}

// The how manieth forged number of a kind; false behind the last.
static bool forge(const struct value *value, uint32_t i, uint64_t *forged) {
  const uint32_t end = end_of_memory();
  const uint64_t pointers[] = {0, end - 1, end, end - value->size, end - value->size + 1, good_value(value) + 1,
                               1u << 31, 0x7fffffff, 0xffffffff, 0xfffffffc, end + 65536};
  static const uint64_t counts[] = {0, 1, 1u << 28, 1u << 29, 1u << 30, 1u << 31, 0xffffffff, 0x20000001, 0x15555556,
                                    0x05555556, 0x08000001, 0x04000001};
  static const uint64_t numbers[] = {0, 1000, 0x7fffffff, 1u << 31, 0xffffffff};
  static const uint64_t wides[] = {0, 1, 1ull << 31, 1ull << 32, 1ull << 63, ~0ull, (1ull << 63) - 1};
#define FROM(list) return i < sizeof list / sizeof *list && (*forged = list[i], true)
  switch (value->kind) {
    case Pointer: FROM(pointers);
    case Count: FROM(counts);
    case Number: FROM(numbers);
    case High: i += 3; FROM(numbers);
    case Wide: FROM(wides);
    default: return false;
  }
}

static uint32_t number, next, step;
// The lowest addresses, where the stack's end is (the linker is told so) that nobody comes near.
static uint8_t *volatile at_zero = 0;

static void run(const struct call *call, const uint64_t *values) {
  if (number++ != next) return;
  next += step;
  // All that the good values speak of, as it was.
  memset(arena, 0, sizeof arena);
  memset(at_zero, 0, 256);
  memset(at_zero + end_of_memory() - 256, 0, 256);
  fill_arena(arena);
  for (uint32_t i = call->parameters; i < call->values; ++i) {
    uint32_t word = values[i];
    memcpy(arena + call->value[i].at, &word, sizeof word);
  }
  bool must_fail = false, may_trap = false;
  for (uint32_t i = 0; i < call->values; ++i) {
    // Elsewhere stands what it will, and may be taken for pointers.
    bool holds_pointers = call->values > call->parameters;
    may_trap |= holds_pointers && call->value[i].kind == Pointer && values[i] != good_value(&call->value[i]);
    if (is_inside(call, values, i)) continue;
    may_trap = true;
    must_fail |= !call->value[i].is_lenient;
  }
  uint32_t record[2] = {number - 1, may_trap}, written, made;
  struct { const void *at; uint32_t size; } vector = {record, sizeof record};
  if (say(1, &vector, 1, &written) != 0) exit(6);
  // A file that calls may do anything to.
  if (open_in(own_folder, 0, "file", 4, 1, ~0ull >> 35, 0, 0, &made) != 0) exit(5);
  if (made != own_file) {
    close_number(own_file);
    close_number(made);
    open_in(own_folder, 0, "file", 4, 1, ~0ull >> 35, 0, 0, &made);
  }
  uint32_t error = call->make(values);
  if (error == 0 && must_fail) exit(7);
}

static uint32_t number_in(const char *text) {
  uint32_t value = 0;
  for (; *text; ++text) value = value * 10 + (uint32_t)(*text - '0');
  return value;
}

int main(int count, char **words) {
  if (count != 3) return 99;
  next = number_in(words[1]);
  step = number_in(words[2]);
  for (uint32_t c = 0; c < sizeof calls / sizeof *calls; ++c) {
    const struct call *call = &calls[c];
    uint64_t good[most_values], values[most_values];
    for (uint32_t i = 0; i < call->values; ++i) good[i] = values[i] = good_value(&call->value[i]);
    run(call, values);
    for (uint32_t i = 0; i < call->values; ++i) {
      const struct value *value = &call->value[i];
      for (uint32_t k = 0; forge(value, k, &values[i]); ++k) {
        run(call, values);
        if (value->kind != Pointer || value->count < 0) continue;
        uint64_t *other = &values[value->count];
        for (uint32_t n = 0; forge(&call->value[value->count], n, other); ++n) run(call, values);
        *other = good[value->count];
      }
      // The same place as another.
      for (uint32_t j = 0; j < call->values; ++j) {
        if (i == j || value->kind != Pointer || call->value[j].kind != Pointer) continue;
        values[i] = good[j];
        run(call, values);
      }
      values[i] = good[i];
    }
  }
  return 0;
}
