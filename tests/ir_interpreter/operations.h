// The numeric operations of the IR on bits, each as the specification defines it (Core 4.3),
// written apart from what folds constants and from what selects machine code.

#pragma once

#include "base/types.h"
#include "engine/abi/trap.h"
#include "engine/ir/function.h"

namespace skerry::oracle {

enum class Nans : u8 {
  Machine,    // what the host's arithmetic makes
  Canonical,  // every NaN that an operation makes is the canonical one, positive
};

// Bits of a value: i32, f32 and references in the low half, the upper half zero.
struct Numeric {
  u64 bits = 0;
  bool traps = false;
  TrapCode trap = TrapCode::Unreachable;
};

// `inst` is an operation of the first part of ops.def, but no Param; `from` the type of its first operand.
Numeric evaluate(const ir::Inst& inst, ir::Type from, u64 x, u64 y, u64 z, Nans nans);

}  // namespace skerry::oracle
