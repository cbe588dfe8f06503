// Rules for floating-point operations and conversions.

#include "engine/codegen/riscv64/select.h"

namespace skerry::riscv64 {

namespace {

bool arithmetic(Lower& l, Value value, const Inst& inst) {
  FFF op = inst.op == Op::FAdd ? FFF::Fadd : inst.op == Op::FSub ? FFF::Fsub : inst.op == Op::FMul ? FFF::Fmul : FFF::Fdiv;
  VReg a = l.use(Value(inst.a)), b = l.use(Value(inst.b));
  l.emit(VOp::Float, width_of(inst.type), l.def(value), a, b, u8(op));
  return true;
}

bool min_max(Lower& l, Value value, const Inst& inst) {
  VReg a = l.use(Value(inst.a)), b = l.use(Value(inst.b));
  l.emit(VOp::FloatMinMax, width_of(inst.type), l.def(value), a, b, u8(inst.op == Op::FMax ? FFF::Fmax : FFF::Fmin));
  return true;
}

// copysign(x, -y)  =>  fsgnjn d, x, y. Signs of NaN count as those of numbers do.
bool copysign_negated(Lower& l, Value value, const Inst& inst) {
  Value y(inst.b);
  if (!l.folds(y, Op::FNeg)) return false;
  VReg a = l.use(Value(inst.a)), b = l.use(Value(l.inst(y).a));
  l.emit(VOp::Float, width_of(inst.type), l.def(value), a, b, u8(FFF::Fsgnjn));
  return true;
}

bool copysign(Lower& l, Value value, const Inst& inst) {
  VReg a = l.use(Value(inst.a)), b = l.use(Value(inst.b));
  l.emit(VOp::Float, width_of(inst.type), l.def(value), a, b, u8(FFF::Fsgnj));
  return true;
}

// |x| has the sign of x times the sign of x, -x the opposite of x's; payloads of NaN stay.
bool sign_bit(Lower& l, Value value, const Inst& inst) {
  VReg x = l.use(Value(inst.a));
  l.emit(VOp::Float, width_of(inst.type), l.def(value), x, x, u8(inst.op == Op::FNeg ? FFF::Fsgnjn : FFF::Fsgnjx));
  return true;
}

bool round(Lower& l, Value value, const Inst& inst) {
  Rounding mode = inst.op == Op::FNearest ? Rounding::Rne : inst.op == Op::FFloor ? Rounding::Rdn
                  : inst.op == Op::FCeil ? Rounding::Rup : Rounding::Rtz;
  l.emit(VOp::FloatRound, width_of(inst.type), l.def(value), l.use(Value(inst.a)), none(), u8(mode));
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
  u8 kind = u8((inst.type == Type::I64 ? 2 : 0) + (is_signed ? 0 : 1));
  l.emit(saturates ? VOp::TruncateSat : VOp::Truncate, width_of(l.type(Value(inst.a))), l.def(value), l.use(Value(inst.a)), none(), kind);
  return true;
}

// From 32 bits the instruction reads the low half alone.
bool convert(Lower& l, Value value, const Inst& inst) {
  Value x(inst.a);
  bool wide = l.type(x) == Type::I64, is_signed = inst.op == Op::ConvertS;
  IntToFloat op = wide ? (is_signed ? IntToFloat::L : IntToFloat::Lu) : is_signed ? IntToFloat::W : IntToFloat::Wu;
  l.emit(VOp::FloatFromInt, width_of(inst.type), l.def(value), wide ? l.use(x) : l.low(x), none(), u8(op));
  return true;
}

bool reinterpret(Lower& l, Value value, const Inst& inst) {
  l.emit(VOp::MoveAcross, width_of(inst.type), l.def(value), l.use(Value(inst.a)));
  return true;
}

constexpr Rule rules[] = {
    {Op::FAdd, arithmetic, "arithmetic"},
    {Op::FSub, arithmetic, "arithmetic"},
    {Op::FMul, arithmetic, "arithmetic"},
    {Op::FDiv, arithmetic, "arithmetic"},
    {Op::FMin, min_max, "min_max"},
    {Op::FMax, min_max, "min_max"},
    {Op::FCopysign, copysign_negated, "copysign_negated"},
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

}  // namespace skerry::riscv64
