#include "engine/codegen/x64/emit.h"

#include <algorithm>

namespace skerry::x64 {

bool Emitter::emit_control(const VInst& inst) {
  switch (VOp(inst.op)) {
    case VOp::Jump:
      jump_edge((*function_)[ir::Value(u32(inst.imm))].b, block_.next());
      return true;
    case VOp::Branch: branch(inst); return true;
    case VOp::BranchTable: branch_table(inst); return true;
    case VOp::TrapIf:
      a_.jcc(Condition(inst.aux), trap_label(TrapCode(inst.imm), inst.position));
      return true;
    case VOp::Trap: raise(TrapCode(inst.imm), inst.position); return true;
    default: return false;
  }
}

// What the second edge hands over is moved in line; the first edge's moves go in line as
// well if they are the only ones, behind the inverted jump.
void Emitter::branch(const VInst& inst) {
  const ir::Inst& terminator = (*function_)[ir::Value(u32(inst.imm))];
  u32 then = terminator.b, otherwise = terminator.c;
  ir::Block next = block_.next();
  if (inst.aux >= u8(FloatCondition::Equal)) {
    // Not equal: either flag. Equal is not (not equal).
    bool equal = inst.aux == u8(FloatCondition::Equal);
    Label differs = edge_label(equal ? otherwise : then);
    a_.jcc(Condition::Parity, differs);
    a_.jcc(Condition::NotEqual, differs);
    jump_edge(equal ? then : otherwise, next);
    return;
  }
  Condition condition = Condition(inst.aux);
  plan_edge(otherwise);
  bool otherwise_moves = !moves_.empty();
  moves_.clear();
  plan_edge(then);
  bool then_moves = !moves_.empty();
  moves_.clear();
  bool then_is_next = function_->target_block(then) == next;
  if ((then_moves || then_is_next) && !otherwise_moves) {
    a_.jcc(invert(condition), edge_label(otherwise));
    jump_edge(then, next);
  } else {
    a_.jcc(condition, edge_label(then));
    jump_edge(otherwise, next);
  }
}

// The index is held to the default's by a conditional move, which speculation follows too.
void Emitter::branch_table(const VInst& inst) {
  const ir::Inst& terminator = (*function_)[ir::Value(u32(inst.imm))];
  u32 last = terminator.c - 1;
  if (last == 0) {
    jump_edge(function_->extra[terminator.b], block_.next());
    return;
  }
  Gpr index = gpr(inst.a, far_register);
  a_.mov_constant(scratch_gpr, last);
  a_.cmp(Width::W32, index, scratch_gpr);
  a_.cmov(Condition::Below, Width::W32, scratch_gpr, index);
  Label table = a_.new_label();
  tables_.push_back({table, u32(inst.imm)});
  a_.lea(Width::W64, far_register, Mem::rip(table));
  a_.movsx(Width::W64, Width::W32, scratch_gpr, Mem::indexed(far_register, scratch_gpr, Scale::By4));
  a_.add(Width::W64, far_register, scratch_gpr);
  a_.jmp(far_register);
}

void Emitter::jump_table(const TableStub& stub) {
  const ir::Inst& terminator = (*function_)[ir::Value(stub.terminator)];
  while (a_.offset() % 4) a_.int3();
  a_.bind(stub.label);
  // Equal targets share the piece of code that moves what their edge hands over.
  std::vector<u32> targets;
  std::vector<Label> labels;
  std::span<const u32> list = function_->list(terminator.b, terminator.c);
  targets.assign(list.begin(), list.end());
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  for (u32 target : targets) labels.push_back(edge_label(target));
  for (u32 target : list) {
    auto at = std::lower_bound(targets.begin(), targets.end(), target);
    a_.jump_table_entry(labels[usize(at - targets.begin())], stub.label);
  }
}

}  // namespace skerry::x64
