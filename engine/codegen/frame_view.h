// FrameView: where the values of a function are while it runs, as the register allocator of the gear quick decided.
//
// Such a value has one place for all of its life, from its definition to its last use in the order of the code, and no
// other value has that place meanwhile. So it is there at the head of a block, wherever control came from, if its life
// spans that head. Compiling a function again gives the same places: nobody needs to keep them (docs/tiers.md).
//
// Valid until the Scratch that gave it compiles another function.

#pragma once

#include "engine/codegen/live.h"

namespace skerry::codegen {

class FrameView {
 public:
  FrameView(const VCode& code, const Liveness& liveness, const Allocation& allocation)
      : code_(code), liveness_(liveness), allocation_(allocation) {}

  // Before the first instruction of `block`, behind its parameters; none: the value is nowhere.
  Place place_at(ir::Block block, VReg vreg) const {
    if (!code_.classes.contains(vreg) || allocation_.plans_edges) return Place();
    u32 index = liveness_.index[vreg], now = 4 * code_.blocks[block].begin;
    if (index == ~u32{0}) return Place();
    const Interval& life = liveness_.intervals[index];
    return life.begin <= now && life.end > now ? allocation_.places[vreg] : Place();
  }
  // Where results go that overflow; none if none do.
  VReg result_pointer() const {
    std::span<const VReg> results = code_.results(code_.calls[u32(code_.insts[0].imm)]);
    return results.empty() ? VReg::none() : results[0];
  }
  // Slots that the allocator took; those of the function's locals follow them.
  u32 slot_count() const { return allocation_.slot_count; }

 private:
  const VCode& code_;
  const Liveness& liveness_;
  const Allocation& allocation_;
};

}  // namespace skerry::codegen
