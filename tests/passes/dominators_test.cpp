#include "engine/passes/dominators.h"

#include <gtest/gtest.h>

#include <random>

namespace skerry::passes {
namespace {

using ir::Block;

// Trees of all shapes: each block hangs from one of the last `reach` before it.
TEST(DominatorTree, AgreesWithAWalkUpTheParents) {
  for (u32 reach : {1u, 2u, 7u, 300u}) {
    std::mt19937 random(reach);
    DominatorTree tree;
    std::vector<u32> parents = {0}, depths = {0};
    tree.add_root();
    for (u32 i = 1; i < 600; ++i) {
      u32 parent = i - 1 - u32(random() % std::min(i, reach));
      ASSERT_EQ(tree.add(Block(parent)), Block(i));
      parents.push_back(parent);
      depths.push_back(depths[parent] + 1);
    }
    for (u32 i = 0; i < 4'000; ++i) {
      u32 a = u32(random() % 600), b = u32(random() % 600), x = a, y = b;
      while (x != y) (depths[x] >= depths[y] ? x : y) = parents[depths[x] >= depths[y] ? x : y];
      EXPECT_EQ(tree.common(Block(a), Block(b)), Block(x)) << a << ' ' << b;
      EXPECT_EQ(tree.dominates(Block(a), Block(b)), x == a) << a << ' ' << b;
    }
  }
}

}  // namespace
}  // namespace skerry::passes
