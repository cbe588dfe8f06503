// The seam's faults: from the kernel's trap to the engine's handler and back.

#include "base/check.h"
#include "kernel/arch/arch.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/heap.h"
#include "kernel/sched/thread.h"
#include "platform/platform.h"

namespace skerry::platform {

// The registry that trap handlers read; set once.
static FaultHandler installed;

Result<void> install_fault_handler(FaultHandler handler) {
  CHECK(!installed || installed == handler);
  installed = handler;
  return {};
}

u8* set_memory_base(u8* base) { return kernel::arch::set_memory_base(base); }
bool memory_base_instructions() { return kernel::arch::memory_base_instructions(); }
std::string_view isa_string() { return kernel::arch::isa_string(); }

// A thread of the seam is one of the kernel's.
Thread* current_thread() { return reinterpret_cast<Thread*>(&kernel::current_thread()); }

void interrupt(Thread* thread) { kernel::interrupt_thread(*reinterpret_cast<kernel::Thread*>(thread)); }

}  // namespace skerry::platform

namespace skerry::kernel::arch {

bool page_fault(u64 address, FaultAccess access) {
  return address < reservations_begin ? fault_in_heap(address, access) : fault_in_reservation(address, access);
}

bool redirect_fault(const platform::FaultContext& context, platform::Resume& resume) {
  if (context.kind == platform::FaultKind::Interrupt) {
    std::atomic<bool>& pending = current_thread().interrupt_pending;
    if (!pending.load(std::memory_order_relaxed) || !pending.exchange(false)) return false;
  }
  return platform::installed && platform::installed(context, resume);
}

}  // namespace skerry::kernel::arch
