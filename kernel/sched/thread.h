// Threads of the kernel: stacks that take turns on the harts (docs/scheduling.md).
//
// A thread runs until it waits, ends, or is preempted: anywhere in compiled code, and in code of the kernel and of the
// engine where interrupts are on and it holds no platform::Mutex, for which others would then wait as long as it does
// not run. What threads share is under a lock: a SpinLock (spin_lock.h), or a Mutex where its holder may wait.

#pragma once

#include <atomic>

#include "base/result.h"
#include "kernel/arch/arch.h"
#include "kernel/sched/sleepers.h"
#include "kernel/sched/stacks.h"

namespace skerry::kernel {

struct Hart;

constexpr u64 never = ~u64{0};

enum class ThreadOrder : u8 {
  InTurn,
  BehindAll,  // it runs where no thread InTurn is ready on any hart
};

// Lies behind its thread-local variables (arch.h); its address is the thread pointer.
struct Thread {
  // Set when it is made.
  Thread* self;
  u8* stack;  // the reservation: a guard, then stack_size bytes; null for a hart's own thread, which idles
  void (*body)(void*);
  void* argument;

  // Its hart's.
  u64 stack_pointer;    // while it does not run
  u8* memory_base;      // the guest's, while it does not run
  bool is_preempted;    // it does not run, and did not wait for anything
  u64 turn_end;         // of its clock: until then it comes before those whose turn is over (scheduling.md)
  u64 known_harts;      // where it ran
  u64 time_limit = never;  // of its clock: what it may have of processor time
  u64 outdated_harts;   // of these, those that may know pages of its as they no longer are (note_changed_pages)

  // Of anybody.
  std::atomic<u32> ended;
  std::atomic<Hart*> hart;              // where it runs, or ran last
  std::atomic<bool> is_on_hart;         // its stack is in use
  std::atomic<bool> interrupt_pending;  // interrupt_thread was called for it
  std::atomic<bool> wake_pending;       // wake_thread was called while it did not wait
  std::atomic<bool> is_out_of_memory;   // it has more than there is (mm/address_space.h), and is to end
  std::atomic<bool> is_out_of_time;     // it has had its processor time, and is to end
  std::atomic<u64> clock;               // for how long it ran (processor_time)
  std::atomic<ThreadOrder> order;       // changes under the lock of those BehindAll
  std::atomic<const u32*> wait_word;    // null while it does not wait; changes under its bucket's lock

  // Under the lock of the run queue or bucket that it is in.
  Thread* next;
  Thread* previous;

  // Under the sleepers' lock of the hart that it last waited on for an instant.
  bool is_sleeper;
  Sleeper sleeper;
};

inline u8* stack_limit(const Thread& thread) { return thread.stack + stack_guard; }

inline Thread& current_thread() { return *static_cast<Thread*>(arch::thread_pointer()); }
// Nanoseconds for which a thread had a hart.
u64 processor_time(const Thread& thread);

// The most that the running thread may have of that; ends its time where it has had it already. Once.
void limit_processor_time(u64 ns);
// What the kernel does of it: the running thread has had its processor time (Thread::is_out_of_time), and is to end. From
// handlers of interrupts.
void out_of_time();

Result<Thread*> spawn_thread(void (*body)(void*), void* argument, ThreadOrder order = ThreadOrder::InTurn);
// Of a thread that nobody joins meanwhile.
void set_order(Thread& thread, ThreadOrder order);
// Waits until it has ended, and frees it.
void join_thread(Thread* thread);

// Lets others run until wake_threads(word) or the instant of monotonic_ns, while *word == expected.
// May come back early.
void wait_for_word(const u32* word, u32 expected, u64 deadline_ns);
// Lets others run, if there are any that can.
void yield_thread();
// The same for one behind all: lets go on who is ready on another hart, which nothing else tells it of.
void give_way_from_behind();
// After the word was changed. From threads and from interrupt handlers.
void wake_threads(const u32* word);
// The same where one of them is enough, as whoever runs first will wake the next: of those who wait the first, and as
// many behind it as it takes until one comes to run before all others.
void wake_next_thread(const u32* word);
// Ends the thread's wait, or if it does not wait, its next.
void wake_thread(Thread& thread);

// Whether the thread that runs has had its time while another waits for the hart.
bool slice_is_over();
// Of a handler of an interrupt, when that is so: whether code of the kernel may be preempted where it is. If it holds a
// Mutex, it gives way when it has given back the last one.
bool may_be_preempted();

// How many Mutexes the thread holds, or is about to, counted from `gives_no_way` or, if it is to give way when it has
// given back the last one, from 0. Its own, and of handlers on its hart. (The kernel is one image, and 0 is seen by
// subtracting: counting is to cost an instruction or two.)
constexpr u32 gives_no_way = 1 << 16;
[[gnu::tls_model("local-exec")]] extern constinit thread_local u32 held_mutexes;
// The count has come to 0.
void give_way_at_last();

// FaultKind::Interrupt for a thread, where it is or, if it does not run, where it goes on. From threads and from
// interrupt handlers.
void interrupt_thread(Thread& thread);

// Whether this is a handler of an interrupt.
bool in_interrupt();

}  // namespace skerry::kernel
