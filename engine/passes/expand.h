// expand: a br_table that chooses between few targets -> branches.
//
// A jump through a table is found by one prediction that covers all its targets, and costs seven instructions; a
// comparison and a branch are two, and each branch is predicted by itself. Of n entries, those that go where the
// default goes need none.
//
//   br_table x, A, D, B, D    =>    x = 0 ? A : x = 2 ? B : D
//
// Up to `most` comparisons, in the order of the indices. The branches stand in place of the table, in its loop. With
// more, an index that no prediction knows is mispredicted at several branches, through a table only once: with three,
// CoreMark takes 4 % longer than without.

#pragma once

#include "engine/passes/pass.h"
#include "engine/passes/rebuild.h"

namespace skerry::passes {

class ExpandTables final : public Rebuild {
 public:
  static constexpr u32 most = 2;
  static constexpr u32 entries = 64;  // of a table that is looked at

  PassOutcome run(ir::Function& function);

 private:
  void end_block(Value old, const Inst& inst) override;
  // Whether the two targets of the old function are one block, with the same arguments.
  bool same(u32 a, u32 b) const;

  u64 changes_ = 0;
};

}  // namespace skerry::passes
