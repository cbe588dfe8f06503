#include "engine/passes/rebase.h"

namespace skerry::passes {

using ir::Block;
using ir::Inst;
using ir::Loop;
using ir::Op;
using ir::Value;

PassOutcome RebaseCounters::run(ir::Function& function) {
  if (function.loops.empty()) return {};
  u64 looked_at = function.insts.size();
  if (!find_counters(function)) return {looked_at, 0};
  find_uses(function);
  bool any = false;
  for (const Counter& counter : counters_) any |= counter.is_used_outside && !counter.is_used_late;
  if (!any) return {2 * looked_at, 0};
  changes_ = 0;
  next_reading_ = 0;
  u64 before = work();
  Rebuild::run(function);
  return {2 * looked_at + work() - before, changes_};
}

// Parameters of headers that all back edges bring, less a constant.
bool RebaseCounters::find_counters(const ir::Function& function) {
  counters_.clear();
  brought_.assign(function.insts.size(), Value::none());
  counter_of_.assign(function.insts.size(), none);
  for (Block block(0); block < function.blocks.end_key(); block = block.next()) {
    function.for_each_target(function[Value(function.blocks[block].end - 1)], [&](u32 target) {
      Block to = function.target_block(target);
      if (to > block) return;
      u32 first = function.blocks[to].begin;
      std::span<const u32> arguments = function.target_args(target);
      for (u32 i = 0; i < arguments.size(); ++i) {
        Value& brought = brought_[first + i];
        Value argument(arguments[i]), param(first + i);
        // The parameter itself stands for two that differ.
        brought = brought.is_none() || brought == argument ? argument : param;
      }
    });
  }
  for (Loop loop(0); loop < function.loops.end_key(); loop = loop.next()) {
    const ir::BlockData& header = function.blocks[function.loops[loop].header];
    if (header.loop != loop) continue;
    for (u32 at = header.begin; at < header.begin + header.params; ++at) {
      Value step = brought_[at];
      if (step.is_none()) continue;
      const Inst& inst = function[step];
      if (inst.op != Op::IAdd || inst.a != at || function[Value(inst.b)].op != Op::Const) continue;
      if (counter_of_[step.raw()] != none) continue;
      counter_of_[at] = counter_of_[step.raw()] = u32(counters_.size());
      counters_.push_back({.param = Value(at), .step = step, .loop = loop});
    }
  }
  return !counters_.empty();
}

void RebaseCounters::find_uses(const ir::Function& function) {
  readings_.clear();
  for (Block block(0); block < function.blocks.end_key(); block = block.next()) {
    const ir::BlockData& data = function.blocks[block];
    for (u32 at = data.begin; at < data.end; ++at) {
      u32 own = counter_of_[at];
      if (own != none && counters_[own].step.raw() == at && data.loop != counters_[own].loop)
        counters_[own].is_used_late = true;
      function.for_each_use(function[Value(at)], [&](Value used) {
        u32 index = counter_of_[used.raw()];
        if (index == none || counters_[index].param != used) return;
        Counter& counter = counters_[index];
        if (block < function.loops[counter.loop].end) {
          counter.is_used_late |= at > counter.step.raw();
        } else {
          counter.is_used_outside = true;
          readings_.push_back({block, index});
        }
      });
    }
  }
}

void RebaseCounters::begin_block(Block old_block, Opened) {
  while (next_reading_ < readings_.size() && readings_[next_reading_].block < old_block) ++next_reading_;
  for (; next_reading_ < readings_.size() && readings_[next_reading_].block == old_block; ++next_reading_) {
    Counter& counter = counters_[readings_[next_reading_].counter];
    if (counter.is_used_late || !is_renamed(counter.step)) continue;
    if (counter.before.is_none()) counter.before = renamed(counter.param);
    set_renamed(counter.param, told_from_step(counter));
  }
}

Value RebaseCounters::told_from_step(Counter& counter) {
  if (!counter.told.is_none() && dominators().dominates(counter.told_block, current())) return counter.told;
  if (!dominators().dominates(counter.step_block, current())) return counter.before;
  const Inst& step = old()[counter.step];
  u64 distance = old()[Value(step.b)].imm64();
  u64 back = ir::is_64(step.type) ? 0 - distance : u32(0 - distance);
  Value constant = this->constant(step.type, back);
  Inst sum{.op = Op::IAdd, .type = step.type, .a = renamed(counter.step).raw(), .b = constant.raw()};
  ++changes_;
  counter.told = builder().append(sum);
  counter.told_block = current();
  return counter.told;
}

Value RebaseCounters::visit(Value old_value, const Inst& inst) {
  if (u32 index = counter_of_[old_value.raw()]; index != none) counters_[index].step_block = current();
  return copy(old_value, inst);
}

}  // namespace skerry::passes
