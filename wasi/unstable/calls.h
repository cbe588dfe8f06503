// The functions of wasi_unstable that are not preview 1's (unstable.def).

#pragma once

#include "wasi/preview1/calls.h"
#include "wasi/unstable/layout.h"

namespace skerry::wasi::unstable {

Outcome<Filestat> fd_filestat_get(Caller& c, u32 fd);
Outcome<Filestat> path_filestat_get(Caller& c, u32 fd, LookupFlags lookup, preview1::Bytes path);
Outcome<u64> fd_seek(Caller& c, u32 fd, i64 offset, Whence whence);
Outcome<Size> poll_oneoff(Caller& c, GuestPtr<Subscription> in, GuestPtr<Event> out, Size count);

}  // namespace skerry::wasi::unstable
