#include "engine/codegen/allocate.h"

#include "engine/codegen/check_allocation.h"

namespace skerry::codegen {

void allocate(const Settings& settings, const ir::Function& function, VCode& code, std::span<const VOpInfo> op_infos,
              const RegisterFile& file, Liveness& liveness, AllocateScratch& scratch, Allocation& out) {
  find_liveness(function, code, op_infos, liveness);
  bool splits = settings.allocator == Allocator::Ranges;
  if (settings.check_allocation && splits) scratch.unallocated = code;
  if (splits) allocate_ranges(function, code, op_infos, liveness, file, scratch.ranges, out);
  else allocate_linear_scan(code, liveness, file, scratch.scan, out);
  if (!settings.check_allocation) return;
  std::string wrong = check_allocation(function, splits ? scratch.unallocated : code, code, op_infos, file, out);
  if (!wrong.empty()) allocation_failed(wrong);
}

}  // namespace skerry::codegen
