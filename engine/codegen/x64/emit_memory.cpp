#include "engine/codegen/x64/emit.h"

namespace skerry::x64 {

bool Emitter::emit_memory(const VInst& inst) {
  Access access = Access(inst.aux);
  i32 disp = i32(inst.imm);
  switch (VOp(inst.op)) {
    case VOp::Load: {
      Mem from = guest(inst.a, inst.b, inst.imm, scratch_gpr);
      trap_site(TrapCode::MemoryOutOfBounds, inst.position);
      load(access, inst.d, from);
      return true;
    }
    case VOp::Store: {
      // The value comes first: what faults is the store alone.
      if (!is_float_access(access) && !in_register(inst.c)) {
        Mem to = guest(inst.a, inst.b, inst.imm, far_register);
        a_.mov(Width::W64, scratch_gpr, slot(inst.c));
        trap_site(TrapCode::MemoryOutOfBounds, inst.position);
        store(access, to, scratch_gpr);
      } else if (is_float_access(access)) {
        Xmm value = xmm(inst.c, scratch_xmm);
        Mem to = guest(inst.a, inst.b, inst.imm, scratch_gpr);
        trap_site(TrapCode::MemoryOutOfBounds, inst.position);
        store(access, to, value);
      } else {
        Mem to = guest(inst.a, inst.b, inst.imm, scratch_gpr);
        trap_site(TrapCode::MemoryOutOfBounds, inst.position);
        store(access, to, gpr(place(inst.c)));
      }
      return true;
    }
    case VOp::StoreImm: {
      Mem to = guest(inst.a, inst.b, plain_address(disp), scratch_gpr);
      i32 value = i32(inst.imm >> 32);
      trap_site(TrapCode::MemoryOutOfBounds, inst.position);
      a_.mov(width_of(access), to, value);
      return true;
    }
    case VOp::AluStore: {
      bool has_slot = !in_register(inst.c);
      Mem to = guest(inst.a, inst.b, inst.imm, has_slot ? far_register : scratch_gpr);
      Gpr value = gpr(inst.c, scratch_gpr);
      trap_site(TrapCode::MemoryOutOfBounds, inst.position);
      a_.emit(Alu(inst.aux), Width(inst.width), to, value);
      return true;
    }
    case VOp::AluStoreImm: {
      Mem to = guest(inst.a, inst.b, plain_address(disp), scratch_gpr);
      trap_site(TrapCode::MemoryOutOfBounds, inst.position);
      a_.emit(Alu(inst.aux), Width(inst.width), to, i32(inst.imm >> 32));
      return true;
    }
    case VOp::CompareLoad: {
      bool has_slot = !in_register(inst.c);
      Mem with = guest(inst.a, inst.b, inst.imm, has_slot ? far_register : scratch_gpr);
      Gpr value = gpr(inst.c, scratch_gpr);
      trap_site(TrapCode::MemoryOutOfBounds, inst.position);
      a_.cmp(Width(inst.width), value, with);
      return true;
    }
    case VOp::CompareLoadImm: {
      Mem with = guest(inst.a, inst.b, plain_address(disp), scratch_gpr);
      trap_site(TrapCode::MemoryOutOfBounds, inst.position);
      a_.cmp(Width(inst.width), with, i32(inst.imm >> 32));
      return true;
    }
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
