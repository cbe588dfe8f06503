// The register allocator of the best gear: live ranges with holes, joined to bundles, split where no register is free.
//
// Bundles are placed one after another, those first that gain most for each moment that they hold a register: uses and
// definitions weighted by loop depth, over length, in the loop where they are hottest. Nothing that has a register
// loses it again, so what comes later can only be of less weight. A bundle for which no register is free over all of
// its life is cut into parts, which are placed by the same rule:
//
//   1. at the borders of the loops just below the one it is in: each of those becomes a part, what is outside another;
//   2. behind and before calls: stretches between calls with two uses or more, or a definition and a use, stay
//      together as a part, the rest is in the frame;
//   3. where the last register that was free from its beginning is taken: what came before gets that register, the
//      next part begins at the next use.
//
// What remains is in the bundle's slot of the frame, from where instructions read it by themselves. Every
// instruction can, so nothing ever must have a register, and placing cannot fail. Cuts are between
// instructions; resolve_parts.h makes the moves. Constants are no live ranges at all: each use makes its own.
//
// Work: a part is asked for in the logarithm of the function's length for each of its segments (occupancy.h), and each
// cut takes a use or a loop's border away from what is left. All is counted; past a multiple of the function's size
// bundles are no longer cut but go to the frame whole, and where live ranges alone would take more than that (n values
// through n blocks), linear_scan.h does it all. AllocationCounts tells.

#pragma once

#include "engine/codegen/bundles.h"
#include "engine/codegen/linear_scan.h"
#include "engine/codegen/occupancy.h"
#include "engine/codegen/resolve_parts.h"

namespace skerry::codegen {

// Memory reused from function to function.
struct AllocateRangesScratch {
  LiveRangesScratch live_ranges;
  BundlesScratch forming;
  LiveRanges ranges;
  Bundles bundles;
  Occupancy occupancy;
  std::vector<Part> parts;
  std::vector<std::pair<float, u32>> waiting;  // heap: priority, part
  std::vector<u32> calls_before;               // by instruction
  std::vector<u8> has_inner;                   // by loop: has it loops inside
  ResolvePartsScratch resolving;
  LinearScanScratch scan;
};

// `liveness` is of find_liveness. Operands in `code` are written anew where a register has several places.
void allocate_ranges(const ir::Function& function, VCode& code, std::span<const VOpInfo> op_infos,
                     const Liveness& liveness, const RegisterFile& file, AllocateRangesScratch& scratch,
                     Allocation& out);

}  // namespace skerry::codegen
