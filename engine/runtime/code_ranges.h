// CodeRanges: which code is where, for fault handlers.
//
// One registry for the process, since a fault tells a pc and nothing else. It is read in
// signal handlers, where no lock may be taken: readers count themselves in and out and read an
// array that is never changed; writers, under a lock, publish a changed copy and free the old
// one when no reader is inside. The order is sequential consistency's: a reader that counted
// itself in after the writer looked sees the new array.

#pragma once

#include <optional>

#include "base/types.h"

namespace skerry::runtime {

class FunctionTable;

// A place in a compiled function.
struct FunctionAt {
  const FunctionTable* table;
  u32 function;  // in the table
  u32 offset;    // from the begin of its code
};
// What tells the functions of a range apart.
class CodeMap {
 public:
  virtual ~CodeMap() = default;
  // May be called in a signal handler.
  virtual std::optional<FunctionAt> find(u64 pc) const = 0;
};

enum class CodeKind : u8 {
  Functions,  // bodies of a module; interruptible
  Stubs,      // bridges and ways out; interruptible
  Enter,      // ways in: the last frame of an activation; not interruptible
  Unwind,     // the way out of a trap; not interruptible
};

struct CodeRange {
  u64 begin = 0;
  u64 end = 0;
  CodeKind kind = CodeKind::Stubs;
  const CodeMap* functions = nullptr;  // of Functions
};

// The range must not overlap another. It stays until it is removed by its begin; nobody may
// run in it or have it on the stack by then.
void add_code_range(const CodeRange& range);
void remove_code_range(u64 begin);

// May be called in a signal handler.
std::optional<CodeRange> find_code_range(u64 pc);

}  // namespace skerry::runtime
