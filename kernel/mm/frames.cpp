#include "kernel/mm/frames.h"

#include "base/check.h"
#include "kernel/arch/spin_lock.h"

namespace skerry::kernel {

struct FreeFrame { u64 next; };
constexpr u64 no_frame = ~u64{0};

static SpinLock lock;  // of all that follows

// Ranges of frames never used; the first `range` are exhausted.
static PhysicalRange fresh[BootInfo::max_ram];
static u32 range, range_count;
static u64 first_free = no_frame;
static FrameCounts counts;
static u64 overdraft;  // that may be charged beyond counts.total

void start_frames(const BootInfo& info) {
  range_count = info.ram_count;
  for (u32 i = 0; i < range_count; ++i) {
    fresh[i] = info.ram[i];
    counts.total += fresh[i].size() / page_size;
  }
  overdraft = counts.total / 64;
  counts.total -= 2 * overdraft;
}

static std::optional<u64> allocate_fresh(u64 count) {
  while (range < range_count && fresh[range].size() == 0) ++range;
  for (u32 i = range; i < range_count; ++i) {
    if (fresh[i].size() / page_size < count) continue;
    u64 frame = fresh[i].begin;
    fresh[i].begin += count * page_size;
    counts.used += count;
    return frame;
  }
  return std::nullopt;
}

std::optional<u64> allocate_frame() {
  SpinGuard guard(lock);
  if (first_free != no_frame) {
    u64 frame = first_free;
    first_free = reinterpret_cast<FreeFrame*>(arch::direct(frame))->next;
    ++counts.used;
    return frame;
  }
  return allocate_fresh(1);
}

std::optional<u64> allocate_adjacent_frames(u64 count) {
  SpinGuard guard(lock);
  return allocate_fresh(count);
}

void free_frame(u64 frame) {
  CHECK(frame % page_size == 0);
  SpinGuard guard(lock);
  reinterpret_cast<FreeFrame*>(arch::direct(frame))->next = first_free;
  first_free = frame;
  --counts.used;
}

bool charge_frames(u64 count, For whom) {
  SpinGuard guard(lock);
  u64 limit = counts.total - (whom == For::Guest ? counts.total / 16 : 0);
  if (counts.charged > limit || count > limit - counts.charged) return false;
  counts.charged += count;
  return true;
}

bool overdraw_frame() {
  SpinGuard guard(lock);
  if (counts.charged >= counts.total + overdraft) return false;
  ++counts.charged;
  return true;
}

void uncharge_frames(u64 count) {
  SpinGuard guard(lock);
  CHECK(count <= counts.charged);
  counts.charged -= count;
}

FrameCounts frame_counts() {
  SpinGuard guard(lock);
  return counts;
}

}  // namespace skerry::kernel

namespace skerry::kernel::arch {

std::optional<u64> allocate_table() {
  auto frame = kernel::allocate_frame();
  if (frame) __builtin_memset(direct(*frame), 0, page_size);
  return frame;
}
void free_frame(u64 frame) { kernel::free_frame(frame); }
u8* allocate_for_hart(u64 size) {
  auto frames = allocate_adjacent_frames(align_up(size, page_size) / page_size);
  return frames ? direct(*frames) : nullptr;
}

}  // namespace skerry::kernel::arch
