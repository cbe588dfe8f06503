// Between the structures of the guest's memory and those of the host's classes.

#pragma once

#include "wasi/call.h"
#include "wasi/host.h"
#include "wasi/layout.h"

namespace skerry::wasi {

inline Filestat filestat(const FileStat& stat) {
  return {.device = stat.device, .inode = stat.inode, .type = u8(stat.type), .links = stat.links, .size = stat.size,
          .accessed = stat.accessed, .modified = stat.modified, .changed = stat.changed};
}

struct NewTimes {
  NewTime accessed, modified;
};

// Inval where a time is to be both a given one and the present.
inline HostResult<NewTimes> new_times(Timestamp accessed, Timestamp modified, TimeFlags which) {
  auto one = [&](Timestamp at, TimeFlag given, TimeFlag now) -> HostResult<NewTime> {
    if (which.has(given | now)) return fail(Errno::Inval);
    if (which.has(given)) return NewTime{NewTime::Kind::At, at};
    return NewTime{which.has(now) ? NewTime::Kind::Now : NewTime::Kind::Keep};
  };
  return NewTimes{TRY(one(accessed, TimeFlag::Access, TimeFlag::AccessNow)),
                  TRY(one(modified, TimeFlag::Modify, TimeFlag::ModifyNow))};
}

}  // namespace skerry::wasi
