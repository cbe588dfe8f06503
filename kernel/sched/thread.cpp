#include "kernel/sched/thread.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/check.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/heap.h"

namespace skerry::kernel {

static Thread* running;  // the thread pointer's copy, for before there is one
static u64 alarm_deadline = never;
static void (*alarm_callback)();
static void (*deferred_callback)();  // of call_unlocked

Thread& current_thread() { return *running; }

// Gives the hart to the next thread that can run, and sleeps while there is none. With interrupts off.
static void give_way() {
  for (;;) {
    u64 nearest = never, now = 0;
    Thread* t = running;
    do {
      t = t->next;
      if (t->waits && t->wait_deadline != never) {
        if (now == 0) now = arch::monotonic_ns();
        if (t->wait_deadline <= now) t->waits = false;
        else nearest = std::min(nearest, t->wait_deadline);
      }
      if (!t->waits) break;
    } while (t != running);

    if (!t->waits) {
      Thread* last = running;
      if (t == last) return;
      running = t;
      arch::set_thread_pointer(t);
      arch::switch_stack(&last->stack_pointer, t->stack_pointer);
      if (running->interrupt_pending) arch::check_interrupt();
      return;
    }
    arch::set_timer(std::min(nearest, alarm_deadline));
    arch::wait_for_interrupt();
  }
}

static void first_function(void* argument) {
  Thread* thread = static_cast<Thread*>(argument);
  arch::enable_interrupts();
  thread->body(thread->argument);

  arch::disable_interrupts();
  thread->waits = true;  // until the joiner takes it out of the ring
  thread->wait_deadline = never;
  thread->ended = 1;
  wake_threads(&thread->ended);
  give_way();
  UNREACHABLE("an ended thread runs");
}

static Result<Thread*> create_thread(void (*body)(void*), void* argument) {
  u8* stack = TRY(kernel::reserve(stack_guard + stack_size));
  if (auto committed = kernel::commit(stack + stack_guard, stack_size, Access::ReadWrite); !committed) {
    kernel::release(stack, stack_guard + stack_size);
    return committed.take_failure();
  }
  usize locals = arch::thread_local_size();
  u8* memory = static_cast<u8*>(heap_allocate(locals + sizeof(Thread), 64));
  if (!memory) {
    kernel::release(stack, stack_guard + stack_size);
    return fail(ErrorCode::Environment, "no memory is left for a thread");
  }
  __builtin_memset(memory, 0, locals);
  arch::fill_thread_local(memory + locals);
  Thread* thread = new (memory + locals) Thread{};
  thread->self = thread;
  thread->stack = stack;
  thread->body = body;
  thread->argument = argument;
  thread->stack_pointer = arch::new_stack(stack + stack_guard + stack_size, first_function, thread);
  return thread;
}

void start_threads(void (*body)(void*)) {
  auto thread = create_thread(body, nullptr);
  if (!thread) arch::stop("no memory for the first thread");
  running = *thread;
  running->next = running;
  arch::set_thread_pointer(running);
  u64 boot_stack;  // left for good
  arch::switch_stack(&boot_stack, running->stack_pointer);
  UNREACHABLE("the boot stack is in use again");
}

Result<Thread*> spawn_thread(void (*body)(void*), void* argument) {
  Thread* thread = TRY(create_thread(body, argument));
  thread->next = running->next;
  running->next = thread;
  return thread;
}

void join_thread(Thread* thread) {
  while (!thread->ended) wait_for_word(&thread->ended, 0, never);
  Thread* before = running;
  while (before->next != thread) before = before->next;
  bool interrupts = arch::disable_interrupts();
  before->next = thread->next;
  if (interrupts) arch::enable_interrupts();
  kernel::release(thread->stack, stack_guard + stack_size);
  heap_free(reinterpret_cast<u8*>(thread) - arch::thread_local_size());
}

void wait_for_word(const u32* word, u32 expected, u64 deadline_ns) {
  CHECK(!arch::in_interrupt());
  bool interrupts = arch::disable_interrupts();
  if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == expected) {
    running->wait_word = word;
    running->wait_deadline = deadline_ns;
    running->waits = true;
    give_way();
  }
  if (interrupts) arch::enable_interrupts();
}

void yield_thread() {
  bool interrupts = arch::disable_interrupts();
  give_way();
  if (interrupts) arch::enable_interrupts();
}

void wake_threads(const u32* word) {
  bool interrupts = arch::disable_interrupts();
  Thread* t = running;
  do {
    if (t->waits && t->wait_word == word) t->waits = false;
    t = t->next;
  } while (t != running);
  if (interrupts) arch::enable_interrupts();
}

void set_alarm(u64 deadline_ns, void (*callback)()) {
  bool interrupts = arch::disable_interrupts();
  alarm_deadline = deadline_ns;
  alarm_callback = callback;
  arch::set_timer(deadline_ns);
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
  if (alarm_deadline == never) return;
  if (alarm_deadline > monotonic_ns()) return set_timer(alarm_deadline);
  alarm_deadline = never;
  alarm_callback();
}

}  // namespace skerry::kernel::arch
