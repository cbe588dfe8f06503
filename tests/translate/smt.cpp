#include "tests/translate/smt.h"

#include "base/string.h"
#include "tests/support/process.h"

namespace skerry::smt {

using ir::Cond;
using ir::Inst;
using ir::Op;
using ir::Type;
using ir::Value;

namespace {

u32 width_of(Type type) { return ir::is_64(type) ? 64 : 32; }
std::string constant(u32 width, u64 bits) { return concat("#x", hex(width == 64 ? bits : u32(bits), width / 4)); }
std::string extract(u32 bits, const std::string& x) { return concat("((_ extract ", bits - 1, " 0) ", x, ")"); }
std::string sign_extend(u32 by, const std::string& x) { return concat("((_ sign_extend ", by, ") ", x, ")"); }
std::string zero_extend(u32 by, const std::string& x) { return concat("((_ zero_extend ", by, ") ", x, ")"); }
std::string truth(const std::string& condition) { return concat("(ite ", condition, " #x00000001 #x00000000)"); }
std::string as_float(Type type, const std::string& x) {
  return concat(type == Type::F32 ? "((_ to_fp 8 24) " : "((_ to_fp 11 53) ", x, ")");
}

// Bits, counted by sums of themselves.
std::string ones(u32 width, const std::string& x) {
  std::string sum = constant(width, 0);
  for (u32 i = 0; i < width; ++i)
    sum = concat("(bvadd ", sum, " ", zero_extend(width - 1, concat("((_ extract ", i, " ", i, ") ", x, ")")), ")");
  return sum;
}

// Zeros at one end: the place of the first one from there.
std::string zeros(u32 width, const std::string& x, bool leading) {
  std::string count = constant(width, width);
  for (u32 i = 0; i < width; ++i) {
    // The last one asked about is the first one that decides.
    u32 bit = leading ? i : width - 1 - i;
    count = concat("(ite (= ((_ extract ", bit, " ", bit, ") ", x, ") #b1) ", constant(width, width - 1 - i), " ",
        count, ")");
  }
  return count;
}

std::string compare(Cond cond, const std::string& x, const std::string& y) {
  switch (cond) {
    case Cond::Eq: return concat("(= ", x, " ", y, ")");
    case Cond::Ne: return concat("(distinct ", x, " ", y, ")");
    case Cond::LtS: return concat("(bvslt ", x, " ", y, ")");
    case Cond::LtU: return concat("(bvult ", x, " ", y, ")");
    case Cond::GtS: return concat("(bvsgt ", x, " ", y, ")");
    case Cond::GtU: return concat("(bvugt ", x, " ", y, ")");
    case Cond::LeS: return concat("(bvsle ", x, " ", y, ")");
    case Cond::LeU: return concat("(bvule ", x, " ", y, ")");
    case Cond::GeS: return concat("(bvsge ", x, " ", y, ")");
    case Cond::GeU: return concat("(bvuge ", x, " ", y, ")");
  }
  UNREACHABLE("no condition");
}

std::string float_compare(Cond cond, const std::string& x, const std::string& y) {
  switch (cond) {
    case Cond::Eq: return concat("(fp.eq ", x, " ", y, ")");
    case Cond::Ne: return concat("(not (fp.eq ", x, " ", y, "))");
    case Cond::LtS: return concat("(fp.lt ", x, " ", y, ")");
    case Cond::GtS: return concat("(fp.gt ", x, " ", y, ")");
    case Cond::LeS: return concat("(fp.leq ", x, " ", y, ")");
    default: return concat("(fp.geq ", x, " ", y, ")");
  }
}

char letter_of(Type type) {
  switch (type) {
    case Type::I32: return 'i';
    case Type::I64: return 'l';
    case Type::F32: return 'f';
    case Type::F64: return 'd';
    default: return 'r';
  }
}

// The name of an operation without a term.
std::string opaque(const Inst& inst, Type from) { return concat(info(inst.op).name, "_", letter_of(inst.type),
    letter_of(from)); }

}  // namespace

bool is_opaque(Op op) {
  switch (op) {
    case Op::FAdd: case Op::FSub: case Op::FMul: case Op::FDiv: case Op::FMin: case Op::FMax: case Op::FCeil:
    case Op::FFloor: case Op::FTrunc: case Op::FNearest: case Op::FSqrt: case Op::TruncSatS: case Op::TruncSatU:
    case Op::ConvertS: case Op::ConvertU: case Op::Demote: case Op::Promote: return true;
    default: return false;
  }
}

std::string declarations(u32 params_of_each_type) {
  std::string text = "(set-logic ALL)\n(declare-const m (_ BitVec 64))\n";
  constexpr Type types[] = {Type::I32, Type::I64, Type::F32, Type::F64, Type::Ref};
  for (Type type : types)
    for (u32 i = 0; i < params_of_each_type; ++i)
      text += concat("(declare-const ", letter_of(type), i, " (_ BitVec ", width_of(type), "))\n");
  for (u32 op = 0; op < u32(Op::Count); ++op) {
    if (!is_opaque(Op(op))) continue;
    bool binary = info(Op(op)).shape == ir::Shape::VV;
    for (Type to : types)
      for (Type from : types) {
        std::string operand = concat("(_ BitVec ", width_of(from), ")");
        text += concat("(declare-fun ", opaque({.op = Op(op), .type = to}, from), " (", operand,
            binary ? " " + operand : "",
                       ") (_ BitVec ", width_of(to), "))\n");
      }
  }
  return text;
}

std::string Terms::integer(const Inst& inst) const {
  u32 width = width_of(inst.type);
  std::string x = value(Value(inst.a));
  auto both = [&](const char* op) { return concat("(", op, " ", x, " ", value(Value(inst.b)), ")"); };
  auto amount = [&] { return concat("(bvand ", value(Value(inst.b)), " ", constant(width, width - 1), ")"); };
  auto shift = [&](const char* op) { return concat("(", op, " ", x, " ", amount(), ")"); };
  auto rotate = [&](const char* there, const char* back) {
    std::string rest = concat("(bvsub ", constant(width, width), " ", amount(), ")");
    return concat("(bvor (", there, " ", x, " ", amount(), ") (", back, " ", x, " ", rest, "))");
  };
  switch (inst.op) {
    case Op::IAdd: return both("bvadd");
    case Op::ISub: return both("bvsub");
    case Op::IMul: return both("bvmul");
    case Op::IDivS: return both("bvsdiv");
    case Op::IDivU: return both("bvudiv");
    case Op::IRemS: return both("bvsrem");
    case Op::IRemU: return both("bvurem");
    case Op::IAnd: return both("bvand");
    case Op::IOr: return both("bvor");
    case Op::IXor: return both("bvxor");
    case Op::IShl: return shift("bvshl");
    case Op::IShrS: return shift("bvashr");
    case Op::IShrU: return shift("bvlshr");
    case Op::IRotl: return rotate("bvshl", "bvlshr");
    case Op::IRotr: return rotate("bvlshr", "bvshl");
    case Op::IClz: return zeros(width, x, true);
    case Op::ICtz: return zeros(width, x, false);
    case Op::IPopcnt: return ones(width, x);
    case Op::IExtend8S: return sign_extend(width - 8, extract(8, x));
    case Op::IExtend16S: return sign_extend(width - 16, extract(16, x));
    case Op::IExtend32S: return sign_extend(32, extract(32, x));
    default: UNREACHABLE("no term");
  }
}

std::string Terms::value(Value wanted) const {
  const Inst& inst = function_[wanted];
  u32 width = width_of(inst.type);
  auto loaded = [&](u32 bits, bool is_signed) {
    if (bits == width) return extract(bits, "m");
    return is_signed ? sign_extend(width - bits, extract(bits, "m")) : zero_extend(width - bits, extract(bits, "m"));
  };
  auto operand = [&](u32 raw) { return value(Value(raw)); };
  std::string sign = constant(width, u64{1} << (width - 1)), rest = constant(width, ~(u64{1} << (width - 1)));
  switch (inst.op) {
    case Op::Param: {
      // Numbered among those of their type.
      u32 number = 0;
      for (Value before(0); before != wanted; before = before.next())
        number += function_[before].op == Op::Param && function_[before].type == inst.type;
      return concat(letter_of(inst.type), number);
    }
    case Op::Const: return constant(width, inst.imm64());
    case Op::Load: return loaded(width, false);
    case Op::Load8S: return loaded(8, true);
    case Op::Load8U: return loaded(8, false);
    case Op::Load16S: return loaded(16, true);
    case Op::Load16U: return loaded(16, false);
    case Op::Load32S: return loaded(32, true);
    case Op::Load32U: return loaded(32, false);
    case Op::Wrap: return extract(32, operand(inst.a));
    case Op::ExtendS: return sign_extend(32, operand(inst.a));
    case Op::ExtendU: return zero_extend(32, operand(inst.a));
    case Op::Reinterpret: return operand(inst.a);
    case Op::ICmp: return truth(compare(inst.cond(), operand(inst.a), operand(inst.b)));
    case Op::FCmp: {
      Type type = function_.type(Value(inst.a));
      return truth(float_compare(inst.cond(), as_float(type, operand(inst.a)), as_float(type, operand(inst.b))));
    }
    case Op::FNeg: return concat("(bvxor ", operand(inst.a), " ", sign, ")");
    case Op::FAbs: return concat("(bvand ", operand(inst.a), " ", rest, ")");
    case Op::FCopysign:
      return concat("(bvor (bvand ", operand(inst.a), " ", rest, ") (bvand ", operand(inst.b), " ", sign, "))");
    case Op::Select:
      return concat("(ite (distinct ", operand(inst.c), " #x00000000) ", operand(inst.a), " ", operand(inst.b), ")");
    default: break;
  }
  if (!is_opaque(inst.op)) return integer(inst);
  std::string term = concat("(", opaque(inst, function_.type(Value(inst.a))), " ", operand(inst.a));
  if (info(inst.op).shape == ir::Shape::VV) term += " " + operand(inst.b);
  return term + ")";
}

std::string Terms::trap(Value of) const {
  const Inst& inst = function_[of];
  auto code = [](TrapCode trap) { return concat("#x", hex(u32(trap) + 1, 2)); };
  if (inst.op != Op::IDivS && inst.op != Op::IDivU && inst.op != Op::IRemS && inst.op != Op::IRemU) return "#x00";
  u32 width = width_of(inst.type);
  std::string x = value(Value(inst.a)), y = value(Value(inst.b)), otherwise = "#x00";
  if (inst.op == Op::IDivS)
    otherwise = concat("(ite (and (= ", x, " ", constant(width, u64{1} << (width - 1)), ") (= ", y, " ",
        constant(width, ~u64{0}),
                       ")) ", code(TrapCode::IntegerOverflow), " #x00)");
  return concat("(ite (= ", y, " ", constant(width, 0), ") ", code(TrapCode::IntegerDivideByZero), " ", otherwise, ")");
}

std::optional<std::vector<std::string>> solve(const std::string& text) {
  tests::TemporaryFolder folder;
  tests::Outcome outcome = tests::run_process({"z3", folder.write("rules.smt2", text)});
  if (outcome.status == 127) return std::nullopt;
  std::vector<std::string> lines;
  for (usize at = 0; at < outcome.out.size();) {
    usize end = std::min(outcome.out.find('\n', at), outcome.out.size());
    lines.push_back(outcome.out.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace skerry::smt
