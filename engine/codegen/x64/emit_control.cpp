#include "engine/codegen/x64/emit.h"

namespace skerry::x64 {

bool Emitter::emit_control(const VInst& inst) {
  switch (VOp(inst.op)) {
    case VOp::Jump:
      jump_edge((*function_)[ir::Value(u32(inst.imm))].b);
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

void Emitter::branch(const VInst& inst) {
  const ir::Inst& terminator = (*function_)[ir::Value(u32(inst.imm))];
  u32 then = terminator.b, otherwise = terminator.c;
  if (inst.aux >= u8(FloatCondition::Equal)) {
    // Not equal: either flag. Equal is not (not equal).
    bool equal = inst.aux == u8(FloatCondition::Equal);
    Label differs = edge_label(equal ? otherwise : then);
    a_.jcc(Condition::Parity, differs);
    a_.jcc(Condition::NotEqual, differs);
    jump_edge(equal ? then : otherwise);
    return;
  }
  Condition condition = Condition(inst.aux);
  branch_edges(then, otherwise, [&](Label label, bool holds) { a_.jcc(holds ? condition : invert(condition), label); });
}

// The index is held to the default's by a conditional move, which speculation follows too.
void Emitter::branch_table(const VInst& inst) {
  const ir::Inst& terminator = (*function_)[ir::Value(u32(inst.imm))];
  u32 last = terminator.c - 1;
  if (last == 0) {
    jump_edge(function_->extra[terminator.b]);
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

}  // namespace skerry::x64
