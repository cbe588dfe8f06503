// The balanced tree below std::map and std::set, whose header calls these functions of libstdc++.
//
// Red-black trees (Guibas and Sedgewick 1978; Cormen et al., Introduction to Algorithms, 13): no
// red node has a red child, and every way from the root down passes as many black nodes. The header
// node, which is end(), is red; its parent is the root, its left and right the first and last
// node. The root's parent is the header.

#include <bits/stl_tree.h>

#include <utility>

namespace std {

namespace {

using Node = _Rb_tree_node_base;

enum Side : bool { Left, Right };
Node*& child(Node* node, Side side) { return side == Left ? node->_M_left : node->_M_right; }
Side other(Side side) { return Side(!side); }
Side side_of(Node* node) { return node == node->_M_parent->_M_left ? Left : Right; }
bool is_red(Node* node) { return node && node->_M_color == _S_red; }

// Puts `replacement`, which may be null, where `node` hangs.
void hang(Node* replacement, Node* node, Node*& root) {
  Node* parent = node->_M_parent;
  if (node == root) root = replacement;
  else child(parent, side_of(node)) = replacement;
  if (replacement) replacement->_M_parent = parent;
}

//     node            up
//    /    \    =>    /  \      for side Left; in-order is kept
//   a      up     node   c
//         /  \    /  \                        .
//        b    c  a    b
void rotate(Node* node, Side side, Node*& root) {
  Node* up = child(node, other(side));
  Node* inner = child(up, side);
  hang(up, node, root);
  child(node, other(side)) = inner;
  if (inner) inner->_M_parent = node;
  child(up, side) = node;
  node->_M_parent = up;
}

Node* extreme(Node* node, Side side) {
  while (Node* next = child(node, side)) node = next;
  return node;
}

// The next node in order towards `side`. From the last one it is the header.
Node* step(Node* node, Side side) {
  if (Node* next = child(node, side)) return extreme(next, other(side));
  Node* parent = node->_M_parent;
  while (node == child(parent, side)) {
    node = parent;
    parent = parent->_M_parent;
  }
  // A root without a child on this side climbs to the header and one too far.
  return child(node, side) == parent ? node : parent;
}

}  // namespace

Node* _Rb_tree_increment(Node* node) throw() { return step(node, Right); }
const Node* _Rb_tree_increment(const Node* node) throw() { return step(const_cast<Node*>(node), Right); }

Node* _Rb_tree_decrement(Node* node) throw() {
  bool is_header = node->_M_color == _S_red && node->_M_parent && node->_M_parent->_M_parent == node;
  return is_header ? node->_M_right : step(node, Left);
}
const Node* _Rb_tree_decrement(const Node* node) throw() { return _Rb_tree_decrement(const_cast<Node*>(node)); }

void _Rb_tree_insert_and_rebalance(const bool insert_left, Node* node, Node* parent, Node& header) throw() {
  Node*& root = header._M_parent;
  node->_M_parent = parent;
  node->_M_left = node->_M_right = nullptr;
  node->_M_color = _S_red;
  if (parent == &header) {
    root = header._M_left = header._M_right = node;
  } else {
    child(parent, insert_left ? Left : Right) = node;
    if (insert_left && parent == header._M_left) header._M_left = node;
    if (!insert_left && parent == header._M_right) header._M_right = node;
  }

  // Only `node` and its parent may both be red.
  while (node != root && is_red(node->_M_parent)) {
    Node* father = node->_M_parent;
    Node* grandfather = father->_M_parent;
    Side side = side_of(father);
    Node* uncle = child(grandfather, other(side));
    if (is_red(uncle)) {
      father->_M_color = uncle->_M_color = _S_black;
      grandfather->_M_color = _S_red;
      node = grandfather;
      continue;
    }
    if (side_of(node) != side) {
      rotate(father, side, root);
      std::swap(node, father);
    }
    father->_M_color = _S_black;
    grandfather->_M_color = _S_red;
    rotate(grandfather, other(side), root);
  }
  root->_M_color = _S_black;
}

Node* _Rb_tree_rebalance_for_erase(Node* const node, Node& header) throw() {
  Node*& root = header._M_parent;
  if (header._M_left == node) header._M_left = node->_M_right ? extreme(node->_M_right, Left) : node->_M_parent;
  if (header._M_right == node) header._M_right = node->_M_left ? extreme(node->_M_left, Right) : node->_M_parent;

  // A node with two children changes places with its successor, which has no left one.
  if (node->_M_left && node->_M_right) {
    Node* next = extreme(node->_M_right, Left);
    Node* next_child = next->_M_right;
    Node* next_parent = next->_M_parent;
    std::swap(node->_M_color, next->_M_color);
    hang(next, node, root);
    next->_M_left = node->_M_left;
    next->_M_left->_M_parent = next;
    if (next_parent == node) {
      next->_M_right = node;
      node->_M_parent = next;
    } else {
      next->_M_right = node->_M_right;
      next->_M_right->_M_parent = next;
      next_parent->_M_left = node;
      node->_M_parent = next_parent;
    }
    node->_M_left = nullptr;
    node->_M_right = next_child;
    if (next_child) next_child->_M_parent = node;
  }

  // Ways through `lacking`, which may be null, pass one black node too few.
  Node* lacking = node->_M_left ? node->_M_left : node->_M_right;
  Node* parent = node->_M_parent;
  hang(lacking, node, root);
  if (node->_M_color == _S_red) return node;
  while (lacking != root && !is_red(lacking)) {
    Side side = lacking == parent->_M_left ? Left : Right;
    Node* brother = child(parent, other(side));
    if (is_red(brother)) {
      brother->_M_color = _S_black;
      parent->_M_color = _S_red;
      rotate(parent, side, root);
      brother = child(parent, other(side));
    }
    if (!is_red(brother->_M_left) && !is_red(brother->_M_right)) {
      brother->_M_color = _S_red;
      lacking = parent;
      parent = parent->_M_parent;
      continue;
    }
    if (!is_red(child(brother, other(side)))) {
      child(brother, side)->_M_color = _S_black;
      brother->_M_color = _S_red;
      rotate(brother, other(side), root);
      brother = child(parent, other(side));
    }
    brother->_M_color = parent->_M_color;
    parent->_M_color = _S_black;
    child(brother, other(side))->_M_color = _S_black;
    rotate(parent, side, root);
    lacking = root;
  }
  if (lacking) lacking->_M_color = _S_black;
  return node;
}

}  // namespace std
