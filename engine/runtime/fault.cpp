// Everything but install runs in signal handlers: no lock and no memory; and no instrumentation
// (CMakeLists.txt), since an interruption may come inside a sanitizer's own code.
//
// A fault is the engine's if its pc is in a function that this process compiled and has a trap
// site. The run continues in the Unwind stub with the site's code. A fault of memory must
// besides be at an address that the store's memories reserved: one elsewhere means that compiled
// code went astray, which ends the process.

#include "engine/runtime/fault.h"

#include "engine/runtime/compiled_module.h"
#include "engine/runtime/store.h"
#include "platform/platform.h"

namespace skerry::runtime {
namespace {

using platform::FaultContext;
using platform::FaultKind;
using platform::Resume;

bool lies_in_a_memory(const Store& store, u64 address) {
  auto memories = store.memories();
  const std::unique_ptr<Memory>* memory = memories.data();
  for (usize i = 0; i < memories.size(); ++i) {
    const MemorySlot& slot = memory[i]->slot;
    if (address - reinterpret_cast<u64>(slot.base) < slot.plan.reservation + slot.plan.guard) return true;
  }
  return false;
}

bool unwind(Store& store, TrapCode code, const FaultContext& fault, Resume& resume) {
  StoreState& state = store.state();
  store.backtrace().capture(fault, state.activation);
  resume = {
      .pc = reinterpret_cast<u64>(store.engine().unwind()),
      .frame_pointer = fault.frame_pointer,
      .stack_pointer = fault.stack_pointer,
      .first_argument = u64(code),
      .second_argument = reinterpret_cast<u64>(&state),
  };
  return true;
}

// Stops the innermost run. Answers whether the guest is unwound at once.
bool stop_innermost(Store& store, const FaultContext& fault, Resume& resume) {
  StoreState& state = store.state();
  std::optional<CodeRange> range = state.activation ? find_code_range(fault.pc) : std::nullopt;
  if (!range) {
    store.stop_at_next_chance();
    return false;
  }
  if (range->kind == CodeKind::Functions || range->kind == CodeKind::Stubs) {
    return unwind(store, TrapCode::Interrupted, fault, resume);
  }
  // In Enter or Unwind: the activation does not tell where the guest's stack ends, which is then not walked.
  state.stack_limit = ~u64{0};
  if (state.pending_trap == 0) state.pending_trap = u32(TrapCode::Interrupted) + 1;
  return false;
}

// All runs stop, from the innermost to the outermost whose store was interrupted.
bool handle_interruption(const FaultContext& fault, Resume& resume) {
  const Run* last = nullptr;
  for (const Run* run = Store::innermost_run(); run; run = run->outer) {
    if (run->store.is_interrupted()) last = run;
  }
  if (!last) return false;
  const Run* innermost = Store::innermost_run();
  bool unwinds = stop_innermost(innermost->store, fault, resume);
  for (const Run* run = innermost; run != last; run = run->outer) {
    // Runs further out of the innermost one's store are told when it has ended (Store::resume_outer).
    if (&run->outer->store != &innermost->store) run->outer->store.stop_at_next_chance();
  }
  return unwinds;
}

bool handle_fault(const FaultContext& fault, Resume& resume) {
  if (fault.kind == FaultKind::Interrupt) return handle_interruption(fault, resume);
  const Run* run = Store::innermost_run();
  if (!run) return false;
  Store& store = run->store;
  std::optional<CodeRange> range = find_code_range(fault.pc);
  if (!range || range->kind != CodeKind::Functions) return false;
  std::optional<FunctionAt> at = range->functions->find(fault.pc);
  if (!at) return false;
  std::optional<Site> site = at->table->find_trap(at->function, at->offset);
  if (!site) {
    platform::write_diagnostic("skerry: compiled code faulted where it may not trap\n");
    return false;
  }
  if (fault.kind == FaultKind::Memory && !lies_in_a_memory(store, fault.address)) {
    platform::write_diagnostic("skerry: compiled code faulted outside the memories of its store\n");
    return false;
  }
  return unwind(store, site->code, fault, resume);
}

// Guards the installation, which is once for the process.
constinit platform::Mutex mutex;
constinit bool installed = false;

}  // namespace

void Store::stop_at_next_chance() {
  state_.stack_limit = ~u64{0};
  if (!state_.activation || state_.pending_trap != 0) return;
  state_.pending_trap = u32(TrapCode::Interrupted) + 1;
  backtrace_.capture(state_.activation);
}

Result<void> install_fault_handler() {
  platform::MutexGuard guard(mutex);
  if (installed) return {};
  TRY(platform::install_fault_handler(handle_fault));
  installed = true;
  return {};
}

}  // namespace skerry::runtime
