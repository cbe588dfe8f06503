// Which registers are taken when: for each moment a set of registers, as one word of bits.
//
// A tree over the moments of a function, two an instruction: before it, where it reads, and behind it, where it writes.
// A register that is taken over a range has its bit in `whole` of the few nodes that make up the range, and in `any` of
// those and of all nodes above them. What is taken anywhere in a range is asked of all registers at once, in the
// logarithm of the function's length, as is taking. Nothing is given back: whoever is more important comes
// first. (A segment tree, bottom up; the order of its halves does not matter, so any number of leaves will do.)

#pragma once

#include <vector>

#include "base/types.h"

namespace skerry::codegen {

class Occupancy {
 public:
  // The moment of a time of vcode.h. What ends at a plain read and what begins with a write do not meet.
  static constexpr u32 moment(u32 time) { return (time + 1) / 2; }

  void reset(u32 instructions) {
    leaves_ = 2 * instructions + 1;
    nodes_.assign(2 * usize(leaves_), Node{});
  }

  // The registers that are taken somewhere in [begin, end), times.
  u64 taken(u32 begin, u32 end) const {
    u32 first = moment(begin) + leaves_, last = moment(end) + leaves_;
    if (first >= last) return 0;
    u64 found = 0;
    for (u32 l = first, r = last; l < r; l >>= 1, r >>= 1) {
      if (l & 1) found |= nodes_[l++].any;
      if (r & 1) found |= nodes_[--r].any;
    }
    for (u32 above = first >> 1; above > 0; above >>= 1) found |= nodes_[above].whole;
    for (u32 above = (last - 1) >> 1; above > 0; above >>= 1) found |= nodes_[above].whole;
    return found;
  }

  void take(u32 begin, u32 end, u32 reg) {
    u32 first = moment(begin) + leaves_, last = moment(end) + leaves_;
    if (first >= last) return;
    u64 bit = u64{1} << reg;
    auto mark = [&](Node& node) {
      node.whole |= bit;
      node.any |= bit;
    };
    for (u32 l = first, r = last; l < r; l >>= 1, r >>= 1) {
      if (l & 1) mark(nodes_[l++]);
      if (r & 1) mark(nodes_[--r]);
    }
    for (u32 above = first >> 1; above > 0; above >>= 1) nodes_[above].any |= bit;
    for (u32 above = (last - 1) >> 1; above > 0; above >>= 1) nodes_[above].any |= bit;
  }

 private:
  struct Node {
    u64 whole = 0;
    u64 any = 0;
  };
  u32 leaves_ = 0;
  std::vector<Node> nodes_;
};

}  // namespace skerry::codegen
