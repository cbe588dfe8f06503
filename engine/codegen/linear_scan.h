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

#include "engine/codegen/allocation.h"
#include "engine/codegen/live.h"

namespace skerry::codegen {

// Memory reused from function to function.
struct LinearScanScratch {
  std::vector<u32> spilled;                  // interval indices
  std::vector<std::pair<u32, u32>> in_use;   // heap of (end, slot)
  std::vector<u32> free_slots;
};

void allocate_linear_scan(const VCode& code, const Liveness& liveness, const RegisterFile& file,
                          LinearScanScratch& scratch, Allocation& out);

}  // namespace skerry::codegen
