// number: gives equal computations one value, over the dominator tree.
//
//   * What is computed already where the instruction stands is not computed again. Of what reads state, if the state is
//     the same; of what may trap as well, since the one before did not.
//   * Folds by translate's rules (fold_rules.h), now that operands are known across blocks.
//   * A load of what was stored or loaded before is that value; a store of what is there already goes.
//   * A store that a later one in the block overwrites, before anything can see it, goes (unseen.h).
//   * A branch on a constant, or on a condition that the way here has decided, is a jump. Blocks that nothing leads to
//     go, and parameters that are always the same value (rebuild.h).
//   * i32 division by a constant is a multiplication (divide.h).
//
// State has versions, one number for each class of state (alias.h) at each point: as in SSA, what writes begins a new
// one, and so does a block where edges bring different ones, and the header of a loop that writes. If two points have
// one version and the first dominates the second, nothing was written between them: a way from the one to the other
// through a write comes back to where the version begins, and from there to the first again.
//
// A store's version remembers the store and the version before it. A load that is known by no instruction of its
// version looks through stores that are elsewhere for certain: of the same base, in bytes that do not overlap. It looks
// through eight at most, so that the work stays linear.

#pragma once

#include "engine/passes/pass.h"
#include "engine/passes/rebuild.h"
#include "engine/passes/unseen.h"
#include "engine/passes/value_table.h"
#include "engine/translate/fold.h"

namespace skerry::passes {

class NumberValues final : public Rebuild {
 public:
  NumberValues() : folder_(out(), table_) {}

  PassOutcome run(const AliasClasses& classes, ir::Function& function);

 private:
  using Versions = std::array<u32, AliasClasses::count>;
  struct Version {
    u32 before;    // the version that the store overwrote
    Value store;   // none: whatever else wrote, or where edges meet
  };

  void begin() override;
  void begin_block(Block old_block, Opened opened) override;
  Value visit(Value old, const Inst& inst) override;
  void end_block(Value old, const Inst& inst) override;
  Value constant(ir::Type type, u64 bits) override { return table_.constant(type, bits); }

  Value divide(const Inst& inst);
  Value read(const Inst& inst);
  Value write(Value old, const Inst& inst);
  void change(ClassSet classes, Value store);
  u32 new_version(u32 before, Value store) {
    versions_.push_back({before, store});
    return u32(versions_.size() - 1);
  }
  bool are_apart(const Inst& load, const Inst& store) const;
  UnseenStores::Place place_of(const Inst& inst) const;
  void bury_under(const Inst& inst, Value store);
  // Whether a condition holds, if the way here has decided it.
  std::optional<bool> decided(Value condition);
  static Inst decision(Value condition) { return {.op = Op::Branch, .a = condition.raw()}; }

  const AliasClasses* classes_ = nullptr;
  ValueTable table_;
  translate::FolderOf<ValueTable> folder_;
  std::vector<ClassSet> loop_writes_;  // by old loop
  std::vector<Version> versions_;
  std::vector<Versions> at_end_;  // by new block
  Versions now_ = {};
  UnseenStores unseen_;
  u64 changes_ = 0;
};

}  // namespace skerry::passes
