// DominatorTree: grown block by block in text order, where a block comes behind its dominators.
//
//   DominatorTree tree;
//   tree.add(tree.common(tree.common(p0, p1), p2));   // a block with these predecessors, back edges left out
//   tree.dominates(a, b);
//
// A back edge comes from a block that its target dominates, so that it never changes the target's dominators: one pass
// finds the tree.
//
// Each block knows its immediate dominator, its depth, and one farther ancestor, chosen as in a skew-binary list
// (Myers, 1983): questions about ancestors take steps in the logarithm of the depth, and adding a block takes one.

#pragma once

#include <vector>

#include "engine/ir/function.h"

namespace skerry::passes {

class DominatorTree {
 public:
  void clear() { nodes_.clear(); }

  ir::Block add_root() {
    DCHECK(nodes_.empty());
    nodes_.push_back({0, 0, 0});
    return ir::Block(0);
  }
  // A block whose immediate dominator is `parent`.
  ir::Block add(ir::Block parent) {
    const Node& up = nodes_[parent.raw()];
    const Node& jump = nodes_[up.jump];
    bool equal_strides = up.depth - jump.depth == jump.depth - nodes_[jump.jump].depth;
    nodes_.push_back({parent.raw(), equal_strides ? jump.jump : parent.raw(), up.depth + 1});
    return ir::Block(u32(nodes_.size() - 1));
  }

  ir::Block parent(ir::Block block) const { return ir::Block(nodes_[block.raw()].parent); }

  bool dominates(ir::Block a, ir::Block b) const {
    u32 depth = nodes_[a.raw()].depth;
    return ancestor(b.raw(), depth) == a.raw();
  }

  // The nearest block that dominates both.
  ir::Block common(ir::Block first, ir::Block second) const {
    u32 a = first.raw(), b = second.raw();
    u32 depth = std::min(nodes_[a].depth, nodes_[b].depth);
    a = ancestor(a, depth);
    b = ancestor(b, depth);
    while (a != b) {
      bool far = nodes_[a].jump != nodes_[b].jump;
      a = far ? nodes_[a].jump : nodes_[a].parent;
      b = far ? nodes_[b].jump : nodes_[b].parent;
    }
    return ir::Block(a);
  }

 private:
  struct Node {
    u32 parent;
    u32 jump;
    u32 depth;
  };

  // The ancestor of a block at a depth, or the block itself where it is not below that.
  u32 ancestor(u32 block, u32 depth) const {
    while (nodes_[block].depth > depth) {
      const Node& node = nodes_[block];
      block = nodes_[node.jump].depth >= depth ? node.jump : node.parent;
    }
    return block;
  }

  std::vector<Node> nodes_;
};

}  // namespace skerry::passes
