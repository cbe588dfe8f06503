#include "engine/codegen/x64/emit.h"

namespace skerry::x64 {

bool Emitter::emit_memory(const VInst& inst) {
  Access access = Access(inst.aux);
  i32 disp = i32(inst.imm);
  // What is at the address, with an operand c or a constant: what faults is the one instruction that emit_with emits.
  auto with_operand = [&](auto&& emit_with) {
    Mem memory = guest(inst.a, inst.b, inst.imm, in_register(inst.c) ? scratch_gpr : far_register);
    Gpr value = gpr(inst.c, scratch_gpr);
    trap_site(TrapCode::MemoryOutOfBounds, inst.position);
    emit_with(memory, value);
    return true;
  };
  auto with_constant = [&](auto&& emit_with) {
    Mem memory = guest(inst.a, inst.b, plain_address(disp), scratch_gpr);
    trap_site(TrapCode::MemoryOutOfBounds, inst.position);
    emit_with(memory, i32(inst.imm >> 32));
    return true;
  };
  switch (VOp(inst.op)) {
    case VOp::Load: {
      Mem from = guest(inst.a, inst.b, inst.imm, scratch_gpr);
      trap_site(TrapCode::MemoryOutOfBounds, inst.position);
      load(access, inst.d, from);
      return true;
    }
    case VOp::Store: {
      if (!is_float_access(access)) return with_operand([&](Mem to, Gpr value) { store(access, to, value); });
      Xmm value = xmm(inst.c, scratch_xmm);
      Mem to = guest(inst.a, inst.b, inst.imm, scratch_gpr);
      trap_site(TrapCode::MemoryOutOfBounds, inst.position);
      store(access, to, value);
      return true;
    }
    case VOp::StoreImm: return with_constant([&](Mem to, i32 value) { a_.mov(width_of(access), to, value); });
    case VOp::AluStore:
      return with_operand([&](Mem to, Gpr value) { a_.emit(Alu(inst.aux), Width(inst.width), to, value); });
    case VOp::AluStoreImm:
      return with_constant([&](Mem to, i32 value) { a_.emit(Alu(inst.aux), Width(inst.width), to, value); });
    case VOp::CompareLoad: return with_operand([&](Mem with, Gpr value) { a_.cmp(Width(inst.width), value, with); });
    case VOp::CompareLoadImm:
      return with_constant([&](Mem with, i32 value) { a_.cmp(Width(inst.width), with, value); });
    case VOp::LoadField: load(access, inst.d, field(inst.a, disp, far_register)); return true;
    case VOp::StoreField: {
      Mem to = field(inst.a, disp, far_register);
      if (is_float_access(access)) store(access, to, xmm(inst.b, scratch_xmm));
      else store(access, to, gpr(inst.b, scratch_gpr));
      return true;
    }
    case VOp::LoadSlot: load(access, inst.d, Mem::at(Gpr::Rbp, local_offset(u32(inst.imm)))); return true;
    case VOp::StoreSlot: {
      // All eight bytes, so that a 32-bit value's upper half is there again when it is loaded as a word.
      Mem to = Mem::at(Gpr::Rbp, local_offset(u32(inst.imm)));
      if (is_float_access(access)) a_.movsd(to, xmm(inst.a, scratch_xmm));
      else a_.mov(Width::W64, to, gpr(inst.a, scratch_gpr));
      return true;
    }
    case VOp::CheckSignature: {
      Gpr entry = gpr(inst.a, far_register);
      a_.mov(Width::W32, scratch_gpr, Mem::at(instance_register, disp));
      a_.cmp(Width::W32, scratch_gpr, Mem::at(entry, offsetof(TableEntry, signature)));
      Label differs = a_.new_label();
      signatures_.push_back({differs, entry, inst.position});
      a_.jcc(Condition::NotEqual, differs);
      return true;
    }
    case VOp::TakeFuel:
      a_.mov(Width::W64, scratch_gpr, Mem::at(instance_register, offsetof(InstanceHeader, store)));
      // Compared first: fuel that does not suffice is left as it is.
      a_.cmp(Width::W64, Mem::at(scratch_gpr, offsetof(StoreState, fuel)), disp);
      a_.jcc(Condition::Below, trap_label(TrapCode::OutOfFuel, inst.position));
      a_.sub(Width::W64, Mem::at(scratch_gpr, offsetof(StoreState, fuel)), disp);
      return true;
    default: return false;
  }
}

void Emitter::load(Access access, VReg vreg, const Mem& from) {
  if (is_float_access(access)) {
    Xmm d = result_xmm(vreg);
    if (access == Access::F32) a_.movss(d, from);
    else a_.movsd(d, from);
    store_result(vreg, d);
    return;
  }
  Gpr d = result_gpr(vreg);
  switch (access) {
    case Access::U8: a_.movzx(Width::W8, d, from); break;
    case Access::S8To32: a_.movsx(Width::W32, Width::W8, d, from); break;
    case Access::S8To64: a_.movsx(Width::W64, Width::W8, d, from); break;
    case Access::U16: a_.movzx(Width::W16, d, from); break;
    case Access::S16To32: a_.movsx(Width::W32, Width::W16, d, from); break;
    case Access::S16To64: a_.movsx(Width::W64, Width::W16, d, from); break;
    case Access::W32: a_.mov(Width::W32, d, from); break;
    case Access::S32To64: a_.movsx(Width::W64, Width::W32, d, from); break;
    default: a_.mov(Width::W64, d, from); break;
  }
  store_result(vreg, d);
}

void Emitter::store(Access access, const Mem& to, Gpr value) { a_.mov(width_of(access), to, value); }

void Emitter::store(Access access, const Mem& to, Xmm value) {
  if (access == Access::F32) a_.movss(to, value);
  else a_.movsd(to, value);
}

}  // namespace skerry::x64
