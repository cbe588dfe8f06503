// Locks for what interrupt handlers share, and for what is done in less time than waiting takes.
//
// A SpinLock is held with interrupts off on its hart, and for a short time: nobody waits, switches stacks, or touches a
// guest's memory under one. No page of a stack is missing then either: who goes without interrupts first touches what
// of the stack may be used until they are on again. In which order locks are taken is in docs/scheduling.md. A hart
// that waits for one goes on serving what other harts ask of all (arch::serve_requests), so that its holder may ask.

#pragma once

#include "kernel/arch/arch.h"

namespace skerry::kernel {

class SpinLock {
 public:
  // With interrupts off.
  void take() {
    if (__atomic_exchange_n(&word_, 1, __ATOMIC_ACQUIRE) != 0) wait();
  }
  void release() { __atomic_store_n(&word_, 0, __ATOMIC_RELEASE); }

 private:
  void wait();

  u32 word_ = 0;
};

// What of a stack is used before interrupts are on again is there afterwards.
inline void touch_stack() { *reinterpret_cast<const volatile u8*>(u64(__builtin_frame_address(0)) - page_size); }

// Interrupts are off while it lives. Not in line, as those of SpinGuard: an emulator pays for every place.
class NoInterrupts {
 public:
  NoInterrupts();
  ~NoInterrupts();
  NoInterrupts(const NoInterrupts&) = delete;
  NoInterrupts& operator=(const NoInterrupts&) = delete;

 private:
  bool were_on_;
};

class SpinGuard {
 public:
  explicit SpinGuard(SpinLock& lock);
  ~SpinGuard();

 private:
  NoInterrupts no_interrupts_;  // first on, last off
  SpinLock& lock_;
};

}  // namespace skerry::kernel
