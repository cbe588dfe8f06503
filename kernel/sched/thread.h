// Threads of the kernel: stacks that take turns on the one hart.
//
// A thread runs until it waits, ends, or is preempted. Only compiled code is preempted (docs/scheduling.md):
// code of the kernel and of the engine gives the hart to nobody unless it waits. So what is done
// without waiting needs no lock, except against interrupt handlers, and those only wake threads and
// take bytes from devices.

#pragma once

#include "base/result.h"
#include "kernel/arch/arch.h"

namespace skerry::kernel {

// Lies behind its thread-local variables (arch.h); its address is the thread pointer.
struct Thread {
  Thread* self;
  u8* stack;     // the reservation: a guard, then stack_size bytes
  u64 stack_pointer;  // while it does not run
  u8* memory_base;    // the guest's, while it does not run
  void (*body)(void*);
  void* argument;
  u32 ended;
  u32 locks;  // held
  void (*end_early)();  // called when there is no memory for its stack; null: nobody can end it

  // Shared with interrupt handlers: touched with interrupts off.
  enum class State : u8 { Running, Ready, Waiting, Ended };
  State state;
  bool interrupt_pending;  // interrupt_thread was called for it
  bool is_preempted;       // it does not run, and was in compiled code
  bool wake_pending;       // wake_thread was called while it did not wait
  Thread* next;            // in the run queue, or among those whose words share a bucket
  Thread* previous;
  const u32* wait_word;    // null while it does not wait
  u64 wait_deadline;
  u32 sleeper;             // its place among those that wait for an instant
  u64 processor_ns;        // that it ran, up to when it last began to
};

constexpr u64 stack_size = 8 * MiB;
constexpr u64 stack_guard = 64 * KiB;
inline u8* stack_limit(const Thread& thread) { return thread.stack + stack_guard; }

Thread& current_thread();
// Nanoseconds for which a thread had a hart.
u64 processor_time(const Thread& thread);

// Makes the first thread, and goes on in it, with interrupts on.
[[noreturn]] void start_threads(void (*body)(void*));
Result<Thread*> spawn_thread(void (*body)(void*), void* argument);
// Waits until it has ended, and frees it.
void join_thread(Thread* thread);

constexpr u64 never = ~u64{0};

// Lets others run until wake_threads(word) or the instant of monotonic_ns, while *word == expected.
// May come back early.
void wait_for_word(const u32* word, u32 expected, u64 deadline_ns);
// Lets others run, if there are any that can.
void yield_thread();
// From threads and from interrupt handlers.
void wake_threads(const u32* word);
// Ends the thread's wait, or if it does not wait, its next.
void wake_thread(Thread& thread);

// Whether the thread that runs has had its time while another waits for the hart.
bool slice_is_over();

// `callback` is called by the interrupt handler at the instant, once. There is one alarm.
void set_alarm(u64 deadline_ns, void (*callback)());

// FaultKind::Interrupt for a thread, where it is or, if it does not run, where it goes on.
void interrupt_thread(Thread& thread);

// From an interrupt handler: calls now what takes locks, or when the interrupted thread lets go of
// its last one. The last callback counts.
void call_unlocked(void (*callback)());
void note_lock();
void note_unlock();

}  // namespace skerry::kernel
