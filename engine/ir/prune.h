// prune: takes away what no result, store, call or branch depends on.
//
// SSA construction makes a block parameter for every local that might be wanted behind a
// join, and folding leaves operands that nobody uses any more. In code from compilers four of five parameters,
// and nine of ten arguments of jumps, are for locals that are written again before they are read. Pruning them
// costs two passes over the function, and saves every later stage more.
//
// Marking goes over the instructions backwards: what has an effect is live, and a live
// instruction's operands are live. An argument of a jump is live if the parameter is. Text
// order puts a definition before its uses, so that one backward pass sees every use first, except for
// the arguments that a loop's back edges bring for a parameter which is found live after they were passed: these go
// through a worklist. Each value becomes live once; the work is linear.
//
// Then everything live moves together, forwards: values are numbered anew, lists copied.

#pragma once

#include "engine/ir/function.h"

namespace skerry::ir {

// The arrays are kept from function to function.
class Pruner {
 public:
  void run(Function& function);

 private:
  static constexpr u32 none = ~u32{0};
  struct Edge {
    u32 target;
    u32 next;  // in edges_, of the same block
  };

  enum class Mark : u8 { Dead, Live };

  void mark_all();
  void mark(u32 value);
  void mark_operands(const Inst& inst);
  void mark_list(const Inst& inst);
  void mark_arguments(u32 target);
  void mark_incoming(u32 param);
  void drain();

  void compact();
  void move_lists(Inst& inst);
  u32 move_list(u32 at, u32 fixed, u32 values);
  u32 move_target(u32 target);

  Function* function_ = nullptr;
  Array<Mark> live_;      // by value
  Array<u32> worklist_;
  u32 position_ = 0;            // the instruction that marking has come down to
  Array<Edge> edges_;     // from blocks that marking has passed
  Array<u32> incoming_;   // by block: the last edge to it in edges_
  Array<u32> begins_;     // by block: where its values began
  Array<u32> renumbered_;  // by old value
  Array<u32> extra_;     // the new lists
};

}  // namespace skerry::ir
