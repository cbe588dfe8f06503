// Run queues, switching, idling, and what harts tell each other.

#include "kernel/sched/hart.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/check.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/heap.h"

namespace skerry::kernel {
namespace {

constexpr u64 slice_ns = 4'000'000;

// The first hart's own thread is there before there is a heap.
constexpr usize most_locals = 512;
alignas(64) u8 first_memory[most_locals + sizeof(Thread)];
constinit Hart first_hart{};

Hart* harts[max_harts];
std::atomic<u64> harts_up;     // by number
std::atomic<u64> idle_harts;   // of these
std::atomic<u64> unmappings;   // how often pages were taken away, or code was made known

u64 bit_of(const Hart& hart) { return u64{1} << hart.number; }

// A thread's clock counts what it ran; while it runs, it is instead from when on it would have run without a break.
constexpr u64 clock_runs = u64{1} << 63;
void start_clock_of(Thread& thread, u64 now) {
  thread.clock.store((now - thread.clock.load(std::memory_order_relaxed)) | clock_runs, std::memory_order_relaxed);
}
u64 ran_until(const Thread& running, u64 now) {
  return now - (running.clock.load(std::memory_order_relaxed) & ~clock_runs);
}
void stop_clock_of(Thread& thread, u64 now) { thread.clock.store(ran_until(thread, now), std::memory_order_relaxed); }

Thread* new_thread(u8* memory) {
  usize locals = arch::thread_local_size();
  __builtin_memset(memory, 0, locals);
  arch::fill_thread_local(memory + locals);
  Thread* thread = new (memory + locals) Thread{};
  thread->self = thread;
  return thread;
}

void set_up(Hart& hart, Thread* idle) {
  hart.idle = idle;
  idle->hart = &hart;
  idle->is_on_hart = true;
}

// `ran` is what the thread, which is about to run, has had so far.
void set_time_end(Hart& hart, const Thread& thread, u64 ran, u64 now) {
  u64 limit = thread.time_limit;
  hart.time_end = limit == never ? never : now + std::min(limit - std::min(limit, ran), never - now);
}

void start_slice(Hart& hart, u64 now) {
  hart.slice_end = now + slice_ns;
  arm_timer(hart);
}

// ------------------------------------------------------------------------------------ Run queues

// Ready threads that come behind all others. They are no hart's.
SpinLock behind_all_lock;
ThreadList behind_all;
std::atomic<u32> behind_all_count;  // written under the lock

// Under their lock.
void take_from_behind_all(Thread* thread) {
  behind_all.remove(thread);
  behind_all_count.fetch_sub(1, std::memory_order_relaxed);
}

Thread* take_ready(Hart& hart) {
  if (hart.ready_count.load(std::memory_order_relaxed) == 0) return nullptr;
  hart.ready_lock.take();
  Thread* thread = hart.ready.first;
  if (thread) {
    hart.ready.remove(thread);
    hart.ready_count.fetch_sub(1, std::memory_order_relaxed);
  }
  hart.ready_lock.release();
  return thread;
}

// One that can leave: a thread that was made ready before it has left its stack is its hart's until then.
Thread* take_from(Hart& other) {
  if (other.ready_count.load(std::memory_order_relaxed) == 0) return nullptr;
  other.ready_lock.take();
  Thread* thread = other.ready.first;
  while (thread && thread->is_on_hart.load(std::memory_order_acquire)) thread = thread->next;
  if (thread) {
    other.ready.remove(thread);
    other.ready_count.fetch_sub(1, std::memory_order_relaxed);
  }
  other.ready_lock.release();
  return thread;
}

template <class Visit>
void for_each(u64 mask, Visit&& visit) {
  for (; mask; mask &= mask - 1) visit(*harts[__builtin_ctzll(mask)]);
}

// One that has left its stack, where there is nothing else.
Thread* take_behind_all() {
  if (behind_all_count.load(std::memory_order_relaxed) == 0) return nullptr;
  SpinGuard guard(behind_all_lock);
  Thread* thread = behind_all.first;
  while (thread && thread->is_on_hart.load(std::memory_order_acquire)) thread = thread->next;
  if (thread) take_from_behind_all(thread);
  return thread;
}

Thread* steal(const Hart& hart) {
  u64 others = harts_up.load(std::memory_order_relaxed) & ~bit_of(hart);
  // Those behind it first, so that not all rob the same one.
  u64 below = bit_of(hart) - 1;
  Thread* thread = nullptr;
  for (u64 mask : {others & ~below, others & below}) {
    for_each(mask, [&](Hart& other) {
      if (!thread) thread = take_from(other);
    });
  }
  return thread;
}

void wake_an_idle_hart() {
  u64 idle = idle_harts.load();
  while (idle) {
    u64 bit = idle & -idle;
    if (idle_harts.fetch_and(~bit) & bit) return arch::send_interrupt(u32(__builtin_ctzll(bit)));
    idle = idle_harts.load();
  }
}

// ------------------------------------------------------------------------------------- Switching

// In the thread that now runs: the stack that was left is free.
void finish_switch(Thread& running) {
  Hart& hart = *running.hart.load(std::memory_order_relaxed);
  hart.left->is_on_hart.store(false, std::memory_order_release);
  // In compiled code the look is taken where it goes on (arch::wants_preemption).
  if (running.interrupt_pending.load() && !running.is_preempted) arch::check_interrupt();
}

void switch_to(Hart& hart, Thread& last, Thread& next, u64 now) {
  hart.switched_at = now;
  stop_clock_of(last, now);
  u64 ran = next.clock.load(std::memory_order_relaxed);
  if (ran >= next.turn_end) next.turn_end = ran + slice_ns;
  start_clock_of(next, now);
  set_time_end(hart, next, ran, now);
  hart.is_slice_over = false;
  hart.slice_end = never;
  if (&next != hart.idle && hart.ready_count.load(std::memory_order_relaxed) != 0) {
    start_slice(hart, now);
    wake_an_idle_hart();
  } else {
    arm_timer(hart);
  }
  if (&next == &last) return;

  u64 bit = bit_of(hart);
  if (next.outdated_harts & bit) {
    arch::forget_pages();
    next.outdated_harts &= ~bit;
  }
  next.known_harts |= bit;
  next.hart.store(&hart, std::memory_order_relaxed);
  next.is_on_hart.store(true);  // before the look at interrupt_pending, as interrupt_thread has it the other way round
  hart.left = &last;
  arch::set_thread_pointer(&next);
  last.memory_base = arch::set_memory_base(next.memory_base);
  arch::switch_stack(&last.stack_pointer, next.stack_pointer);
  finish_switch(last);
}

void first_function(void* argument) {
  Thread* thread = static_cast<Thread*>(argument);
  finish_switch(*thread);
  arch::enable_interrupts();
  thread->body(thread->argument);

  arch::disable_interrupts();
  thread->ended.store(1, std::memory_order_release);
  wake_threads(reinterpret_cast<const u32*>(&thread->ended));
  give_way(this_hart(), *thread);
  UNREACHABLE("an ended thread runs");
}

// ---------------------------------------------------------------------------------------- Idling

void leave_idle(Hart& hart) {
  hart.is_idle = false;
  idle_harts.fetch_and(~bit_of(hart));
  // Nobody told it what was unmapped since.
  u64 until = unmappings.load();
  if (hart.forgot_until.load(std::memory_order_relaxed) == until) return;
  arch::forget_pages();
  hart.forgot_until.store(until, std::memory_order_relaxed);
}

void enter_idle(Hart& hart) {
  hart.is_idle = true;
  idle_harts.fetch_or(bit_of(hart));
}

bool is_anyone_ready() {
  bool found = false;
  for_each(harts_up.load(std::memory_order_relaxed), [&](Hart& hart) { found |= hart.ready_count.load() != 0; });
  return found;
}

// With interrupts off, in the hart's own thread.
[[noreturn]] void run_idle(Hart& hart) {
  for (;;) {
    Thread* next = take_ready(hart);
    if (!next) next = steal(hart);
    if (!next) next = take_behind_all();
    if (next) {
      switch_to(hart, *hart.idle, *next, arch::monotonic_ns());
      continue;
    }
    enter_idle(hart);
    // By somebody who did not see this hart idle, or who has not left its stack.
    if (is_anyone_ready() || behind_all_count.load() != 0) {
      leave_idle(hart);
      arch::serve_requests();
      continue;
    }
    arch::wait_for_interrupt();
    if (hart.is_idle) leave_idle(hart);
  }
}

}  // namespace

bool make_ready(Thread* thread, Place place) {
  if (thread->order.load(std::memory_order_relaxed) == ThreadOrder::BehindAll) {
    behind_all_lock.take();
    bool is_behind = thread->order.load(std::memory_order_relaxed) == ThreadOrder::BehindAll;
    if (is_behind) {
      behind_all.append(thread);
      behind_all_count.fetch_add(1);
    }
    behind_all_lock.release();
    if (is_behind) {
      wake_an_idle_hart();
      return false;
    }
  }
  Thread& running = current_thread();
  Hart& here = *running.hart.load(std::memory_order_relaxed);
  Hart* last = thread->hart.load(std::memory_order_relaxed);
  bool has_left = !thread->is_on_hart.load(std::memory_order_acquire);
  // Where it ran, if that hart has nothing to do: there it is known. Else here, where nobody must be told of it.
  Hart& to = last && (!has_left || (idle_harts.load(std::memory_order_relaxed) & bit_of(*last))) ? *last : here;
  to.ready_lock.take();
  // Who waited for an instant or a device comes before who computes, while its turn lasts: or else whoever waits again
  // and again would leave nothing to the others. (Of one whose clock still runs it does not.)
  bool hurries = here.in_interrupt || place == Place::NextWithinTurn;
  bool is_first = hurries && &to == &here && thread->clock.load(std::memory_order_relaxed) < thread->turn_end;
  if (is_first) to.ready.put_first(thread);
  else to.ready.append(thread);
  to.ready_count.fetch_add(1);
  to.ready_lock.release();

  if (&to != &here) {
    // A hart that is not idle has to begin to count its slice (end_interrupt).
    bool is_idle = idle_harts.fetch_and(~bit_of(to)) & bit_of(to);
    arch::send_interrupt(to.number);
    return is_idle;
  }
  if (&running == here.idle) return is_first;
  if (is_first || running.order.load(std::memory_order_relaxed) == ThreadOrder::BehindAll) here.is_slice_over = true;
  if (here.slice_end == never) {
    // Where the timer rings within a slice anyway, that is its end: a look at the clock is dear, and most that wake
    // somebody wait themselves soon.
    if (here.timer_set_to <= here.switched_at + slice_ns) here.slice_end = here.timer_set_to;
    else start_slice(here, arch::monotonic_ns());
  }
  wake_an_idle_hart();
  return is_first;
}

void give_way(Hart& hart, Thread& running) {
  Thread* next = take_ready(hart);
  if (!next) next = steal(hart);
  if (!next) next = take_behind_all();
  switch_to(hart, running, next ? *next : *hart.idle, arch::monotonic_ns());
}

void give_way_ready() {
  Hart& hart = this_hart();
  if (hart.ready_count.load(std::memory_order_relaxed) == 0) return;
  Thread& running = current_thread();
  hart.ready_lock.take();
  Thread* next = hart.ready.first;
  if (!next) return hart.ready_lock.release();
  u64 now = arch::monotonic_ns();
  hart.ready.remove(next);
  bool is_in_turn = running.order.load(std::memory_order_relaxed) == ThreadOrder::InTurn;
  if (!is_in_turn) hart.ready_count.fetch_sub(1, std::memory_order_relaxed);
  else if (ran_until(running, now) < running.turn_end) hart.ready.put_first(&running);
  else hart.ready.append(&running);
  hart.ready_lock.release();
  if (!is_in_turn) make_ready(&running);
  switch_to(hart, running, *next, now);
}

void give_way_from_behind() {
  Thread& running = current_thread();
  if (running.order.load(std::memory_order_relaxed) == ThreadOrder::InTurn || !is_anyone_ready()) return;
  NoInterrupts no_interrupts;
  Hart& hart = this_hart();
  make_ready(&running);
  give_way(hart, running);
}

// One that is ready finds its place anew: it may have begun to be waited for.
void set_order(Thread& thread, ThreadOrder order) {
  NoInterrupts no_interrupts;
  bool is_ready = false;
  behind_all_lock.take();
  if (order == ThreadOrder::InTurn) {
    for (Thread* ready = behind_all.first; ready; ready = ready->next) is_ready |= ready == &thread;
    if (is_ready) take_from_behind_all(&thread);
  }
  thread.order.store(order, std::memory_order_relaxed);
  behind_all_lock.release();
  if (is_ready) make_ready(&thread);
}

void arm_timer(Hart& hart) {
  u64 nearest = std::min({hart.sleepers.nearest(), hart.slice_end, hart.time_end});
  if (nearest >= hart.timer_set_to) return;
  hart.timer_set_to = nearest;
  arch::set_timer(nearest);
}

void end_slice() {
  NoInterrupts no_interrupts;
  Hart& hart = this_hart();
  hart.slice_end = arch::monotonic_ns();
  arm_timer(hart);
}

bool slice_is_over() {
  Hart& hart = this_hart();
  return hart.is_slice_over && hart.ready_count.load(std::memory_order_relaxed) != 0;
}

[[gnu::tls_model("local-exec")]] constinit thread_local u32 held_mutexes = gives_no_way;

// A wish that comes between an unlocking thread's look at the count and its store is lost, and made anew with the next
// slice.
bool may_be_preempted() {
  if (&current_thread() == this_hart().idle) return false;
  if (held_mutexes == gives_no_way) return true;
  if (held_mutexes > gives_no_way) held_mutexes -= gives_no_way;
  return false;
}

void give_way_at_last() {
  NoInterrupts no_interrupts;
  held_mutexes = gives_no_way;
  if (slice_is_over()) give_way_ready();
}

bool in_interrupt() {
  NoInterrupts no_interrupts;
  return this_hart().in_interrupt;
}

u64 processor_time(const Thread& thread) {
  u64 clock = thread.clock.load(std::memory_order_relaxed);
  return clock & clock_runs ? ran_until(thread, arch::monotonic_ns()) : clock;
}

void limit_processor_time(u64 ns) {
  NoInterrupts no_interrupts;
  Thread& thread = current_thread();
  Hart& hart = this_hart();
  u64 now = arch::monotonic_ns();
  thread.time_limit = ns;
  set_time_end(hart, thread, ran_until(thread, now), now);
  arm_timer(hart);
}

void interrupt_thread(Thread& thread) {
  thread.interrupt_pending.store(true);
  if (&thread == &current_thread()) {
    if (!in_interrupt()) arch::check_interrupt();  // a handler ends with the look
    return;
  }
  // Where it does not run, it looks when it goes on.
  if (thread.is_on_hart.load()) arch::send_interrupt(thread.hart.load(std::memory_order_relaxed)->number);
}

bool several_harts() { return harts_up.load(std::memory_order_relaxed) != 1; }

void note_changed_pages() {
  NoInterrupts no_interrupts;
  Thread& thread = current_thread();
  thread.outdated_harts |= thread.known_harts & ~bit_of(this_hart());
}

Result<Thread*> spawn_thread(void (*body)(void*), void* argument, ThreadOrder order) {
  u8* stack = TRY(take_stack());
  u8* memory = static_cast<u8*>(heap_allocate_aligned(arch::thread_local_size() + sizeof(Thread), 64));
  if (!memory) {
    give_stack(stack);
    return fail(ErrorCode::Environment, "no memory is left for a thread");
  }
  Thread* thread = new_thread(memory);
  thread->stack = stack;
  thread->body = body;
  thread->argument = argument;
  thread->order = order;
  thread->stack_pointer = arch::new_stack(stack + stack_guard + stack_size, first_function, thread);
  NoInterrupts no_interrupts;
  make_ready(thread);
  return thread;
}

void join_thread(Thread* thread) {
  while (!thread->ended.load(std::memory_order_acquire)) {
    wait_for_word(reinterpret_cast<const u32*>(&thread->ended), 0, never);
  }
  // It has only to leave its stack now, which takes no longer than a lock is held.
  while (thread->is_on_hart.load(std::memory_order_acquire)) {
    NoInterrupts no_interrupts;
    arch::serve_requests();
  }
  give_stack(thread->stack);
  heap_free(reinterpret_cast<u8*>(thread) - arch::thread_local_size());
}

void start_harts() {
  u32 count = std::min(arch::hart_count(), max_harts);
  for (u32 number = 1; number < count; ++number) {
    u8* memory = static_cast<u8*>(heap_allocate_aligned(arch::thread_local_size() + sizeof(Thread), 64));
    Hart* hart = new (std::nothrow) Hart{};
    if (!memory || !hart || !arch::prepare_hart(number)) {  // then there are no more
      heap_free(memory);
      delete hart;
      count = number;
      break;
    }
    hart->number = number;
    hart->forgot_until = ~u64{0};
    set_up(*hart, new_thread(memory));
    harts[number] = hart;
  }
  if (count > 1) arch::start_harts(count);
}

u64 unmapping_count() { return unmappings.load(std::memory_order_relaxed); }

u32 harts_at_work() { return u32(__builtin_popcountll(harts_up.load(std::memory_order_relaxed))); }

void start_threads(void (*body)(void*)) {
  if (arch::thread_local_size() > most_locals) arch::stop("too many thread-local variables");
  if (!spawn_thread(body, nullptr)) arch::stop("no memory for the first thread");
  run_idle(first_hart);
}

}  // namespace skerry::kernel

