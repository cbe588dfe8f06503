#include "kernel/mm/frames.h"

#include <string_view>

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

static u64 refused_after;  // so many promises, the last one is refused; 0: none is

static u64 number_behind(std::string_view text, std::string_view key) {
  usize at = text.find(key);
  if (at == text.npos) return 0;
  u64 number = 0;
  for (at += key.size(); at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    number = number * 10 + u64(text[at] - '0');
  }
  return number;
}

void start_frames(const BootInfo& info) {
  refused_after = number_behind(info.command_line, "refuse=");
  range_count = info.ram_count;
  for (u32 i = 0; i < range_count; ++i) {
    fresh[i] = info.ram[i];
    counts.total += fresh[i].size() / page_size;
  }
  u64 tables = counts.total / 64;
  overdraft = counts.total / 32;
  counts.total -= tables + overdraft;
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

static u64 limit_of(For whom) {
  switch (whom) {
    case For::Guest: return counts.total - counts.total / 16;
    case For::Heap: return counts.total;
    case For::Ended: return counts.total + overdraft;
  }
  UNREACHABLE("for nobody");
}

u64 refuse_memory(u64 n) { return __atomic_exchange_n(&refused_after, n, __ATOMIC_RELAXED); }

bool is_refused(For whom) {
  if (__atomic_load_n(&refused_after, __ATOMIC_RELAXED) == 0 || whom == For::Ended) return false;
  return __atomic_fetch_sub(&refused_after, 1, __ATOMIC_RELAXED) == 1;
}

bool charge_frames(u64 count, For whom) {
  if (is_refused(whom)) return false;
  SpinGuard guard(lock);
  u64 limit = limit_of(whom);
  if (counts.charged > limit || count > limit - counts.charged) return false;
  counts.charged += count;
  return true;
}

void uncharge_frames(u64 count) {
  SpinGuard guard(lock);
  CHECK(count <= counts.charged);
  counts.charged -= count;
}

bool is_memory_short() {
  SpinGuard guard(lock);
  return counts.charged >= limit_of(For::Guest);
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
