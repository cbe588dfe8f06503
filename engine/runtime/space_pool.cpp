#include "engine/runtime/space_pool.h"

#include <algorithm>

namespace skerry::runtime {

SpacePool::~SpacePool() { drop_kept(); }

void SpacePool::drop_kept() {
  Array<Space> dropped;
  {
    platform::MutexGuard guard(mutex_);
    dropped.swap(kept_);
  }
  for (Space space : dropped) platform::release(space.base, size_);
}

Result<Space> SpacePool::take() {
  {
    platform::MutexGuard guard(mutex_);
    if (!kept_.empty()) {
      Space space = kept_.back();
      kept_.pop_back();
      return space;
    }
  }
  return Space{TRY(platform::reserve(size_)), 0};
}

void SpacePool::give(Space space, u64 used) {
  used = std::min(align_up(used, platform::page_size()), space.usable);
  bool is_empty = space.usable <= max_usable && platform::zero(space.base, used);
  if (!is_empty && platform::decommit(space.base, space.usable)) {
    space.usable = 0;
    is_empty = true;
  }
  if (is_empty) {
    platform::MutexGuard guard(mutex_);
    if (kept_.size() < max_kept) {
      kept_.push_back(space);
      return;
    }
  }
  platform::release(space.base, size_);
}

Result<void> SpacePool::grow(Space& space, u64 needed) const {
  CHECK(needed <= size_);
  if (needed <= space.usable) return {};
  u64 usable = std::min(align_up(std::max(needed, space.usable + space.usable / 2), platform::page_size()), size_);
  TRY(platform::commit(space.base + space.usable, usable - space.usable, platform::Access::ReadWrite));
  space.usable = usable;
  return {};
}

}  // namespace skerry::runtime
