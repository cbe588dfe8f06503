// Threads as the files of this folder see them.

#pragma once

#include <signal.h>
#include <sys/types.h>

#include "platform/platform.h"

namespace skerry::platform {

// The signal that carries interrupt(). Code that waits in the kernel blocks it, looks whether
// it was interrupted, and unblocks it for the wait (ppoll), so that none is missed.
inline constexpr int interrupt_signal = SIGURG;

// What a thread keeps from its first use of the engine to its end. A platform::Thread* is no
// pointer to it but the thread's id, so that one who interrupts may come too late.
struct ThreadState {
  pid_t id = 0;
  u8* stack_limit = nullptr;
  // The alternate stack for signals, where the thread had none: a mapping, given back with the thread.
  u8* signal_stack = nullptr;
  usize signal_stack_size = 0;

  ThreadState();
  ~ThreadState();
};

}  // namespace skerry::platform
