// Ranges: between which numbers the i32 values of a function lie.
//
// An i32 is a number modulo 2^32. A Range [low, high] of a value v says that there is a number r with r = v modulo 2^32
// and low <= r <= high. Either low >= 0 and high < 2^32: then r is v as an unsigned number. Or -2^31 <= low < 0 and
// high < 2^31: then r is v as a signed one. So a range says which extension of v to 64 bits is r, and of several
// values x + y + c, made of such numbers without wrapping, lies in [0, 2^32) where the sums of the ends do. Addresses
// are added up that way (codegen/riscv64/select_address.cpp), and one that is too small or too large would be outside
// of the guest's memory: what is not known for certain is [0, 2^32).
//
// How it is known. Values have one definition, and blocks come behind what dominates them, so that one walk in text
// order finds for each value a range of its operation on the ranges of its operands. A block's parameter takes in what
// all edges bring. At the header of a loop the back edge's is not known yet; so there the range is
//
//   * that of what the entries bring, if the back edge brings the parameter itself;
//   * for a parameter p of which the back edge brings p + c (a counter), that of all the values that it takes while
//     the loop runs N times at most: init + m c, 0 <= m < N;
//   * otherwise nothing.
//
// N comes from the test at the back edge, if that is the only one and goes back where the step s = q + d of a counter
// q is not the constant K. q = init + m d modulo 2^32 in round m (from 0), and the loop ends behind the first round of
// which init + (m + 1) d = K modulo 2^32. Let K' be the number next to init in d's direction, but not init itself, that
// is K modulo 2^32. If d is a divisor of K' - init, that is so for m + 1 = (K' - init) / d at the latest: that is N.
// If init is not one number, d has to be 1 or -1, and K' lies beyond all of init's range: from any place in it the
// rounds from its far end lead there or past it. Leaving the loop elsewhere only makes the rounds fewer. Nothing of
// this asks what range the counter has, and so the proof is no circle.
//
// What goes from an outer loop into an inner one is told more closely, since counters of one loop go together: in
// round m each is init + m c. If the way from the outer header to the inner one passes branches on one of them alone,
// whose init is one number, they say between which rounds it lies, and so of each counter what it can be there. (The
// inner loop of `for i < 5: for j from i + 1 to 5` counts 4 - i down to 0, and is guarded by i < 4.)
//
// Steps are at most 2^16, so that what a processor does before it knows that a loop is over stays near.

#pragma once

#include "base/array.h"
#include "engine/ir/function.h"

namespace skerry::ir {

struct Range {
  i64 low = 0, high = (i64{1} << 32) - 1;

  // Whether the value, as an unsigned number, is r.
  bool is_unsigned() const { return low >= 0; }
  // As a signed one.
  bool is_signed() const { return high < i64{1} << 31; }
  bool is_known() const { return *this != Range{}; }
  bool operator==(const Range&) const = default;

  static Range exactly(u32 bits) { return {bits, bits}; }
  // The numbers between both, of a value that is one of them modulo 2^32.
  static Range of(i64 low, i64 high);
  // The same value's range about zero, where it is in the upper half of the unsigned numbers.
  Range about_zero() const { return low >= i64{1} << 31 ? Range{low - (i64{1} << 32), high - (i64{1} << 32)} : *this; }
};

class Ranges {
 public:
  void find(const Function& function);
  // Of an i32.
  Range operator[](Value value) const { return ranges_[value.raw()]; }

 private:
  void find_edges();
  i64 step_of(Value value, u32 param) const;
  u64 rounds(Loop loop) const;
  void find_counters(Loop loop);
  Range operation(const Inst& inst) const;
  Range on_the_way(Value counter, Block from) const;
  void bring(u32 target, Block from);

  // What leads back to a header: the last jump's block and target, and how many there are.
  struct BackEdge {
    Block from;
    u32 target = 0, count = 0;
  };

  const Function* function_ = nullptr;
  Array<Range> ranges_;        // by value
  Array<u8> is_brought_;       // by value, of parameters: whether an edge has brought something
  Array<BackEdge> back_edges_; // by loop
  Array<u64> rounds_;          // by loop; 0: nobody knows
  // Forward edges to a block: from where the last one comes, and how many there are.
  struct Forward {
    Block from;
    u32 target = 0, count = 0;
  };
  Array<Forward> forward_;     // by block
};

}  // namespace skerry::ir
