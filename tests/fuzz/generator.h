// A generator of valid modules from the opcode table: the same module for the same seed.
//
// Every function "run<i>" that a module exports ends, traps or exhausts nothing but the counter that each
// function and each loop takes one from: global 0, which `run<i>` sets first. When it is zero, functions return
// zeros. Results do not depend on which NaN arithmetic makes, but for results and globals that are
// floats themselves: bits of floats are seen (by reinterpretation, stores, signs) only where they
// are exact, or after every NaN was replaced by one.

#pragma once

#include <vector>

#include "base/types.h"

namespace skerry::fuzz {

struct GeneratorOptions {
  u32 functions = 6;      // at most
  u32 nodes = 160;        // at most so many instructions or constructs in each
  bool traps = true;      // whether anything may trap on purpose
  bool references = true; // tables, references, indirect calls
  bool bulk = true;       // memory.grow and bulk operations
  bool memories = true;   // more than one
  bool tail_calls = true;
  bool imports = true;    // of every kind
};

// Small, usual and large modules by turns.
GeneratorOptions options_of(u64 seed);

std::vector<u8> generate_module(u64 seed, const GeneratorOptions& options = {});

}  // namespace skerry::fuzz
