// Live ranges: one interval of time for each virtual register, and what would be good for it.
//
// Blocks are in the order of the .wasm, in which loops are runs of blocks and definitions
// come before uses. So the range from the definition to the last use holds the register's
// life, once it is extended to the end of the outermost loop that has a use but not the
// definition. No sets per block are needed, and the pass is linear (times log of loop depth).

#pragma once

#include "base/array.h"
#include "engine/codegen/allocation.h"
#include "engine/codegen/vcode.h"

namespace skerry::codegen {

struct Interval {
  VReg vreg;
  u32 begin;
  u32 end;
};

// Where a value comes from or goes to, so that a move falls away if both share a register.
struct Hint {
  VReg related = VReg::none();
  u8 reg = 0xff;
};

struct Liveness {
  Array<Interval> intervals;  // by begin, ascending
  IndexMap<VReg, u32> index;        // of a register's interval; ~0: it has none
  IndexMap<VReg, float> weights;    // uses and definitions, each by its block's weight
  IndexMap<VReg, Hint> hints;
  Array<u32> calls;           // times at which the caller-saved registers are destroyed, ascending
  Array<u32> destroyed[32];   // times, by integer register

  void clear();
};

// `op_infos` is the ISA's table, by VInst::op. The ISA has filled `hints` with registers already.
void find_liveness(const ir::Function& function, const VCode& code, std::span<const VOpInfo> op_infos, Liveness& out);

}  // namespace skerry::codegen
