#include "engine/passes/predict.h"

#include <algorithm>

namespace skerry::passes {

using ir::Inst;
using ir::Op;
using ir::Value;

PassOutcome PredictSelections::run(ir::Function& function, Selections selections) {
  u64 looked_at = function.insts.size();
  selections_ = selections;
  if (!find_any(function)) return {looked_at, 0};
  changes_ = 0;
  uses_.assign(function.insts.size(), 0);
  for (const Inst& inst : function.insts)
    function.for_each_use(inst, [&](Value value) { uses_[value.raw()] = u8(std::min(uses_[value.raw()] + 1, 2)); });
  u64 before = work();
  Rebuild::run(function);
  return {looked_at + work() - before, changes_};
}

// Whether a loop has a selection by a comparison with what was loaded, or where all may become branches, any: few
// functions do.
bool PredictSelections::find_any(const ir::Function& function) {
  auto is_load = [&](u32 value) { return ir::info(function[Value(value)].op).shape == ir::Shape::Load; };
  for (const ir::BlockData& block : function.blocks) {
    if (block.loop.is_none()) continue;
    for (u32 at = block.begin; at < block.end; ++at) {
      const Inst& inst = function[Value(at)];
      if (inst.op != Op::Select) continue;
      if (selections_ == Selections::Branch) return true;
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

// ---------------------------------------------------------------------------- Sides of their own

void PredictSelections::begin() {
  sunk_.assign(old().insts.size(), 0);
  if (selections_ == Selections::Move) return;
  for (const ir::BlockData& block : old().blocks)
    if (!block.loop.is_none()) find_sides(block.begin + block.params, block.end);
}

// Backwards: who uses a value has been looked at before it.
void PredictSelections::find_sides(u32 begin, u32 end) {
  auto sink = [&](u32 value, u32 depth) {
    const Inst& inst = old()[Value(value)];
    u8 effects = ir::info(inst.op).effects;
    bool is_pure = !(effects & (ir::Reads | ir::Writes | ir::MayTrap | ir::Calls)) && ir::info(inst.op).removable();
    bool stays = inst.op == Op::Const || inst.op == Op::Param || inst.op == Op::CallResult || inst.op == Op::Select;
    if (value >= begin && value < end && uses_[value] == 1 && is_pure && !stays) sunk_[value] = u8(depth);
  };
  for (u32 at = end; at-- > begin;) {
    const Inst& inst = old()[Value(at)];
    if (inst.op == Op::Select) {
      sink(inst.a, 1);
      sink(inst.b, 1);
      if (is_on_side(inst.a) || is_on_side(inst.b) || is_shorter_as_branch(inst)) sunk_[at] = branches;
    } else if (is_on_side(at) && sunk_[at] < most_depth) {
      old().for_each_use(inst, [&](Value operand) { sink(operand.raw(), sunk_[at] + 1u); });
    }
  }
}

// A comparison of integers that is no test for zero takes an instruction in front of a move, and none in a branch. The
// lesser or the greater of two integers is left to who selects instructions.
bool PredictSelections::is_shorter_as_branch(const Inst& select) const {
  const Inst& compare = old()[Value(select.c)];
  if (compare.op != Op::ICmp) return false;
  bool is_extreme = (compare.a == select.a && compare.b == select.b) ||
                    (compare.a == select.b && compare.b == select.a);
  const Inst& right = old()[Value(compare.b)];
  ir::Cond cond = compare.cond();
  bool tests_zero = right.op == Op::Const && right.imm64() == 0 && (cond == ir::Cond::Eq || cond == ir::Cond::Ne);
  return !is_extreme && !tests_zero;
}

// Whether it is written, or can be.
bool PredictSelections::is_there(u32 value) const {
  if (!is_on_side(value)) return is_renamed(Value(value));
  bool there = true;
  old().for_each_use(old()[Value(value)], [&](Value operand) { there &= is_there(operand.raw()); });
  return there;
}

u32 PredictSelections::write_side(u32 value) {
  if (!is_on_side(value)) return renamed(Value(value)).raw();
  const Inst& inst = old()[Value(value)];
  old().for_each_use(inst, [&](Value operand) { write_side(operand.raw()); });
  builder().at(old().positions[value]);
  Value written = copy(Value(value), with_renamed_operands(inst));
  set_renamed(Value(value), written);
  return written.raw();
}

// The selection and those behind it that are chosen alike.
Value PredictSelections::branch_to_sides(Value first) {
  const Inst& select = old()[first];
  chosen_ = {first.raw()};
  for (u32 at = first.raw() + 1; chosen_.size() < 8; ++at) {
    const Inst& inst = old()[Value(at)];
    if (is_on_side(at)) continue;
    if (inst.op == Op::Const) {
      if (!is_renamed(Value(at))) set_renamed(Value(at), copy(Value(at), inst));
      continue;
    }
    if (sunk_[at] != branches || inst.c != select.c || !is_there(inst.a) || !is_there(inst.b)) break;
    chosen_.push_back(at);
  }
  bool has_side[2] = {};
  for (u32 at : chosen_) {
    const Inst& inst = old()[Value(at)];
    has_side[0] |= is_on_side(inst.a);
    has_side[1] |= is_on_side(inst.b);
  }
  auto write = [&](u32 which) {
    sides_[which].clear();
    for (u32 at : chosen_) {
      const Inst& inst = old()[Value(at)];
      sides_[which].push_back(write_side(which == 0 ? inst.a : inst.b));
    }
  };
  open_sides(renamed(Value(select.c)), has_side, sides_, write);
  for (u32 at : chosen_) set_renamed(Value(at), builder().param(old()[Value(at)].type));
  return renamed(first);
}

Value PredictSelections::visit(Value old_value, const Inst& inst) {
  if (is_on_side(old_value.raw())) return Value(0);  // until its side is written
  if (sunk_[old_value.raw()] == branches) {
    ++changes_;
    return branch_to_sides(old_value);
  }
  if (inst.op != Op::Select || !in_loop_ || !waits_for_memory(old()[old_value].c)) return copy(old_value, inst);
  ++changes_;
  return join(Value(inst.c), Value(inst.a), Value(inst.b));
}

}  // namespace skerry::passes
