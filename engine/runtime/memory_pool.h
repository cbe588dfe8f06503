// MemoryPool: address space for memories, used again.
//
// A slot is what a BoundsPlan asks for: a reservation and its guard. Making one takes the
// kernel's time, and so do the page faults of a fresh one; an instance that is dropped gives its
// slot back with its initial image still mapped, and the next instance of the same module
// finds it as it needs it.
//
//   |<---------------- reservation ------------------->|<- guard ->|
//   |<-- usable -->|<- no access ...
//       |<-image->|    mapped copy-on-write within `usable`
//
// A slot in the pool holds no byte of its last user: it is restored when it is given back.
// Only slots of the guarded plan are kept; others are as large as their memory asks.

#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/result.h"
#include "engine/abi/bounds_plan.h"
#include "platform/platform.h"

namespace skerry::runtime {

// The initial content of a memory, from `offset` on; zeros elsewhere.
class MemoryImage {
 public:
  // `offset` is a multiple of the page size.
  static Result<std::shared_ptr<const MemoryImage>> create(u64 offset, std::span<const u8> content);
  MemoryImage(u64 offset, u64 size, platform::Image* image) : offset(offset), size(size), image(image) {}
  MemoryImage(const MemoryImage&) = delete;
  ~MemoryImage() { platform::destroy_image(image); }

  const u64 offset;
  const u64 size;  // whole pages
  platform::Image* const image;
};

struct MemorySlot {
  u8* base = nullptr;
  BoundsPlan plan;
  u64 usable = 0;  // bytes from base that may be read and written
  std::shared_ptr<const MemoryImage> image;  // mapped within; null: all zeros
};

class MemoryPool {
 public:
  MemoryPool() = default;
  MemoryPool(const MemoryPool&) = delete;
  ~MemoryPool();

  // A slot with `usable` bytes, those of the image and zeros. `usable` is a multiple of the page size
  // and holds the image.
  Result<MemorySlot> acquire(const BoundsPlan& plan, u64 usable, const std::shared_ptr<const MemoryImage>& image);
  void release(MemorySlot slot);
  // Slots that are kept for the next memories go.
  void drop_free();
  // More bytes of zeros.
  static Result<void> grow(MemorySlot& slot, u64 usable);

 private:
  static constexpr usize max_free = 64;

  static Result<void> prepare(MemorySlot& slot, u64 usable, const std::shared_ptr<const MemoryImage>& image);
  static Result<void> restore(const MemorySlot& slot);
  static void destroy(const MemorySlot& slot);

  platform::Mutex mutex_;
  std::vector<MemorySlot> free_;  // guarded by mutex_
  // Of these; written under mutex_. Read without it, so that what will not be kept is not restored either.
  std::atomic<usize> free_count_ = 0;
};

}  // namespace skerry::runtime
