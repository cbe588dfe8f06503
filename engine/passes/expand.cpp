#include "engine/passes/expand.h"

#include <algorithm>

namespace skerry::passes {

using ir::Cond;
using ir::Inst;
using ir::Op;
using ir::Type;
using ir::Value;

PassOutcome ExpandTables::run(ir::Function& function) {
  bool any = false;
  for (const ir::BlockData& block : function.blocks) any |= function[Value(block.end - 1)].op == Op::BrTable;
  if (!any) return {function.blocks.size(), 0};
  changes_ = 0;
  u64 before = work();
  Rebuild::run(function);
  return {work() - before, changes_};
}

bool ExpandTables::same(u32 a, u32 b) const {
  return a == b || (old().target_block(a) == old().target_block(b) &&
                    std::ranges::equal(old().target_args(a), old().target_args(b)));
}

void ExpandTables::end_block(Value old_value, const Inst& inst) {
  if (inst.op != Op::BrTable || inst.c > entries) return copy_terminator(old_value, inst);
  std::span<const u32> targets = old().list(inst.b, inst.c);
  u32 otherwise = targets.back();
  u32 chosen[most], count = 0;
  for (u32 i = 0; i + 1 < targets.size(); ++i) {
    if (same(targets[i], otherwise)) continue;
    if (count == most) return copy_terminator(old_value, inst);
    chosen[count++] = i;
  }
  ++changes_;
  if (count == 0) return jump(otherwise);
  Value x(inst.a);
  for (u32 k = 0; k < count; ++k) {
    u32 target = targets[chosen[k]];
    bool is_last = k + 1 == count;
    // x = 0 is tested by x itself: a branch on it goes elsewhere.
    if (chosen[k] == 0) {
      if (is_last) return branch(x, otherwise, target);
      branch_to_next(x, Side::Then, target);
      continue;
    }
    Value index = constant(Type::I32, chosen[k]);
    Inst compare{.op = Op::ICmp, .type = Type::I32, .aux = u8(Cond::Eq), .a = x.raw(), .b = index.raw()};
    Value equal = builder().append(compare);
    if (is_last) return branch(equal, target, otherwise);
    branch_to_next(equal, Side::Otherwise, target);
  }
}

}  // namespace skerry::passes
