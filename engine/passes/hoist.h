// hoist: moves what a loop computes alike in each iteration in front of the loop.
//
// An instruction moves out of the outermost loop in which all its operands are from outside, or are moved out
// themselves. A loop's header dominates the loop, and so does what stands in front of it: what is outside of the loop
// and dominates the instruction comes in front of the header in text order, and nothing else does. Hence an operand is
// from outside exactly if its block is in front of the header.
//
// What moves is pure, or reads state that the loop does not write and cannot trap. What may trap moves only from the
// header itself, where nothing with an effect is in front of it: then it runs in any case, and first. Comparisons stay,
// since a branch tests them best where they stand; so do constants, which are made where they are used.
//
// What is computed alike at several places of a loop, of which none dominates another, is one value in front of it.
//
// A value that lives through a loop holds a register there, and brought back from a slot it costs as much as a cheap
// instruction. Such a one moves only out of a loop without calls, and while the loop has room for it.
//
// Where it goes: the end of the block that enters the loop, if that ends by a Jump there; otherwise a new block on that
// edge. Loops that are entered by several edges are left alone.

#pragma once

#include "engine/passes/pass.h"
#include "engine/passes/rebuild.h"

namespace skerry::passes {

class HoistInvariants final : public Rebuild {
 public:
  PassOutcome run(const AliasClasses& classes, ir::Function& function);

 private:
  struct LoopFacts {
    ClassSet writes = 0;
    bool calls = false;
    u32 entries = 0;     // edges to the header that do not go back
    u32 cheap_room = 0;  // cheap instructions that may still move in front of it
    u32 moved = none;    // the last that does, in moved_
  };
  struct Moved {
    Value value;
    u32 alike;  // what moves to the same place and computes the same, or none
    u32 next;
  };
  // By instruction, its operands those that moved first, and loop.
  struct Known {
    Inst inst;
    u32 loop = none;
    u32 value = none;
  };

  void begin() override;
  void enter_loop(Block header) override;
  void find_facts();
  void decide(Block block);
  Loop outermost(const Inst& inst, bool first);
  Inst with_first_alike(Inst inst) const;
  u32 find_known(const Inst& inst, Loop loop);
  void know(const Inst& inst, Loop loop, Value value);

  const AliasClasses* classes_ = nullptr;
  std::vector<LoopFacts> facts_;  // by old loop
  std::vector<u32> places_;       // by old value: where in the text it will stand
  std::vector<Loop> open_;        // around the block, the outermost first
  std::vector<Moved> moved_;
  std::vector<Moved> order_;
  std::vector<u32> first_alike_;  // by old value that moves: the first that computes the same there
  std::vector<Known> known_;      // open addressing, at most half full
  usize known_count_ = 0;
  u64 changes_ = 0;
};

}  // namespace skerry::passes
