// Rules for integer operations, constants and selections.

#include <bit>

#include "engine/codegen/riscv64/select.h"

namespace skerry::riscv64 {

namespace {

// It comes with the call. (Params have arrived when their block begins, constants are made where they are used: for
// them there are no rules.)
bool call_result(Lower&, Value, const Inst&) { return true; }

bool is_wide(const Inst& inst) { return ir::is_64(inst.type); }

// The instruction for an op in 64 bits, and in 32: what it makes of i32s is then sign-extended again.
RRR register_op(Op op, bool wide) {
  switch (op) {
    case Op::IAdd: return wide ? RRR::Add : RRR::Addw;
    case Op::ISub: return wide ? RRR::Sub : RRR::Subw;
    case Op::IMul: return wide ? RRR::Mul : RRR::Mulw;
    case Op::IDivS: return wide ? RRR::Div : RRR::Divw;
    case Op::IDivU: return wide ? RRR::Divu : RRR::Divuw;
    case Op::IRemS: return wide ? RRR::Rem : RRR::Remw;
    case Op::IRemU: return wide ? RRR::Remu : RRR::Remuw;
    case Op::IShl: return wide ? RRR::Sll : RRR::Sllw;
    case Op::IShrS: return wide ? RRR::Sra : RRR::Sraw;
    case Op::IShrU: return wide ? RRR::Srl : RRR::Srlw;
    case Op::IRotl: return wide ? RRR::Rol : RRR::Rolw;
    case Op::IRotr: return wide ? RRR::Ror : RRR::Rorw;
    case Op::IAnd: return RRR::And;
    case Op::IOr: return RRR::Or;
    default: return RRR::Xor;
  }
}

Shift shift_op(Op op, bool wide) {
  switch (op) {
    case Op::IShl: return wide ? Shift::Slli : Shift::Slliw;
    case Op::IShrS: return wide ? Shift::Srai : Shift::Sraiw;
    default: return wide ? Shift::Srli : Shift::Srliw;
  }
}

// x op y, where the instruction reads both operands whole (bitwise, or in 64 bits)
bool plain(Lower& l, Value value, const Inst& inst) {
  VReg a = l.operand(Value(inst.a)), b = l.operand(Value(inst.b));
  l.emit(register_op(inst.op, is_wide(inst)), l.def(value), a, b);
  return true;
}

// wrap(x) op y  =>  x op y in the low halves, which is all that an instruction ending in w reads
bool plain_low(Lower& l, Value value, const Inst& inst) {
  if (is_wide(inst)) return false;
  VReg a = l.low(Value(inst.a)), b = l.low(Value(inst.b));
  l.emit(register_op(inst.op, false), l.def(value), a, b);
  return true;
}

// x + c, c of 12 bits
bool add_immediate(Lower& l, Value value, const Inst& inst) {
  std::optional<i64> imm = l.immediate(Value(inst.b));
  if (!imm) return false;
  if (is_wide(inst)) l.emit(RRI::Addi, l.def(value), l.operand(Value(inst.a)), *imm);
  else l.emit(RRI::Addiw, l.def(value), l.low(Value(inst.a)), *imm);
  return true;
}

// y << k, k in 1..3, used once: its value, and k; else 0
u32 small_shift(Lower& l, Value shift) {
  if (!l.folds(shift, Op::IShl)) return 0;
  std::optional<u32> k = l.amount(Value(l.inst(shift).b));
  return k && *k <= 3 ? *k : 0;
}

// Of the operands of a sum, makes `shift` the one that is such a shift, if either is.
u32 find_shift(Lower& l, Value& x, Value& shift) {
  if (u32 k = small_shift(l, shift)) return k;
  std::swap(x, shift);
  return small_shift(l, shift);
}

// Zba, in 64 bits, where u(y) is i64.extend_i32_u y:
//   x + (y << k)     =>  sh<k>add d, y, x
//   x + (u(y) << k)  =>  sh<k>add.uw d, y, x
// In 32 bits the sum would have to be extended again, which costs what is saved: below.
bool add_shifted(Lower& l, Value value, const Inst& inst) {
  if (!l.has(CpuFeature::Zba) || !is_wide(inst)) return false;
  Value x(inst.a), shift(inst.b);
  u32 k = find_shift(l, x, shift);
  if (!k) return false;
  Value y(l.inst(shift).a);
  bool extends = l.folds(y, Op::ExtendU);
  constexpr RRR plain[] = {RRR::Sh1add, RRR::Sh2add, RRR::Sh3add};
  constexpr RRR extending[] = {RRR::Sh1addUw, RRR::Sh2addUw, RRR::Sh3addUw};
  VReg a = extends ? l.low(Value(l.inst(y).a)) : l.use(y), b = l.operand(x);
  l.emit((extends ? extending : plain)[k - 1], l.def(value), a, b);
  return true;
}

// Zba, in 32 bits, where all who read the sum read its low half alone:
//   x + (y << k)  =>  sh<k>add d, y, x
// Low halves of sums and of shifts to the left depend on low halves alone, so that the upper ones of x and y may hold
// anything as well. That of d is no sign, and nobody looks at it (convention.h).
bool add_shifted_low(Lower& l, Value value, const Inst& inst) {
  if (!l.has(CpuFeature::Zba) || is_wide(inst) || l.is_whole_needed(value)) return false;
  Value x(inst.a), shift(inst.b);
  u32 k = find_shift(l, x, shift);
  if (!k) return false;
  constexpr RRR ops[] = {RRR::Sh1add, RRR::Sh2add, RRR::Sh3add};
  VReg a = l.low(Value(l.inst(shift).a)), b = l.low(x);
  l.emit(ops[k - 1], l.def(value), a, b);
  return true;
}

// Zba: x + i64.extend_i32_u y  =>  add.uw d, y, x
bool add_extended(Lower& l, Value value, const Inst& inst) {
  if (!l.has(CpuFeature::Zba) || !is_wide(inst)) return false;
  Value x(inst.a), y(inst.b);
  if (!l.folds(y, Op::ExtendU)) std::swap(x, y);
  if (!l.folds(y, Op::ExtendU)) return false;
  VReg a = l.low(Value(l.inst(y).a)), b = l.operand(x);
  l.emit(RRR::AddUw, l.def(value), a, b);
  return true;
}

// x op c, c of 12 bits and so sign-extended as x is
bool bitwise_immediate(Lower& l, Value value, const Inst& inst) {
  std::optional<i64> imm = l.immediate(Value(inst.b));
  if (!imm) return false;
  RRI op = inst.op == Op::IAnd ? RRI::Andi : inst.op == Op::IOr ? RRI::Ori : RRI::Xori;
  l.emit(op, l.def(value), l.use(Value(inst.a)), *imm);
  return true;
}

// Zbs: x | 2^k, x ^ 2^k, x & ~2^k. Of an i32 not its sign: its copies above would have to change as well, and
// the register's constant has them all.
bool single_bit(Lower& l, Value value, const Inst& inst) {
  std::optional<i64> c = l.number(Value(inst.b));
  if (!c || !l.has(CpuFeature::Zbs)) return false;
  u64 bit = inst.op == Op::IAnd ? ~u64(*c) : u64(*c);
  if (!std::has_single_bit(bit)) return false;
  Shift op = inst.op == Op::IAnd ? Shift::Bclri : inst.op == Op::IOr ? Shift::Bseti : Shift::Binvi;
  l.emit(op, l.def(value), l.use(Value(inst.a)), u32(std::countr_zero(bit)));
  return true;
}

// Zbs: (x >> k) & 1  =>  bexti d, x, k
bool extract_bit(Lower& l, Value value, const Inst& inst) {
  Value shift(inst.a);
  if (!l.has(CpuFeature::Zbs) || l.number(Value(inst.b)) != 1) return false;
  if (!l.folds(shift, Op::IShrU) && !l.folds(shift, Op::IShrS)) return false;
  std::optional<u32> k = l.amount(Value(l.inst(shift).b));
  if (!k) return false;
  l.emit(Shift::Bexti, l.def(value), l.use(Value(l.inst(shift).a)), *k);
  return true;
}

// x & (2^k - 1)  =>  x << (64 - k) >> (64 - k), or one instruction where there is one. Of an i32 k is at most 31, so
// that the result is not negative. A mask that is in a register takes one instruction as well.
bool and_low_bits(Lower& l, Value value, const Inst& inst) {
  std::optional<i64> mask = l.number(Value(inst.b));
  if (!mask || *mask <= 0 || !std::has_single_bit(u64(*mask) + 1)) return false;
  u32 k = u32(std::bit_width(u64(*mask)));
  bool is_one = k == 32 || (k == 16 && l.has(CpuFeature::Zbb));
  if (!is_one && l.holds_constants_here()) return false;
  VReg x = l.use(Value(inst.a));
  if (k == 32) l.emit(VOp::ZeroExtend, l.def(value), x);
  else if (k == 16 && l.has(CpuFeature::Zbb)) l.emit(RR::ZextH, l.def(value), x);
  else l.emit(Shift::Srli, l.def(value), l.made(Shift::Slli, x, 64 - k), 64 - k);
  return true;
}

// Zbb: x & ~y, x | ~y, x ^ ~y; and ~(x ^ y), which is the third
bool bitwise_inverted(Lower& l, Value value, const Inst& inst) {
  if (!l.has(CpuFeature::Zbb)) return false;
  auto inverts = [&](Value v) { return l.folds(v, Op::IXor) && l.number(Value(l.inst(v).b)) == -1; };
  Value x(inst.a), y(inst.b);
  RRR op = inst.op == Op::IAnd ? RRR::Andn : inst.op == Op::IOr ? RRR::Orn : RRR::Xnor;
  if (inst.op == Op::IXor && l.number(y) == -1 && l.folds(x, Op::IXor)) {
    const Inst& xor_ = l.inst(x);
    VReg a = l.use(Value(xor_.a)), b = l.use(Value(xor_.b));
    l.emit(RRR::Xnor, l.def(value), a, b);
    return true;
  }
  if (!inverts(y)) std::swap(x, y);
  if (!inverts(y)) return false;
  VReg a = l.operand(x), b = l.use(Value(l.inst(y).a));
  l.emit(op, l.def(value), a, b);
  return true;
}

// Zba, in 64 bits: x * 3, 5, 9  =>  sh1add, sh2add, sh3add d, x, x
bool mul_shifted(Lower& l, Value value, const Inst& inst) {
  std::optional<i64> c = l.number(Value(inst.b));
  if (!l.has(CpuFeature::Zba) || !is_wide(inst) || (c != 3 && c != 5 && c != 9)) return false;
  VReg x = l.use(Value(inst.a));
  l.emit(c == 3 ? RRR::Sh1add : c == 5 ? RRR::Sh2add : RRR::Sh3add, l.def(value), x, x);
  return true;
}

// Division does not trap on RISC-V: both of its traps are tests of their own, left out where a constant tells. The
// remainder of the least number and -1 is 0, as it should be.
bool divide(Lower& l, Value value, const Inst& inst) {
  Value x(inst.a), y(inst.b);
  std::optional<i64> divisor = l.number(y), dividend = l.number(x);
  VReg a = l.operand(x), b = l.operand(y);
  if (!divisor || divisor == 0) l.trap_if({Condition::Equal, b, none()}, TrapCode::IntegerDivideByZero);
  i64 least = is_wide(inst) ? INT64_MIN : INT32_MIN;
  bool overflow_possible = inst.op == Op::IDivS && (!divisor || divisor == -1) && (!dividend || dividend == least);
  if (overflow_possible) l.emit(VOp::TrapIfOverflow, width_of(inst.type), none(), a, b);
  l.emit(register_op(inst.op, is_wide(inst)), l.def(value), a, b);
  return true;
}

// (i64.extend_i32_u x) << k  =>  slli.uw d, x, k with Zba, else x << 32 >> (32 - k) for k below 32
bool shift_extended(Lower& l, Value value, const Inst& inst) {
  std::optional<u32> k = l.amount(Value(inst.b));
  if (!k || !l.folds(Value(inst.a), Op::ExtendU)) return false;
  bool zba = l.has(CpuFeature::Zba);
  if (!zba && *k >= 32) return false;
  VReg x = l.low(Value(l.inst(Value(inst.a)).a));
  if (zba) l.emit(Shift::SlliUw, l.def(value), x, *k);
  else l.emit(Shift::Srli, l.def(value), l.made(Shift::Slli, x, 32), 32 - *k);
  return true;
}

bool shift_immediate(Lower& l, Value value, const Inst& inst) {
  std::optional<u32> k = l.amount(Value(inst.b));
  if (!k) return false;
  VReg a = is_wide(inst) ? l.use(Value(inst.a)) : l.low(Value(inst.a));
  l.emit(shift_op(inst.op, is_wide(inst)), l.def(value), a, *k);
  return true;
}

// Shifts read as many bits of the amount as WebAssembly has them do.
bool shift(Lower& l, Value value, const Inst& inst) {
  VReg a = is_wide(inst) ? l.operand(Value(inst.a)) : l.low(Value(inst.a)), b = l.use(Value(inst.b));
  l.emit(register_op(inst.op, is_wide(inst)), l.def(value), a, b);
  return true;
}

bool rotate_immediate(Lower& l, Value value, const Inst& inst) {
  std::optional<u32> k = l.amount(Value(inst.b));
  if (!k) return false;
  bool wide = is_wide(inst);
  u32 bits = wide ? 64 : 32;
  u32 right = inst.op == Op::IRotr ? *k : (bits - *k) % bits;
  VReg a = wide ? l.use(Value(inst.a)) : l.low(Value(inst.a));
  if (l.has(CpuFeature::Zbb)) {
    l.emit(wide ? Shift::Rori : Shift::Roriw, l.def(value), a, right);
  } else if (right == 0) {
    l.emit(wide ? RRI::Addi : RRI::Addiw, l.def(value), a, 0);
  } else {
    VReg down = l.made(wide ? Shift::Srli : Shift::Srliw, a, right);
    VReg up = l.made(wide ? Shift::Slli : Shift::Slliw, a, bits - right);
    l.emit(RRR::Or, l.def(value), down, up);
  }
  return true;
}

bool rotate_zbb(Lower& l, Value value, const Inst& inst) {
  if (!l.has(CpuFeature::Zbb)) return false;
  return shift(l, value, inst);
}

// rotl(x, y)  =>  x << y | x >> -y, the amounts taken modulo the width
bool rotate(Lower& l, Value value, const Inst& inst) {
  bool wide = is_wide(inst), left = inst.op == Op::IRotl;
  VReg a = wide ? l.operand(Value(inst.a)) : l.low(Value(inst.a)), b = l.use(Value(inst.b));
  VReg other = l.made(RRR::Sub, none(), b);
  VReg up = l.made(wide ? RRR::Sll : RRR::Sllw, a, left ? b : other);
  VReg down = l.made(wide ? RRR::Srl : RRR::Srlw, a, left ? other : b);
  l.emit(RRR::Or, l.def(value), up, down);
  return true;
}

// The counts read the low half alone, but QEMU before 8.0 counts trailing zeros on into the upper half (its ctzw of
// 2^33 is 33): of an i32 whose register is extended they are right there too.
bool count_zbb(Lower& l, Value value, const Inst& inst) {
  if (!l.has(CpuFeature::Zbb)) return false;
  bool wide = is_wide(inst), whole = wide || inst.op == Op::ICtz;
  RR op = inst.op == Op::IClz ? (wide ? RR::Clz : RR::Clzw) : inst.op == Op::ICtz ? (wide ? RR::Ctz : RR::Ctzw) : wide ? RR::Cpop : RR::Cpopw;
  l.emit(op, l.def(value), whole ? l.use(Value(inst.a)) : l.low(Value(inst.a)));
  return true;
}

bool count(Lower& l, Value value, const Inst& inst) {
  CountKind kind = inst.op == Op::IClz ? CountKind::LeadingZeros : inst.op == Op::ICtz ? CountKind::TrailingZeros : CountKind::Ones;
  l.emit(VOp::CountSlow, width_of(inst.type), l.def(value), l.use(Value(inst.a)), none(), u8(kind));
  return true;
}

// To 64 bits always, so that an i32 comes out as it should be.
bool extend_narrow(Lower& l, Value value, const Inst& inst) {
  bool byte = inst.op == Op::IExtend8S;
  VReg a = is_wide(inst) ? l.use(Value(inst.a)) : l.low(Value(inst.a));
  if (l.has(CpuFeature::Zbb)) {
    l.emit(byte ? RR::SextB : RR::SextH, l.def(value), a);
  } else {
    u32 above = byte ? 56 : 48;
    l.emit(Shift::Srai, l.def(value), l.made(Shift::Slli, a, above), above);
  }
  return true;
}

// addiw d, x, 0
bool extend_word(Lower& l, Value value, const Inst& inst) {
  l.emit(RRI::Addiw, l.def(value), l.use(Value(inst.a)), 0);
  return true;
}

// An i32's register holds its sign extension.
bool extend_signed(Lower& l, Value value, const Inst& inst) {
  l.emit(VOp::Copy, l.def(value), l.use(Value(inst.a)));
  return true;
}

bool extend_unsigned(Lower& l, Value value, const Inst& inst) {
  l.emit(VOp::ZeroExtend, l.def(value), l.low(Value(inst.a)));
  return true;
}

// A register that tells what an ICmp tells.
struct Flag {
  VReg reg;
  bool is_bool;   // 0 or 1; else zero or anything
  bool inverted;  // zero where the comparison holds
};

// Emits the comparison. Where its answer comes out as it is, it comes in `d`.
Flag flag(Lower& l, const Inst& inst, VReg d) {
  Value x(inst.a), y(inst.b);
  ir::Cond cond = inst.cond();
  if (l.is_constant(x) && !l.is_constant(y)) {
    std::swap(x, y);
    cond = swapped(cond);
  }
  std::optional<i64> c = l.number(y);
  if (cond == ir::Cond::Eq || cond == ir::Cond::Ne) {
    bool inverted = cond == ir::Cond::Eq;
    if (c == 0) return {l.use(x), false, inverted};
    if (l.immediate(y)) return {l.made(RRI::Xori, l.use(x), *c), false, inverted};
    VReg a = l.use(x), b = l.use(y);
    return {l.made(RRR::Xor, a, b), false, inverted};
  }
  bool is_unsigned = cond == ir::Cond::LtU || cond == ir::Cond::LeU || cond == ir::Cond::GtU || cond == ir::Cond::GeU;
  bool or_equal = cond == ir::Cond::LeS || cond == ir::Cond::LeU, greater = cond == ir::Cond::GtS || cond == ir::Cond::GtU;
  bool inverted = !(cond == ir::Cond::LtS || cond == ir::Cond::LtU || or_equal);
  // x <= c is x < c + 1, and x > c its opposite, unless that wraps.
  if (c && (or_equal || greater)) {
    c = *c == (is_unsigned ? -1 : INT64_MAX) ? std::nullopt : std::optional(i64(u64(*c) + 1));
  }
  if (c && fits_signed(*c, 12)) {
    VReg at = inverted ? l.temp(RegClass::Int) : d;
    l.emit(is_unsigned ? RRI::Sltiu : RRI::Slti, at, l.use(x), *c);
    return {at, true, inverted};
  }
  // x > y is y < x; x <= y its opposite
  VReg a = l.operand(x), b = l.operand(y);
  if (or_equal || greater) {
    std::swap(a, b);
    inverted = or_equal;
  }
  VReg at = inverted ? l.temp(RegClass::Int) : d;
  l.emit(is_unsigned ? RRR::Sltu : RRR::Slt, at, a, b);
  return {at, true, inverted};
}

bool compare(Lower& l, Value value, const Inst& inst) {
  VReg d = l.def(value);
  Flag f = flag(l, inst, d);
  if (!f.is_bool && f.inverted) l.emit(RRI::Sltiu, d, f.reg, 1);
  else if (!f.is_bool) l.emit(RRR::Sltu, d, none(), f.reg);
  else if (f.inverted) l.emit(RRI::Xori, d, f.reg, 1);
  return true;
}

bool float_compare(Lower& l, Value value, const Inst& inst) {
  bool inverted = inst.cond() == ir::Cond::Ne;
  VReg equal = inverted ? l.temp(RegClass::Int) : l.def(value);
  l.float_compare(inst, equal);
  if (inverted) l.emit(RRI::Xori, l.def(value), equal, 1);
  return true;
}

// Zbb: x < y ? x : y  =>  min, minu, max, maxu; of i32s as well, which compare alike with their signs above them
bool select_extreme(Lower& l, Value value, const Inst& inst) {
  const Inst& compare = l.inst(Value(inst.c));
  if (compare.op != Op::ICmp || ir::is_float(inst.type) || !l.has(CpuFeature::Zbb)) return false;
  bool same = compare.a == inst.a && compare.b == inst.b;
  if (!same && (compare.a != inst.b || compare.b != inst.a)) return false;
  bool takes_least, is_unsigned;
  switch (compare.cond()) {
    case ir::Cond::LtS: case ir::Cond::LeS: takes_least = true, is_unsigned = false; break;
    case ir::Cond::LtU: case ir::Cond::LeU: takes_least = true, is_unsigned = true; break;
    case ir::Cond::GtS: case ir::Cond::GeS: takes_least = false, is_unsigned = false; break;
    case ir::Cond::GtU: case ir::Cond::GeU: takes_least = false, is_unsigned = true; break;
    default: return false;
  }
  RRR op = takes_least == same ? (is_unsigned ? RRR::Minu : RRR::Min) : is_unsigned ? RRR::Maxu : RRR::Max;
  VReg a = l.operand(Value(inst.a)), b = l.operand(Value(inst.b));
  l.emit(op, l.def(value), a, b);
  return true;
}

// z ? x : y, by a move that a branch skips
bool select(Lower& l, Value value, const Inst& inst) {
  VReg x = l.use(Value(inst.a)), y = l.use(Value(inst.b));
  Value z(inst.c);
  Flag f;
  const Inst& compare = l.inst(z);
  bool folds = l.used_once(z) || l.in_this_block(z);
  if (compare.op == Op::ICmp && folds) {
    f = flag(l, compare, l.temp(RegClass::Int));
  } else if (compare.op == Op::FCmp && folds) {
    Test test = l.test(compare);
    f = {test.a, true, test.condition == Condition::Equal};
  } else {
    f = {l.use(z), false, false};
  }
  VOp op = ir::is_float(inst.type) ? VOp::FloatMoveIf : VOp::MoveIf;
  l.emit(op, l.def(value), x, y, f.inverted).c = f.reg;
  return true;
}

constexpr Rule rules[] = {
    {Op::CallResult, call_result, "call_result"},
    {Op::IAdd, add_immediate, "add_immediate"},
    {Op::IAdd, add_shifted, "add_shifted"},
    {Op::IAdd, add_shifted_low, "add_shifted_low"},
    {Op::IAdd, add_extended, "add_extended"},
    {Op::IAdd, plain_low, "plain_low"},
    {Op::IAdd, plain, "plain"},
    {Op::ISub, plain_low, "plain_low"},
    {Op::ISub, plain, "plain"},
    {Op::IAnd, extract_bit, "extract_bit"},
    {Op::IAnd, bitwise_immediate, "bitwise_immediate"},
    {Op::IAnd, and_low_bits, "and_low_bits"},
    {Op::IAnd, single_bit, "single_bit"},
    {Op::IAnd, bitwise_inverted, "bitwise_inverted"},
    {Op::IAnd, plain, "plain"},
    {Op::IOr, bitwise_immediate, "bitwise_immediate"},
    {Op::IOr, single_bit, "single_bit"},
    {Op::IOr, bitwise_inverted, "bitwise_inverted"},
    {Op::IOr, plain, "plain"},
    {Op::IXor, bitwise_inverted, "bitwise_inverted"},
    {Op::IXor, bitwise_immediate, "bitwise_immediate"},
    {Op::IXor, single_bit, "single_bit"},
    {Op::IXor, plain, "plain"},
    {Op::IMul, mul_shifted, "mul_shifted"},
    {Op::IMul, plain_low, "plain_low"},
    {Op::IMul, plain, "plain"},
    {Op::IDivS, divide, "divide"},
    {Op::IDivU, divide, "divide"},
    {Op::IRemS, divide, "divide"},
    {Op::IRemU, divide, "divide"},
    {Op::IShl, shift_extended, "shift_extended"},
    {Op::IShl, shift_immediate, "shift_immediate"},
    {Op::IShl, shift, "shift"},
    {Op::IShrS, shift_immediate, "shift_immediate"},
    {Op::IShrS, shift, "shift"},
    {Op::IShrU, shift_immediate, "shift_immediate"},
    {Op::IShrU, shift, "shift"},
    {Op::IRotl, rotate_immediate, "rotate_immediate"},
    {Op::IRotl, rotate_zbb, "rotate_zbb"},
    {Op::IRotl, rotate, "rotate"},
    {Op::IRotr, rotate_immediate, "rotate_immediate"},
    {Op::IRotr, rotate_zbb, "rotate_zbb"},
    {Op::IRotr, rotate, "rotate"},
    {Op::IClz, count_zbb, "count_zbb"},
    {Op::IClz, count, "count"},
    {Op::ICtz, count_zbb, "count_zbb"},
    {Op::ICtz, count, "count"},
    {Op::IPopcnt, count_zbb, "count_zbb"},
    {Op::IPopcnt, count, "count"},
    {Op::IExtend8S, extend_narrow, "extend_narrow"},
    {Op::IExtend16S, extend_narrow, "extend_narrow"},
    {Op::IExtend32S, extend_word, "extend_word"},
    {Op::ExtendS, extend_signed, "extend_signed"},
    {Op::ExtendU, extend_unsigned, "extend_unsigned"},
    {Op::Wrap, extend_word, "extend_word"},
    {Op::ICmp, compare, "compare"},
    {Op::FCmp, float_compare, "float_compare"},
    {Op::Select, select_extreme, "select_extreme"},
    {Op::Select, select, "select"},
};

}  // namespace

std::span<const Rule> integer_rules() { return rules; }

}  // namespace skerry::riscv64
