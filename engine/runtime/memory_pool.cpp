#include "engine/runtime/memory_pool.h"

#include <algorithm>

namespace skerry::runtime {

using platform::Access;

Result<std::shared_ptr<const MemoryImage>> MemoryImage::create(u64 offset, std::span<const u8> content) {
  CHECK(offset % platform::page_size() == 0 && !content.empty());
  platform::Image* image = TRY(platform::create_image(content));
  return std::make_shared<const MemoryImage>(offset, align_up(content.size(), platform::page_size()), image);
}

MemoryPool::~MemoryPool() { drop_free(); }

void MemoryPool::destroy(const MemorySlot& slot) {
  platform::release(slot.base, slot.plan.reservation + slot.plan.guard);
}

Result<MemorySlot> MemoryPool::acquire(const BoundsPlan& plan, u64 usable,
                                       const std::shared_ptr<const MemoryImage>& image) {
  CHECK(usable <= plan.reservation && (!image || image->offset + image->size <= usable));
  MemorySlot slot;
  if (plan == BoundsPlan::guarded()) {
    platform::MutexGuard guard(mutex_);
    if (!free_.empty()) {
      auto same = std::find_if(free_.rbegin(), free_.rend(), [&](const MemorySlot& s) { return s.image == image; });
      if (same != free_.rend()) std::swap(*same, free_.back());
      slot = std::move(free_.back());
      free_.pop_back();
      free_count_.store(free_.size(), std::memory_order_relaxed);
    }
  }
  if (!slot.base) {
    slot.plan = plan;
    slot.base = TRY(platform::reserve(plan.reservation + plan.guard));
  }
  auto prepared = prepare(slot, usable, image);
  if (!prepared) {
    destroy(slot);
    return prepared.take_failure();
  }
  return slot;
}

Result<void> MemoryPool::prepare(MemorySlot& slot, u64 usable, const std::shared_ptr<const MemoryImage>& image) {
  if (slot.image && slot.image != image) {
    TRY(platform::decommit(slot.base, slot.usable));
    slot.usable = 0;
    slot.image = nullptr;
  }
  if (usable < slot.usable) {
    // Decommitted and not only protected: the pages could otherwise come back with the next growth.
    TRY(platform::decommit(slot.base + usable, slot.usable - usable));
    slot.usable = usable;
  }
  TRY(grow(slot, usable));
  if (image && !slot.image) {
    TRY(platform::map_image(image->image, slot.base + image->offset));
    slot.image = image;
  }
  return {};
}

Result<void> MemoryPool::grow(MemorySlot& slot, u64 usable) {
  CHECK(usable <= slot.plan.reservation);
  if (usable <= slot.usable) return {};
  TRY(platform::commit(slot.base + slot.usable, usable - slot.usable, Access::ReadWrite));
  slot.usable = usable;
  return {};
}

Result<void> MemoryPool::restore(const MemorySlot& slot) {
  if (!slot.image) return platform::zero(slot.base, slot.usable);
  u64 end = slot.image->offset + slot.image->size;
  TRY(platform::zero(slot.base, slot.image->offset));
  TRY(platform::restore_image(slot.image->image, slot.base + slot.image->offset));
  return platform::zero(slot.base + end, slot.usable - end);
}

void MemoryPool::drop_free() {
  std::vector<MemorySlot> dropped;
  {
    platform::MutexGuard guard(mutex_);
    dropped.swap(free_);
    free_count_.store(0, std::memory_order_relaxed);
  }
  for (const MemorySlot& slot : dropped) destroy(slot);
}

void MemoryPool::release(MemorySlot slot) {
  bool is_wanted = slot.plan == BoundsPlan::guarded() && free_count_.load(std::memory_order_relaxed) < max_free;
  if (is_wanted && restore(slot)) {
    platform::MutexGuard guard(mutex_);
    if (free_.size() < max_free) {
      free_.push_back(std::move(slot));
      free_count_.store(free_.size(), std::memory_order_relaxed);
      return;
    }
  }
  destroy(slot);
}

}  // namespace skerry::runtime
