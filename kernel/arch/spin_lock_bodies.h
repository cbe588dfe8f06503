// The bodies of spin_lock.h, included once, by processor.cpp of each ISA: turning interrupts off and on is then in line
// there, and taking a lock is one function. The heap alone takes a hundred for each process that starts.

#pragma once

#include "kernel/arch/spin_lock.h"

namespace skerry::kernel {

// Not in line, so that taking a lock needs no registers kept.
[[gnu::noinline]] void SpinLock::wait() {
  do {
    while (__atomic_load_n(&word_, __ATOMIC_RELAXED) != 0) arch::serve_requests();
  } while (__atomic_exchange_n(&word_, 1, __ATOMIC_ACQUIRE) != 0);
}

NoInterrupts::NoInterrupts() : were_on_(arch::disable_interrupts()) {
  // Where they were off already, this is an interrupt's or an exception's stack, or was done before.
  if (were_on_) touch_stack();
}

NoInterrupts::~NoInterrupts() {
  if (were_on_) arch::enable_interrupts();
}

SpinGuard::SpinGuard(SpinLock& lock) : lock_(lock) { lock_.take(); }
SpinGuard::~SpinGuard() { lock_.release(); }

}  // namespace skerry::kernel
