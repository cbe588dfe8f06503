// What differs between the machines on which Linux runs: a file for each, x64.cpp, riscv64.cpp.

#pragma once

#include <signal.h>
#include <ucontext.h>

#include "platform/platform.h"

namespace skerry::platform {

// The content of a signal's frame, for the fault handler; and back, where to continue.
// Signal handlers call these: nothing is allocated or locked.
FaultContext read_context(FaultKind kind, const siginfo_t& info, const ucontext_t& context);
void write_context(ucontext_t& context, const Resume& resume);

// Makes the instruction fetch of all threads see what was written to a range.
void synchronise_instructions(u8* address, usize size);

// Of a thread that looks at a word over and over: for a moment it leaves the processor's units to others.
void pause_processor();

// rt_sigaction with the kernel's own record, past the C library. The thread sanitizer wraps
// the library's function and holds signals back while code runs that it did not compile.
struct SignalAction {
  u64 function;  // its address, or SIG_DFL or SIG_IGN
  u64 flags;
  u64 mask;
};
// `next` and `previous` may be null. Answers whether the kernel agreed.
bool exchange_signal_action(int signal, const SignalAction* next, SignalAction* previous);

}  // namespace skerry::platform
