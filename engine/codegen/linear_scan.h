// The register allocator of the quick gear: one forward pass over live intervals.
//
// Each virtual register gets one place for all its life. In order of their beginnings,
// intervals take a free register: the hinted one if it serves, else the first in the class's
// order that nothing destroys within the interval. Where none is free, whichever of the
// candidates weighs least for its length is moved to a slot of the frame for all its life;
// that is sound at any time, since no code has been emitted. (After Poletto and Sarkar, 1999,
// with weights in place of the furthest end.)
//
// In: liveness (live.h). Out: a place for each register that has an interval. Time is linear
// in intervals times registers, plus a heap for the slots.

#pragma once

#include <compare>

#include "base/array.h"
#include "engine/codegen/allocation.h"
#include "engine/codegen/live.h"

namespace skerry::codegen {

struct SlotInUse {
  u32 end, slot;  // until when, and which

  friend auto operator<=>(const SlotInUse&, const SlotInUse&) = default;
};

// Memory reused from function to function.
struct LinearScanScratch {
  Array<u32> spilled;       // interval indices
  Array<SlotInUse> in_use;  // a heap, the one that ends first at the front
  Array<u32> free_slots;
};

void allocate_linear_scan(const VCode& code, const Liveness& liveness, const RegisterFile& file,
                          LinearScanScratch& scratch, Allocation& out);

}  // namespace skerry::codegen
