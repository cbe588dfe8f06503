// poll_oneoff: waits until one of the guest's subscriptions has an event.
//
// A subscription that cannot be waited for (a descriptor that is closed or without the right,
// a clock that cannot wake) is an event at once, with its error in it: the others still get
// their answer. All subscriptions are copied before the first event is written, since the two
// arrays may overlap. A relative timeout counts from the start of the call.

#pragma once

#include <algorithm>
#include <vector>

#include "wasi/call.h"
#include "wasi/context.h"
#include "wasi/layout.h"

namespace skerry::wasi {

// One subscription, in the host's terms.
struct Wish {
  u64 userdata;
  EventType type;
  Errno error = Errno::Success;              // of a subscription that cannot be waited for
  Timestamp deadline = 0;                    // Clock: by the monotonic clock
  File* file = nullptr;                      // FdRead, FdWrite; the descriptor's
};

// When a clock subscription ends, by the monotonic clock, which reads `now`. Inval for a clock
// that does not pass by itself.
HostResult<Timestamp> clock_deadline(Clock& clock, ClockId id, Timestamp timeout, bool absolute, Timestamp now);

// Waits for the wishes; at least one event, one per wish at most, in the wishes' order.
HostResult<std::vector<Event>> await(Context& context, std::span<const Wish> wishes);

// `T` is the Subscription of a preview: userdata, type, and clock or fd by type. Inval for no
// subscriptions, for more than the limit, and for what the structure cannot contain.
template <class T>
Outcome<Size> poll(Caller& c, GuestSpan<T> in, GuestSpan<Event> out) {
  if (in.count == 0 || in.count > c.context.limits.subscriptions) return fail(Errno::Inval);
  TRY(c.memory.check(in));
  TRY(c.memory.check(out));
  Timestamp now = TRY(c.context.host.clock->now(ClockId::Monotonic));
  std::vector<Wish> wishes;
  for (u32 i = 0; i < in.count; ++i) {
    T subscription = TRY(c.memory.load(in, i));
    if (subscription.type > u8(EventType::FdWrite)) return fail(Errno::Inval);
    Wish wish{.userdata = subscription.userdata, .type = EventType(subscription.type)};
    if (wish.type == EventType::Clock) {
      auto [id, timeout, flags] = subscription.clock_fields();
      if (flags & ~subscription_clock_absolute) return fail(Errno::Inval);
      auto deadline = clock_deadline(*c.context.host.clock, ClockId(id), timeout, flags != 0, now);
      if (deadline) wish.deadline = *deadline;
      else wish.error = deadline.error();
    } else {
      Rights right = wish.type == EventType::FdRead ? Right::FdRead : Right::FdWrite;
      auto file = c.context.files.file(subscription.fd, right | Right::PollFdReadwrite);
      if (file) wish.file = *file;
      else wish.error = file.error();
    }
    wishes.push_back(std::move(wish));
  }
  std::vector<Event> events = TRY(await(c.context, wishes));
  for (u32 i = 0; i < events.size(); ++i) TRY(c.memory.store(out, i, events[i]));
  return Size(events.size());
}

}  // namespace skerry::wasi
