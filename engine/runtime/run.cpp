// Runs: from the host into guests, and how they end. The part of runtime::Store that is hot.
//
// An interruption sets the store's word and then signals the thread that the store's link names. The word stays
// until the outermost run of the store has ended by it, so that it ends every run of the store, and every run of
// other stores that was begun inside those. None is lost, by this order on both sides:
//
// * A thread that enters a store says so in the link and puts its run at the front of the chain, and only then looks
//   whether the store was interrupted; one who interrupts sets the word and only then looks who runs. Both by
//   sequential consistency, so that one of the two sees the other.
// * A signal finds the chain of runs. Before a run is in it, its thread has yet to look at the word; once it has left
//   it, what is left behind for the runs further out is cleared first, and then the word is looked at (resume_outer).
// * In between, the signal finds the guest in code where it is unwound at once; or before the comparison with the
//   stack limit of its first function, which the signal moves; or in the host, where what it leaves behind is found
//   on the way back. A guest that has neither a loop nor a call left may end as if nothing had come. The word is
//   then still set, and the next run of the store, or the one further out, ends.

#include "engine/runtime/store.h"

#include <algorithm>

#include "engine/passes/enter_loop.h"
#include "engine/runtime/compiled_module.h"
#include "platform/platform.h"

namespace skerry::runtime {
namespace {

// What hosts and the runtime may use of a thread's stack when the guest has used up its own: so much, or half of a
// stack that is small, but never less than the least. Where there is less to begin with, no guest is entered: the way
// in alone takes some words for each parameter and result.
constexpr u64 host_stack = 256 * KiB, least_host_stack = 64 * KiB;

using Enter = u32 (*)(StoreState*, FuncRecord*, u64* values);

}  // namespace

constinit thread_local const Run* Store::innermost_run_ = nullptr;

u64 Store::stack_limit_from(u64 here) const {
  u64 available = here - std::min(here, lowest_stack_);
  u64 host = std::clamp(available / 2, least_host_stack, host_stack);
  u64 guest = available - std::min(available, host);
  return here - std::min(guest, engine_->config().guest_stack_bytes);
}

bool Run::is_to_stop() const {
  const Run* run = this;
  while (run && !run->store.is_interrupted()) run = run->outer;
  return run;
}

bool Store::enter(FuncRecord* record, const void* enter_code, u64* values) {
  const Run run{*this, innermost_run_};
  bool is_outermost = !state_.activation;
  u64 here = reinterpret_cast<u64>(__builtin_frame_address(0));
  if (is_outermost) {
    lowest_stack_ = reinterpret_cast<u64>(platform::stack_limit());
    stack_limit_ = stack_limit_from(here);
    std::atomic_ref(state_.stack_limit).store(stack_limit_, std::memory_order_relaxed);
    state_.pending_trap = 0;
    state_.is_nested = run.outer != nullptr;
    link_->running.exchange(platform::current_thread());
  } else if (link_->running.load(std::memory_order_relaxed) != platform::current_thread()) {
    trap_.emplace("the store is in use by another thread");
    return false;
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);
  innermost_run_ = &run;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  u32 status;
  if (std::atomic_ref(state_.interrupt).load() != 0 || (run.outer && run.outer->is_to_stop())) [[unlikely]] {
    backtrace_.clear();
    status = u32(TrapCode::Interrupted) + 1;
  } else if (here < lowest_stack_ + least_host_stack) [[unlikely]] {
    backtrace_.clear();
    status = u32(TrapCode::StackExhausted) + 1;
  } else {
    status = reinterpret_cast<Enter>(const_cast<void*>(enter_code))(&state_, record, values);
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);
  innermost_run_ = run.outer;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (is_outermost) link_->running.store(nullptr, std::memory_order_release);
  if (status != 0) [[unlikely]] note_trap(run, status);
  if (!is_outermost) resume_outer(run);
  return status == 0;
}

// What interruptions left behind for the run that has ended goes; the one further out has its own.
void Store::resume_outer(const Run& ended) {
  state_.pending_trap = 0;
  std::atomic_ref(state_.stack_limit).store(stack_limit_, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  const Run* next = ended.outer;
  while (&next->store != this) next = next->outer;
  if (next->is_to_stop()) stop_at_next_chance();
}

// `status` is what enter returned: a trap's code, and one.
void Store::note_trap(const Run& run, u32 status) {
  TrapCode code = TrapCode(status - 1);
  // An interruption may have come as a stack that was said to be at its end.
  if (code == TrapCode::StackExhausted && run.is_to_stop()) code = TrapCode::Interrupted;
  if (code == TrapCode::Interrupted && !state_.activation) end_interruption();
  if (!trap_ || trap_->code() != code) trap_.emplace(code);
  u32 left_out = 0;
  std::vector<Frame> frames = backtrace_.frames(left_out);
  backtrace_.clear();
  // A trap that a host function hands on has the frames of where it came from.
  if (trap_->frames().empty()) trap_->set_frames(std::move(frames), left_out);
}

// Whoever interrupts holds the same lock from setting the word until the last listener was told. So what was told is
// taken back whole, and an interruption that comes now stands, for the next run.
void Store::end_interruption() {
  platform::MutexGuard guard(link_->mutex);
  std::atomic_ref(state_.interrupt).store(0);
  for (const auto& listener : listeners_) listener->resumed();
}

void Store::listen(std::shared_ptr<InterruptListener> listener) {
  platform::MutexGuard guard(link_->mutex);
  listeners_.push_back(std::move(listener));
  if (is_interrupted()) listeners_.back()->interrupted();
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

LoopCell* Store::loop_cells() {
  constexpr u64 spare = 256 * KiB;  // that others of the process may want
  if (!loop_cells_ && platform::available_memory() >= spare) {
    loop_cells_ = std::make_unique<LoopCell[]>(passes::EnterLoop::most_cells);
    state_.loop_values = loop_cells_.get();
  }
  return loop_cells_.get();
}

void Store::interrupt() {
  std::atomic_ref(state_.interrupt).store(1);
  for (const auto& listener : listeners_) listener->interrupted();
  if (!engine_->may_be_signalled()) return;  // compiled code looks at the word (codegen::Settings::polls)
  if (platform::Thread* thread = link_->running.load()) platform::interrupt(thread);
}

}  // namespace skerry::runtime
