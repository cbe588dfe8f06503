// One call of a guest into WASI: what it gets, and how it ends.
//
// A call's body is a plain function, in preview1/ or unstable/:
//
//   Outcome<Size> fd_write(Caller& c, u32 fd, GuestSpan<Ciovec> iovs);
//
// Its value, if it has one, is stored where the guest said; link.h does that, and turns the
// guest's numbers into the parameters' types. A body ends with a value or with a Stop:
//
//   Error      an errno, which the guest gets as the function's result
//   Fault      the guest gave a pointer that is not in its memory: a trap, as the standard's
//              words on pointers ask ("the function shall trap")
//   Exit       the guest ends itself with a status
//   Cancelled  the host ended a wait: the guest is to be stopped
//
// CallResult is the same as one machine word, for compiled code and the runtime.

#pragma once

#include "wasi/guest_memory.h"
#include "wasi/types.h"

namespace skerry::wasi {

struct Context;

// Who calls: its process and its memory, for the time of the call.
struct Caller {
  Context& context;
  GuestMemory memory;
};

struct [[nodiscard]] CallResult {
  enum class Kind : u32 { Return, Exit, Cancelled, Fault };
  u32 value;  // Return: the errno, which is the wasm function's i32. Exit: the status. Else 0
  Kind kind;  // all but Return unwind the guest: Fault as a trap, Cancelled as an interruption
};
static_assert(sizeof(CallResult) == 8);

class Stop {
 public:
  // Canceled is what the host's waits answer when they were ended from outside, never a
  // guest's errno (host.h).
  Stop(Errno error)
      : result_(error == Errno::Canceled ? CallResult{0, CallResult::Kind::Cancelled}
                                         : CallResult{u32(error), CallResult::Kind::Return}) {}
  Stop(BadPointer) : result_{0, CallResult::Kind::Fault} {}
  static Stop exit(u32 status) { return Stop(CallResult{status, CallResult::Kind::Exit}); }

  CallResult result() const { return result_; }
  // The errno, or Success for all other ends.
  Errno error() const { return result_.kind == CallResult::Kind::Return ? Errno(result_.value) : Errno::Success; }

 private:
  explicit Stop(CallResult result) : result_(result) {}
  CallResult result_;
};

template <class T = void>
using Outcome = Result<T, Stop>;

}  // namespace skerry::wasi