namespace skerry::kernel::arch {

void begin_first_hart() {
  Thread* thread = new_thread(first_memory);
  set_up(first_hart, thread);
  set_thread_pointer(thread);
  harts[0] = &first_hart;
  harts_up = 1;
}

u32 hart_number() { return this_hart().number; }

void hart_main(u32 number) {
  Hart& hart = *harts[number];
  set_thread_pointer(hart.idle);
  enter_idle(hart);  // so that it forgets all before it does anything
  harts_up.fetch_or(bit_of(hart));
  leave_idle(hart);
  run_idle(hart);
}

void begin_interrupt() {
  Hart& hart = this_hart();
  hart.in_interrupt = true;
  if (hart.is_idle) leave_idle(hart);
}

void end_interrupt() {
  Hart& hart = this_hart();
  hart.in_interrupt = false;
  bool counts = hart.slice_end != never || &current_thread() == hart.idle;
  if (!counts && hart.ready_count.load(std::memory_order_relaxed) != 0) start_slice(hart, monotonic_ns());
}

void timer_expired() {
  Hart& hart = this_hart();
  hart.timer_set_to = never;  // it rings once
  u64 now = monotonic_ns();
  wake_sleepers(hart, now);
  // Where it comes in a stub, there is a next time.
  if (hart.slice_end <= now) {
    hart.slice_end = now + slice_ns;
    hart.is_slice_over = true;
  }
  if (hart.time_end <= now) {
    hart.time_end = never;
    current_thread().is_out_of_time = true;
    out_of_time();
  }
  arm_timer(hart);
}

void preempted() {
  touch_stack();
  current_thread().is_preempted = true;
  wake_sleepers(this_hart(), monotonic_ns());
  give_way_ready();
  current_thread().is_preempted = false;
}

u64 harts_to_tell() {
  u64 up = harts_up.load();
  if (up == 1) return 0;
  u64 before = unmappings.fetch_add(1), self = bit_of(this_hart());
  this_hart().forgot_until.compare_exchange_strong(before, before + 1);
  return up & ~idle_harts.load() & ~self;
}

void harts_were_told(u64 told) {
  u64 now = unmappings.load(std::memory_order_relaxed);
  for_each(told, [&](Hart& hart) {
    u64 before = now - 1;
    hart.forgot_until.compare_exchange_strong(before, now);
  });
}

}  // namespace skerry::kernel::arch
