#include "kernel/mm/frames.h"

#include <string_view>

#include "base/check.h"
#include "kernel/arch/spin_lock.h"

namespace skerry::kernel {

// Free frames, linked through themselves.
class FrameList {
 public:
  void push(u64 frame) {
    reinterpret_cast<Link*>(arch::direct(frame))->next = first_;
    first_ = frame;
    ++count_;
  }
  std::optional<u64> pop() {
    if (count_ == 0) return std::nullopt;
    u64 frame = first_;
    first_ = reinterpret_cast<Link*>(arch::direct(frame))->next;
    --count_;
    return frame;
  }
  u64 size() const { return count_; }
  void move_to(FrameList& other, u64 count) {
    for (; count != 0 && count_ != 0; --count) other.push(*pop());
  }

 private:
  struct Link { u64 next; };
  u64 first_ = 0, count_ = 0;
};

// What a hart has freed, up to so many, for itself: harts seldom meet at the pool. Where that is empty, others take from
// here; so what is promised is found wherever it lies.
struct alignas(64) OwnFrames {
  SpinLock lock;  // before the pool's
  FrameList frames;
};
constexpr u64 most_own = 64, moved_at_once = 32;
static OwnFrames own_frames[max_harts];

static SpinLock lock;  // of the pool
static FrameList pool;
// Ranges of frames never used; the first `range` are exhausted.
static PhysicalRange fresh[BootInfo::max_ram];
static u32 range, range_count;

static u64 all, total, overdraft;  // frames; that may be charged, and beyond that for those who are ended
static std::atomic<u64> charged, used;

std::atomic<u64> refused_after;

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
  all = total;
  u64 tables = total / 64;
  overdraft = total / 32;
  total -= tables + overdraft;
}

// Under the pool's lock.
static std::optional<u64> take_fresh(u64 count) {
  while (range < range_count && fresh[range].size() == 0) ++range;
  for (u32 i = range; i < range_count; ++i) {
    if (fresh[i].size() / page_size < count) continue;
    u64 frame = fresh[i].begin;
    fresh[i].begin += count * page_size;
    return frame;
  }
  return std::nullopt;
}

static std::optional<u64> take_own(OwnFrames& own) {
  SpinGuard guard(own.lock);
  if (own.frames.size() == 0) {
    SpinGuard pool_guard(lock);
    pool.move_to(own.frames, moved_at_once);
  }
  return own.frames.pop();
}

static std::optional<u64> take_fresh_or_others() {
  {
    SpinGuard guard(lock);
    if (auto frame = take_fresh(1)) return frame;
  }
  for (OwnFrames& own : own_frames) {
    if (auto frame = take_own(own)) return frame;
  }
  return std::nullopt;
}

static std::optional<u64> take_frame() {
  NoInterrupts no_interrupts;  // it stays on its hart
  // Between the looks a frame may have gone from where none was yet to where none was any more.
  do {
    auto frame = take_own(own_frames[arch::hart_number()]);
    if (!frame) frame = take_fresh_or_others();
    if (frame) return frame;
  } while (used.load(std::memory_order_acquire) < all);
  return std::nullopt;
}

std::optional<u64> allocate_frame() {
  auto frame = take_frame();
  if (frame) used.fetch_add(1, std::memory_order_relaxed);
  return frame;
}

std::optional<u64> allocate_adjacent_frames(u64 count) {
  SpinGuard guard(lock);
  auto frames = take_fresh(count);
  if (frames) used.fetch_add(count, std::memory_order_relaxed);
  return frames;
}

void free_frame(u64 frame) {
  CHECK(frame % page_size == 0);
  {
    NoInterrupts no_interrupts;
    OwnFrames& own = own_frames[arch::hart_number()];
    SpinGuard guard(own.lock);
    own.frames.push(frame);
    if (own.frames.size() > most_own) {
      SpinGuard pool_guard(lock);
      own.frames.move_to(pool, moved_at_once);
    }
  }
  used.fetch_sub(1, std::memory_order_release);
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
  u64 limit = limit_of(whom), now = charged.load(std::memory_order_relaxed);
  do {
    if (now > limit || count > limit - now) return false;
  } while (!charged.compare_exchange_weak(now, now + count, std::memory_order_acquire, std::memory_order_relaxed));
  return true;
}

void uncharge_frames(u64 count) {
  u64 before = charged.fetch_sub(count, std::memory_order_release);
  CHECK(count <= before);
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
