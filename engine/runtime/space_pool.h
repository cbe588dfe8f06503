// SpacePool: reserved address space of one size, used again.
//
// Stores want space for their functions, tables space to grow in. To reserve and to release takes
// the system longer than an instance lives; so what is given back is cleared and kept, a
// few of them, with the pages at its beginning still usable.

#pragma once

#include "base/array.h"
#include "base/result.h"
#include "platform/platform.h"

namespace skerry::runtime {

struct Space {
  u8* base = nullptr;
  u64 usable = 0;  // bytes from base that may be read and written: whole pages
};

class SpacePool {
 public:
  explicit SpacePool(u64 size) : size_(align_up(size, platform::page_size())) {}
  SpacePool(const SpacePool&) = delete;
  ~SpacePool();

  u64 size() const { return size_; }
  // All zeros as far as it is usable.
  Result<Space> take();
  // What was written lies in its first `used` bytes.
  void give(Space space, u64 used);
  // Those that are kept go.
  void drop_kept();
  // At least `needed` bytes usable; more where some were before, so that growing step by step is not a call of the system
  // each time. No more at first: where memory is promised before it is used, each of ten thousand stores would have it.
  Result<void> grow(Space& space, u64 needed) const;

 private:
  static constexpr usize max_kept = 16;
  static constexpr u64 max_usable = MiB;  // of one that is kept

  const u64 size_;
  platform::Mutex mutex_;
  Array<Space> kept_;  // guarded by mutex_
};

}  // namespace skerry::runtime
