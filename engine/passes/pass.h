// What all passes are given, and what they tell of themselves.

#pragma once

#include "engine/ir/function.h"
#include "engine/passes/alias.h"

namespace skerry::passes {

// Of a pass, over all functions that it has seen.
struct PassCounts {
  u64 functions = 0;
  u64 work = 0;     // instructions and list entries visited: what the time is in proportion to
  u64 changes = 0;  // what a change is, the pass says
  u64 nanoseconds = 0;

  void add(const PassCounts& other) {
    functions += other.functions;
    work += other.work;
    changes += other.changes;
    nanoseconds += other.nanoseconds;
  }
};

struct PassOutcome {
  u64 work = 0;
  u64 changes = 0;
};

}  // namespace skerry::passes
