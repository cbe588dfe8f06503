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
static u64 total, overdraft;  // that may be charged, and beyond that for those who are ended
// Changed under the lock; to be read without, which who starts a process does a dozen times.
static std::atomic<u64> charged, used;

std::atomic<u64> refused_after;

// Under the lock.
static void add(std::atomic<u64>& count, u64 more) {
  count.store(count.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}

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
    total += fresh[i].size() / page_size;
  }
  u64 tables = total / 64;
  overdraft = total / 32;
  total -= tables + overdraft;
}

static std::optional<u64> allocate_fresh(u64 count) {
  while (range < range_count && fresh[range].size() == 0) ++range;
  for (u32 i = range; i < range_count; ++i) {
    if (fresh[i].size() / page_size < count) continue;
    u64 frame = fresh[i].begin;
    fresh[i].begin += count * page_size;
    add(used, count);
    return frame;
  }
  return std::nullopt;
}

std::optional<u64> allocate_frame() {
  SpinGuard guard(lock);
  if (first_free != no_frame) {
    u64 frame = first_free;
    first_free = reinterpret_cast<FreeFrame*>(arch::direct(frame))->next;
    add(used, 1);
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
  add(used, ~u64{0});
}

static u64 limit_of(For whom) {
  switch (whom) {
    case For::Guest: return total - total / 16;
    case For::Heap: return total;
    case For::Ended: return total + overdraft;
  }
  UNREACHABLE("for nobody");
}

u64 refuse_memory(u64 n) { return refused_after.exchange(n); }
bool count_towards_refusal(For whom) { return whom != For::Ended && refused_after.fetch_sub(1) == 1; }

bool charge_frames(u64 count, For whom) {
  if (is_refused(whom)) return false;
  SpinGuard guard(lock);
  u64 limit = limit_of(whom), now = charged.load(std::memory_order_relaxed);
  if (now > limit || count > limit - now) return false;
  add(charged, count);
  return true;
}

void uncharge_frames(u64 count) {
  SpinGuard guard(lock);
  CHECK(count <= charged.load(std::memory_order_relaxed));
  add(charged, u64{0} - count);
}

bool is_left(u64 count, For whom) {
  u64 limit = limit_of(whom), now = charged.load(std::memory_order_relaxed);
  return now <= limit && count <= limit - now;
}

bool is_memory_short() { return charged.load(std::memory_order_relaxed) >= limit_of(For::Guest); }

FrameCounts frame_counts() {
  return {total, charged.load(std::memory_order_relaxed), used.load(std::memory_order_relaxed)};
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
