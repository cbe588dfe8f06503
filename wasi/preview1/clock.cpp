// clock_*: Inval for a clock that the host has not.

#include "wasi/entry.h"
#include "wasi/preview1/calls.h"

namespace skerry::wasi::preview1 {

Outcome<Timestamp> clock_res_get(Caller& c, ClockId clock) { return TRY(c.context.host.clock->resolution(clock)); }

// Every clock is read as exactly as the host can, whatever lag the guest would accept.
Outcome<Timestamp> clock_time_get(Caller& c, ClockId clock, Timestamp) {
  return TRY(c.context.host.clock->now(clock));
}

}  // namespace skerry::wasi::preview1

namespace skerry::wasi {
WASI_ENTRY(preview1::clock_res_get)
WASI_ENTRY(preview1::clock_time_get)
}  // namespace skerry::wasi
