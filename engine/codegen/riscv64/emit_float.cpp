#include "engine/codegen/riscv64/emit.h"

#include <bit>

namespace skerry::riscv64 {

namespace {

// The bits of 2^exponent and of -2^exponent.
u64 power_of_two(Width width, i32 exponent) {
  return width == Width::W64 ? std::bit_cast<u64>(0x1p0) + (u64(i64(exponent)) << 52)
                             : std::bit_cast<u32>(0x1p0f) + (u32(exponent) << 23);
}
u64 negated(Width width, u64 bits) { return bits | u64{1} << (width == Width::W64 ? 63 : 31); }

}  // namespace

bool Emitter::emit_float(const VInst& inst) {
  Width width = Width(inst.width);
  switch (VOp(inst.op)) {
    case VOp::FloatConstant: {
      Fpr d = result_fpr(inst.d);
      float_constant(width, d, u64(inst.imm));
      store_result(inst.d, d);
      return true;
    }
    case VOp::MoveAcross:
      if (is_float(inst.d)) {
        Fpr d = result_fpr(inst.d);
        a_.fmv(width, d, gpr(inst.a, far_register));
        store_result(inst.d, d);
      } else {
        Gpr d = result_gpr(inst.d);
        a_.fmv(width, d, fpr(inst.a, scratch_fpr));
        store_result(inst.d, d);
      }
      return true;
    case VOp::Float: {
      Fpr a = fpr(inst.a, scratch_fpr), b = inst.b == inst.a ? a : fpr(inst.b, second_scratch_fpr);
      Fpr d = result_fpr(inst.d);
      a_.emit(FFF(inst.aux), width, d, a, b);
      store_result(inst.d, d);
      return true;
    }
    case VOp::FloatUnary: {
      Fpr a = fpr(inst.a, scratch_fpr), d = result_fpr(inst.d);
      switch (FloatUnaryOp(inst.aux)) {
        case FloatUnaryOp::Sqrt: a_.fsqrt(width, d, a); break;
        case FloatUnaryOp::Promote: a_.fcvt_d_s(d, a); break;
        case FloatUnaryOp::Demote: a_.fcvt_s_d(d, a); break;
      }
      store_result(inst.d, d);
      return true;
    }
    case VOp::FloatCompare: {
      Fpr a = fpr(inst.a, scratch_fpr), b = fpr(inst.b, second_scratch_fpr);
      Gpr d = result_gpr(inst.d);
      a_.emit(RFF(inst.aux), width, d, a, b);
      store_result(inst.d, d);
      return true;
    }
    case VOp::FloatRound: float_round(inst); return true;
    case VOp::FloatMinMax: float_min_max(inst); return true;
    case VOp::FloatFromInt: {
      Gpr a = gpr(inst.a, far_register);
      Fpr d = result_fpr(inst.d);
      a_.emit(IntToFloat(inst.aux), width, d, a);
      store_result(inst.d, d);
      return true;
    }
    case VOp::Truncate: truncate(inst); return true;
    case VOp::TruncateSat: truncate_saturating(inst); return true;
    default: return false;
  }
}

// By an integer register where that is short, which assembler_gpr is for: moves are going on in the others.
void Emitter::float_constant(Width width, Fpr to, u64 bits) {
  if (width == Width::W32) {
    if (u32(bits) != 0) a_.li(assembler_gpr, u64(i64(i32(bits))));
    a_.fmv(width, to, u32(bits) != 0 ? assembler_gpr : Gpr::Zero);
  } else if (bits == 0) {
    a_.fmv(width, to, Gpr::Zero);
  } else if (std::countr_zero(bits) >= 52) {
    a_.li(assembler_gpr, bits);
    a_.fmv(width, to, assembler_gpr);
  } else {
    a_.fload(width, to, a_.constant64(bits));
  }
}

// A number that has places behind the point is below 2^52 (2^23), which its exponent tells, and goes through an
// integer; that loses the sign of a zero. Of all others fmin gives the number itself, and for NaN the canonical one.
void Emitter::float_round(const VInst& inst) {
  Width width = Width(inst.width);
  Rounding mode = Rounding(inst.aux);
  Fpr a = fpr(inst.a, second_scratch_fpr), d = result_fpr(inst.d);
  Gpr t = far_register;
  Label done = a_.new_label();
  a_.fmin(width, d, a, a);
  a_.fmv(width, t, a);
  if (width == Width::W64) {
    a_.slli(t, t, 1);
    a_.srli(t, t, 53);
    a_.li(scratch_gpr, 1023 + 52);
  } else {
    a_.slliw(t, t, 1);
    a_.srliw(t, t, 24);
    a_.li(scratch_gpr, 127 + 23);
  }
  a_.branch(Condition::AboveEqual, t, scratch_gpr, done);
  if (width == Width::W64) {
    a_.fcvt_l(width, t, a, mode);
    a_.fcvt_from_l(width, d, t);
  } else {
    a_.fcvt_w(width, t, a, mode);
    a_.fcvt_from_w(width, d, t);
  }
  a_.fsgnj(width, d, d, a);
  a_.bind(done);
  store_result(inst.d, d);
}

// fmin and fmax order zeros as they should, but prefer a number to a NaN; addition makes one of either.
void Emitter::float_min_max(const VInst& inst) {
  Width width = Width(inst.width);
  Fpr a = fpr(inst.a, scratch_fpr), b = fpr(inst.b, second_scratch_fpr), d = result_fpr(inst.d);
  Label ordered = a_.new_label(), done = a_.new_label();
  a_.feq(width, far_register, a, a);
  a_.feq(width, scratch_gpr, b, b);
  a_.and_(far_register, far_register, scratch_gpr);
  a_.branch(Condition::NotEqual, far_register, Gpr::Zero, ordered);
  a_.fadd(width, d, a, b);
  a_.j(done);
  a_.bind(ordered);
  a_.emit(FFF(inst.aux), width, d, a, b);
  a_.bind(done);
  store_result(inst.d, d);
}

// fcvt saturates, and makes the greatest number of a NaN. To 32 bits, signed or not, the conversion is to 64
// bits, exact for all that is in range, and the result is in range if it is the extension of its low half.
// To 64 bits a result may have been saturated if it is a bound; the operand then tells (conversion_failure).
void Emitter::truncate(const VInst& inst) {
  Width width = Width(inst.width);
  TruncateKind kind = TruncateKind(inst.aux);
  Fpr a = fpr(inst.a, scratch_fpr);
  Gpr d = result_gpr(inst.d), t = far_register;
  ConversionStub stub{a_.new_label(), a_.new_label(), kind, width, a, d, inst.position};
  if (kind == TruncateKind::U64) a_.fcvt_lu(width, d, a, Rounding::Rtz);
  else a_.fcvt_l(width, d, a, Rounding::Rtz);
  switch (kind) {
    case TruncateKind::S32:
      a_.sext_w(t, d);
      a_.branch(Condition::NotEqual, t, d, stub.label);
      break;
    case TruncateKind::U32:
      a_.srli(t, d, 32);
      a_.branch(Condition::NotEqual, t, Gpr::Zero, stub.label);
      a_.sext_w(d, d);
      break;
    case TruncateKind::S64:
      // Both bounds, with their bits inverted where negative, are the greatest number: one more is negative.
      a_.srai(t, d, 63);
      a_.xor_(t, t, d);
      a_.addi(t, t, 1);
      a_.branch(Condition::Less, t, Gpr::Zero, stub.label);
      break;
    case TruncateKind::U64:
      // 0 and 2^64 - 1
      a_.addi(t, d, 1);
      a_.sltiu(t, t, 2);
      a_.branch(Condition::NotEqual, t, Gpr::Zero, stub.label);
      break;
  }
  a_.bind(stub.back);
  conversions_.push_back(stub);
  store_result(inst.d, d);
}

void Emitter::conversion_failure(const ConversionStub& stub) {
  Gpr t = far_register;
  Label number = a_.new_label(), overflow = a_.new_label();
  a_.feq(stub.width, t, stub.from, stub.from);
  a_.branch(Condition::NotEqual, t, Gpr::Zero, number);
  raise(TrapCode::InvalidConversion, stub.position);
  a_.bind(number);
  if (stub.kind == TruncateKind::S64) {
    // -2^63 itself is in range.
    float_constant(stub.width, second_scratch_fpr, negated(stub.width, power_of_two(stub.width, 63)));
    a_.feq(stub.width, t, stub.from, second_scratch_fpr);
    a_.branch(Condition::NotEqual, t, Gpr::Zero, stub.back);
  } else if (stub.kind == TruncateKind::U64) {
    // 0 is of whatever lies above -1.
    a_.branch(Condition::NotEqual, stub.result, Gpr::Zero, overflow);
    float_constant(stub.width, second_scratch_fpr, negated(stub.width, power_of_two(stub.width, 0)));
    a_.flt(stub.width, t, second_scratch_fpr, stub.from);
    a_.branch(Condition::NotEqual, t, Gpr::Zero, stub.back);
  }
  a_.bind(overflow);
  raise(TrapCode::IntegerOverflow, stub.position);
}

void Emitter::truncate_saturating(const VInst& inst) {
  Width width = Width(inst.width);
  Fpr a = fpr(inst.a, scratch_fpr);
  Gpr d = result_gpr(inst.d), t = far_register;
  constexpr FloatToInt ops[] = {FloatToInt::W, FloatToInt::Wu, FloatToInt::L, FloatToInt::Lu};
  a_.emit(ops[inst.aux], width, d, a, Rounding::Rtz);
  a_.feq(width, t, a, a);  // 0 for NaN, whose result is 0
  a_.neg(t, t);
  a_.and_(d, d, t);
  store_result(inst.d, d);
}

}  // namespace skerry::riscv64
