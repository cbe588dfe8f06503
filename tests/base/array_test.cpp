#include "base/array.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

namespace skerry {
namespace {

struct Pair {
  u32 first = 7, second = 8;
  bool operator==(const Pair&) const = default;
};

template <class T>
bool equal(const Array<T>& array, const std::vector<T>& vector) {
  return array.size() == vector.size() && std::equal(array.begin(), array.end(), vector.begin());
}

TEST(Array, NewItemsAreCopiesOfAValue) {
  Array<Pair> pairs(3);
  pairs.resize(1000);
  for (const Pair& pair : pairs) EXPECT_EQ(pair, Pair());
  pairs.resize(2);
  pairs.resize(1001, {1, 2});
  EXPECT_EQ(pairs[1], Pair());
  for (usize i = 2; i < pairs.size(); ++i) EXPECT_EQ(pairs[i], (Pair{1, 2}));
}

// What it appends may be its own, which growing moves.
TEST(Array, AppendsWhatIsItsOwn) {
  Array<u32> array(10);
  std::iota(array.begin(), array.end(), 0);
  std::vector<u32> expected(array.begin(), array.end());
  for (u32 round = 0; round < 6; ++round) {
    array.insert(array.end(), array.begin() + 3, array.begin() + 9);
    for (usize i = 3; i < 9; ++i) expected.push_back(expected[i]);
    array.push_back(array[0]);
    expected.push_back(expected[0]);
    ASSERT_TRUE(equal(array, expected));
  }
}

TEST(Array, MovesAndCopies) {
  Array<u64> a{1, 2, 3};
  Array<u64> b = a, c = std::move(a);
  EXPECT_EQ(b, c);
  EXPECT_TRUE(a.empty());
  b.push_back(4);
  c = b;
  EXPECT_EQ(c.size(), 4u);
  c = std::move(b);
  EXPECT_EQ(c.back(), 4u);
  b = std::move(c);
  EXPECT_EQ(b.back(), 4u);
}

// The same steps on an Array and on a vector.
TEST(Array, DoesAsAVectorDoes) {
  std::mt19937 random(1);
  for (u32 round = 0; round < 200; ++round) {
    Array<u16> array;
    std::vector<u16> vector;
    for (u32 step = 0; step < 100; ++step) {
      u16 value = u16(random());
      usize at = vector.empty() ? 0 : random() % (vector.size() + 1), size = random() % 50;
      std::vector<u16> some(size, value);
      switch (random() % 8) {
        case 0: array.push_back(value), vector.push_back(value); break;
        case 1: array.resize(size, value), vector.resize(size, value); break;
        case 2: array.insert(array.begin() + at, some.begin(), some.end());
                vector.insert(vector.begin() + i64(at), some.begin(), some.end()); break;
        case 3: array.assign(some.begin(), some.end()), vector = some; break;
        case 4: array.assign(size, value), vector.assign(size, value); break;
        case 5: array.reserve(size), vector.reserve(size); break;
        case 6:
          array.erase(array.begin() + at / 2, array.begin() + at);
          vector.erase(vector.begin() + i64(at / 2), vector.begin() + i64(at));
          break;
        case 7:
          if (!vector.empty()) array.pop_back(), vector.pop_back();
          break;
      }
      ASSERT_TRUE(equal(array, vector));
      ASSERT_TRUE(std::equal(array.rbegin(), array.rend(), vector.rbegin(), vector.rend()));
    }
  }
}

}  // namespace
}  // namespace skerry
