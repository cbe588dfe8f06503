#include "engine/codegen/riscv64/emit.h"

namespace skerry::riscv64 {

bool Emitter::emit_control(const VInst& inst) {
  switch (VOp(inst.op)) {
    case VOp::Jump:
      jump_edge((*function_)[ir::Value(u32(inst.imm))].b);
      return true;
    case VOp::Branch: {
      const ir::Inst& terminator = (*function_)[ir::Value(u32(inst.imm))];
      Gpr a = gpr(inst.a, far_register), b = gpr(inst.b, scratch_gpr);
      Condition condition = Condition(inst.aux);
      branch_edges(terminator.b, terminator.c, [&](Label label, bool holds) {
        a_.branch(holds ? condition : invert(condition), a, b, label);
      });
      return true;
    }
    case VOp::BranchTable: branch_table(inst); return true;
    case VOp::TargetsAddress: {
      Label table = a_.new_label();
      tables_.push_back({table, u32(inst.imm)});
      Gpr d = result_gpr(inst.d);
      a_.la(d, table);
      store_result(inst.d, d);
      return true;
    }
    case VOp::Trap: raise(TrapCode(inst.imm), inst.position); return true;
    default: return false;
  }
}

// The index is held to the default's without a branch, which speculation follows too.
void Emitter::branch_table(const VInst& inst) {
  const ir::Inst& terminator = (*function_)[ir::Value(u32(inst.imm))];
  u32 last = terminator.c - 1;
  if (last == 0) {
    jump_edge(function_->extra[terminator.b]);
    return;
  }
  Gpr index = gpr(inst.a, far_register), held = scratch_gpr;
  Gpr end = inst.b.is_none() ? held : gpr(inst.b, scratch_gpr);
  if (inst.b.is_none()) a_.li(held, last);
  if (a_.features().has(CpuFeature::Zbb)) {
    a_.minu(held, index, end);
  } else {
    // last ^ ((index ^ last) & -(index < last))
    a_.sltu(assembler_gpr, index, held);
    a_.neg(assembler_gpr, assembler_gpr);
    a_.xor_(far_register, index, held);
    a_.and_(far_register, far_register, assembler_gpr);
    a_.xor_(held, held, far_register);
  }
  Gpr targets = inst.c.is_none() ? far_register : gpr(inst.c, far_register);
  if (inst.c.is_none()) {
    Label table = a_.new_label();
    tables_.push_back({table, u32(inst.imm)});
    a_.la(targets, table);
  }
  if (a_.features().has(CpuFeature::Zba)) {
    a_.sh2add(held, held, targets);
  } else {
    a_.slli(held, held, 2);
    a_.add(held, held, targets);
  }
  a_.lw(held, Mem::at(held));
  a_.add(far_register, targets, held);
  a_.jr(far_register);
}

}  // namespace skerry::riscv64
