// The seam's threads, locks, time and the rest, over kernel/sched and kernel/arch.

#include <algorithm>
#include <atomic>

#include "base/check.h"
#include "kernel/arch/arch.h"
#include "kernel/sched/hart.h"
#include "platform/platform.h"

namespace skerry::platform {

u8* stack_limit() { return kernel::stack_limit(kernel::current_thread()); }

static kernel::ThreadOrder order_of(WorkerKind kind) {
  return kind == WorkerKind::Idle ? kernel::ThreadOrder::BehindAll : kernel::ThreadOrder::InTurn;
}
Result<Worker*> spawn_worker(void (*body)(void*), void* argument, WorkerKind kind) {
  return reinterpret_cast<Worker*>(TRY(kernel::spawn_thread(body, argument, order_of(kind))));
}
void set_worker_kind(Worker* worker, WorkerKind kind) {
  kernel::set_order(*reinterpret_cast<kernel::Thread*>(worker), order_of(kind));
}
void give_way() { kernel::give_way_from_behind(); }
void join_worker(Worker* worker) { kernel::join_thread(reinterpret_cast<kernel::Thread*>(worker)); }
u32 processor_count() { return kernel::harts_at_work(); }

// 0: free; 1: taken; 2: taken, and somebody may wait. Interrupt handlers take no such lock. What is seldom done is
// apart, so that the rest keeps no registers: who starts a process locks some thirty times. One of those who wait is woken,
// whoever takes it then has it for one for which somebody may wait: of hundreds that all wait for it, each would else
// come to look as often as others have had it.
[[gnu::noinline]] static void lock_when_free(u32* state) {
  while (__atomic_exchange_n(state, 2, __ATOMIC_ACQUIRE) != 0) kernel::wait_for_word(state, 2, kernel::never);
}
[[gnu::noinline]] static void tell_of_unlocked(u32* state, u32 before) {
  CHECK(before != 0);
  kernel::wake_next_thread(state);
}

void Mutex::lock() {
  ++kernel::held_mutexes;
  u32 state = 0;
  if (!__atomic_compare_exchange_n(&state_, &state, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) [[unlikely]] {
    lock_when_free(&state_);
  }
}
void Mutex::unlock() {
  u32 state = __atomic_exchange_n(&state_, 0, __ATOMIC_RELEASE);
  if (state != 1) [[unlikely]] tell_of_unlocked(&state_, state);
  if (--kernel::held_mutexes == 0) [[unlikely]] kernel::give_way_at_last();
}

void wait_on(const u32* word, u32 expected, u64 timeout_ns) {
  u64 now = timeout_ns == ~u64{0} ? 0 : monotonic_ns();
  u64 deadline = timeout_ns > ~now ? kernel::never : now + timeout_ns;
  kernel::wait_for_word(word, expected, deadline);
}
void wake_all(const u32* word) { kernel::wake_threads(word); }

u64 monotonic_ns() { return kernel::arch::monotonic_ns(); }
void fill_entropy(std::span<u8> bytes) { kernel::arch::fill_entropy(bytes); }

// It is why the kernel stops: the first hart to say so is the only one, and the others wait to be stopped.
void write_diagnostic(std::string_view text) {
  constexpr u32 nobody = ~u32{0};
  static constinit std::atomic<u32> speaker = nobody;
  kernel::arch::disable_interrupts();
  u32 self = kernel::arch::hart_number(), first = nobody;
  while (!speaker.compare_exchange_strong(first, self) && first != self) {
    first = nobody;
    kernel::arch::serve_requests();
  }
  kernel::arch::console_write(text);
}

void abort_process() { kernel::arch::stop_here(); }

}  // namespace skerry::platform
