#include "engine/codegen/riscv64/emit.h"

namespace skerry::riscv64 {

bool Emitter::emit_integer(const VInst& inst) {
  switch (VOp(inst.op)) {
    case VOp::Constant: {
      if (!in_register(inst.d) && inst.imm == 0) {
        a_.sd(slot(inst.d), Gpr::Zero);
        return true;
      }
      Gpr d = result_gpr(inst.d);
      a_.li(d, u64(inst.imm));
      store_result(inst.d, d);
      return true;
    }
    case VOp::Copy: {
      if (place(inst.d) == place(inst.a)) return true;
      Gpr d = result_gpr(inst.d);
      move_to(d, inst.a);
      store_result(inst.d, d);
      return true;
    }
    case VOp::Alu: {
      Gpr a = gpr(inst.a, far_register), b = inst.b == inst.a ? a : gpr(inst.b, scratch_gpr);
      Gpr d = result_gpr(inst.d);
      a_.emit(RRR(inst.aux), d, a, b);
      store_result(inst.d, d);
      return true;
    }
    case VOp::AluImm: {
      Gpr a = gpr(inst.a, far_register), d = result_gpr(inst.d);
      a_.emit(RRI(inst.aux), d, a, i32(inst.imm));
      store_result(inst.d, d);
      return true;
    }
    case VOp::ShiftImm: {
      Gpr a = gpr(inst.a, far_register), d = result_gpr(inst.d);
      a_.emit(Shift(inst.aux), d, a, u32(inst.imm));
      store_result(inst.d, d);
      return true;
    }
    case VOp::AluUnary: {
      Gpr a = gpr(inst.a, far_register), d = result_gpr(inst.d);
      a_.emit(RR(inst.aux), d, a);
      store_result(inst.d, d);
      return true;
    }
    case VOp::ZeroExtend: {
      Gpr a = gpr(inst.a, far_register), d = result_gpr(inst.d);
      a_.zext_w(d, a);
      store_result(inst.d, d);
      return true;
    }
    case VOp::CountSlow: count_slow(inst); return true;
    case VOp::MoveIf:
    case VOp::FloatMoveIf: move_if(inst); return true;
    case VOp::TrapIf: {
      Gpr a = gpr(inst.a, far_register), b = gpr(inst.b, scratch_gpr);
      a_.branch(Condition(inst.aux), a, b, trap_label(TrapCode(inst.imm), inst.position));
      return true;
    }
    case VOp::TrapIfOverflow: trap_if_overflow(inst); return true;
    default: return false;
  }
}

// x / y overflows for the least x and -1 alone.
void Emitter::trap_if_overflow(const VInst& inst) {
  Gpr a = gpr(inst.a, far_register), b = gpr(inst.b, scratch_gpr);
  Label fine = a_.new_label();
  a_.addi(assembler_gpr, b, 1);
  a_.branch(Condition::NotEqual, assembler_gpr, Gpr::Zero, fine);
  a_.li(assembler_gpr, Width(inst.width) == Width::W64 ? u64{1} << 63 : ~u64{0} << 31);
  a_.branch(Condition::Equal, a, assembler_gpr, trap_label(TrapCode::IntegerOverflow, inst.position));
  a_.bind(fine);
}

void Emitter::move_if(const VInst& inst) {
  bool is_float = VOp(inst.op) == VOp::FloatMoveIf;
  auto choose = [&](auto d) {
    move_to(d, inst.a);
    Label chosen = a_.new_label();
    a_.branch(inst.aux ? Condition::Equal : Condition::NotEqual, gpr(inst.c, far_register), Gpr::Zero, chosen);
    move_to(d, inst.b);
    a_.bind(chosen);
    store_result(inst.d, d);
  };
  if (is_float) choose(result_fpr(inst.d));
  else choose(result_gpr(inst.d));
}

// Warren, Hacker's Delight, chapter 5: leading zeros by spreading the top bit downwards, trailing zeros as the
// ones of ~x & (x - 1), each by counting ones. All in 64 bits: an i32 is zero-extended, or given a bit above it.
void Emitter::count_slow(const VInst& inst) {
  bool narrow = Width(inst.width) == Width::W32;
  Gpr d = result_gpr(inst.d), t = far_register;
  move_to(d, inst.a);
  switch (CountKind(inst.aux)) {
    case CountKind::LeadingZeros:
      if (narrow) a_.zext_w(d, d);
      for (u32 distance = 1; distance < (narrow ? 32 : 64); distance *= 2) {
        a_.srli(t, d, distance);
        a_.or_(d, d, t);
      }
      count_ones(d);
      a_.li(t, narrow ? 32 : 64);
      a_.sub(d, t, d);
      break;
    case CountKind::TrailingZeros:
      if (narrow) {
        a_.li(t, u64{1} << 32);
        a_.or_(d, d, t);
      }
      a_.addi(t, d, -1);
      a_.not_(d, d);
      a_.and_(d, d, t);
      count_ones(d);
      break;
    case CountKind::Ones:
      if (narrow) a_.zext_w(d, d);
      count_ones(d);
      break;
  }
  store_result(inst.d, d);
}

// Pairs, nibbles, bytes, and their sum by a multiplication.
void Emitter::count_ones(Gpr d) {
  Gpr t = far_register, mask = assembler_gpr;
  a_.li(mask, 0x5555555555555555);
  a_.srli(t, d, 1);
  a_.and_(t, t, mask);
  a_.sub(d, d, t);
  a_.li(mask, 0x3333333333333333);
  a_.and_(t, d, mask);
  a_.srli(d, d, 2);
  a_.and_(d, d, mask);
  a_.add(d, d, t);
  a_.srli(t, d, 4);
  a_.add(d, d, t);
  a_.li(mask, 0x0f0f0f0f0f0f0f0f);
  a_.and_(d, d, mask);
  a_.li(mask, 0x0101010101010101);
  a_.mul(d, d, mask);
  a_.srli(d, d, 56);
}

}  // namespace skerry::riscv64
