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
  store.backtrace().capture(fault.pc, fault.frame_pointer, fault.stack_pointer, state.activation);
  resume = {
      .pc = reinterpret_cast<u64>(store.engine().unwind()),
      .frame_pointer = fault.frame_pointer,
      .stack_pointer = fault.stack_pointer,
      .first_argument = u64(code),
      .second_argument = reinterpret_cast<u64>(&state),
  };
  return true;
}

bool handle_interruption(const FaultContext& fault, Resume& resume) {
  Store* innermost = Store::running();
  bool unwinds = false;
  for (Store* store = innermost; store; store = store->entered_from()) {
    if (!store->is_interrupted()) continue;
    if (store == innermost && store->state().activation) {
      std::optional<CodeRange> range = find_code_range(fault.pc);
      if (range && (range->kind == CodeKind::Functions || range->kind == CodeKind::Stubs)) {
        unwinds = unwind(*store, TrapCode::Interrupted, fault, resume);
        continue;
      }
      if (range) {
        // In Enter or Unwind: the activation does not tell where the guest's stack ends, which is then not walked.
        store->state().stack_limit = ~u64{0};
        if (store->state().pending_trap == 0) store->state().pending_trap = u32(TrapCode::Interrupted) + 1;
        continue;
      }
    }
    store->stop_at_next_chance();
  }
  return unwinds;
}

bool handle_fault(const FaultContext& fault, Resume& resume) {
  if (fault.kind == FaultKind::Interrupt) return handle_interruption(fault, resume);
  Store* store = Store::running();
  if (!store) return false;
  std::optional<CodeRange> range = find_code_range(fault.pc);
  if (!range || range->kind != CodeKind::Functions) return false;
  std::optional<FunctionAt> at = range->functions->find(fault.pc);
  if (!at) return false;
  std::optional<Site> site = at->table->find_trap(at->function, at->offset);
  if (!site) {
    platform::write_diagnostic("skerry: compiled code faulted where it may not trap\n");
    return false;
  }
  if (fault.kind == FaultKind::Memory && !lies_in_a_memory(*store, fault.address)) {
    platform::write_diagnostic("skerry: compiled code faulted outside the memories of its store\n");
    return false;
  }
  return unwind(*store, site->code, fault, resume);
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
