// Threads of the kernel: stacks that take turns on the one hart.
//
// A thread runs until it waits or ends; interrupts come in between but give the hart to no other.
// So what is done without waiting needs no lock, except against interrupt handlers, and those only
// wake threads and take bytes from devices.

#pragma once

#include "base/result.h"
#include "kernel/arch/arch.h"

namespace skerry::kernel {

// Lies behind its thread-local variables (arch.h); its address is the thread pointer.
struct Thread {
  Thread* self;
  Thread* next;  // in the ring of those that were not joined
  u8* stack;     // the reservation: a guard, then stack_size bytes
  u64 stack_pointer;  // while it does not run
  void (*body)(void*);
  void* argument;
  u32 ended;
  u32 locks;  // held

  // Shared with interrupt handlers: touched with interrupts off.
  bool waits;
  const u32* wait_word;
  u64 wait_deadline;
  bool interrupt_pending;  // interrupt_thread was called for it
};

constexpr u64 stack_size = 8 * MiB;
constexpr u64 stack_guard = 64 * KiB;
inline u8* stack_limit(const Thread& thread) { return thread.stack + stack_guard; }

Thread& current_thread();

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
