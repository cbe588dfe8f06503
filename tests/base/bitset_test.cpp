// BitSet against std::set, at sizes around the words' boundaries.

#include "base/bitset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <set>
#include <vector>

namespace skerry {
namespace {

const u32 sizes[] = {0, 1, 2, 63, 64, 65, 127, 128, 129, 1000};

std::vector<u32> members(const BitSet& set) {
  std::vector<u32> out;
  for (u32 i : set) out.push_back(i);
  return out;
}

void expect_same(const BitSet& set, const std::set<u32>& model) {
  EXPECT_EQ(members(set), std::vector<u32>(model.begin(), model.end()));
  EXPECT_EQ(set.count(), model.size());
  EXPECT_EQ(set.empty(), model.empty());
}

void fill(std::mt19937& random, BitSet& set, std::set<u32>& model) {
  for (u32 i = 0; i < set.size() / 2; ++i) {
    u32 member = random() % set.size();
    EXPECT_EQ(set.insert(member), model.insert(member).second);
  }
}

TEST(BitSet, InsertsAndRemoves) {
  std::mt19937 random(1);
  for (u32 size : sizes) {
    BitSet set(size);
    std::set<u32> model;
    expect_same(set, model);
    for (u32 step = 0; step < 4 * size; ++step) {
      u32 i = random() % size;
      if (random() % 2) EXPECT_EQ(set.insert(i), model.insert(i).second);
      else EXPECT_EQ(set.remove(i), model.erase(i) == 1);
      EXPECT_EQ(set.contains(i), model.contains(i));
    }
    expect_same(set, model);
    set.clear();
    expect_same(set, {});
  }
}

TEST(BitSet, CombinesAndSaysWhetherItChanged) {
  std::mt19937 random(2);
  for (u32 size : sizes) {
    BitSet a(size), b(size);
    std::set<u32> model_a, model_b, either, both, difference;
    fill(random, a, model_a);
    fill(random, b, model_b);
    std::ranges::set_union(model_a, model_b, std::inserter(either, either.end()));
    std::ranges::set_intersection(model_a, model_b, std::inserter(both, both.end()));
    std::ranges::set_difference(model_a, model_b, std::inserter(difference, difference.end()));

    BitSet united = a, intersected = a, subtracted = a;
    EXPECT_EQ(united.unite(b), either != model_a);
    expect_same(united, either);
    EXPECT_FALSE(united.unite(b));
    EXPECT_EQ(intersected.intersect(b), both != model_a);
    expect_same(intersected, both);
    EXPECT_FALSE(intersected.intersect(b));
    EXPECT_EQ(subtracted.subtract(b), difference != model_a);
    expect_same(subtracted, difference);
    EXPECT_FALSE(subtracted.subtract(b));
  }
}

// What was cut off does not come back when the set grows again.
TEST(BitSet, ResizesAndForgetsWhatDoesNotFit) {
  for (u32 from : sizes) {
    for (u32 to : sizes) {
      BitSet set(from);
      std::set<u32> model;
      for (u32 i = 0; i < from; ++i) {
        set.insert(i);
        if (i < to) model.insert(i);
      }
      set.resize(to);
      expect_same(set, model);
      set.resize(2000);
      expect_same(set, model);
    }
  }
}

TEST(BitSetDeathTest, RefusesSetsOfAnotherSize) {
  BitSet a(64), b(65);
  EXPECT_DEATH(a.unite(b), "size_ == other.size_");
}

#ifdef SKERRY_DEBUG
TEST(BitSetDeathTest, RefusesMembersBeyondItsSize) {
  BitSet set(65);
  EXPECT_DEATH(set.insert(65), "i < size_");
}
#endif

}  // namespace
}  // namespace skerry
