// HAZARDS row 9: a rewrite rule that is wrong. Every rule of fold.cpp, found by what it does: each operation is made of
// operands of every form (unknown, each constant that any rule asks for, one value twice, the result of another
// operation), by the folder and as it is written. Where the folder made something else, that must be equal
//
// * at all values that are patterns of 8 bits, at each end of the word, and at all that rules may stumble over;
// * as a theorem over all values, proved by z3 at full width.
//
// An operand that is an operation is as the folder makes it, so that what holds of one step holds of all.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/string.h"
#include "engine/ir/print.h"
#include "engine/translate/fold.h"
#include "tests/ir_interpreter/operations.h"
#include "tests/translate/smt.h"

namespace skerry::translate {
namespace {

using ir::Cond;
using ir::Inst;
using ir::Op;
using ir::Type;
using ir::Value;

constexpr u32 params_of_each_type = 3;
constexpr Type types[] = {Type::I32, Type::I64, Type::F32, Type::F64, Type::Ref};
constexpr u32 param_count = params_of_each_type * std::size(types);

constexpr Op binary_ops[] = {Op::IAdd, Op::ISub, Op::IMul, Op::IDivS, Op::IDivU, Op::IRemS, Op::IRemU, Op::IAnd,
                             Op::IOr,  Op::IXor, Op::IShl, Op::IShrS, Op::IShrU, Op::IRotl, Op::IRotr};
constexpr Op float_ops[] = {Op::FAdd, Op::FSub, Op::FMul, Op::FDiv, Op::FMin, Op::FMax, Op::FCopysign};
constexpr Cond conds[] = {Cond::Eq, Cond::Ne, Cond::LtS, Cond::LtU, Cond::GtS, Cond::GtU, Cond::LeS, Cond::LeU,
    Cond::GeS, Cond::GeU};
constexpr Cond float_conds[] = {Cond::Eq, Cond::Ne, Cond::LtS, Cond::GtS, Cond::LeS, Cond::GeS};

u64 cut(Type type, u64 bits) { return ir::is_64(type) ? bits : u32(bits); }
u32 width_of(Type type) { return ir::is_64(type) ? 64 : 32; }

// Constants that a rule asks for, and their neighbours.
std::vector<u64> constants(Type type) {
  std::set<u64> all;
  for (u64 number : {0, 1, 2, 3, 7, 8, 9, 15, 16, 24, 31, 32, 33, 48, 56, 63, 64, 0x7f, 0x80, 0xfe, 0xff, 0x100, 0x1ff,
      0xffff, 0x1ffff})
    all.insert(number);
  for (u64 number : {~u64{0}, ~u64{0} - 1, ~u64{7}, u64{0xffff'ffff}, u64{0x1'0000'0000}, u64{0x1234'5678'9abc'def1}})
    all.insert(cut(type, number));
  all.insert(u64{1} << (width_of(type) - 1));
  all.insert((u64{1} << (width_of(type) - 1)) - 1);
  return {all.begin(), all.end()};
}
// Those of operands that are operations.
std::vector<u64> few_constants(Type type) {
  std::set<u64> all = {0, 1, 3, 8, 16, 24, 31, 0x80, 0xff, 0xffff, cut(type, ~u64{0}), u64{1} << (width_of(type) - 1)};
  if (type == Type::I64) all.insert({32, 48, 56, 63, 0xffff'ffff});
  return {all.begin(), all.end()};
}

// A function under construction with parameters of every type.
struct Bench {
  Bench() : builder(function), numbering(function, builder), folder(function, numbering) { clear(); }

  void clear() {
    if (builder.is_open()) builder.terminate({.op = Op::Trap});
    function.clear();
    numbering.reset(Numbering::Reuse::Yes);
    builder.begin_block();
    for (Type type : types)
      for (u32 i = 0; i < params_of_each_type; ++i) builder.param(type);
  }
  Value param(Type type, u32 number) const {
    u32 of = u32(std::find(std::begin(types), std::end(types), type) - std::begin(types));
    return Value(of * params_of_each_type + number);
  }
  Value constant(Type type, u64 bits) { return numbering.constant(type, bits); }

  ir::Function function;
  ir::Builder builder;
  Numbering numbering;
  Folder folder;
};

// How an operand is made.
enum class Kind : u8 { Operation, Unknown, Constant };
struct Form {
  Type type;
  std::function<Value(Bench&)> make;
  Kind kind = Kind::Operation;
};

std::vector<Form> integer_forms(Type type) {
  std::vector<Form> forms;
  auto binary = [&](Op op, auto x, auto y) {
    forms.push_back({type, [=](Bench& b) { return b.folder.binary(op, type, x(b), y(b)); }});
  };
  auto param = [&](u32 i) { return [=](Bench& b) { return b.param(type, i); }; };
  auto constant = [&](u64 bits) { return [=](Bench& b) { return b.constant(type, bits); }; };
  auto unary = [&](Op op, Type from) {
    forms.push_back({type, [=](Bench& b) { return b.folder.unary(op, type, b.param(from, 0)); }});
  };
  for (Op op : binary_ops) {
    for (u64 c : few_constants(type)) binary(op, param(0), constant(c));
    for (u64 c : {u64{0}, u64{1}, cut(type, ~u64{0})}) binary(op, constant(c), param(0));
    binary(op, param(0), param(1));
  }
  for (Op op : {Op::IClz, Op::ICtz, Op::IPopcnt, Op::IExtend8S, Op::IExtend16S}) unary(op, type);
  std::vector<Op> loads = {Op::Load, Op::Load8S, Op::Load8U, Op::Load16S, Op::Load16U};
  if (type == Type::I64) {
    for (Op op : {Op::ExtendS, Op::ExtendU}) unary(op, Type::I32);
    unary(Op::IExtend32S, type);
    unary(Op::Reinterpret, Type::F64);
    loads.insert(loads.end(), {Op::Load32S, Op::Load32U});
  } else {
    unary(Op::Wrap, Type::I64);
    unary(Op::Reinterpret, Type::F32);
    for (Type from : {Type::I32, Type::I64}) {
      for (Cond cond : conds) {
        auto compare = [&](auto y) {
          forms.push_back({type, [=](Bench& b) { return b.folder.compare(Op::ICmp, cond, b.param(from, 0), y(b)); }});
        };
        compare([=](Bench& b) { return b.param(from, 1); });
        for (u64 c : {u64{0}, u64{1}, cut(from, ~u64{0})}) compare([=](Bench& b) { return b.constant(from, c); });
      }
    }
    for (Cond cond : {Cond::Eq, Cond::Ne})
      forms.push_back({type, [=](Bench& b) {
        return b.folder.compare(Op::ICmp, cond, b.param(Type::Ref, 0), b.constant(Type::Ref, 0));
      }});
    for (Type from : {Type::F32, Type::F64})
      for (Cond cond : float_conds)
        forms.push_back({type, [=](Bench& b) { return b.folder.compare(Op::FCmp, cond, b.param(from, 0),
            b.param(from, 1)); }});
  }
  for (Op load : loads)
    forms.push_back({type, [=](Bench& b) {
      return b.numbering.add({.op = load, .type = type, .a = b.param(Type::I32, 2).raw()}, State::Memory);
    }});
  return forms;
}

std::vector<Form> float_forms(Type type) {
  std::vector<Form> forms;
  for (Op op : {Op::FNeg, Op::FAbs, Op::FSqrt})
    forms.push_back({type, [=](Bench& b) { return b.folder.unary(op, type, b.param(type, 0)); }});
  for (Op op : float_ops)
    forms.push_back({type, [=](Bench& b) { return b.folder.binary(op, type, b.param(type, 0), b.param(type, 1)); }});
  Type bits = type == Type::F32 ? Type::I32 : Type::I64, other = type == Type::F32 ? Type::F64 : Type::F32;
  forms.push_back({type, [=](Bench& b) { return b.folder.unary(Op::Reinterpret, type, b.param(bits, 0)); }});
  forms.push_back({type, [=](Bench& b) { return b.folder.unary(type == Type::F32 ? Op::Demote : Op::Promote, type,
      b.param(other, 0)); }});
  forms.push_back({type, [=](Bench& b) { return b.folder.unary(Op::ConvertS, type, b.param(bits, 0)); }});
  return forms;
}

std::vector<u64> float_constants(Type type) {
  if (type == Type::F32) return {0, 0x8000'0000, 0x3fc0'0000, 0xc040'0000, 0x7f80'0000, 0x7fc0'0001, 0xffa0'0000};
  return {0, u64{1} << 63, 0x3ff8'0000'0000'0000, 0xc008'0000'0000'0000, 0x7ff0'0000'0000'0000, 0x7ff8'0000'0000'0001,
      0xfff4'0000'0000'0000};
}

// All forms, no two the same.
std::vector<Form> all_forms() {
  std::vector<Form> forms, different;
  for (Type type : types) {
    // Before the other unknown and behind it, since the folder brings operands into one order.
    forms.push_back({type, [=](Bench& b) { return b.param(type, 0); }, Kind::Unknown});
    forms.push_back({type, [=](Bench& b) { return b.param(type, 2); }, Kind::Unknown});
    std::vector<u64> known = ir::is_float(type) ? float_constants(type) : constants(type);
    if (type == Type::Ref) known = {0};
    for (u64 c : known) forms.push_back({type, [=](Bench& b) { return b.constant(type, c); }, Kind::Constant});
    std::vector<Form> more;
    if (ir::is_float(type)) more = float_forms(type);
    else if (type != Type::Ref) more = integer_forms(type);
    if (type != Type::Ref)
      more.push_back({type, [=](Bench& b) { return b.folder.select(type, b.param(type, 0), b.param(type, 1),
          b.param(Type::I32, 2)); }});
    forms.insert(forms.end(), more.begin(), more.end());
  }
  std::set<std::string> known;
  Bench bench;
  for (Form& form : forms) {
    bench.clear();
    Value value = form.make(bench);
    std::string term = concat(u32(form.type), smt::Terms(bench.function).value(value));
    if (known.insert(term).second) different.push_back(std::move(form));
  }
  return different;
}

// What a step made and what was written: visit(bench, operand, folded, written), for each form and each operation
// with it.
template <class Visit>
void each_step(Visit visit) {
  Bench bench;
  for (const Form& form : all_forms()) {
    Type type = form.type;
    auto step = [&](auto fold, auto write) {
      bench.clear();
      Value x = form.make(bench);
      Value folded = fold(x);
      visit(bench, x, folded, write(x));
    };
    // The operand beside a constant, another unknown, and itself; of what is no operation on either side.
    auto with_others = [&](const std::vector<u64>& others, auto fold, auto write) {
      auto both = [&](auto other) {
        step([&](Value x) { return fold(x, other(x)); }, [&](Value x) { return write(x, other(x)); });
        if (form.kind == Kind::Operation) return;
        step([&](Value x) { return fold(other(x), x); }, [&](Value x) { return write(other(x), x); });
      };
      std::vector<u64> few = few_constants(type);
      for (u64 c : others) {
        if (form.kind == Kind::Constant && !ir::is_float(type) && !std::binary_search(few.begin(), few.end(),
            c)) continue;
        both([&](Value) { return bench.constant(type, c); });
      }
      both([&](Value) { return bench.param(type, 1); });
      step([&](Value x) { return fold(x, x); }, [&](Value x) { return write(x, x); });
    };
    auto unary = [&](Op op, Type to) {
      step([&](Value x) { return bench.folder.unary(op, to, x); },
          [&](Value x) { return Inst{.op = op, .type = to, .a = x.raw()}; });
    };
    auto binary = [&](Op op, const std::vector<u64>& others) {
      with_others(others, [&](Value x, Value y) { return bench.folder.binary(op, type, x, y); },
                  [&](Value x, Value y) { return Inst{.op = op, .type = type, .a = x.raw(), .b = y.raw()}; });
    };
    auto compare = [&](Op op, Cond cond, const std::vector<u64>& others) {
      with_others(others, [&](Value x, Value y) { return bench.folder.compare(op, cond, x, y); },
                  [&](Value x, Value y) { return Inst{.op = op, .type = Type::I32, .aux = u8(cond), .a = x.raw(),
                      .b = y.raw()}; });
    };
    auto select = [&](auto operands) {
      step([&](Value v) { auto [x, y, z] = operands(v); return bench.folder.select(bench.function.type(x), x, y, z); },
           [&](Value v) {
             auto [x, y, z] = operands(v);
             return Inst{.op = Op::Select, .type = bench.function.type(x), .a = x.raw(), .b = y.raw(), .c = z.raw()};
           });
    };
    struct Three { Value x, y, z; };

    if (ir::is_float(type)) {
      for (Op op : {Op::FNeg, Op::FAbs, Op::FCeil, Op::FFloor, Op::FTrunc, Op::FNearest, Op::FSqrt}) unary(op, type);
      unary(Op::Reinterpret, type == Type::F32 ? Type::I32 : Type::I64);
      unary(type == Type::F32 ? Op::Promote : Op::Demote, type == Type::F32 ? Type::F64 : Type::F32);
      for (Op op : float_ops) binary(op, float_constants(type));
      for (Cond cond : float_conds) compare(Op::FCmp, cond, float_constants(type));
    } else if (type == Type::Ref) {
      for (Cond cond : {Cond::Eq, Cond::Ne}) compare(Op::ICmp, cond, {0});
    } else {
      for (Op op : {Op::IClz, Op::ICtz, Op::IPopcnt, Op::IExtend8S, Op::IExtend16S}) unary(op, type);
      if (type == Type::I64) {
        unary(Op::IExtend32S, type);
        unary(Op::Wrap, Type::I32);
      } else {
        for (Op op : {Op::ExtendS, Op::ExtendU}) unary(op, Type::I64);
      }
      unary(Op::Reinterpret, type == Type::I32 ? Type::F32 : Type::F64);
      for (Op op : {Op::ConvertS, Op::ConvertU})
        for (Type to : {Type::F32, Type::F64}) unary(op, to);
      for (Op op : binary_ops) binary(op, constants(type));
      for (Cond cond : conds) compare(Op::ICmp, cond, constants(type));
    }
    select([&](Value v) { return Three{v, bench.param(type, 2), bench.param(Type::I32, 2)}; });
    select([&](Value v) { return Three{v, v, bench.param(Type::I32, 2)}; });
    if (type == Type::I32) {
      select([&](Value v) { return Three{bench.param(Type::I64, 1), bench.param(Type::I64, 2), v}; });
      // A condition of a branch is said as a comparison with zero.
      auto truth = [&](Cond cond, Value v) {
        return Inst{.op = Op::ICmp, .type = Type::I32, .aux = u8(cond), .a = v.raw(),
            .b = bench.constant(Type::I32, 0).raw()};
      };
      step([&](Value v) {
             Folder::Condition simpler = bench.folder.condition(v);
             return bench.builder.append(truth(simpler.inverted ? Cond::Eq : Cond::Ne, simpler.value));
           },
           [&](Value v) { return truth(Cond::Ne, v); });
    }
  }
}

// What a step is to be: the folder's instructions are those between the operand and the written one, which is the last.
struct Claim {
  const ir::Function& function;
  u32 operand_end;
  bool of_operation;
  Value folded, written;

  std::string show() const {
    std::string text = concat("v", folded.raw(), " is not v", written.raw(), ":\n");
    for (Value value(param_count); value <= written; value = value.next())
      text += concat("v", value.raw(), " = ", info(function[value].op).name, ".", ir::name(function[value].type), " ",
                     ir::print(function, value), "\n");
    return text;
  }

  // A term that is false of all values.
  std::string negation() const {
    smt::Terms terms(function);
    std::string operands = "true", folded_trap = "#x00";
    for (Value value(param_count); value != written; value = value.next()) {
      std::string trap = terms.trap(value);
      if (trap == "#x00") continue;
      if (value.raw() < operand_end) operands = concat("(and ", operands, " (= ", trap, " #x00))");
      else folded_trap = concat("(ite (= ", folded_trap, " #x00) ", trap, " ", folded_trap, ")");
    }
    std::string trap = terms.trap(written);
    return concat("(and ", operands, " (or (distinct ", folded_trap, " ", trap, ") (and (= ", trap, " #x00) (distinct ",
                  terms.value(folded), " ", terms.value(written), "))))");
  }
};

// A value as text, in which the operand is x, whatever it is.
std::string with_operand_unknown(const ir::Function& function, Value value, Value operand) {
  if (value == operand) return "x";
  const Inst& inst = function[value];
  std::string text = concat(info(inst.op).name, ".", ir::name(inst.type), u32(inst.aux), "(");
  if (inst.op == Op::Const || inst.op == Op::Param) text += concat(inst.b, ".", inst.c);
  function.for_each_use(inst, [&](Value used) { text += with_operand_unknown(function, used, operand) + " "; });
  return text + ")";
}

// Visits the steps that the folder made something else of. What it makes of an operation as it does of any unknown is
// one with that: unknowns come first.
template <class Visit>
void each_claim(Visit visit) {
  std::set<std::string> known;
  each_step([&](Bench& bench, Value operand, Value folded, const Inst& inst) {
    if (bench.function[folded] == inst) return;
    Value written = bench.builder.append(inst);
    bool is_operation = operand.raw() >= param_count && bench.function[operand].op != Op::Const;
    std::string claim = with_operand_unknown(bench.function, written, operand) + " = " +
                        with_operand_unknown(bench.function, folded, operand);
    if (operand.raw() < param_count) known.insert(claim);
    else if (is_operation && known.contains(claim)) return;
    visit(Claim{bench.function, std::max(operand.raw() + 1, param_count), is_operation, folded, written});
  });
}

// ------------------------------------------------------------------------ At all values of 8 bits

// What a parameter may be: one alone all bytes at each place; one of two all bytes, or, where one of them is an
// operand's operand and no rule looks at it, the ends of the range.
std::vector<u64> values(Type type, u32 unknowns, bool of_operation) {
  std::set<u64> all;
  u32 width = width_of(type);
  if (ir::is_float(type)) {
    for (u64 c : float_constants(type)) all.insert(c);
    if (unknowns == 1 || !of_operation)
      for (u64 byte = 0; byte < 256; ++byte) all.insert(byte << (width - 8));
    return {all.begin(), all.end()};
  }
  for (u64 c : few_constants(type)) all.insert(c);
  if (unknowns >= 3 || (unknowns == 2 && of_operation)) return {all.begin(), all.end()};
  for (u32 byte = 0; byte < 256; ++byte) all.insert(cut(type, u64(i64(i8(byte)))));
  if (unknowns == 1) {
    for (u64 byte = 0; byte < 256; ++byte)
      for (u32 at = 0; at < width; at += 8) all.insert(byte << at);
    for (u64 c : constants(type))
      for (u64 near : {c - 1, c, c + 1}) all.insert(cut(type, near));
  }
  return {all.begin(), all.end()};
}

// The instructions from `from` to `to` over the values before them; the first trap.
struct Computed {
  bool traps;
  TrapCode trap;
};
Computed compute(const ir::Function& function, u32 from, u32 to, u64 loaded, std::vector<u64>& bits) {
  for (u32 i = from; i < to; ++i) {
    const Inst& inst = function[Value(i)];
    u64 result = 0;
    switch (inst.op) {
      case Op::Load: result = cut(inst.type, loaded); break;
      case Op::Load8S: result = cut(inst.type, u64(i64(i8(loaded)))); break;
      case Op::Load8U: result = u8(loaded); break;
      case Op::Load16S: result = cut(inst.type, u64(i64(i16(loaded)))); break;
      case Op::Load16U: result = u16(loaded); break;
      case Op::Load32S: result = u64(i64(i32(loaded))); break;
      case Op::Load32U: result = u32(loaded); break;
      default: {
        u64 operands[3] = {};
        Type type = Type::Void;
        u32 count = 0;
        function.for_each_use(inst, [&](Value operand) {
          if (count == 0) type = function.type(operand);
          operands[count++] = bits[operand.raw()];
        });
        oracle::Numeric made = oracle::evaluate(inst, type, operands[0], operands[1], operands[2],
            oracle::Nans::Canonical);
        if (made.traps) return {true, made.trap};
        result = made.bits;
      }
    }
    bits[i] = result;
  }
  return {};
}

TEST(Hazard09, FoldsHoldAtAllBytes) {
  u64 claims = 0, computed = 0;
  std::map<std::string_view, u32> by_op;
  each_claim([&](const Claim& claim) {
    if (testing::Test::HasFailure()) return;
    ++claims;
    ++by_op[info(claim.function[claim.written].op).name];
    // The unknowns: parameters in use, and what is loaded.
    std::vector<Value> unknowns;
    bool loads = false;
    for (Value value(param_count); value <= claim.written; value = value.next()) {
      const Inst& inst = claim.function[value];
      if (info(inst.op).shape == ir::Shape::Load) {
        loads = true;
        continue;
      }
      claim.function.for_each_use(inst, [&](Value operand) {
        if (operand.raw() < param_count && std::find(unknowns.begin(), unknowns.end(), operand) == unknowns.end())
          unknowns.push_back(operand);
      });
    }
    u32 count = u32(unknowns.size()) + loads;
    std::vector<std::vector<u64>> choices;
    for (Value unknown : unknowns) choices.push_back(values(claim.function.type(unknown), count, claim.of_operation));
    if (loads) choices.push_back(values(Type::I64, count, claim.of_operation));
    std::vector<u64> bits(claim.written.raw() + 1);
    std::vector<usize> at(count);
    for (bool more = true; more;) {
      for (u32 i = 0; i < unknowns.size(); ++i) bits[unknowns[i].raw()] = choices[i][at[i]];
      u64 loaded = loads ? choices.back()[at.back()] : 0;
      u32 end = claim.written.raw();
      if (!compute(claim.function, param_count, claim.operand_end, loaded, bits).traps) {
        Computed folded = compute(claim.function, claim.operand_end, end, loaded, bits);
        Computed written = compute(claim.function, end, end + 1, loaded, bits);
        ++computed;
        bool same = folded.traps == written.traps &&
                    (folded.traps ? folded.trap == written.trap : bits[claim.folded.raw()] == bits[end]);
        if (!same) {
          std::string at_values;
          for (Value unknown : unknowns) at_values += concat(" v", unknown.raw(), " = 0x", hex(bits[unknown.raw()]));
          ADD_FAILURE() << at_values << ", loaded 0x" << hex(loaded) << ": " << claim.show();
          return;
        }
      }
      more = false;
      for (u32 i = 0; i < count && !more; ++i) {
        more = ++at[i] < choices[i].size();
        if (!more) at[i] = 0;
      }
    }
  });
  if (testing::Test::HasFailure()) return;
  printf("%llu claims, %llu times computed\n", (unsigned long long)claims, (unsigned long long)computed);
  // What operation a fold is known for has one here.
  for (Op op : {Op::IAdd, Op::ISub, Op::IMul, Op::IDivS, Op::IDivU, Op::IRemU, Op::IAnd, Op::IOr, Op::IXor, Op::IShl,
      Op::IShrS,
                Op::IShrU, Op::IRotl, Op::IRotr, Op::ICmp, Op::FCmp, Op::Select, Op::Wrap, Op::Reinterpret,
                    Op::IExtend8S,
                Op::IExtend16S, Op::IExtend32S, Op::FNeg})
    EXPECT_GT(by_op[info(op).name], 0u) << info(op).name;
}

// ------------------------------------------------------------------------------------- As theorems

TEST(Hazard09, FoldsAreTheorems) {
  constexpr usize batch = 200;
  struct Theorem {
    std::string negation, shown;
    bool of_floats;
  };
  std::vector<Theorem> theorems;
  each_claim([&](const Claim& claim) {
    // Of constants there is nothing unknown.
    bool is_of_constants = claim.function[claim.folded].op == Op::Const && !claim.of_operation;
    claim.function.for_each_use(claim.function[claim.written], [&](Value operand) {
      is_of_constants &= claim.function[operand].op == Op::Const;
    });
    // The solver knows nothing of the arithmetic of floats, which folds only where both are constants.
    if (is_of_constants || smt::is_opaque(claim.function[claim.written].op)) return;
    std::string negation = claim.negation();
    bool of_floats = negation.find("(fp.") != negation.npos;
    theorems.push_back({std::move(negation), claim.show(), of_floats});
  });
  std::partition(theorems.begin(), theorems.end(), [](const Theorem& one) { return !one.of_floats; });
  printf("%zu theorems\n", theorems.size());

  // Many at once: one of them does not hold. Bits alone are quickest made a matter of propositions.
  std::string text = smt::declarations(params_of_each_type);
  std::vector<std::span<const Theorem>> batches;
  for (usize at = 0; at < theorems.size(); at += batches.back().size()) {
    usize end = at;
    while (end < theorems.size() && end - at < batch && theorems[end].of_floats == theorems[at].of_floats) ++end;
    batches.push_back(std::span(theorems).subspan(at, end - at));
    text += "(push)(assert (or false";
    for (const Theorem& one : batches.back()) text += "\n" + one.negation;
    text += "))";
    text += theorems[at].of_floats ? "(check-sat)" : "(check-sat-using (then simplify bit-blast sat))";
    text += "(pop)\n";
  }
  auto answers = smt::solve(text);
  if (!answers) GTEST_SKIP() << "z3 is not there";
  ASSERT_EQ(answers->size(), batches.size()) << answers->front();
  for (usize i = 0; i < answers->size(); ++i) {
    if ((*answers)[i] == "unsat") continue;
    // Which one, and where it does not hold.
    for (const Theorem& one : batches[i]) {
      auto answer = *smt::solve(concat(smt::declarations(params_of_each_type), "(assert ", one.negation,
                                       ")(check-sat)(get-value (i0 i1 i2 l0 l1 l2 f0 f1 d0 d1 m))"));
      if (answer.front() == "unsat") continue;
      std::string values;
      for (const std::string& line : answer) values += line + "\n";
      ADD_FAILURE() << one.shown << one.negation << "\n" << values;
      return;
    }
    ADD_FAILURE() << "z3 says of all of a batch: " << (*answers)[i];
  }
}

}  // namespace
}  // namespace skerry::translate
