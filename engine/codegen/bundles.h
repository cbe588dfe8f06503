// Bundles: virtual registers that would do well in one place, and what becomes of them.
//
// A block parameter and what edges hand over for it, the result of a two-address instruction and the operand that it
// overwrites: where their live ranges do not meet they become one bundle, and the move between them falls away.
// Relations are taken in order of the weight of their blocks, so that the inner loops' come first. A bundle is a list
// of segments, ascending, in which each register may have several.
//
// Joining takes a step for each segment from where the two begin to meet in time: one, where one list follows the
// other. All that together is bounded by a multiple of the function's size, behind which registers stay by themselves.

#pragma once

#include "engine/codegen/live_ranges.h"

namespace skerry::codegen {

struct Bundle {
  u32 head, tail;    // segments; of a bundle that was joined to another: no_segment
  u32 begin, end;    // what they span
  u8 reg = 0xff;     // that a part of it has, the last one
  u32 slot = ~u32{0};
  u32 parts = 0;     // with segments: more than one if it was cut
};

struct Bundles {
  std::vector<Bundle> all;
  IndexMap<VReg, u32> of;  // ~0: the register has none
};

struct BundlesScratch {
  struct Relation {
    u32 weight;
    u32 order;
    VReg x, y;
  };
  std::vector<Relation> relations;
  std::vector<u32> joined_to;  // by bundle: union-find
  std::vector<u32> previous;   // by segment: in its list
};

// Changes the lists of the segments of `ranges`.
void form_bundles(const ir::Function& function, const VCode& code, std::span<const VOpInfo> op_infos, u64 most_work,
                  BundlesScratch& scratch, LiveRanges& ranges, Bundles& out);

}  // namespace skerry::codegen
