// Rules for floating-point operations and conversions.

#include "engine/codegen/x64/select.h"

namespace skerry::x64 {

namespace {

VReg none() { return VReg::none(); }

FloatOp float_op(Op op) {
  return op == Op::FAdd ? FloatOp::Add : op == Op::FSub ? FloatOp::Sub : op == Op::FMul ? FloatOp::Mul : FloatOp::Div;
}

// x op load(y): the operation reads memory itself; in the best gear
bool arithmetic_load(Lower& l, Value value, const Inst& inst) {
  return l.is_best() && l.operate_on_load(VOp::FloatLoad, u8(float_op(inst.op)), value, inst);
}

bool arithmetic(Lower& l, Value value, const Inst& inst) {
  FloatOp op = float_op(inst.op);
  Value x(inst.a), y(inst.b);
  if ((info(inst.op).effects & ir::Commutes) && l.is_better_tied(x, y)) std::swap(x, y);
  VReg a = l.use(x), b = l.use(y);
  l.emit(VOp::Float, width_of(inst.type), l.def(value), a, b, u8(op));
  return true;
}

bool min_max(Lower& l, Value value, const Inst& inst) {
  VReg a = l.use(Value(inst.a)), b = l.use(Value(inst.b));
  l.emit(VOp::FloatMinMax, width_of(inst.type), l.def(value), a, b, inst.op == Op::FMax);
  return true;
}

bool copysign(Lower& l, Value value, const Inst& inst) {
  VReg a = l.use(Value(inst.a)), b = l.use(Value(inst.b));
  l.emit(VOp::CopySign, width_of(inst.type), l.def(value), a, b);
  return true;
}

// |x| clears the sign bit, -x flips it; payloads of NaN stay.
bool sign_bit(Lower& l, Value value, const Inst& inst) {
  bool wide = ir::is_64(inst.type);
  u64 sign = wide ? u64{1} << 63 : u64{1} << 31;
  bool negate = inst.op == Op::FNeg;
  u64 bits = negate ? sign : (wide ? ~sign : 0xffffffff & ~sign);
  l.emit(VOp::FloatBits, width_of(inst.type), l.def(value), l.use(Value(inst.a)), none(),
         u8(negate ? FloatBitsOp::Xor : FloatBitsOp::And), i64(bits));
  return true;
}

bool round(Lower& l, Value value, const Inst& inst) {
  // SDM volume 2, ROUNDSD: 0 nearest, 1 down, 2 up, 3 truncate; 8: no precision exception.
  i64 mode = 8 | (inst.op == Op::FNearest ? 0 : inst.op == Op::FFloor ? 1 : inst.op == Op::FCeil ? 2 : 3);
  l.emit(VOp::FloatRound, width_of(inst.type), l.def(value), l.use(Value(inst.a)), none(), 0, mode);
  return true;
}

bool unary(Lower& l, Value value, const Inst& inst) {
  FloatUnaryOp op = inst.op == Op::FSqrt ? FloatUnaryOp::Sqrt : inst.op == Op::Promote ? FloatUnaryOp::Promote : FloatUnaryOp::Demote;
  l.emit(VOp::FloatUnary, width_of(inst.type), l.def(value), l.use(Value(inst.a)), none(), u8(op));
  return true;
}

bool truncate(Lower& l, Value value, const Inst& inst) {
  bool is_signed = inst.op == Op::TruncS || inst.op == Op::TruncSatS;
  bool saturates = inst.op == Op::TruncSatS || inst.op == Op::TruncSatU;
  u8 kind = u8((saturates ? 4 : 0) + (inst.type == Type::I64 ? 2 : 0) + (is_signed ? 0 : 1));
  l.emit(VOp::Truncate, width_of(l.type(Value(inst.a))), l.def(value), l.use(Value(inst.a)), none(), kind);
  return true;
}

bool convert(Lower& l, Value value, const Inst& inst) {
  Value x(inst.a);
  Width width = width_of(inst.type);
  bool from_64 = l.type(x) == Type::I64;
  if (inst.op == Op::ConvertU && from_64) {
    l.emit(VOp::FloatFromU64, width, l.def(value), l.use(x));
  } else {
    // An unsigned i32 is an i64 with the same value.
    bool wide = from_64 || inst.op == Op::ConvertU;
    l.emit(VOp::FloatFromInt, width, l.def(value), l.use(x), none(), u8(wide ? Width::W64 : Width::W32));
  }
  return true;
}

bool reinterpret(Lower& l, Value value, const Inst& inst) {
  l.emit(VOp::MoveAcross, width_of(inst.type), l.def(value), l.use(Value(inst.a)));
  return true;
}

constexpr Rule rules[] = {
    {Op::FAdd, arithmetic_load, "arithmetic_load"},
    {Op::FAdd, arithmetic, "arithmetic"},
    {Op::FSub, arithmetic_load, "arithmetic_load"},
    {Op::FSub, arithmetic, "arithmetic"},
    {Op::FMul, arithmetic_load, "arithmetic_load"},
    {Op::FMul, arithmetic, "arithmetic"},
    {Op::FDiv, arithmetic_load, "arithmetic_load"},
    {Op::FDiv, arithmetic, "arithmetic"},
    {Op::FMin, min_max, "min_max"},
    {Op::FMax, min_max, "min_max"},
    {Op::FCopysign, copysign, "copysign"},
    {Op::FAbs, sign_bit, "sign_bit"},
    {Op::FNeg, sign_bit, "sign_bit"},
    {Op::FCeil, round, "round"},
    {Op::FFloor, round, "round"},
    {Op::FTrunc, round, "round"},
    {Op::FNearest, round, "round"},
    {Op::FSqrt, unary, "unary"},
    {Op::Promote, unary, "unary"},
    {Op::Demote, unary, "unary"},
    {Op::TruncS, truncate, "truncate"},
    {Op::TruncU, truncate, "truncate"},
    {Op::TruncSatS, truncate, "truncate"},
    {Op::TruncSatU, truncate, "truncate"},
    {Op::ConvertS, convert, "convert"},
    {Op::ConvertU, convert, "convert"},
    {Op::Reinterpret, reinterpret, "reinterpret"},
};

}  // namespace

std::span<const Rule> float_rules() { return rules; }

}  // namespace skerry::x64
