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
// Runs last: a block that is cut in two is one no longer for what looks at blocks.

#pragma once

#include "engine/passes/pass.h"
#include "engine/passes/rebuild.h"

namespace skerry::passes {

class PredictSelections final : public Rebuild {
 public:
  PassOutcome run(ir::Function& function);

 private:
  void begin_block(Block old_block, Opened opened) override;
  Value visit(Value old, const Inst& inst) override;
  bool waits_for_memory(u32 condition) const;
  bool find_any(const ir::Function& function);

  std::vector<u8> uses_;  // by old value, up to 2
  bool in_loop_ = false;
  u32 block_begin_ = 0;   // old
  u64 changes_ = 0;
};

}  // namespace skerry::passes
