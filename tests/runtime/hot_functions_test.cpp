// What is kept of hot functions comes back, and nothing of it where any of it is damaged.

#include "engine/runtime/hot_functions.h"

#include <gtest/gtest.h>

#include "engine/runtime/blake2b.h"

namespace skerry::runtime {
namespace {

using Functions = std::vector<u32>;

TEST(HotFunctions, ComeBack) {
  for (const Functions& functions : {Functions{}, {0}, {7, 3, 127, 128, 99'999, 16'384, 4}}) {
    EXPECT_EQ(read_hot_functions(write_hot_functions(functions), 100'000), functions);
  }
}

TEST(HotFunctions, DamagedAreNotThere) {
  std::vector<u8> bytes = write_hot_functions(Functions{5, 200, 3});
  for (usize at = 0; at < bytes.size(); ++at) {
    std::vector<u8> damaged = bytes, cut(bytes.begin(), bytes.begin() + std::ptrdiff_t(at));
    damaged[at] ^= 0x11;
    EXPECT_FALSE(read_hot_functions(damaged, 1'000)) << at;
    EXPECT_FALSE(read_hot_functions(cut, 1'000)) << at;
  }
  bytes.push_back(0);
  EXPECT_FALSE(read_hot_functions(bytes, 1'000));
}

TEST(HotFunctions, ThatTheModuleHasNotAreNotThere) {
  EXPECT_TRUE(read_hot_functions(write_hot_functions(Functions{5, 200}), 201));
  EXPECT_FALSE(read_hot_functions(write_hot_functions(Functions{5, 200}), 200));
  EXPECT_FALSE(read_hot_functions(write_hot_functions(Functions{5, 6, 5}), 200));
  // A number that does not end, with a hash that is right.
  std::vector<u8> bytes = write_hot_functions(Functions{});
  bytes.resize(bytes.size() - sizeof(Hash));
  bytes.push_back(0x85);
  Blake2b hash;
  hash.add(bytes);
  Hash end = hash.finish();
  bytes.insert(bytes.end(), end.begin(), end.end());
  EXPECT_FALSE(read_hot_functions(bytes, 1'000));
}

TEST(HotFunctions, AreKeptAnewWhereTheyChange) {
  EXPECT_EQ(hot_functions_after({}, {}), std::nullopt);
  EXPECT_EQ(hot_functions_after(Functions{1, 2}, {}), std::nullopt);
  EXPECT_EQ(hot_functions_after({}, Functions{4, 2}), (Functions{4, 2}));
  EXPECT_EQ(hot_functions_after(Functions{4, 2}, Functions{2, 4}), std::nullopt);
  EXPECT_EQ(hot_functions_after(Functions{4, 2}, Functions{2}), std::nullopt);
  EXPECT_EQ(hot_functions_after(Functions{4, 2}, Functions{3, 2}), (Functions{3, 2, 4}));
  // What was not used goes in time.
  EXPECT_EQ(hot_functions_after(Functions{1, 2, 3, 4}, Functions{3}), (Functions{3, 1}));
}

}  // namespace
}  // namespace skerry::runtime
