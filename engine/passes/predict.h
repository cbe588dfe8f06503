// predict: a selection whose condition waits for memory -> a branch.
//
//   v = select x, y, c    =>    branch c, block(x), block(y);  block (v): ...
//
// A selection waits for its condition and both its operands, and all that depends on it waits along. A branch is
// guessed, and what comes behind it goes on meanwhile: where one guess in many is wrong, that is shorter by all of the
// wait. So a selection becomes a branch in a loop if its condition is a comparison with what was loaded for nothing
// else, in the same block. Conditions that are there early cost a selection nothing, and a value that is loaded,
// compared and chosen is more often than not a minimum or a maximum, which nobody can guess. (Compilers of C do the
// same for the processors that this one is for: without it code is behind theirs where they took it for predictable.)
//
// A machine without conditional moves branches in any case (Selections::Branch). There a selection in a loop becomes a
// branch wherever that saves an instruction: its comparison is that of the branch, and what was computed for one of its
// sides alone, in the same block, is computed on that side. Selections by one condition that follow each other are one
// branch.
//
// Runs last: a block that is cut in two is one no longer for what looks at blocks.

#pragma once

#include "engine/passes/pass.h"
#include "engine/passes/rebuild.h"

namespace skerry::passes {

// What a machine does for a selection.
enum class Selections : u8 { Move, Branch };

class PredictSelections final : public Rebuild {
 public:
  PassOutcome run(ir::Function& function, Selections selections);

 private:
  void begin() override;
  void begin_block(Block old_block, Opened opened) override;
  Value visit(Value old, const Inst& inst) override;
  bool waits_for_memory(u32 condition) const;
  bool find_any(const ir::Function& function);
  void find_sides(u32 begin, u32 end);
  bool is_shorter_as_branch(const Inst& select) const;
  bool is_there(u32 value) const;
  u32 write_side(u32 value);
  Value branch_to_sides(Value first);

  Selections selections_ = Selections::Move;
  std::vector<u8> uses_;  // by old value, up to 2
  // By old value: `branches` of a selection that becomes a branch; how deep below one what is computed on a side of it.
  static constexpr u8 branches = 0xff, most_depth = 8;
  bool is_on_side(u32 value) const { return sunk_[value] != 0 && sunk_[value] != branches; }
  std::vector<u8> sunk_;
  std::vector<u32> chosen_;   // old selections that become one branch
  std::vector<u32> sides_[2];
  bool in_loop_ = false;
  u32 block_begin_ = 0;   // old
  u64 changes_ = 0;
};

}  // namespace skerry::passes
