// poll_oneoff: wasi/poll.h over the structures of preview 1.

#include "wasi/poll.h"

#include "wasi/entry.h"
#include "wasi/preview1/calls.h"

namespace skerry::wasi::preview1 {

Outcome<Size> poll_oneoff(Caller& c, GuestPtr<Subscription> in, GuestPtr<Event> out, Size count) {
  return poll<Subscription>(c, {in.address, count}, {out.address, count});
}

}  // namespace skerry::wasi::preview1

namespace skerry::wasi {
WASI_ENTRY(preview1::poll_oneoff)
}  // namespace skerry::wasi
