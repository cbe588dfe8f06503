#include "engine/codegen/x64/emit.h"

namespace skerry::x64 {

bool Emitter::emit_integer(const VInst& inst) {
  Width width = Width(inst.width);
  switch (VOp(inst.op)) {
    case VOp::Constant: {
      if (!in_register(inst.d) && inst.imm == i32(inst.imm)) {
        a_.mov(Width::W64, slot(inst.d), i32(inst.imm));
        return true;
      }
      Gpr d = result_gpr(inst.d);
      a_.mov_constant(d, u64(inst.imm));
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
    case VOp::Alu: alu(inst); return true;
    case VOp::AluImm: alu_immediate(inst); return true;
    case VOp::AluLoad: {
      Gpr d = result_gpr(inst.d);
      move_to(d, inst.a);
      Mem from = guest(inst.b, inst.c, inst.imm, far_register);
      trap_site(TrapCode::MemoryOutOfBounds, inst.position);
      a_.emit(Alu(inst.aux), width, d, from);
      has_set_flags(inst);
      store_result(inst.d, d);
      return true;
    }
    case VOp::Lea: lea(inst); return true;
    case VOp::LeaScaled: {
      Gpr d = result_gpr(inst.d);
      a_.lea(width, d, Mem::scaled(gpr(inst.a, far_register), Scale(inst.aux), i32(inst.imm)));
      store_result(inst.d, d);
      return true;
    }
    case VOp::Imul: {
      Gpr d = result_gpr(inst.d);
      move_to(d, inst.a);
      with_int(inst.b, [&](auto const& b) { a_.imul(width, d, b); });
      store_result(inst.d, d);
      return true;
    }
    case VOp::ImulImm: {
      Gpr d = result_gpr(inst.d);
      with_int(inst.a, [&](auto const& a) { a_.imul(width, d, a, i32(inst.imm)); });
      store_result(inst.d, d);
      return true;
    }
    case VOp::Negate:
    case VOp::Invert: {
      Gpr d = result_gpr(inst.d);
      move_to(d, inst.a);
      if (VOp(inst.op) == VOp::Negate) a_.neg(width, d);
      else a_.not_(width, d);
      store_result(inst.d, d);
      return true;
    }
    case VOp::ShiftImm: {
      Gpr d = result_gpr(inst.d);
      Shift shift = Shift(inst.aux);
      if (shift == Shift::Shl && inst.imm <= 3 && in_register(inst.a) && gpr(place(inst.a)) != d) {
        a_.lea(width, d, Mem::scaled(gpr(place(inst.a)), Scale(inst.imm)));
      } else {
        move_to(d, inst.a);
        a_.emit(shift, width, d, u8(inst.imm));
      }
      store_result(inst.d, d);
      return true;
    }
    case VOp::ShiftCl: shift_cl(inst); return true;
    case VOp::ShiftX: {
      Gpr d = result_gpr(inst.d), count = gpr(inst.b, far_register);
      VexRRmR op = Shift(inst.aux) == Shift::Shl ? VexRRmR::Shlx : Shift(inst.aux) == Shift::Sar ? VexRRmR::Sarx : VexRRmR::Shrx;
      with_int(inst.a, [&](auto const& a) { a_.emit(op, width, d, a, count); });
      store_result(inst.d, d);
      return true;
    }
    case VOp::RotateX: {
      Gpr d = result_gpr(inst.d);
      with_int(inst.a, [&](auto const& a) { a_.rorx(width, d, a, u8(inst.imm)); });
      store_result(inst.d, d);
      return true;
    }
    case VOp::AndNot: {
      Gpr d = result_gpr(inst.d), a = gpr(inst.a, far_register);
      with_int(inst.b, [&](auto const& b) { a_.andn(width, d, a, b); });
      store_result(inst.d, d);
      return true;
    }
    case VOp::Divide: divide(inst); return true;
    case VOp::Count: {
      Gpr d = result_gpr(inst.d);
      RRm op = CountKind(inst.aux) == CountKind::LeadingZeros ? RRm::Lzcnt : CountKind(inst.aux) == CountKind::TrailingZeros ? RRm::Tzcnt : RRm::Popcnt;
      with_int(inst.a, [&](auto const& a) { a_.emit(op, width, d, a); });
      store_result(inst.d, d);
      return true;
    }
    case VOp::CountSlow: count_slow(inst); return true;
    case VOp::Extend: extend(inst); return true;
    case VOp::Compare: {
      Gpr a = gpr(inst.a, far_register);
      with_int(inst.b, [&](auto const& b) { a_.cmp(width, a, b); });
      return true;
    }
    case VOp::CompareImm:
      with_int(inst.a, [&](auto const& a) { a_.cmp(width, a, i32(inst.imm)); });
      return true;
    case VOp::Test: {
      Gpr a = gpr(inst.a, far_register);
      a_.test(width, a, inst.a == inst.b ? a : gpr(inst.b, scratch_gpr));
      return true;
    }
    case VOp::TestImm:
      with_int(inst.a, [&](auto const& a) { a_.test(width, a, i32(inst.imm)); });
      return true;
    case VOp::CompareField: {
      Gpr a = gpr(inst.a, scratch_gpr);
      a_.cmp(width, a, field(inst.b, i32(inst.imm), far_register));
      return true;
    }
    case VOp::SetIf: set_if(inst); return true;
    case VOp::MoveIf: {
      Gpr d = result_gpr(inst.d);
      move_to(d, inst.a);
      with_int(inst.b, [&](auto const& b) {
        if (inst.aux == u8(FloatCondition::NotEqual)) {
          a_.cmov(Condition::NotEqual, width, d, b);
          a_.cmov(Condition::Parity, width, d, b);
        } else {
          a_.cmov(Condition(inst.aux), width, d, b);
        }
      });
      store_result(inst.d, d);
      return true;
    }
    case VOp::MaskBelow: {
      Gpr d = result_gpr(inst.d, far_register);
      move_to(d, inst.a);
      a_.sbb(Width::W32, scratch_gpr, scratch_gpr);
      a_.and_(Width::W32, d, scratch_gpr);
      store_result(inst.d, d);
      return true;
    }
    default: return false;
  }
}

void Emitter::alu(const VInst& inst) {
  Width width = Width(inst.width);
  Alu op = Alu(inst.aux);
  if (!in_register(inst.d) && place(inst.d) == place(inst.a) && in_register(inst.b) && width == Width::W64) {
    a_.emit(op, width, slot(inst.d), gpr(place(inst.b)));  // a slot is 64 bits, and its upper half must stay zero
    return;
  }
  Gpr d = result_gpr(inst.d);
  if (op == Alu::Add && in_register(inst.a) && in_register(inst.b) && gpr(place(inst.a)) != d) {
    a_.lea(width, d, Mem::indexed(gpr(place(inst.a)), gpr(place(inst.b))));
  } else {
    move_to(d, inst.a);
    with_int(inst.b, [&](auto const& b) { a_.emit(op, width, d, b); });
    has_set_flags(inst);
  }
  store_result(inst.d, d);
}

void Emitter::alu_immediate(const VInst& inst) {
  Width width = Width(inst.width);
  Alu op = Alu(inst.aux);
  if (!in_register(inst.d) && place(inst.d) == place(inst.a)) {
    a_.emit(op, width, slot(inst.d), i32(inst.imm));  // in 32 bits the slot's upper half stays as it is: zero
    return;
  }
  Gpr d = result_gpr(inst.d);
  if (op == Alu::Add && in_register(inst.a) && gpr(place(inst.a)) != d) {
    a_.lea(width, d, Mem::at(gpr(place(inst.a)), i32(inst.imm)));
  } else {
    move_to(d, inst.a);
    a_.emit(op, width, d, i32(inst.imm));
    has_set_flags(inst);
  }
  store_result(inst.d, d);
}

void Emitter::lea(const VInst& inst) {
  Gpr d = result_gpr(inst.d);
  Gpr a = gpr(inst.a, far_register);
  if (inst.b.is_none()) {
    a_.lea(Width(inst.width), d, Mem::at(a, i32(inst.imm)));
  } else {
    Gpr b = inst.b == inst.a ? a : gpr(inst.b, scratch_gpr);
    a_.lea(Width(inst.width), d, Mem::indexed(a, b, Scale(inst.aux), i32(inst.imm)));
  }
  store_result(inst.d, d);
}

void Emitter::shift_cl(const VInst& inst) {
  // d is never rcx, nor the register of b: it is written early.
  Gpr d = result_gpr(inst.d);
  move_to(d, inst.a);
  move_to(Gpr::Rcx, inst.b);
  a_.emit(Shift(inst.aux), Width(inst.width), d);
  store_result(inst.d, d);
}

void Emitter::divide(const VInst& inst) {
  Width width = Width(inst.width);
  DivideKind kind = DivideKind(inst.aux);
  bool is_signed = kind == DivideKind::DivS || kind == DivideKind::RemS;
  bool remainder = kind == DivideKind::RemS || kind == DivideKind::RemU;
  Gpr b = gpr(inst.b, scratch_gpr);  // in neither rax nor rdx
  move_to(Gpr::Rax, inst.a);
  Label done;
  bool by_minus_one = is_signed && inst.imm;
  bool explicit_check = kind == DivideKind::DivS && by_minus_one && context_->settings.traps == codegen::TrapStyle::Call;
  if (by_minus_one && kind == DivideKind::RemS) {
    // x rem -1 is 0, where the instruction would overflow for the least x.
    Label divide = a_.new_label();
    done = a_.new_label();
    a_.cmp(width, b, -1);
    a_.jcc(Condition::NotEqual, divide, Reach::Short);
    a_.xor_(Width::W32, Gpr::Rdx, Gpr::Rdx);
    a_.jmp(done, Reach::Short);
    a_.bind(divide);
  } else if (explicit_check) {
    // -x overflows exactly where x / -1 does.
    Label divide = a_.new_label();
    a_.cmp(width, b, -1);
    a_.jcc(Condition::NotEqual, divide, Reach::Short);
    a_.mov(Width::W64, Gpr::Rdx, Gpr::Rax);
    a_.neg(width, Gpr::Rdx);
    a_.jcc(Condition::Overflow, trap_label(TrapCode::IntegerOverflow, inst.position));
    a_.bind(divide);
  }
  if (is_signed) {
    if (width == Width::W64) a_.cqo();
    else a_.cdq();
    trap_site(TrapCode::IntegerOverflow, inst.position);
    a_.idiv(width, b);
  } else {
    a_.xor_(Width::W32, Gpr::Rdx, Gpr::Rdx);
    a_.div(width, b);
  }
  if (by_minus_one && kind == DivideKind::RemS) a_.bind(done);
  Gpr from = remainder ? Gpr::Rdx : Gpr::Rax;
  if (!in_register(inst.d)) a_.mov(Width::W64, slot(inst.d), from);
  else if (gpr(place(inst.d)) != from) a_.mov(Width::W64, gpr(place(inst.d)), from);
}

void Emitter::count_slow(const VInst& inst) {
  Width width = Width(inst.width);
  u32 bits = 8 * bytes(width);
  Gpr a = gpr(inst.a, far_register);
  switch (CountKind(inst.aux)) {
    case CountKind::LeadingZeros: {
      // bsr gives the index of the top bit; for 0 take 2 * bits - 1, which the xor makes `bits`.
      Gpr d = result_gpr(inst.d, far_register);
      a_.mov_constant(scratch_gpr, 2 * bits - 1);
      a_.bsr(width, d, a);
      a_.cmov(Condition::Equal, width, d, scratch_gpr);
      a_.xor_(width, d, i32(bits - 1));
      store_result(inst.d, d);
      return;
    }
    case CountKind::TrailingZeros: {
      Gpr d = result_gpr(inst.d, far_register);
      a_.mov_constant(scratch_gpr, bits);
      a_.bsf(width, d, a);
      a_.cmov(Condition::Equal, width, d, scratch_gpr);
      store_result(inst.d, d);
      return;
    }
    case CountKind::Ones: {
      // Pairs, nibbles, bytes, and their sum by a multiplication (Warren, Hacker's Delight, 5-1).
      auto constant = [&](u64 pattern) { return Mem::rip(a_.constant64(pattern)); };
      Gpr d = result_gpr(inst.d), half = far_register;
      a_.mov(width, d, a);
      a_.shr(width, d, 1);
      a_.and_(width, d, constant(0x5555555555555555));
      if (a != half) a_.mov(width, half, a);
      a_.sub(width, half, d);
      a_.mov(width, d, half);
      a_.shr(width, d, 2);
      a_.and_(width, d, constant(0x3333333333333333));
      a_.and_(width, half, constant(0x3333333333333333));
      a_.add(width, half, d);
      a_.mov(width, d, half);
      a_.shr(width, d, 4);
      a_.add(width, d, half);
      a_.and_(width, d, constant(0x0f0f0f0f0f0f0f0f));
      a_.imul(width, d, constant(0x0101010101010101));
      a_.shr(width, d, u8(bits - 8));
      store_result(inst.d, d);
      return;
    }
  }
}

void Emitter::extend(const VInst& inst) {
  Width width = Width(inst.width);
  Gpr d = result_gpr(inst.d);
  with_int(inst.a, [&](auto const& a) {
    switch (Extension(inst.aux)) {
      case Extension::S8: a_.movsx(width, Width::W8, d, a); break;
      case Extension::S16: a_.movsx(width, Width::W16, d, a); break;
      case Extension::S32: a_.movsx(width, Width::W32, d, a); break;
      case Extension::U8: a_.movzx(Width::W8, d, a); break;
      case Extension::U16: a_.movzx(Width::W16, d, a); break;
      case Extension::U32: a_.mov(Width::W32, d, a); break;
    }
  });
  store_result(inst.d, d);
}

void Emitter::set_if(const VInst& inst) {
  Gpr d = result_gpr(inst.d, far_register);
  if (inst.aux == u8(FloatCondition::Equal)) {
    a_.setcc(Condition::NotParity, scratch_gpr);
    a_.setcc(Condition::Equal, d);
    a_.and_(Width::W8, d, scratch_gpr);
  } else if (inst.aux == u8(FloatCondition::NotEqual)) {
    a_.setcc(Condition::Parity, scratch_gpr);
    a_.setcc(Condition::NotEqual, d);
    a_.or_(Width::W8, d, scratch_gpr);
  } else {
    a_.setcc(Condition(inst.aux), d);
  }
  a_.movzx(Width::W8, d, d);
  store_result(inst.d, d);
}

}  // namespace skerry::x64
