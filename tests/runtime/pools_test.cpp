// Memory slots, spaces and code ranges.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "engine/runtime/code_ranges.h"
#include "engine/runtime/memory_pool.h"
#include "engine/runtime/space_pool.h"

namespace skerry::runtime {
namespace {

constexpr u64 wasm_page = 64 * KiB;

TEST(MemoryPool, SlotsAreUsedAgainAndEmpty) {
  MemoryPool pool;
  std::vector<u8> content(5000, 7);
  auto image = *MemoryImage::create(4096, content);
  auto other = *MemoryImage::create(0, std::vector<u8>(9000, 8));
  u8* base = nullptr;
  for (int round = 0; round < 12; ++round) {
    const auto& wanted = round % 3 == 0 ? image : round % 3 == 1 ? other : nullptr;
    u64 usable = wasm_page * (1 + round % 5);
    MemorySlot slot = *pool.acquire(BoundsPlan::guarded(), usable, wanted);
    if (base) EXPECT_EQ(slot.base, base);
    base = slot.base;
    for (u64 at = 0; at < usable; ++at) {
      u8 expected = !wanted ? 0 : wanted == image ? (at >= 4096 && at < 9096 ? 7 : 0) : (at < 9000 ? 8 : 0);
      ASSERT_EQ(slot.base[at], expected) << round << " " << at;
    }
    if (round % 2) ASSERT_TRUE(MemoryPool::grow(slot, usable + 3 * wasm_page));
    std::memset(slot.base, 0xcc, slot.usable);
    EXPECT_DEATH(*const_cast<volatile u8*>(slot.base + slot.usable) = 1, "");
    pool.release(std::move(slot));
  }
}

TEST(MemoryPool, TheImageOutlivesItsMaker) {
  MemoryPool pool;
  auto image = *MemoryImage::create(0, std::vector<u8>(10, 7));
  MemorySlot slot = *pool.acquire(BoundsPlan::guarded(), wasm_page, image);
  image.reset();
  EXPECT_EQ(slot.base[9], 7);
  pool.release(std::move(slot));
}

TEST(MemoryPool, CheckedPlansTakeTheirOwnSpace) {
  MemoryPool pool;
  MemorySlot slot = *pool.acquire(BoundsPlan::checked(4 * wasm_page), wasm_page, nullptr);
  ASSERT_TRUE(MemoryPool::grow(slot, 4 * wasm_page));
  slot.base[4 * wasm_page - 1] = 1;
  pool.release(std::move(slot));
}

TEST(SpacePool, ComesBackAsZeros) {
  SpacePool pool(64 * MiB);
  for (u64 used : {u64{100}, u64{200'000}, 3 * MiB, u64{10}}) {
    Space space = *pool.take();
    ASSERT_TRUE(pool.grow(space, used));
    EXPECT_TRUE(std::all_of(space.base, space.base + space.usable, [](u8 byte) { return byte == 0; })) << used;
    std::memset(space.base, 1, used);
    pool.give(space, used);
  }
}


TEST(CodeRangesThreads, ReadersSeeWholeArrays) {
  // Addresses that nothing is at: the registry does not look.
  constexpr u64 base = u64{1} << 50;
  add_code_range({base, base + 16, CodeKind::Enter});
  std::atomic<bool> done = false;
  auto reader = [&] {
    while (!done) {
      auto found = find_code_range(base + 5);
      ASSERT_TRUE(found);
      ASSERT_EQ(found->kind, CodeKind::Enter);
      ASSERT_FALSE(find_code_range(base + 16));
    }
  };
  auto writer = [&](u64 first) {
    for (int i = 0; i < 500; ++i) {
      for (u64 at = 0; at < 5; ++at) add_code_range({first + 32 * at, first + 32 * at + 8, CodeKind::Stubs});
      EXPECT_EQ(find_code_range(first + 33)->begin, first + 32);
      for (u64 at = 0; at < 5; ++at) remove_code_range(first + 32 * at);
    }
  };
  std::thread r(reader), a(writer, base + 1000), b(writer, base - 1000);
  a.join();
  b.join();
  done = true;
  r.join();
  remove_code_range(base);
  EXPECT_FALSE(find_code_range(base));
}

}  // namespace
}  // namespace skerry::runtime
