#include "engine/passes/predict.h"

#include <algorithm>

namespace skerry::passes {

using ir::Inst;
using ir::Op;
using ir::Value;

PassOutcome PredictSelections::run(ir::Function& function) {
  u64 looked_at = function.insts.size();
  if (!find_any(function)) return {looked_at, 0};
  changes_ = 0;
  uses_.assign(function.insts.size(), 0);
  for (const Inst& inst : function.insts)
    function.for_each_use(inst, [&](Value value) { uses_[value.raw()] = u8(std::min(uses_[value.raw()] + 1, 2)); });
  u64 before = work();
  Rebuild::run(function);
  return {looked_at + work() - before, changes_};
}

// Whether a loop has a selection by a comparison with what was loaded: few functions do.
bool PredictSelections::find_any(const ir::Function& function) {
  auto is_load = [&](u32 value) { return ir::info(function[Value(value)].op).shape == ir::Shape::Load; };
  for (const ir::BlockData& block : function.blocks) {
    if (block.loop.is_none()) continue;
    for (u32 at = block.begin; at < block.end; ++at) {
      const Inst& inst = function[Value(at)];
      if (inst.op != Op::Select) continue;
      const Inst& condition = function[Value(inst.c)];
      if (condition.op != Op::ICmp && condition.op != Op::FCmp) continue;
      if (is_load(condition.a) || is_load(condition.b)) return true;
    }
  }
  return false;
}

void PredictSelections::begin_block(Block old_block, Opened) {
  const ir::BlockData& data = old().blocks[old_block];
  in_loop_ = !data.loop.is_none();
  block_begin_ = data.begin;
}

bool PredictSelections::waits_for_memory(u32 condition) const {
  const Inst& compare = old()[Value(condition)];
  if ((compare.op != Op::ICmp && compare.op != Op::FCmp) || uses_[condition] != 1) return false;
  auto waits = [&](u32 value) {
    return ir::info(old()[Value(value)].op).shape == ir::Shape::Load && uses_[value] == 1 && value >= block_begin_;
  };
  return condition >= block_begin_ && (waits(compare.a) || waits(compare.b));
}

Value PredictSelections::visit(Value old_value, const Inst& inst) {
  if (inst.op != Op::Select || !in_loop_ || !waits_for_memory(old()[old_value].c)) return copy(old_value, inst);
  ++changes_;
  return join(Value(inst.c), Value(inst.a), Value(inst.b));
}

}  // namespace skerry::passes
