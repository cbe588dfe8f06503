// allocate: a place for each virtual register, by the allocator that the settings name.
//
//   find_liveness, then linear_scan.h (quick), or allocate_ranges.h (best); checked by check_allocation.h if asked for

#pragma once

#include "engine/codegen/allocate_ranges.h"
#include "engine/codegen/target.h"

namespace skerry::codegen {

// Memory reused from function to function.
struct AllocateScratch {
  LinearScanScratch scan;
  AllocateRangesScratch ranges;
  VCode unallocated;  // only if the allocation is checked: the code as it was
};

// `liveness` has the selection's hints. Operands in `code` may be written anew.
void allocate(const Settings& settings, const ir::Function& function, VCode& code, std::span<const VOpInfo> op_infos,
              const RegisterFile& file, Liveness& liveness, AllocateScratch& scratch, Allocation& out);

}  // namespace skerry::codegen
