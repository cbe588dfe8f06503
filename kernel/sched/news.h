// News: counted up whenever anything may have become ready that threads wait for several of at once: messages from
// the host, room to send, pipes. Who waits for one thing alone waits for that thing's own word.
//
//   u32 seen = news();                  // first the count,
//   if (is_ready()) ...                 // then the look,
//   wait_for_news(seen, deadline);      // so that what comes in between ends the wait at once

#pragma once

#include "base/types.h"

namespace skerry::kernel {

u32 news();
// Until the count is no longer what was seen, or the instant. May come back early.
void wait_for_news(u32 seen, u64 deadline_ns);
// From threads and interrupt handlers.
void make_news();

}  // namespace skerry::kernel
