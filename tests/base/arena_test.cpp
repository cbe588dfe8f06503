#include "base/arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

namespace skerry {
namespace {

struct alignas(16) Wide {
  u64 words[2];
};

bool is_aligned(const void* p, usize to) { return reinterpret_cast<std::uintptr_t>(p) % to == 0; }

TEST(Arena, GivesZeroedAlignedPieces) {
  Arena arena(256);
  for (int i = 0; i < 100; ++i) {
    arena.alloc<u8>(1)[0] = 0xff;
    std::span<u64> words = arena.alloc<u64>(usize(i) % 5);
    EXPECT_TRUE(is_aligned(words.data(), alignof(u64)));
    for (u64& word : words) {
      EXPECT_EQ(word, 0u);
      word = ~u64{0};
    }
    EXPECT_TRUE(is_aligned(arena.make<Wide>(), 16));
  }
  EXPECT_TRUE(arena.alloc<u64>(0).empty());
}

// Pieces of all sizes keep their content, whatever was given after them.
TEST(Arena, PiecesDoNotOverlap) {
  std::mt19937 random(1);
  Arena arena(64);
  std::vector<std::span<u32>> pieces;
  for (u32 i = 0; i < 2000; ++i) {
    usize n = random() % 50 == 0 ? random() % 5000 : random() % 20;
    pieces.push_back(arena.alloc<u32>(n));
    for (u32& item : pieces.back()) item = i;
  }
  for (u32 i = 0; i < pieces.size(); ++i) {
    for (u32 item : pieces[i]) ASSERT_EQ(item, i);
  }
}

TEST(Arena, CopiesOutliveTheirSource) {
  Arena arena(64);
  std::string_view text;
  std::span<int> numbers;
  {
    std::string source(1000, 'x');
    std::vector<int> more = {1, 2, 3};
    text = arena.copy(source);
    numbers = arena.copy(std::span<const int>(more));
  }
  EXPECT_EQ(text, std::string(1000, 'x'));
  EXPECT_EQ(numbers[2], 3);
  EXPECT_EQ(arena.copy(std::string_view()), "");
}

// Function after function, the heap is asked for the first chunk once.
TEST(Arena, ResetKeepsTheFirstChunk) {
  Arena arena(4096);
  u8* first = arena.alloc<u8>(100).data();
  for (int round = 0; round < 10; ++round) {
    arena.alloc<u8>(round % 2 ? 100 : 100'000);
    EXPECT_GE(arena.footprint(), 4096u);
    arena.reset();
    EXPECT_EQ(arena.footprint(), 4096u);
    std::span<u8> again = arena.alloc<u8>(100);
    EXPECT_EQ(again.data(), first);
    EXPECT_EQ(again[99], 0);
    again[99] = 1;
  }
}

// Pieces larger than a chunk do not waste the chunk in use, and the total is linear in what was asked.
TEST(Arena, HoldsLittleMoreThanWasAsked) {
  Arena arena;
  usize asked = 0;
  for (int i = 0; i < 10; ++i) {
    for (usize size : {usize{3 * MiB}, usize{40}, usize{2000}}) {
      arena.alloc<u8>(size);
      asked += size;
    }
  }
  EXPECT_LE(arena.footprint(), asked + 2 * MiB);
}

TEST(ArenaDeathTest, RefusesSizesThatOverflow) {
  EXPECT_DEATH(Arena().alloc<u64>(~usize{0} / 4), "check failed");
}

}  // namespace
}  // namespace skerry
