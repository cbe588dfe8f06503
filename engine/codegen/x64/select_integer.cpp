// Rules for integer operations, constants and selections.

#include <bit>

#include "engine/codegen/x64/select.h"

namespace skerry::x64 {

namespace {

VReg none() { return VReg::none(); }

// It comes with the call. (Params have arrived when their block begins, constants are made where they are used: for
// them there are no rules.)
bool call_result(Lower&, Value, const Inst&) { return true; }

Alu alu_of(Op op) {
  switch (op) {
    case Op::IAdd: return Alu::Add;
    case Op::ISub: return Alu::Sub;
    case Op::IAnd: return Alu::And;
    case Op::IOr: return Alu::Or;
    default: return Alu::Xor;
  }
}

// x op constant
bool alu_immediate(Lower& l, Value value, const Inst& inst) {
  std::optional<i32> imm = l.immediate(Value(inst.b));
  if (!imm) return false;
  l.emit(VOp::AluImm, width_of(inst.type), l.def(value), l.use(Value(inst.a)), none(), u8(alu_of(inst.op)), *imm);
  return true;
}

// x op load(y): the operation reads memory itself
bool alu_load(Lower& l, Value value, const Inst& inst) {
  return l.operate_on_load(VOp::AluLoad, u8(alu_of(inst.op)), value, inst);
}

// x op y. The result takes x's register, or where the operation commutes y's: the better one, or if they are alike that
// which has no other use, and so need not be where that wanted it.
bool alu_plain(Lower& l, Value value, const Inst& inst) {
  Value x(inst.a), y(inst.b);
  bool is_better = l.is_better_tied(x, y) || (!l.is_better_tied(y, x) && !l.used_once(x) && l.used_once(y));
  if ((info(inst.op).effects & ir::Commutes) && is_better && !l.is_constant(y)) std::swap(x, y);
  VReg a = l.use(x), b = l.use(y);
  l.emit(VOp::Alu, width_of(inst.type), l.def(value), a, b, u8(alu_of(inst.op)));
  return true;
}

// x + (y << k), k in 1..3  =>  lea d, [x + y * 2^k]. In 32 bits lea wraps as the addition does.
bool add_shifted(Lower& l, Value value, const Inst& inst) {
  Value x(inst.a), shift(inst.b);
  auto amount = [&](Value v) -> u64 {
    if (!l.folds(v, Op::IShl) || !l.is_constant(Value(l.inst(v).b))) return 0;
    u64 k = l.constant(Value(l.inst(v).b));
    return k <= 3 ? k : 0;
  };
  u64 k = amount(shift);
  if (!k) {
    std::swap(x, shift);
    k = amount(shift);
  }
  if (!k) return false;
  Value y(l.inst(shift).a);
  std::optional<i32> imm = l.immediate(x);
  if (imm) {
    l.emit(VOp::LeaScaled, width_of(inst.type), l.def(value), l.use(y), none(), u8(k), *imm);
    return true;
  }
  VReg a = l.use(x), b = l.use(y);
  l.emit(VOp::Lea, width_of(inst.type), l.def(value), a, b, u8(k));
  return true;
}

// (x + y) + constant  =>  lea d, [x + y + constant]
bool add_three(Lower& l, Value value, const Inst& inst) {
  std::optional<i32> imm = l.immediate(Value(inst.b));
  if (!imm || !l.folds(Value(inst.a), Op::IAdd)) return false;
  const Inst& sum = l.inst(Value(inst.a));
  if (l.is_constant(Value(sum.b))) return false;
  VReg a = l.use(Value(sum.a)), b = l.use(Value(sum.b));
  l.emit(VOp::Lea, width_of(inst.type), l.def(value), a, b, 0, *imm);
  return true;
}

// 0 - x  =>  neg x
bool sub_negate(Lower& l, Value value, const Inst& inst) {
  if (l.immediate(Value(inst.a)) != 0) return false;
  l.emit(VOp::Negate, width_of(inst.type), l.def(value), l.use(Value(inst.b)));
  return true;
}

// x & 0xff, x & 0xffff, x & 0xffffffff  =>  zero extension
bool and_extends(Lower& l, Value value, const Inst& inst) {
  if (!l.is_constant(Value(inst.b))) return false;
  u64 mask = l.constant(Value(inst.b));
  Extension kind;
  if (mask == 0xff) kind = Extension::U8;
  else if (mask == 0xffff) kind = Extension::U16;
  else if (mask == 0xffffffff && inst.type == Type::I64) kind = Extension::U32;
  else return false;
  l.emit(VOp::Extend, width_of(inst.type), l.def(value), l.use(Value(inst.a)), none(), u8(kind));
  return true;
}

// ~x & y  =>  andn d, x, y       in the best gear
bool and_inverted(Lower& l, Value value, const Inst& inst) {
  if (!l.is_best() || !l.cpu.has(CpuFeature::Bmi1)) return false;
  auto is_inverted = [&](Value v) { return l.folds(v, Op::IXor) && l.immediate(Value(l.inst(v).b)) == -1; };
  Value x(inst.a), y(inst.b);
  if (!is_inverted(x)) std::swap(x, y);
  if (!is_inverted(x)) return false;
  VReg a = l.use(Value(l.inst(x).a)), b = l.use(y);
  l.emit(VOp::AndNot, width_of(inst.type), l.def(value), a, b);
  return true;
}

// x ^ -1  =>  not x
bool xor_inverts(Lower& l, Value value, const Inst& inst) {
  if (l.immediate(Value(inst.b)) != -1) return false;
  l.emit(VOp::Invert, width_of(inst.type), l.def(value), l.use(Value(inst.a)));
  return true;
}

// x * 3, 5, 9  =>  lea d, [x + x * 2, 4, 8]
bool mul_lea(Lower& l, Value value, const Inst& inst) {
  std::optional<i32> imm = l.immediate(Value(inst.b));
  if (!imm || (*imm != 3 && *imm != 5 && *imm != 9)) return false;
  VReg x = l.use(Value(inst.a));
  l.emit(VOp::Lea, width_of(inst.type), l.def(value), x, x, u8(*imm == 3 ? 1 : *imm == 5 ? 2 : 3));
  return true;
}

bool mul_immediate(Lower& l, Value value, const Inst& inst) {
  std::optional<i32> imm = l.immediate(Value(inst.b));
  if (!imm) return false;
  l.emit(VOp::ImulImm, width_of(inst.type), l.def(value), l.use(Value(inst.a)), none(), 0, *imm);
  return true;
}

bool mul_plain(Lower& l, Value value, const Inst& inst) {
  Value x(inst.a), y(inst.b);
  if (l.is_better_tied(x, y)) std::swap(x, y);
  VReg a = l.use(x), b = l.use(y);
  l.emit(VOp::Imul, width_of(inst.type), l.def(value), a, b);
  return true;
}

// Division traps on zero by a test of its own, which tells it from overflow: the
// instruction raises the same exception for both.
bool divide(Lower& l, Value value, const Inst& inst) {
  Value y(inst.b);
  VReg a = l.use(Value(inst.a)), b = l.use(y);
  DivideKind kind = inst.op == Op::IDivS ? DivideKind::DivS : inst.op == Op::IDivU ? DivideKind::DivU
                    : inst.op == Op::IRemS ? DivideKind::RemS : DivideKind::RemU;
  Width width = width_of(inst.type);
  bool zero_possible = !l.is_constant(y) || l.constant(y) == 0;
  if (zero_possible) {
    l.emit(VOp::Test, width, none(), b, b);
    l.trap_if(Condition::Equal, TrapCode::IntegerDivideByZero);
  }
  // imm: whether the divisor may be -1
  bool minus_one = !l.is_constant(y) || l.immediate(y) == -1;
  l.emit(VOp::Divide, width, l.def(value), a, b, u8(kind), minus_one);
  bool remainder = kind == DivideKind::RemS || kind == DivideKind::RemU;
  l.hint(l.def(value), register_number(remainder ? Gpr::Rdx : Gpr::Rax));
  if (!l.is_constant(Value(inst.a))) l.hint(a, register_number(Gpr::Rax));
  return true;
}

// Of an x that is needed afterwards: rorx d, x, k       in the best gear
bool rotate_copy(Lower& l, Value value, const Inst& inst) {
  if (!l.is_best() || !l.cpu.has(CpuFeature::Bmi2) || !l.is_constant(Value(inst.b))) return false;
  Value x(inst.a);
  if (l.used_once(x) || l.is_constant(x)) return false;
  u64 bits = ir::is_64(inst.type) ? 64 : 32, k = l.constant(Value(inst.b)) & (bits - 1);
  if (inst.op == Op::IRotl) k = (bits - k) & (bits - 1);
  l.emit(VOp::RotateX, width_of(inst.type), l.def(value), l.use(x), none(), 0, i64(k));
  return true;
}

bool shift_immediate(Lower& l, Value value, const Inst& inst) {
  if (!l.is_constant(Value(inst.b))) return false;
  Shift shift = inst.op == Op::IShl ? Shift::Shl : inst.op == Op::IShrS ? Shift::Sar : inst.op == Op::IShrU ? Shift::Shr
                : inst.op == Op::IRotl ? Shift::Rol : Shift::Ror;
  u64 amount = l.constant(Value(inst.b)) & (ir::is_64(inst.type) ? 63 : 31);
  l.emit(VOp::ShiftImm, width_of(inst.type), l.def(value), l.use(Value(inst.a)), none(), u8(shift), i64(amount));
  return true;
}

bool shift_bmi2(Lower& l, Value value, const Inst& inst) {
  if (!l.cpu.has(CpuFeature::Bmi2)) return false;
  Shift shift = inst.op == Op::IShl ? Shift::Shl : inst.op == Op::IShrS ? Shift::Sar : Shift::Shr;
  VReg a = l.use(Value(inst.a)), b = l.use(Value(inst.b));
  l.emit(VOp::ShiftX, width_of(inst.type), l.def(value), a, b, u8(shift));
  return true;
}

bool shift_cl(Lower& l, Value value, const Inst& inst) {
  Shift shift = inst.op == Op::IShl ? Shift::Shl : inst.op == Op::IShrS ? Shift::Sar : inst.op == Op::IShrU ? Shift::Shr
                : inst.op == Op::IRotl ? Shift::Rol : Shift::Ror;
  VReg a = l.use(Value(inst.a)), b = l.use(Value(inst.b));
  l.emit(VOp::ShiftCl, width_of(inst.type), l.def(value), a, b, u8(shift));
  return true;
}

bool count(Lower& l, Value value, const Inst& inst) {
  CountKind kind = inst.op == Op::IClz ? CountKind::LeadingZeros : inst.op == Op::ICtz ? CountKind::TrailingZeros : CountKind::Ones;
  CpuFeature feature = inst.op == Op::IClz ? CpuFeature::Lzcnt : inst.op == Op::ICtz ? CpuFeature::Bmi1 : CpuFeature::Popcnt;
  l.emit(l.cpu.has(feature) ? VOp::Count : VOp::CountSlow, width_of(inst.type), l.def(value), l.use(Value(inst.a)), none(), u8(kind));
  return true;
}

bool extend(Lower& l, Value value, const Inst& inst) {
  Extension kind;
  switch (inst.op) {
    case Op::IExtend8S: kind = Extension::S8; break;
    case Op::IExtend16S: kind = Extension::S16; break;
    case Op::IExtend32S: case Op::ExtendS: kind = Extension::S32; break;
    default: kind = Extension::U32; break;  // Wrap
  }
  l.emit(VOp::Extend, width_of(inst.type), l.def(value), l.use(Value(inst.a)), none(), u8(kind));
  return true;
}

// The upper half of an i32 is zero already.
bool extend_unsigned(Lower& l, Value value, const Inst& inst) {
  l.emit(VOp::Copy, Width::W64, l.def(value), l.use(Value(inst.a)));
  return true;
}

bool compare(Lower& l, Value value, const Inst&) {
  u8 condition = l.compare(value);
  l.emit(VOp::SetIf, Width::W32, l.def(value), none(), none(), condition);
  return true;
}

// z ? x : y. Operands come before the comparison, since constants may be made for them.
bool select(Lower& l, Value value, const Inst& inst) {
  VReg x = l.use(Value(inst.a)), y = l.use(Value(inst.b));
  u8 condition = l.condition(Value(inst.c));
  VOp op = ir::is_float(inst.type) ? VOp::FloatMoveIf : VOp::MoveIf;
  Width width = width_of(inst.type);
  if (condition == u8(FloatCondition::Equal)) {
    // x unless (not equal or unordered)
    l.emit(op, width, l.def(value), x, y, u8(FloatCondition::NotEqual));
  } else {
    l.emit(op, width, l.def(value), y, x, condition);
  }
  return true;
}

constexpr Rule rules[] = {
    {Op::CallResult, call_result, "call_result"},
    {Op::IAdd, add_shifted, "add_shifted"},
    {Op::IAdd, add_three, "add_three"},
    {Op::IAdd, alu_immediate, "alu_immediate"},
    {Op::IAdd, alu_load, "alu_load"},
    {Op::IAdd, alu_plain, "alu_plain"},
    {Op::ISub, sub_negate, "sub_negate"},
    {Op::ISub, alu_load, "alu_load"},
    {Op::ISub, alu_plain, "alu_plain"},
    {Op::IAnd, and_extends, "and_extends"},
    {Op::IAnd, and_inverted, "and_inverted"},
    {Op::IAnd, alu_immediate, "alu_immediate"},
    {Op::IAnd, alu_load, "alu_load"},
    {Op::IAnd, alu_plain, "alu_plain"},
    {Op::IOr, alu_immediate, "alu_immediate"},
    {Op::IOr, alu_load, "alu_load"},
    {Op::IOr, alu_plain, "alu_plain"},
    {Op::IXor, xor_inverts, "xor_inverts"},
    {Op::IXor, alu_immediate, "alu_immediate"},
    {Op::IXor, alu_load, "alu_load"},
    {Op::IXor, alu_plain, "alu_plain"},
    {Op::IMul, mul_lea, "mul_lea"},
    {Op::IMul, mul_immediate, "mul_immediate"},
    {Op::IMul, mul_plain, "mul_plain"},
    {Op::IDivS, divide, "divide"},
    {Op::IDivU, divide, "divide"},
    {Op::IRemS, divide, "divide"},
    {Op::IRemU, divide, "divide"},
    {Op::IShl, shift_immediate, "shift_immediate"},
    {Op::IShl, shift_bmi2, "shift_bmi2"},
    {Op::IShl, shift_cl, "shift_cl"},
    {Op::IShrS, shift_immediate, "shift_immediate"},
    {Op::IShrS, shift_bmi2, "shift_bmi2"},
    {Op::IShrS, shift_cl, "shift_cl"},
    {Op::IShrU, shift_immediate, "shift_immediate"},
    {Op::IShrU, shift_bmi2, "shift_bmi2"},
    {Op::IShrU, shift_cl, "shift_cl"},
    {Op::IRotl, rotate_copy, "rotate_copy"},
    {Op::IRotl, shift_immediate, "shift_immediate"},
    {Op::IRotl, shift_cl, "shift_cl"},
    {Op::IRotr, rotate_copy, "rotate_copy"},
    {Op::IRotr, shift_immediate, "shift_immediate"},
    {Op::IRotr, shift_cl, "shift_cl"},
    {Op::IClz, count, "count"},
    {Op::ICtz, count, "count"},
    {Op::IPopcnt, count, "count"},
    {Op::IExtend8S, extend, "extend"},
    {Op::IExtend16S, extend, "extend"},
    {Op::IExtend32S, extend, "extend"},
    {Op::ExtendS, extend, "extend"},
    {Op::ExtendU, extend_unsigned, "extend_unsigned"},
    {Op::Wrap, extend, "extend"},
    {Op::ICmp, compare, "compare"},
    {Op::FCmp, compare, "compare"},
    {Op::Select, select, "select"},
};

}  // namespace

std::span<const Rule> integer_rules() { return rules; }

}  // namespace skerry::x64
