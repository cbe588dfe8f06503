#include "engine/codegen/riscv64/emit.h"

namespace skerry::riscv64 {

bool Emitter::emit_memory(const VInst& inst) {
  Access access = Access(inst.aux);
  i32 disp = i32(inst.imm);
  auto guest = [&] { return Mem::at(inst.a.is_none() ? memory_base_register : gpr(inst.a, far_register), disp); };
  switch (VOp(inst.op)) {
    case VOp::Nothing: return true;
    case VOp::MemoryAddress: memory_address(inst); return true;
    case VOp::Load: {
      Mem from = guest();
      trap_site(TrapCode::MemoryOutOfBounds, inst.position);
      load(access, inst.d, from);
      return true;
    }
    case VOp::Store: {
      Mem to = guest();
      // The value comes first: what faults is the store alone.
      if (is_float_access(access)) {
        Fpr value = fpr(inst.b, scratch_fpr);
        trap_site(TrapCode::MemoryOutOfBounds, inst.position);
        a_.fstore(access == Access::F32 ? Width::W32 : Width::W64, to, value);
      } else {
        Gpr value = gpr(inst.b, scratch_gpr);
        trap_site(TrapCode::MemoryOutOfBounds, inst.position);
        store(access, to, value);
      }
      return true;
    }
    case VOp::LoadField: load(access, inst.d, field(inst.a, disp, far_register)); return true;
    case VOp::StoreField: {
      if (is_float_access(access)) {
        Fpr value = fpr(inst.b, scratch_fpr);
        a_.fstore(access == Access::F32 ? Width::W32 : Width::W64, field(inst.a, disp, far_register), value);
      } else {
        Gpr value = gpr(inst.b, scratch_gpr);
        store(access, field(inst.a, disp, far_register), value);
      }
      return true;
    }
    // Slots hold what registers do: all 64 bits.
    case VOp::LoadSlot:
      load(is_float_access(access) ? Access::F64 : Access::W64, inst.d, in_frame(local_offset(u32(inst.imm))));
      return true;
    case VOp::StoreSlot:
      if (is_float_access(access)) {
        Fpr value = fpr(inst.a, scratch_fpr);
        a_.fstore(Width::W64, in_frame(local_offset(u32(inst.imm))), value);
      } else {
        Gpr value = gpr(inst.a, scratch_gpr);
        a_.sd(in_frame(local_offset(u32(inst.imm))), value);
      }
      return true;
    case VOp::CheckSignature: check_signature(inst); return true;
    case VOp::TakeFuel: take_fuel(inst); return true;
    default: return false;
  }
}

void Emitter::memory_address(const VInst& inst) {
  Gpr a = gpr(inst.a, scratch_gpr), base = inst.b.is_none() ? memory_base_register : gpr(inst.b, far_register);
  Gpr d = result_gpr(inst.d);
  if (AddressPart(inst.aux) == AddressPart::Whole) {
    a_.add(d, a, base);
  } else if (a_.features().has(CpuFeature::Zba)) {
    a_.add_uw(d, a, base);
  } else {
    a_.zext_w(scratch_gpr, a);
    a_.add(d, scratch_gpr, base);
  }
  store_result(inst.d, d);
}

// One instruction, and then perhaps the store to a slot.
void Emitter::load(Access access, VReg vreg, const Mem& from) {
  if (is_float_access(access)) {
    Fpr d = result_fpr(vreg);
    a_.fload(access == Access::F32 ? Width::W32 : Width::W64, d, from);
    store_result(vreg, d);
    return;
  }
  constexpr Load loads[] = {Load::Lb, Load::Lbu, Load::Lh, Load::Lhu, Load::Lw, Load::Lwu, Load::Ld};
  Gpr d = result_gpr(vreg);
  a_.emit(loads[u8(access)], d, from);
  store_result(vreg, d);
}

void Emitter::store(Access access, const Mem& to, Gpr value) {
  switch (bytes(access)) {
    case 1: a_.sb(to, value); break;
    case 2: a_.sh(to, value); break;
    case 4: a_.sw(to, value); break;
    default: a_.sd(to, value); break;
  }
}

void Emitter::check_signature(const VInst& inst) {
  Gpr entry = gpr(inst.a, far_register), id = gpr(inst.b, scratch_gpr);
  a_.lw(assembler_gpr, Mem::at(entry, offsetof(TableEntry, signature)));
  Label differs = a_.new_label();
  signatures_.push_back({differs, entry, inst.position, inst.aux != 0});
  a_.branch(Condition::NotEqual, id, assembler_gpr, differs);
}

// Compared first: fuel that does not suffice is left as it is.
void Emitter::take_fuel(const VInst& inst) {
  Gpr fuel = far_register, cost = assembler_gpr;
  a_.ld(scratch_gpr, Mem::at(instance_register, offsetof(InstanceHeader, store)));
  a_.ld(fuel, Mem::at(scratch_gpr, offsetof(StoreState, fuel)));
  a_.li(cost, u64(inst.imm));
  a_.branch(Condition::Below, fuel, cost, trap_label(TrapCode::OutOfFuel, inst.position));
  a_.sub(fuel, fuel, cost);
  a_.sd(Mem::at(scratch_gpr, offsetof(StoreState, fuel)), fuel);
}

}  // namespace skerry::riscv64
