// Harts: what each has of its own, and what they ask of each other.
//
//   run queue   ready threads, first come first served but for those whose turn lasts (scheduling.md); the running one
//               is not in it
//   idle        the thread that runs where no other does: on the stack that the hart came up on. It is in no queue
//   sleepers    threads that began to wait for an instant on this hart
//   timer       set to what comes first: the nearest sleeper, the end of the running thread's slice, which only
//               counts while another is ready, or of all the time that it may have. Setting it is a device's work
//               and slow, so it is set anew only where that is earlier: it may ring too early, and is then set to
//               what is the nearest.
//
// A hart that has nothing to do looks through the others' queues, then says that it is idle, looks once more, and
// halts. Who makes a thread ready looks for an idle hart afterwards and wakes it, so that one of the two sees the other.

#pragma once

#include <atomic>

#include "kernel/arch/spin_lock.h"
#include "kernel/sched/thread.h"

namespace skerry::kernel {

// A doubly linked list through threads.
struct ThreadList {
  Thread* first = nullptr;
  Thread* last = nullptr;

  void append(Thread* thread) {
    thread->next = nullptr;
    thread->previous = last;
    (last ? last->next : first) = thread;
    last = thread;
  }
  void put_first(Thread* thread) {
    thread->previous = nullptr;
    thread->next = first;
    (first ? first->previous : last) = thread;
    first = thread;
  }
  void remove(Thread* thread) {
    (thread->previous ? thread->previous->next : first) = thread->next;
    (thread->next ? thread->next->previous : last) = thread->previous;
  }
};

struct Hart {
  u32 number;
  Thread* idle;

  // The hart's own, with interrupts off.
  Thread* left;         // who ran before, until its stack is free
  bool in_interrupt;
  bool is_idle;         // it has said so in `idle_harts`
  bool is_slice_over;
  u64 switched_at;      // when the running thread began
  u64 slice_end = never;
  u64 time_end = never;  // when the running thread will have had its processor time
  u64 timer_set_to = never;

  SpinLock ready_lock;
  ThreadList ready;
  std::atomic<u32> ready_count;  // written under the lock

  SpinLock sleepers_lock;
  Sleepers sleepers;

  // Written under the page tables' lock, or by the hart itself while nobody else may.
  std::atomic<u64> forgot_until;  // of `unmappings`: what was unmapped until then this hart has forgotten
};

inline Hart& this_hart() { return *current_thread().hart.load(std::memory_order_relaxed); }

// Begins to start the others, as many as there are. Each is at work as soon as it has come up.
void start_harts();
// How many have come up.
u32 harts_at_work();
// How often, since there are several, something was unmapped that all others have to be told of.
u64 unmapping_count();
// Makes the first thread, and idles on the boot stack.
[[noreturn]] void start_threads(void (*body)(void*));

// With interrupts off: gives the hart, which is the caller's, to the next thread that is ready. The running one has
// been put where it belongs.
void give_way(Hart& hart, Thread& running);
// The same for a thread that is ready itself: it is next while its turn lasts, else the last.
void give_way_ready();
// With interrupts off: puts a thread that is in no queue into one, and sees to it that somebody runs it.
enum class Place : u8 {
  InTurn,
  NextWithinTurn,  // before all others, while its turn lasts
};
// Answers whether it comes before all others, or has a hart for itself.
bool make_ready(Thread* thread, Place place = Place::InTurn);
// With interrupts off: makes ready those of the hart's sleepers whose instant has come.
void wake_sleepers(Hart& hart, u64 now);
// With interrupts off, on the hart: sets its timer.
void arm_timer(Hart& hart);
// The running thread has had its time.
void end_slice();

}  // namespace skerry::kernel
