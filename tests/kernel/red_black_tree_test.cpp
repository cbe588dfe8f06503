// kernel/red_black_tree.cpp: linked into this program, its functions stand before libstdc++'s own.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

namespace skerry::kernel {
namespace {

using Node = std::_Rb_tree_node_base;

// The number of black nodes on every way down; fails where ways or colours are wrong.
int black_height(const Node* node) {
  if (!node) return 0;
  for (const Node* below : {node->_M_left, node->_M_right}) {
    if (!below) continue;
    EXPECT_EQ(below->_M_parent, node);
    EXPECT_FALSE(node->_M_color == std::_S_red && below->_M_color == std::_S_red);
  }
  int left = black_height(node->_M_left), right = black_height(node->_M_right);
  EXPECT_EQ(left, right);
  return left + (node->_M_color == std::_S_black);
}

TEST(RedBlackTree, IsOrderedAndBalancedAfterEveryChange) {
  std::mt19937 random(5);
  for (unsigned round = 0; round < 60; ++round) {
    std::set<unsigned> tree;
    std::vector<unsigned> model;
    unsigned keys = 1 + random() % 200;
    for (unsigned step = 0; step < 1000; ++step) {
      unsigned key = random() % keys;
      auto place = std::lower_bound(model.begin(), model.end(), key);
      bool there = place != model.end() && *place == key;
      if (random() % 2) {
        tree.insert(key);
        if (!there) model.insert(place, key);
      } else {
        tree.erase(key);
        if (there) model.erase(place);
      }
      ASSERT_TRUE(std::equal(tree.begin(), tree.end(), model.begin(), model.end()));
      ASSERT_TRUE(std::equal(tree.rbegin(), tree.rend(), model.rbegin(), model.rend()));
      if (tree.empty()) continue;
      const Node* header = tree.end()._M_node;
      ASSERT_EQ(header->_M_parent->_M_parent, header);
      ASSERT_EQ(header->_M_parent->_M_color, std::_S_black);
      black_height(header->_M_parent);
      ASSERT_FALSE(testing::Test::HasFailure());
    }
  }
}

}  // namespace
}  // namespace skerry::kernel
