// Runs: from the host into guests, and how they end. The part of runtime::Store that is hot.
//
// A thread that enters a store says so in the store's link, and only then looks whether the store
// was interrupted; one who interrupts sets the word and only then looks who runs. Both by
// sequential consistency, so that one of the two sees the other.

#include "engine/runtime/store.h"

#include <algorithm>

#include "engine/runtime/compiled_module.h"
#include "platform/platform.h"

namespace skerry::runtime {
namespace {

// What hosts and the runtime may use of a thread's stack when the guest has used up its own.
constexpr u64 host_stack = 256 * KiB;

using Enter = u32 (*)(StoreState*, FuncRecord*, u64* values);

}  // namespace

constinit thread_local Store* Store::running_ = nullptr;

u64 Store::find_stack_limit() const {
  u64 here = reinterpret_cast<u64>(__builtin_frame_address(0));
  u64 lowest = reinterpret_cast<u64>(platform::stack_limit());
  u64 available = here - std::min(here, lowest);
  u64 guest = available - std::min(host_stack, available / 2);
  return here - std::min(guest, engine_->config().guest_stack_bytes);
}

bool Store::enter(FuncRecord* record, const void* enter_code, u64* values) {
  bool is_outermost = !state_.activation;
  if (is_outermost) {
    stack_limit_ = find_stack_limit();
    std::atomic_ref(state_.stack_limit).store(stack_limit_, std::memory_order_relaxed);
    state_.pending_trap = 0;
    entered_from_ = running_;
    state_.is_nested = running_ != nullptr;
    link_->running.exchange(platform::current_thread());
  }
  Store* before = std::exchange(running_, this);
  u32 status;
  if (std::atomic_ref(state_.interrupt).load() != 0) [[unlikely]] {
    backtrace_.clear();
    status = u32(TrapCode::Interrupted) + 1;
  } else {
    status = reinterpret_cast<Enter>(const_cast<void*>(enter_code))(&state_, record, values);
  }
  running_ = before;
  if (is_outermost) link_->running.store(nullptr, std::memory_order_release);
  if (status == 0) [[likely]] return true;
  note_trap(status);
  return false;
}

// `status` is what enter returned: a trap's code, and one.
void Store::note_trap(u32 status) {
  TrapCode code = TrapCode(status - 1);
  std::atomic_ref interrupt(state_.interrupt);
  // An interruption may have come as a stack that was said to be at its end.
  if (code == TrapCode::StackExhausted && interrupt.load() != 0) code = TrapCode::Interrupted;
  if (code == TrapCode::Interrupted) interrupt.store(0);
  state_.pending_trap = 0;
  std::atomic_ref(state_.stack_limit).store(stack_limit_, std::memory_order_relaxed);
  if (!trap_ || trap_->code() != code) trap_.emplace(code);
  u32 left_out = 0;
  std::vector<Frame> frames = backtrace_.frames(left_out);
  backtrace_.clear();
  // A trap that a host function hands on has the frames of where it came from.
  if (trap_->frames().empty()) trap_->set_frames(std::move(frames), left_out);
  // An interruption that came while this run ended otherwise is that of the run further out: what it left behind
  // for it has just been cleared. The word is looked at last; one that comes later leaves everything anew.
  if (state_.activation && interrupt.load() != 0) stop_at_next_chance();
}

Trap Store::take_trap() {
  CHECK(trap_);
  Trap trap = *std::move(trap_);
  trap_.reset();
  return trap;
}

void Store::raise(TrapCode code) { raise(Trap(code)); }

void Store::raise(Trap trap) {
  // An interruption that came meanwhile has its turn: the guest ends either way.
  state_.pending_trap = u32(trap.code()) + 1;
  backtrace_.capture(state_.activation);
  trap_ = std::move(trap);
}

void Store::interrupt() {
  std::atomic_ref(state_.interrupt).store(1);
  if (platform::Thread* thread = link_->running.load()) {
    if (engine_->may_be_signalled()) {
      platform::interrupt(thread);
    } else {
      // The guest ends where it next enters a function.
      std::atomic_ref(state_.stack_limit).store(~u64{0}, std::memory_order_relaxed);
    }
  }
}

}  // namespace skerry::runtime
