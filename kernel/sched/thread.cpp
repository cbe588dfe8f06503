// The scheduler of one hart.
//
//   run queue   ready threads, first come first served; the running one is not in it
//   buckets     waiting threads by the hash of their word
//   sleepers    waiting threads with a deadline: a heap in an array, the nearest first; each thread knows its
//               place, so that it leaves in logarithmic time
//
// The timer is set to what comes first: the alarm, the nearest sleeper, or the end of the running
// thread's slice, which only counts while another is ready. An idle hart sleeps. Setting it is a device's work and slow,
// so it is set anew only where that is earlier: it may ring too early, and is then set to what is the nearest.

#include "kernel/sched/thread.h"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

#include "base/check.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/heap.h"

namespace skerry::kernel {
namespace {

constexpr u64 slice_ns = 4'000'000;
constexpr u32 no_place = ~u32{0};

using State = Thread::State;

Thread* running;  // the thread pointer's copy, for before there is one
u64 running_since;
u64 slice_end = never;
bool is_slice_over;
u64 timer_set_to = never;

u64 alarm_deadline = never;
void (*alarm_callback)();
void (*deferred_callback)();  // of call_unlocked

// A doubly linked list through the threads.
struct Queue {
  Thread* first = nullptr;
  Thread* last = nullptr;

  void append(Thread* thread) {
    thread->next = nullptr;
    thread->previous = last;
    (last ? last->next : first) = thread;
    last = thread;
  }
  void remove(Thread* thread) {
    (thread->previous ? thread->previous->next : first) = thread->next;
    (thread->next ? thread->next->previous : last) = thread->previous;
  }
};

Queue run_queue;
Queue buckets[256];
Queue& bucket(const u32* word) { return buckets[(u64(word) * 0x9e3779b97f4a7c15) >> 56]; }

// The heap of those that wait for an instant. Has room for every thread there is, so that waiting never allocates.
class Sleepers {
 public:
  void reserve(usize threads) { heap_.reserve(threads); }
  u64 nearest() const { return heap_.empty() ? never : heap_[0]->wait_deadline; }
  Thread* first() const { return heap_[0]; }
  void add(Thread* thread) {
    heap_.push_back(thread);
    thread->sleeper = u32(heap_.size() - 1);
    rise(thread->sleeper);
  }
  void remove(Thread* thread) {
    u32 at = std::exchange(thread->sleeper, no_place);
    Thread* moved = heap_.back();
    heap_.pop_back();
    if (moved == thread) return;
    put(at, moved);
    rise(at);
    sink(moved->sleeper);
  }

 private:
  void put(u32 at, Thread* thread) {
    heap_[at] = thread;
    thread->sleeper = at;
  }
  void rise(u32 at) {
    for (; at != 0 && heap_[at]->wait_deadline < heap_[(at - 1) / 2]->wait_deadline; at = (at - 1) / 2) {
      swap_places(at, (at - 1) / 2);
    }
  }
  void sink(u32 at) {
    for (;;) {
      u32 least = at;
      for (u32 child : {2 * at + 1, 2 * at + 2}) {
        if (child < heap_.size() && heap_[child]->wait_deadline < heap_[least]->wait_deadline) least = child;
      }
      if (least == at) return;
      swap_places(at, least);
      at = least;
    }
  }
  void swap_places(u32 a, u32 b) {
    Thread* thread = heap_[a];
    put(a, heap_[b]);
    put(b, thread);
  }

