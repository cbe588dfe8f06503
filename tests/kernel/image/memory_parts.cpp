// The kernel's heap and its address space, used as the engine and guests use them.

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/string.h"
#include "kernel/arch/spin_lock.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/frames.h"
#include "kernel/mm/heap.h"
#include "kernel/sched/reclaim.h"
#include "kernel/sched/thread.h"
#include "platform/platform.h"
#include "tests/kernel/image/parts.h"

namespace skerry::kernel {
namespace {

constexpr u64 page = page_size;

// The first objects of 64 blocks are spread over a translation buffer of 64 places: once they had four of them, and a
// call of the system took twice as long where two that it uses met in one.
void spread_first_objects() {
  constexpr u64 block = 16 * KiB;
  constexpr usize size = page, in_block = block / size;
  std::vector<u8*> objects;
  std::unordered_map<u64, u64> firsts;  // of each block
  for (usize i = 0; i < 64 * in_block; ++i) {
    objects.push_back(static_cast<u8*>(heap_allocate(size)));
    CHECK(objects.back());
    u64 at = u64(objects.back());
    firsts.try_emplace(at / block, at / page % 64);
  }
  bool is_taken[64] = {};
  for (auto [block, place] : firsts) is_taken[place] = true;
  CHECK(std::ranges::count(is_taken, true) >= 48);  // blocks that were there before need not follow each other
  for (u8* object : objects) heap_free(object);
}

// What once filled the heap leaves nothing behind, tables of pages neither: they were never freed, and programs that
// filled it with extents of one size after another took more of them each time.
void leave_no_tables() {
  std::vector<u8*> extents;
  extents.reserve(1000);
  drop_free_blocks();
  const FrameCounts before = frame_counts();
  for (usize size : {60 * KiB, 100 * KiB, 300 * KiB, 3 * MiB}) {
    for (u64 all = 0; all < 24 * MiB; all += size) {
      extents.push_back(static_cast<u8*>(heap_allocate(size)));
      CHECK(extents.back());
      for (usize at = 0; at < size; at += page) extents.back()[at] = 1;
    }
    for (usize step : {1, 0}) {  // no neighbours at first
      for (usize i = step; i < extents.size(); i += 2) heap_free(extents[i]);
    }
    extents.clear();
  }
  drop_free_blocks();
  constexpr u64 pages_of_block_table = 16;
  CHECK(frame_counts().charged == before.charged && frame_counts().used <= before.used + pages_of_block_table);
}


}  // namespace

// Objects of many sizes, freed in another order, never overlapping; large ones give memory back.
u8 heap(Channel& channel) {
  spread_first_objects();
  leave_no_tables();

  struct Object { u8* at; usize size; u8 mark; };
  std::vector<Object> objects;
  u64 random = 1;
  for (u32 round = 0; round < 20'000; ++round) {
    random = random * 6364136223846793005 + 1442695040888963407;
    if (objects.size() > 500 || (random >> 60) < 5) {
      if (objects.empty()) continue;
      usize i = (random >> 33) % objects.size();
      Object o = objects[i];
      for (usize k = 0; k < o.size; k += o.size > 4096 ? 4096 : 1) CHECK(o.at[k] == o.mark);
      CHECK(o.at[o.size - 1] == o.mark);
      heap_free(o.at);
      objects[i] = objects.back();
      objects.pop_back();
    } else {
      usize size = 1 + (random >> 20) % (usize{1} << (random >> 40) % 19);
      usize alignment = usize{1} << (random >> 50) % 13;
      Object o = {static_cast<u8*>(heap_allocate_aligned(size, alignment)), size, u8(random >> 45)};
      CHECK(o.at && u64(o.at) % alignment == 0);
      for (usize k = 0; k < size; k += size > 4096 ? 4096 : 1) o.at[k] = o.mark;
      o.at[size - 1] = o.mark;
      objects.push_back(o);
    }
  }
  for (const Object& o : objects) heap_free(o.at);

  FrameCounts before = frame_counts();
  for (u32 i = 0; i < 50; ++i) {
    u8* large = static_cast<u8*>(heap_allocate(100 * MiB));
    CHECK(large);
    for (u64 at = 0; at < 100 * MiB; at += 20 * MiB) large[at] = 1;
    CHECK(frame_counts().charged == before.charged + 100 * MiB / page);
    heap_free(large);
  }
  CHECK(frame_counts().charged == before.charged && frame_counts().used <= before.used + 8);
  CHECK(heap_allocate(1000 * GiB) == nullptr);
  CHECK(heap_allocate(before.total * page) == nullptr);

  std::unordered_map<std::string, u32> map;
  for (u32 i = 0; i < 10'000; ++i) map[decimal(i)] = i;
  for (u32 i = 0; i < 10'000; ++i) CHECK(map.at(decimal(i)) == i);
  say(channel, "heap\n");
  return 0;
}

namespace {

u8 last_seen;

void use_memory() {
  using namespace platform;

  // Slots as guests have them, touched at both ends; committed pages are zeros.
  std::vector<u8*> slots;
  for (u32 i = 0; i < 100; ++i) {
    auto slot = platform::reserve(home_memory);
    if (!slot && i >= 10) break;  // with few address bits
    slots.push_back(check(slot));
    CHECK(bool(platform::commit(slots[i], 64 * KiB, Access::ReadWrite)));
    CHECK(slots[i][0] == 0 && slots[i][64 * KiB - 1] == 0);
    slots[i][0] = 1;
    // Growing is adding a commit behind the last.
    CHECK(bool(platform::commit(slots[i] + 64 * KiB, 64 * KiB, Access::ReadWrite)));
    slots[i][128 * KiB - 1] = 1;
  }
  for (u8* slot : slots) {
    CHECK(platform::decommit(slot + page, page));
    CHECK(bool(platform::commit(slot + page, page, Access::ReadWrite)) && slot[page] == 0 && slot[0] == 1);
    CHECK(bool(platform::zero(slot, 128 * KiB)) && slot[0] == 0 && slot[128 * KiB - 1] == 0);
    platform::release(slot, home_memory);
  }

  // Copies on write: the image stays, its mappings differ.
  std::vector<u8> content(10 * page + 100);
  for (usize i = 0; i < content.size(); ++i) content[i] = i / page == 3 ? 0 : u8(i / page + i);
  auto created = create_image(content);
  platform::Image* image = check(created);
  u8* copies[3];
  for (u8*& copy : copies) {
    auto reserved = platform::reserve(1 * MiB);
    copy = check(reserved);
    CHECK(bool(platform::map_image(image, copy)));
    CHECK(std::equal(content.begin(), content.end(), copy));
    CHECK(copy[11 * page - 1] == 0);
  }
  copies[0][5] = 77;
  copies[1][3 * page] = 78;
  CHECK(copies[0][5] == 77 && copies[0][4] == content[4] && copies[1][5] == content[5] && copies[2][3 * page] == 0);
  CHECK(bool(restore_image(image, copies[0])) && copies[0][5] == content[5]);
  CHECK(bool(platform::protect(copies[2], 2 * page, Access::Read)) && copies[2][page] == content[page]);
  destroy_image(image);  // the mappings keep it
  CHECK(std::equal(content.begin(), content.end(), copies[0]));
  CHECK(bool(platform::zero(copies[0], page)) && copies[0][5] == 0 && copies[0][page] == content[page]);
  CHECK(bool(platform::map_image(image, copies[1] + 500 * KiB)) && copies[1][500 * KiB] == content[0]);
  for (u8* copy : copies) platform::release(copy, 1 * MiB);

  // Made zeros, or the image, again: few pages, which are written and stay, or many, which go. Nothing is left of before.
  auto second = create_image(content);
  for (u64 pages : {0, 1, 9, 16, 17, 200}) {
    auto reserved = platform::reserve(2 * MiB);
    u8* at = check(reserved);
    CHECK(bool(platform::commit(at, 1 * MiB, Access::ReadWrite)));
    CHECK(bool(platform::map_image(check(second), at + 64 * page)));
    for (u32 round = 0; round < 2; ++round) {
      for (u64 i = 0; i < pages; ++i) std::fill_n(at + i * page, page, u8(0xa0 + round));
      for (u64 i = 0; i < 11; ++i) last_seen += at[(64 + i) * page];
      for (u64 i = 0; i < std::min<u64>(pages, 11); ++i) std::fill_n(at + (64 + i) * page, page, u8(0xa0 + round));
      CHECK(bool(platform::zero(at, 64 * page)) && bool(restore_image(*second, at + 64 * page)));
      CHECK(bool(platform::zero(at + 75 * page, 1 * MiB - 75 * page)));
      CHECK(std::all_of(at, at + 64 * page, [](u8 byte) { return byte == 0; }));
      CHECK(std::equal(content.begin(), content.end(), at + 64 * page));
      CHECK(std::all_of(at + 64 * page + content.size(), at + 1 * MiB, [](u8 byte) { return byte == 0; }));
    }
    platform::release(at, 2 * MiB);
  }
  destroy_image(*second);

  // More than there is.
  auto slot = platform::reserve(64 * GiB);
  CHECK(!platform::commit(check(slot), 64 * GiB, Access::ReadWrite));
  CHECK(!platform::reserve(u64{1} << 47));
  platform::release(*slot, 64 * GiB);
}

// Reservations that lay in many GB, and in many hundreds of them, leave no tables of any level: those of the higher ones
// were never freed, and an hour of programs with large modules took some 900 pages.
void leave_no_upper_tables() {
  if (arch::address_limit() < 1024 * GiB) return;  // there is no room for so many
  const FrameCounts before = frame_counts();
  for (auto [size, count] : {std::pair{600 * MiB, 32}, {400 * GiB, 32}}) {
    std::vector<u8*> slots;
    for (int i = 0; i < count; ++i) {
      auto slot = platform::reserve(size);
      slots.push_back(check(slot));
      CHECK(bool(platform::commit(slots[i], page, platform::Access::ReadWrite)));
      slots[i][0] = 1;
    }
    for (int step : {1, 0}) {  // no neighbours at first
      for (int i = step; i < count; i += 2) platform::release(slots[i], size);
    }
  }
  drop_free_blocks();
  // One of each level, of both kinds of reservations, which has addresses that were never reserved. The list of
  // reservations is longer.
  constexpr u64 last_tables = 2 * 3, most_of_heap = 16;
  const FrameCounts after = frame_counts();
  CHECK(after.charged <= before.charged + most_of_heap && after.used <= before.used + most_of_heap + last_tables);
}

// A thread's memory lies just behind its stack, where addresses are many.
void have_memory_behind_stack() {
  bool is_near = false;
  auto body = [](void* result) {
    auto slot = platform::reserve(home_memory);
    *static_cast<bool*>(result) = u64(check(slot)) - u64(__builtin_frame_address(0)) < 64 * KiB;
    platform::release(*slot, home_memory);
  };
  auto thread = spawn_thread(body, &is_near);
  join_thread(check(thread));
  CHECK(is_near || arch::address_limit() < u64{1} << 46);
}

// Allocates and frees, some hundreds at a time.
void churn_frames(void* seed) {
  u64 held[200] = {};
  u64 state = u64(seed);
  for (u32 i = 0; i < 20'000; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    u64& frame = held[(state >> 33) % std::size(held)];
    if (frame != 0) free_frame(std::exchange(frame, 0));
    else frame = allocate_frame().value();
  }
  for (u64 frame : held) if (frame != 0) free_frame(frame);
}

// How many are in use when there is none left to give; then as many are free as before.
u64 use_all_frames() {
  NoInterrupts no_interrupts;  // nobody here needs one meanwhile
  constexpr u64 none = ~u64{0};
  u64 last = none;
  while (auto frame = allocate_frame()) {
    *reinterpret_cast<u64*>(arch::direct(*frame)) = last;
    last = *frame;
  }
  u64 used = frame_counts().used;
  while (last != none) free_frame(std::exchange(last, *reinterpret_cast<u64*>(arch::direct(last))));
  return used;
}

}  // namespace

// Frames that a hart has for itself are found by another, when there are no others.
u8 frames(Channel& channel) {
  const u64 all = use_all_frames();
  for (u32 round = 0; round < 4; ++round) {
    std::vector<Thread*> threads;
    for (u64 seed = 1; seed <= 8; ++seed) {
      auto thread = spawn_thread(churn_frames, reinterpret_cast<void*>(seed + 8 * round));
      threads.push_back(check(thread));
    }
    for (Thread* thread : threads) join_thread(thread);
    CHECK(use_all_frames() == all);
  }
  say(channel, "frames\n");
  return 0;
}

u8 memory(Channel& channel) {
  use_memory();  // the heap has grown
  have_memory_behind_stack();
  leave_no_upper_tables();
  // What is only kept goes, as it does within, where more is asked for than there is.
  CHECK(!reclaim_memory(frame_counts().total));
  FrameCounts before = frame_counts();
  use_memory();
  CHECK(!reclaim_memory(frame_counts().total));
  CHECK(frame_counts().charged == before.charged && frame_counts().used == before.used);
  say(channel, "memory\n");
  return 0;
}

}  // namespace skerry::kernel
