// rebase: what is behind a loop counts from the counter's next value.
//
//   loop (p): ...; a = p + c; branch x, loop(a), out    =>    the same
//   out: ... p ...                                            out: p' = a - c; ... p' ...
//
// A counter whose value before the last step is read behind the loop is alive beside the next value, so that the two
// take two registers, and each iteration moves one to the other. The value before is the next one less the step,
// modulo 2^n; told so it is over with the step, and both are in one register.
//
// This is done where p's last use within the loop is the step, or comes before it in the text: the step is in the loop
// itself, not in one inside, and so nothing that comes behind it leads to what stands before it but through the header.
// Where the step dominates a place behind the loop, it ran since p had its last value: otherwise a way leads from the
// header there past the step, and it would not dominate.

#pragma once

#include "engine/passes/pass.h"
#include "engine/passes/rebuild.h"

namespace skerry::passes {

class RebaseCounters final : public Rebuild {
 public:
  PassOutcome run(ir::Function& function);

 private:
  struct Counter {
    Value param, step;     // old
    Loop loop;
    bool is_used_outside = false;
    bool is_used_late = false;  // within the loop, behind the step
    Block step_block;      // new
    Value before = Value::none();  // new: the parameter
    Value told = Value::none();    // new: from the step, in the block told_block
    Block told_block;
  };
  struct Reading {
    Block block;  // old, behind the loop
    u32 counter;
  };

  bool find_counters(const ir::Function& function);
  void find_uses(const ir::Function& function);
  void begin_block(Block old_block, Opened opened) override;
  Value visit(Value old, const Inst& inst) override;
  Value told_from_step(Counter& counter);

  std::vector<Counter> counters_;
  std::vector<u32> counter_of_;  // by old value: of a parameter or a step
  std::vector<Value> brought_;   // by old value, of headers' parameters: what all back edges bring, or none
  std::vector<Reading> readings_;  // by block
  usize next_reading_ = 0;
  u64 changes_ = 0;
};

}  // namespace skerry::passes
