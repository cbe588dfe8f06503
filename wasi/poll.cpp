#include "wasi/poll.h"

namespace skerry::wasi {
namespace {

// The bytes ahead of a file's position, for files that are always ready.
u64 bytes_ahead(File& file) {
  auto stat = file.stat();
  auto position = file.seek(0, Whence::Current);
  return stat && position && stat->size > *position ? stat->size - *position : 0;
}

}  // namespace

HostResult<Timestamp> clock_deadline(Clock& clock, ClockId id, Timestamp timeout, bool absolute, Timestamp now) {
  if (id != ClockId::Realtime && id != ClockId::Monotonic) return fail(Errno::Inval);
  u64 wait = timeout;
  if (absolute) {
    u64 reads = id == ClockId::Monotonic ? now : TRY(clock.now(id));
    wait = timeout > reads ? timeout - reads : 0;
  }
  return wait > UINT64_MAX - now ? UINT64_MAX : now + wait;
}

HostResult<std::vector<Event>> await(Context& context, std::span<const Wish> wishes) {
  std::vector<PollItem> items;
  std::optional<Timestamp> deadline;
  bool failed = false;
  for (const Wish& wish : wishes) {
    if (wish.error != Errno::Success) {
      failed = true;
    } else if (wish.type == EventType::Clock) {
      deadline = std::min(deadline.value_or(wish.deadline), wish.deadline);
    } else {
      items.push_back({wish.file, wish.type == EventType::FdRead ? Interest::Read : Interest::Write});
    }
  }
  if (failed) deadline = 0;

  std::vector<Event> events;
  while (events.empty()) {
    TRY(context.host.poller->wait(items, deadline));
    Timestamp now = TRY(context.host.clock->now(ClockId::Monotonic));
    auto item = items.begin();
    for (const Wish& wish : wishes) {
      Event event{.userdata = wish.userdata, .error = u16(wish.error), .type = u8(wish.type), .size = 0, .flags = 0};
      bool happened = wish.error != Errno::Success;
      if (!happened && wish.type == EventType::Clock) {
        happened = wish.deadline <= now;
      } else if (!happened) {
        happened = item->ready;
        event.error = u16(item->error);
        event.size = item->size;
        if (happened && item->interest == Interest::Read && !item->file->wait_handle()) {
          event.size = bytes_ahead(*item->file);
        }
        event.flags = item->hangup ? event_hangup : 0;
        ++item;
      }
      if (happened) events.push_back(event);
    }
  }
  return events;
}

}  // namespace skerry::wasi
