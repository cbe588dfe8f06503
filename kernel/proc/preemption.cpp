// Which code is preempted: bodies of functions, and nothing else. There every register is the thread's own, no lock
// is held, and nothing of the kernel is half done.

#include "engine/runtime/code_ranges.h"
#include "kernel/sched/thread.h"

namespace skerry::kernel::arch {

bool wants_preemption(u64 pc) {
  if (!slice_is_over()) return false;
  auto range = runtime::find_code_range(pc);
  return range && range->kind == runtime::CodeKind::Functions;
}

}  // namespace skerry::kernel::arch
