// Which code is preempted: bodies of functions, where every register is the thread's own, no lock is held, and nothing
// of the kernel is half done; and code of kernel and engine, as far as thread.h says. Stubs are left alone: in some of
// them an activation does not tell yet, or no longer, what the stack has, and they are short.

#include "engine/runtime/code_ranges.h"
#include "kernel/sched/thread.h"

namespace skerry::kernel::arch {

bool wants_preemption(u64 pc) {
  if (!slice_is_over()) return false;
  auto range = runtime::find_code_range(pc);
  return range ? range->kind == runtime::CodeKind::Functions : may_be_preempted();
}

}  // namespace skerry::kernel::arch
