#include "wasi/unstable/calls.h"

#include "wasi/entry.h"
#include "wasi/poll.h"

namespace skerry::wasi::unstable {
namespace {

// Links past 32 bits are told as the most that there can be.
Filestat older(const wasi::Filestat& stat) {
  return {.device = stat.device, .inode = stat.inode, .type = stat.type,
          .links = u32(std::min<u64>(stat.links, UINT32_MAX)), .size = stat.size,
          .accessed = stat.accessed, .modified = stat.modified, .changed = stat.changed};
}

}  // namespace

Outcome<Filestat> fd_filestat_get(Caller& c, u32 fd) { return older(TRY(preview1::fd_filestat_get(c, fd))); }

Outcome<Filestat> path_filestat_get(Caller& c, u32 fd, LookupFlags lookup, preview1::Bytes path) {
  return older(TRY(preview1::path_filestat_get(c, fd, lookup, path)));
}

Outcome<u64> fd_seek(Caller& c, u32 fd, i64 offset, Whence whence) {
  wasi::Whence same = whence == Whence::Current ? wasi::Whence::Current
                      : whence == Whence::End   ? wasi::Whence::End
                                                : wasi::Whence::Set;
  return preview1::fd_seek(c, fd, offset, same);
}

Outcome<Size> poll_oneoff(Caller& c, GuestPtr<Subscription> in, GuestPtr<Event> out, Size count) {
  return poll<Subscription>(c, {in.address, count}, {out.address, count});
}

}  // namespace skerry::wasi::unstable

namespace skerry::wasi {
WASI_ENTRY(unstable::fd_filestat_get)
WASI_ENTRY(unstable::path_filestat_get)
WASI_ENTRY(unstable::fd_seek)
WASI_ENTRY(unstable::poll_oneoff)
}  // namespace skerry::wasi
