// Transfers between a file and an array of the guest's buffers.
//
// Buffers are used in order, up to the first short transfer. An error of the file after some
// bytes went through is not reported: the count is, and the next call fails. A buffer that is
// not in the guest's memory is always Fault. All transfers of a call together are at most
// 2^32 - 1 bytes, the most that the count can tell; there the transfer is cut short.

#pragma once

#include <algorithm>

#include "wasi/call.h"
#include "wasi/context.h"
#include "wasi/layout.h"

namespace skerry::wasi {

enum class Gather : u8 {
  All,    // until a transfer is short
  First,  // one buffer that is not empty: where a second transfer might wait, or be a second message
};

// Inval for more buffers than the limit. `move(bytes, done)` moves bytes behind the `done`
// ones that were moved before, and gives how many it did.
template <class Move>
Outcome<Size> transfer(Caller& c, GuestSpan<Iovec> buffers, Gather gather, Move&& move) {
  if (buffers.count > c.context.limits.iovecs) return fail(Errno::Inval);
  TRY(c.memory.check(buffers));
  u64 done = 0;
  for (u32 i = 0; i < buffers.count; ++i) {
    // Copied out once: another thread of the guest may rewrite it under us.
    Iovec buffer = TRY(c.memory.load(buffers, i));
    Pinned bytes = TRY(c.memory.pin({buffer.buffer, buffer.size}));
    bytes = bytes.first(std::min<u64>(bytes.size(), UINT32_MAX - done));
    if (bytes.empty()) continue;
    HostResult<u64> moved = move(bytes, done);
    if (!moved && done == 0) return fail(moved.error());
    if (!moved) break;
    done += *moved;
    if (*moved < bytes.size() || gather == Gather::First) break;
  }
  return Size(done);
}

}  // namespace skerry::wasi