  std::vector<Thread*> heap_;
};
Sleepers sleepers;
usize thread_count;

void arm_timer() {
  u64 nearest = std::min({alarm_deadline, sleepers.nearest(), slice_end});
  if (nearest >= timer_set_to) return;
  timer_set_to = nearest;
  arch::set_timer(nearest);
}

// With interrupts off, as all that follows.
void make_ready(Thread* thread) {
  if (thread->state != State::Waiting) return;
  if (thread->wait_word) bucket(thread->wait_word).remove(thread);
  if (thread->sleeper != no_place) sleepers.remove(thread);
  thread->wait_word = nullptr;
  thread->state = State::Ready;
  run_queue.append(thread);
  if (running->state != State::Running) return;
  // Who waited for a device comes before who computes.
  if (arch::in_interrupt()) is_slice_over = true;
  if (slice_end == never) slice_end = arch::monotonic_ns() + slice_ns;
  arm_timer();
}

void wake_sleepers(u64 now) {
  while (sleepers.nearest() <= now) make_ready(sleepers.first());
}

// Gives the hart to the next thread that is ready, and sleeps while there is none. The running thread has been put
// where it belongs.
void give_way() {
  u64 now = arch::monotonic_ns();
  running->processor_ns += now - running_since;
  while (!run_queue.first) {
    wake_sleepers(now);
    if (run_queue.first) break;
    slice_end = never;
    arm_timer();
    arch::wait_for_interrupt();
    now = arch::monotonic_ns();
  }
  Thread* last = std::exchange(running, run_queue.first);
  run_queue.remove(running);
  running->state = State::Running;
  running_since = now;
  is_slice_over = false;
  slice_end = run_queue.first ? now + slice_ns : never;
  arm_timer();
  if (last == running) return;
  arch::set_thread_pointer(running);
  last->memory_base = arch::set_memory_base(running->memory_base);
  arch::switch_stack(&last->stack_pointer, running->stack_pointer);
  // In compiled code the look is taken where it goes on (arch::wants_preemption).
  if (running->interrupt_pending && !running->is_preempted) arch::check_interrupt();
}

void first_function(void* argument) {
  Thread* thread = static_cast<Thread*>(argument);
  arch::enable_interrupts();
  thread->body(thread->argument);

  arch::disable_interrupts();
  thread->state = State::Ended;
  thread->ended = 1;
  wake_threads(&thread->ended);
  give_way();
  UNREACHABLE("an ended thread runs");
}

Result<Thread*> create_thread(void (*body)(void*), void* argument) {
  u8* stack = TRY(kernel::reserve(stack_guard + stack_size));
  if (auto committed = kernel::commit_stack(stack + stack_guard, stack_size); !committed) {
    kernel::release(stack, stack_guard + stack_size);
    return committed.take_failure();
  }
  usize locals = arch::thread_local_size();
  u8* memory = static_cast<u8*>(heap_allocate(locals + sizeof(Thread), 64));
  if (!memory) {
    kernel::release(stack, stack_guard + stack_size);
    return fail(ErrorCode::Environment, "no memory is left for a thread");
  }
  sleepers.reserve(++thread_count);
  __builtin_memset(memory, 0, locals);
  arch::fill_thread_local(memory + locals);
  Thread* thread = new (memory + locals) Thread{};
  thread->self = thread;
  thread->stack = stack;
  thread->body = body;
  thread->argument = argument;
  thread->sleeper = no_place;
  thread->stack_pointer = arch::new_stack(stack + stack_guard + stack_size, first_function, thread);
  return thread;
}

}  // namespace

Thread& current_thread() { return *running; }

u64 processor_time(const Thread& thread) {
  bool interrupts = arch::disable_interrupts();
  u64 time = thread.processor_ns + (&thread == running ? arch::monotonic_ns() - running_since : 0);
  if (interrupts) arch::enable_interrupts();
  return time;
}

void start_threads(void (*body)(void*)) {
  auto thread = create_thread(body, nullptr);
  if (!thread) arch::stop("no memory for the first thread");
  running = *thread;
  running->state = State::Running;
  arch::set_thread_pointer(running);
  u64 boot_stack;  // left for good
  arch::switch_stack(&boot_stack, running->stack_pointer);
  UNREACHABLE("the boot stack is in use again");
}

Result<Thread*> spawn_thread(void (*body)(void*), void* argument) {
  Thread* thread = TRY(create_thread(body, argument));
  bool interrupts = arch::disable_interrupts();
  thread->state = State::Waiting;
  make_ready(thread);
  if (interrupts) arch::enable_interrupts();
  return thread;
}

void join_thread(Thread* thread) {
  while (!thread->ended) wait_for_word(&thread->ended, 0, never);
  --thread_count;
  kernel::release(thread->stack, stack_guard + stack_size);
  heap_free(reinterpret_cast<u8*>(thread) - arch::thread_local_size());
}

void wait_for_word(const u32* word, u32 expected, u64 deadline_ns) {
  CHECK(!arch::in_interrupt());
  bool interrupts = arch::disable_interrupts();
  if (!std::exchange(running->wake_pending, false) && __atomic_load_n(word, __ATOMIC_ACQUIRE) == expected) {
    running->wait_word = word;
    running->wait_deadline = deadline_ns;
    running->state = State::Waiting;
    bucket(word).append(running);
    if (deadline_ns != never) sleepers.add(running);
    give_way();
  }
  if (interrupts) arch::enable_interrupts();
}

void yield_thread() {
  bool interrupts = arch::disable_interrupts();
  wake_sleepers(arch::monotonic_ns());
  if (run_queue.first) {
    running->state = State::Ready;
    run_queue.append(running);
    give_way();
  }
  if (interrupts) arch::enable_interrupts();
}

void wake_threads(const u32* word) {
  bool interrupts = arch::disable_interrupts();
  for (Thread* thread = bucket(word).first; thread;) {
    Thread* next = thread->next;
    if (thread->wait_word == word) make_ready(thread);
    thread = next;
  }
  if (interrupts) arch::enable_interrupts();
}

void wake_thread(Thread& thread) {
  bool interrupts = arch::disable_interrupts();
  if (thread.state == State::Waiting) make_ready(&thread);
  else thread.wake_pending = true;
  if (interrupts) arch::enable_interrupts();
}

bool slice_is_over() { return is_slice_over && running->locks == 0 && run_queue.first; }

void set_alarm(u64 deadline_ns, void (*callback)()) {
  bool interrupts = arch::disable_interrupts();
  alarm_deadline = deadline_ns;
  alarm_callback = callback;
  arm_timer();
  if (interrupts) arch::enable_interrupts();
}

void interrupt_thread(Thread& thread) {
  thread.interrupt_pending = true;
  if (&thread == running && !arch::in_interrupt()) arch::check_interrupt();
}

void call_unlocked(void (*callback)()) {
  if (running->locks == 0) callback();
  else deferred_callback = callback;
}

void out_of_memory() {
  if (running && running->end_early) call_unlocked(running->end_early);
}

void note_lock() { ++running->locks; }

void note_unlock() {
  if (--running->locks != 0 || !deferred_callback) return;
  bool interrupts = arch::disable_interrupts();
  if (auto callback = std::exchange(deferred_callback, nullptr)) callback();
  if (interrupts) arch::enable_interrupts();
}

}  // namespace skerry::kernel

namespace skerry::kernel::arch {

void timer_expired() {
  timer_set_to = never;  // it rings once
  u64 now = monotonic_ns();
  if (alarm_deadline <= now) {
    alarm_deadline = never;
    alarm_callback();
  }
  wake_sleepers(now);
  // Where it comes in code that is not preempted, there is a next time.
  if (slice_end <= now) {
    slice_end = now + slice_ns;
    is_slice_over = true;
  }
  arm_timer();
}

void preempted() {
  running->is_preempted = true;
  yield_thread();
  running->is_preempted = false;
}

}  // namespace skerry::kernel::arch
