#include "engine/codegen/x64/emit.h"

#include <bit>

namespace skerry::x64 {

namespace {

constexpr u64 f64_bits(f64 value) { return std::bit_cast<u64>(value); }
constexpr u64 f32_bits(f32 value) { return std::bit_cast<u32>(value); }

Sse arithmetic_op(FloatOp op, Width width) {
  bool wide = width == Width::W64;
  switch (op) {
    case FloatOp::Add: return wide ? Sse::Addsd : Sse::Addss;
    case FloatOp::Sub: return wide ? Sse::Subsd : Sse::Subss;
    case FloatOp::Mul: return wide ? Sse::Mulsd : Sse::Mulss;
    case FloatOp::Div: return wide ? Sse::Divsd : Sse::Divss;
  }
  UNREACHABLE("float op");
}

}  // namespace

bool Emitter::emit_float(const VInst& inst) {
  Width width = Width(inst.width);
  bool wide = width == Width::W64;
  switch (VOp(inst.op)) {
    case VOp::FloatConstant: {
      Xmm d = result_xmm(inst.d);
      if (inst.imm == 0) a_.xorps(d, d);
      else if (wide) a_.movsd(d, Mem::rip(a_.constant64(u64(inst.imm))));
      else a_.movss(d, Mem::rip(a_.constant32(u32(inst.imm))));
      store_result(inst.d, d);
      return true;
    }
    case VOp::MoveAcross:
      if (code_->classes[inst.d] == codegen::RegClass::Float) {
        Xmm d = result_xmm(inst.d);
        a_.movd(width, d, gpr(inst.a, far_register));
        store_result(inst.d, d);
      } else {
        Gpr d = result_gpr(inst.d);
        a_.movd(width, d, xmm(inst.a, scratch_xmm));
        store_result(inst.d, d);
      }
      return true;
    case VOp::FloatCompare: {
      Xmm a = xmm(inst.a, scratch_xmm);
      with_float(inst.b, [&](auto const& b) { wide ? a_.ucomisd(a, b) : a_.ucomiss(a, b); });
      return true;
    }
    case VOp::FloatMoveIf: {
      Xmm d = result_xmm(inst.d);
      move_to(d, inst.a);
      Label skip = a_.new_label();
      if (inst.aux == u8(FloatCondition::NotEqual)) {
        Label move = a_.new_label();
        a_.jcc(Condition::Parity, move, Reach::Short);
        a_.jcc(Condition::Equal, skip, Reach::Short);
        a_.bind(move);
      } else {
        a_.jcc(invert(Condition(inst.aux)), skip, Reach::Short);
      }
      move_to(d, inst.b);
      a_.bind(skip);
      store_result(inst.d, d);
      return true;
    }
    case VOp::Float: float_arithmetic(inst); return true;
    case VOp::FloatLoad: float_load(inst); return true;
    case VOp::FloatUnary: {
      Xmm d = result_xmm(inst.d);
      Sse op = FloatUnaryOp(inst.aux) == FloatUnaryOp::Sqrt ? (wide ? Sse::Sqrtsd : Sse::Sqrtss)
               : FloatUnaryOp(inst.aux) == FloatUnaryOp::Promote ? Sse::Cvtss2sd : Sse::Cvtsd2ss;
      // The upper bits are an input: cleared, lest the operation wait for whoever wrote them, and since above an f32 there
      // is nothing. What is in place has them clear, but for the f64 that becomes an f32.
      bool in_place = in_register(inst.a) && xmm(place(inst.a)) == d;
      Xmm made = in_place && op == Sse::Cvtsd2ss ? second_scratch_xmm : d;
      if (!in_place || made != d) a_.xorps(made, made);
      with_float(inst.a, [&](auto const& a) { a_.emit(op, made, a); });
      if (made != d) a_.movaps(d, made);
      store_result(inst.d, d);
      return true;
    }
    case VOp::FloatRound: {
      Xmm d = result_xmm(inst.d);
      if (!in_register(inst.a) || xmm(place(inst.a)) != d) a_.xorps(d, d);
      with_float(inst.a, [&](auto const& a) { a_.emit(wide ? SseI::Roundsd : SseI::Roundss, d, a, u8(inst.imm)); });
      store_result(inst.d, d);
      return true;
    }
    case VOp::FloatMinMax: float_min_max(inst); return true;
    case VOp::FloatBits: {
      Xmm d = result_xmm(inst.d);
      move_to(d, inst.a);
      // Of an f32 the upper half stays zero, as cells have it (docs/abi.md).
      u64 bits = wide ? u64(inst.imm) : u64(u32(inst.imm));
      Mem constant = Mem::rip(a_.constant128(bits, bits));
      if (FloatBitsOp(inst.aux) == FloatBitsOp::And) a_.andps(d, constant);
      else a_.xorps(d, constant);
      store_result(inst.d, d);
      return true;
    }
    case VOp::CopySign: copy_sign(inst); return true;
    case VOp::FloatFromInt: {
      Xmm d = result_xmm(inst.d);
      a_.xorps(d, d);
      GprToSse op = wide ? GprToSse::Cvtsi2sd : GprToSse::Cvtsi2ss;
      with_int(inst.a, [&](auto const& a) { a_.emit(op, Width(inst.aux), d, a); });
      store_result(inst.d, d);
      return true;
    }
    case VOp::FloatFromU64: float_from_u64(inst); return true;
    case VOp::Truncate: truncate(inst); return true;
    default: return false;
  }
}

void Emitter::float_arithmetic(const VInst& inst) {
  Xmm d = result_xmm(inst.d);
  Sse op = arithmetic_op(FloatOp(inst.aux), Width(inst.width));
  if (a_.features().has(CpuFeature::Avx) && in_register(inst.a) && xmm(place(inst.a)) != d) {
    with_float(inst.b, [&](auto const& b) { a_.emit_vex(op, d, xmm(place(inst.a)), b); });
  } else {
    move_to(d, inst.a);
    with_float(inst.b, [&](auto const& b) { a_.emit(op, d, b); });
  }
  store_result(inst.d, d);
}

void Emitter::float_load(const VInst& inst) {
  Xmm d = result_xmm(inst.d);
  Sse op = arithmetic_op(FloatOp(inst.aux), Width(inst.width));
  bool copies = a_.features().has(CpuFeature::Avx) && in_register(inst.a) && xmm(place(inst.a)) != d;
  if (!copies) move_to(d, inst.a);
  Mem from = guest(inst.b, inst.c, inst.imm, scratch_gpr);
  trap_site(TrapCode::MemoryOutOfBounds, inst.position);
  if (copies) a_.emit_vex(op, d, xmm(place(inst.a)), from);
  else a_.emit(op, d, from);
  store_result(inst.d, d);
}

// minsd and maxsd give their second operand for zeros of either sign and for NaN; those two
// cases are told apart first. d is neither a's nor b's register.
void Emitter::float_min_max(const VInst& inst) {
  bool wide = Width(inst.width) == Width::W64;
  bool max = inst.aux;
  Xmm d = result_xmm(inst.d), b = xmm(inst.b, second_scratch_xmm);
  move_to(d, inst.a);
  Label unordered = a_.new_label(), different = a_.new_label(), done = a_.new_label();
  if (wide) a_.ucomisd(d, b);
  else a_.ucomiss(d, b);
  a_.jcc(Condition::Parity, unordered, Reach::Short);
  a_.jcc(Condition::NotEqual, different, Reach::Short);
  if (max) a_.andps(d, b);  // +0 unless both are -0
  else a_.orps(d, b);       // -0 if either is
  a_.jmp(done, Reach::Short);
  a_.bind(unordered);
  a_.emit(arithmetic_op(FloatOp::Add, Width(inst.width)), d, b);  // a quiet NaN
  a_.jmp(done, Reach::Short);
  a_.bind(different);
  a_.emit(max ? (wide ? Sse::Maxsd : Sse::Maxss) : (wide ? Sse::Minsd : Sse::Minss), d, b);
  a_.bind(done);
  store_result(inst.d, d);
}

void Emitter::copy_sign(const VInst& inst) {
  bool wide = Width(inst.width) == Width::W64;
  u64 sign = wide ? u64{1} << 63 : 0x80000000'80000000;
  Xmm d = result_xmm(inst.d);
  move_to(d, inst.b);
  a_.andps(d, Mem::rip(a_.constant128(sign, sign)));
  move_to(second_scratch_xmm, inst.a);
  a_.andps(second_scratch_xmm, Mem::rip(a_.constant128(~sign, ~sign)));
  a_.orps(d, second_scratch_xmm);
  store_result(inst.d, d);
}

// Above 2^63 the number is halved, with the bit shifted out kept sticky so that rounding
// comes out as for the whole, converted, and doubled.
void Emitter::float_from_u64(const VInst& inst) {
  bool wide = Width(inst.width) == Width::W64;
  GprToSse op = wide ? GprToSse::Cvtsi2sd : GprToSse::Cvtsi2ss;
  Xmm d = result_xmm(inst.d);
  Gpr a = gpr(inst.a, far_register);
  Label large = a_.new_label(), done = a_.new_label();
  a_.xorps(d, d);
  a_.test(Width::W64, a, a);
  a_.jcc(Condition::Sign, large, Reach::Short);
  a_.emit(op, Width::W64, d, a);
  a_.jmp(done, Reach::Short);
  a_.bind(large);
  a_.mov(Width::W64, scratch_gpr, a);
  if (a != far_register) a_.mov(Width::W64, far_register, a);
  a_.shr(Width::W64, scratch_gpr, 1);
  a_.and_(Width::W32, far_register, 1);
  a_.or_(Width::W64, scratch_gpr, far_register);
  a_.emit(op, Width::W64, d, scratch_gpr);
  a_.emit(arithmetic_op(FloatOp::Add, Width(inst.width)), d, d);
  a_.bind(done);
  store_result(inst.d, d);
}

// cvtt gives the least integer where the value is NaN or out of range. To 32 bits, either
// signed or not, the conversion to 64 bits is exact for all that is in range, and the result
// is in range if it is the extension of its low half.
void Emitter::truncate(const VInst& inst) {
  Width width = Width(inst.width);
  bool wide = width == Width::W64;
  TruncateKind kind = TruncateKind(inst.aux & 3);
  bool saturates = inst.aux >= 4;
  Xmm a = xmm(inst.a, second_scratch_xmm);
  Gpr d = result_gpr(inst.d);
  SseToGpr op = wide ? SseToGpr::Cvttsd2si : SseToGpr::Cvttss2si;
  auto compare = [&](Xmm x, auto const& y) { wide ? a_.ucomisd(x, y) : a_.ucomiss(x, y); };
  auto constant = [&](f64 value) {
    return Mem::rip(wide ? a_.constant64(f64_bits(value)) : a_.constant32(u32(f32_bits(f32(value)))));
  };
  if (kind == TruncateKind::U64) {
    truncate_unsigned_64(width, a, d, saturates, inst.position);
    store_result(inst.d, d);
    return;
  }
  a_.emit(op, Width::W64, d, a);
  Label fine = a_.new_label();
  if (kind == TruncateKind::S64) {
    a_.cmp(Width::W64, d, 1);  // overflows for the least integer alone
    a_.jcc(Condition::NotOverflow, fine);
    if (!saturates) {
      compare(a, constant(-0x1p63));
      a_.jcc(Condition::Parity, trap_label(TrapCode::InvalidConversion, inst.position));
      a_.jcc(Condition::NotEqual, trap_label(TrapCode::IntegerOverflow, inst.position));
    }
  } else {
    if (kind == TruncateKind::S32) a_.movsx(Width::W64, Width::W32, far_register, d);
    else a_.mov(Width::W32, far_register, d);
    a_.cmp(Width::W64, far_register, d);
    a_.jcc(Condition::Equal, fine);
    if (!saturates) {
      compare(a, a);
      a_.jcc(Condition::Parity, trap_label(TrapCode::InvalidConversion, inst.position));
      a_.jmp(trap_label(TrapCode::IntegerOverflow, inst.position));
    }
  }
  if (saturates) {
    // NaN: 0. Else the bound on the side of the sign.
    Label not_nan = a_.new_label(), positive = a_.new_label();
    u64 least = kind == TruncateKind::S32 ? 0x80000000 : kind == TruncateKind::S64 ? u64{1} << 63 : 0;
    u64 greatest = kind == TruncateKind::S32 ? 0x7fffffff : kind == TruncateKind::S64 ? ~(u64{1} << 63) : 0xffffffff;
    compare(a, a);
    a_.jcc(Condition::NotParity, not_nan);
    a_.xor_(Width::W32, d, d);
    a_.jmp(fine);
    a_.bind(not_nan);
    compare(a, constant(0));
    a_.jcc(Condition::Above, positive);
    a_.mov_constant(d, least);
    a_.jmp(fine);
    a_.bind(positive);
    a_.mov_constant(d, greatest);
  }
  a_.bind(fine);
  if (kind != TruncateKind::S64) a_.mov(Width::W32, d, d);
  store_result(inst.d, d);
}

// Below 2^63 as a signed number, which comes out negative only where it is out of range;
// from 2^63 on less that, and the top bit set.
void Emitter::truncate_unsigned_64(Width width, Xmm from, Gpr to, bool saturates, u32 position) {
  bool wide = width == Width::W64;
  SseToGpr op = wide ? SseToGpr::Cvttsd2si : SseToGpr::Cvttss2si;
  Mem bound = Mem::rip(wide ? a_.constant64(f64_bits(0x1p63)) : a_.constant32(u32(f32_bits(0x1p63f))));
  Label large = a_.new_label(), done = a_.new_label(), out_of_range = a_.new_label();
  if (wide) a_.ucomisd(from, bound);
  else a_.ucomiss(from, bound);
  a_.jcc(Condition::AboveEqual, large);  // not taken for NaN
  a_.emit(op, Width::W64, to, from);
  a_.test(Width::W64, to, to);
  a_.jcc(Condition::NotSign, done);
  if (saturates) {
    a_.xor_(Width::W32, to, to);  // NaN, or negative
    a_.jmp(done);
  } else {
    a_.jmp(out_of_range);
  }
  a_.bind(large);
  a_.movaps(scratch_xmm, from);
  if (wide) a_.subsd(scratch_xmm, bound);
  else a_.subss(scratch_xmm, bound);
  a_.emit(op, Width::W64, to, scratch_xmm);
  a_.btc(Width::W64, to, u8(63));
  a_.test(Width::W64, to, to);
  a_.jcc(Condition::Sign, done);
  if (saturates) {
    a_.mov_constant(to, ~u64{0});
  } else {
    a_.bind(out_of_range);
    if (wide) a_.ucomisd(from, from);
    else a_.ucomiss(from, from);
    a_.jcc(Condition::Parity, trap_label(TrapCode::InvalidConversion, position));
    a_.jmp(trap_label(TrapCode::IntegerOverflow, position));
  }
  a_.bind(done);
  if (saturates) a_.bind(out_of_range);
}

}  // namespace skerry::x64
