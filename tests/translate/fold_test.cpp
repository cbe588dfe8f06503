// Each rule of fold.cpp, held against the operations as the specification has them.

#include "engine/translate/fold.h"

#include <gtest/gtest.h>

#include "base/string.h"
#include "engine/ir/print.h"
#include "tests/ir_interpreter/operations.h"

namespace skerry::translate {
namespace {

using ir::Cond;
using ir::Inst;
using ir::Op;
using ir::Type;
using ir::Value;

// A function under construction whose parameters have values, so that what is built can be computed.
class Bench {
 public:
  Bench() : builder_(function_), numbering_(function_, builder_), folder_(function_, numbering_) {
    numbering_.reset(Numbering::Reuse::Yes);
    builder_.begin_block();
  }
  Value param(Type type, u64 bits) {
    arguments_.push_back(bits);
    return builder_.param(type);
  }
  Value constant(Type type, u64 bits) { return numbering_.constant(type, bits); }
  Folder& folder() { return folder_; }
  ir::Function& function() { return function_; }
  Numbering& numbering() { return numbering_; }
  void set(u32 param, u64 bits) { arguments_[param] = bits; }

  // A Load stands for the argument behind the parameters, cut to its width: set that too.
  void set_loaded(u64 bits) { loaded_ = bits; }

  // The value, or "trap ..." where any instruction traps, used or not.
  std::string compute(Value wanted) const {
    std::vector<u64> values;
    for (Value value(0); value < function_.insts.end_key(); value = value.next()) {
      const Inst& inst = function_[value];
      if (inst.op == Op::Param) {
        values.push_back(arguments_[inst.b]);
      } else if (info(inst.op).shape == ir::Shape::Load) {
        values.push_back(load(inst));
      } else {
        u64 operands[3] = {};
        Type from = Type::Void;
        u32 count = 0;
        function_.for_each_use(inst, [&](Value operand) {
          if (count == 0) from = function_.type(operand);
          operands[count++] = values[operand.raw()];
        });
        oracle::Numeric result = oracle::evaluate(inst, from, operands[0], operands[1], operands[2], oracle::Nans::Machine);
        if (result.traps) return concat("trap ", sentence(result.trap));
        values.push_back(result.bits);
      }
    }
    return concat("0x", hex(values[wanted.raw()]));
  }

 private:
  u64 load(const Inst& inst) const {
    u64 mask = ir::is_64(inst.type) ? ~u64{0} : ~u32{0};
    switch (inst.op) {
      case Op::Load8S: return u64(i64(i8(loaded_))) & mask;
      case Op::Load8U: return u8(loaded_);
      case Op::Load16S: return u64(i64(i16(loaded_))) & mask;
      case Op::Load16U: return u16(loaded_);
      case Op::Load32S: return u64(i64(i32(loaded_)));
      case Op::Load32U: return u32(loaded_);
      default: return loaded_ & mask;
    }
  }

  ir::Function function_;
  ir::Builder builder_;
  Numbering numbering_;
  Folder folder_;
  std::vector<u64> arguments_;
  u64 loaded_ = 0;
};

constexpr Op binary_ops[] = {Op::IAdd, Op::ISub, Op::IMul,  Op::IDivS, Op::IDivU, Op::IRemS, Op::IRemU, Op::IAnd,
                             Op::IOr,  Op::IXor, Op::IShl, Op::IShrS, Op::IShrU, Op::IRotl, Op::IRotr};
constexpr Cond conds[] = {Cond::Eq,  Cond::Ne,  Cond::LtS, Cond::LtU, Cond::GtS,
                          Cond::GtU, Cond::LeS, Cond::LeU, Cond::GeS, Cond::GeU};

std::vector<u64> interesting(Type type) {
  std::vector<u64> all;
  u32 width = ir::is_64(type) ? 64 : 32;
  for (u64 value : {u64{0}, u64{1}, u64{2}, u64{3}, u64{7}, u64{8}, u64{16}, u64{24}, u64{31}, u64{32}, u64{33}, u64{48}, u64{56},
                    u64{63}, u64{64}, u64{0x7f}, u64{0x80}, u64{0xff}, u64{0x100}, u64{0xffff}, u64{0xffff'ffff},
                    u64{0x1234'5678'9abc'def0}, ~u64{0}, ~u64{0} - 1, u64{1} << (width - 1), (u64{1} << (width - 1)) - 1})
    all.push_back(width == 64 ? value : u32(value));
  return all;
}

// What an operation gives without any folding.
std::string plain(Op op, Type type, u64 x, u64 y) {
  oracle::Numeric result = oracle::evaluate({.op = op, .type = type}, type, x, y, 0, oracle::Nans::Machine);
  return result.traps ? concat("trap ", sentence(result.trap)) : concat("0x", hex(result.bits));
}

TEST(Fold, BinaryOperationsWithConstants) {
  for (Type type : {Type::I32, Type::I64}) {
    for (Op op : binary_ops) {
      for (u64 c : interesting(type)) {
        for (bool constant_left : {false, true}) {
          Bench bench;
          Value x = bench.param(type, 0), y = bench.constant(type, c);
          Value result = constant_left ? bench.folder().binary(op, type, y, x) : bench.folder().binary(op, type, x, y);
          for (u64 value : interesting(type)) {
            bench.set(0, value);
            EXPECT_EQ(bench.compute(result), constant_left ? plain(op, type, c, value) : plain(op, type, value, c))
                << info(op).name << ' ' << c << " and " << value;
          }
        }
      }
    }
  }
}

TEST(Fold, BinaryOperationsOfConstants) {
  for (Type type : {Type::I32, Type::I64})
    for (Op op : binary_ops)
      for (u64 x : interesting(type))
        for (u64 y : interesting(type)) {
          Bench bench;
          Value result = bench.folder().binary(op, type, bench.constant(type, x), bench.constant(type, y));
          EXPECT_EQ(bench.compute(result), plain(op, type, x, y)) << info(op).name << ' ' << x << ", " << y;
          EXPECT_EQ(bench.function()[result].op == Op::Const, !plain(op, type, x, y).starts_with("trap"));
        }
}

// (x op1 c1) op2 c2, all pairs.
TEST(Fold, ChainsOfTwoConstants) {
  for (Type type : {Type::I32, Type::I64}) {
    std::vector<u64> values = interesting(type);
    for (Op first : binary_ops)
      for (Op second : binary_ops)
        for (u64 c1 : values)
          for (u64 c2 : values) {
            if ((c1 ^ c2) % 3 == 1) continue;
            Bench bench;
            Value inner = bench.folder().binary(first, type, bench.param(type, 0), bench.constant(type, c1));
            Value result = bench.folder().binary(second, type, inner, bench.constant(type, c2));
            for (u64 x : {values[1], values[17], values[21], values[24]}) {
              bench.set(0, x);
              std::string expected = plain(first, type, x, c1);
              if (!expected.starts_with("trap")) expected = plain(second, type, std::stoull(expected, nullptr, 16), c2);
              ASSERT_EQ(bench.compute(result), expected)
                  << '(' << x << ' ' << info(first).name << ' ' << c1 << ") " << info(second).name << ' ' << c2;
            }
          }
  }
}

TEST(Fold, OperandsThatAreOneValue) {
  for (Type type : {Type::I32, Type::I64}) {
    for (u64 x : interesting(type)) {
      for (Op op : binary_ops) {
        Bench bench;
        Value param = bench.param(type, x);
        EXPECT_EQ(bench.compute(bench.folder().binary(op, type, param, param)), plain(op, type, x, x)) << info(op).name;
      }
      for (Cond cond : conds) {
        Bench bench;
        Value param = bench.param(type, x);
        bool holds = oracle::evaluate({.op = Op::ICmp, .type = Type::I32, .aux = u8(cond)}, type, x, x, 0, oracle::Nans::Machine).bits;
        EXPECT_EQ(bench.compute(bench.folder().compare(Op::ICmp, cond, param, param)), holds ? "0x1" : "0x0");
      }
    }
  }
}

TEST(Fold, ComparisonsWithConstantsAndTheirNegations) {
  auto holds = [](Cond cond, Type type, u64 x, u64 y) {
    return oracle::evaluate({.op = Op::ICmp, .type = Type::I32, .aux = u8(cond)}, type, x, y, 0, oracle::Nans::Machine).bits;
  };
  for (Type type : {Type::I32, Type::I64})
    for (Cond cond : conds)
      for (u64 c : interesting(type))
        for (bool constant_left : {false, true}) {
          Bench bench;
          Folder& folder = bench.folder();
          Value x = bench.param(type, 0), y = bench.constant(type, c), zero = bench.constant(Type::I32, 0);
          Value one = bench.constant(Type::I32, 1);
          Value result = constant_left ? folder.compare(Op::ICmp, cond, y, x) : folder.compare(Op::ICmp, cond, x, y);
          Value not_result = folder.compare(Op::ICmp, Cond::Eq, result, zero);
          Value not_not = folder.compare(Op::ICmp, Cond::Eq, not_result, zero);
          Value is_not_zero = folder.compare(Op::ICmp, Cond::Ne, result, zero);
          Value flipped = folder.binary(Op::IXor, Type::I32, result, one);
          Value masked = folder.binary(Op::IAnd, Type::I32, result, one);
          Folder::Condition condition = folder.condition(not_result);
          for (u64 value : interesting(type)) {
            bench.set(0, value);
            bool truth = constant_left ? holds(cond, type, c, value) : holds(cond, type, value, c);
            std::string yes = truth ? "0x1" : "0x0", no = truth ? "0x0" : "0x1";
            EXPECT_EQ(bench.compute(result), yes) << name(cond) << ' ' << value << ", " << c;
            EXPECT_EQ(bench.compute(not_result), no);
            EXPECT_EQ(bench.compute(not_not), yes);
            EXPECT_EQ(bench.compute(is_not_zero), yes);
            EXPECT_EQ(bench.compute(flipped), no);
            EXPECT_EQ(bench.compute(masked), yes);
            EXPECT_EQ((bench.compute(condition.value) != "0x0") != condition.inverted, !truth);
          }
        }
}

TEST(Fold, ComparisonsOfFloatsAreInvertedOnlyWhereNanAllowsIt) {
  constexpr Cond float_conds[] = {Cond::Eq, Cond::Ne, Cond::LtS, Cond::GtS, Cond::LeS, Cond::GeS};
  const u64 values[] = {0, u64{1} << 63, 0x3ff0'0000'0000'0000, 0xbff0'0000'0000'0000, 0x7ff0'0000'0000'0000, 0x7ff8'0000'0000'0000};
  for (Cond cond : float_conds) {
    Bench bench;
    Value x = bench.param(Type::F64, 0), y = bench.param(Type::F64, 0);
    Value result = bench.folder().compare(Op::FCmp, cond, y, x);
    Value not_result = bench.folder().compare(Op::ICmp, Cond::Eq, result, bench.constant(Type::I32, 0));
    Value same = bench.folder().compare(Op::FCmp, cond, x, x);
    for (u64 a : values)
      for (u64 b : values) {
        bench.set(0, a);
        bench.set(1, b);
        auto holds = [&](u64 p, u64 q) {
          return oracle::evaluate({.op = Op::FCmp, .type = Type::I32, .aux = u8(cond)}, Type::F64, p, q, 0, oracle::Nans::Machine).bits;
        };
        EXPECT_EQ(bench.compute(result), holds(b, a) ? "0x1" : "0x0");
        EXPECT_EQ(bench.compute(not_result), holds(b, a) ? "0x0" : "0x1");
        EXPECT_EQ(bench.compute(same), holds(a, a) ? "0x1" : "0x0");
      }
  }
}

// Extensions, wraps and masks of extensions and narrow loads.
TEST(Fold, WidthsAreForgottenOnlyWhereTheyAreKnown) {
  const Op loads32[] = {Op::Load, Op::Load8S, Op::Load8U, Op::Load16S, Op::Load16U};
  const Op loads64[] = {Op::Load, Op::Load8S, Op::Load8U, Op::Load16S, Op::Load16U, Op::Load32S, Op::Load32U};
  for (Type type : {Type::I32, Type::I64}) {
    std::span<const Op> loads = type == Type::I32 ? std::span<const Op>(loads32) : std::span<const Op>(loads64);
    for (Op load : loads) {
      Bench bench;
      Value address = bench.param(Type::I32, 0);
      Value loaded = bench.numbering().add({.op = load, .type = type, .a = address.raw()}, State::Memory);
      std::vector<std::pair<Op, Value>> made;
      for (Op op : {Op::IExtend8S, Op::IExtend16S}) made.push_back({op, bench.folder().unary(op, type, loaded)});
      if (type == Type::I64) made.push_back({Op::IExtend32S, bench.folder().unary(Op::IExtend32S, type, loaded)});
      std::vector<std::pair<u64, Value>> masked;
      for (u64 mask : interesting(type))
        masked.push_back({mask, bench.folder().binary(Op::IAnd, type, loaded, bench.constant(type, mask))});
      for (u64 memory : interesting(Type::I64)) {
        bench.set_loaded(memory);
        u64 value = std::stoull(bench.compute(loaded), nullptr, 16);
        for (auto& [op, result] : made) {
          oracle::Numeric expected = oracle::evaluate({.op = op, .type = type}, type, value, 0, 0, oracle::Nans::Machine);
          EXPECT_EQ(bench.compute(result), concat("0x", hex(expected.bits))) << info(op).name << " of " << info(load).name;
        }
        for (auto& [mask, result] : masked)
          EXPECT_EQ(bench.compute(result), concat("0x", hex(value & mask))) << mask << " and " << info(load).name;
      }
    }
  }
  for (Op extend : {Op::ExtendS, Op::ExtendU}) {
    Bench bench;
    Value x = bench.param(Type::I32, 0);
    Value extended = bench.folder().unary(extend, Type::I64, x);
    EXPECT_EQ(bench.folder().unary(Op::Wrap, Type::I32, extended), x);
    Value again = bench.folder().unary(Op::IExtend32S, Type::I64, extended);
    Value masked = bench.folder().binary(Op::IAnd, Type::I64, extended, bench.constant(Type::I64, 0xffff'ffff));
    for (u64 value : interesting(Type::I32)) {
      bench.set(0, value);
      EXPECT_EQ(bench.compute(again), concat("0x", hex(u64(i64(i32(value))))));
      EXPECT_EQ(bench.compute(masked), concat("0x", hex(u32(value))));
    }
  }
}

TEST(Fold, UnaryOperationsOfConstants) {
  struct {
    Op op;
    Type type, from;
  } const cases[] = {
      {Op::IClz, Type::I32, Type::I32},      {Op::ICtz, Type::I64, Type::I64},        {Op::IPopcnt, Type::I32, Type::I32},
      {Op::IClz, Type::I64, Type::I64},      {Op::ICtz, Type::I32, Type::I32},        {Op::IPopcnt, Type::I64, Type::I64},
      {Op::IExtend8S, Type::I32, Type::I32}, {Op::IExtend16S, Type::I64, Type::I64},  {Op::IExtend32S, Type::I64, Type::I64},
      {Op::Wrap, Type::I32, Type::I64},      {Op::ExtendS, Type::I64, Type::I32},     {Op::ExtendU, Type::I64, Type::I32},
      {Op::ConvertS, Type::F32, Type::I32},  {Op::ConvertU, Type::F32, Type::I64},    {Op::ConvertS, Type::F64, Type::I64},
      {Op::ConvertU, Type::F64, Type::I32},  {Op::Reinterpret, Type::F32, Type::I32}, {Op::Reinterpret, Type::I64, Type::F64},
      {Op::Demote, Type::F32, Type::F64},    {Op::Promote, Type::F64, Type::F32},     {Op::FNeg, Type::F32, Type::F32},
      {Op::FAbs, Type::F64, Type::F64},      {Op::FSqrt, Type::F64, Type::F64},       {Op::TruncS, Type::I32, Type::F64},
  };
  for (auto& [op, type, from] : cases) {
    for (u64 x : interesting(from)) {
      Bench bench;
      Value result = bench.folder().unary(op, type, bench.constant(from, x));
      oracle::Numeric expected = oracle::evaluate({.op = op, .type = type}, from, x, 0, 0, oracle::Nans::Machine);
      EXPECT_EQ(bench.compute(result), expected.traps ? concat("trap ", sentence(expected.trap)) : concat("0x", hex(expected.bits)))
          << info(op).name << ' ' << x;
    }
  }
}

TEST(Fold, FloatsThatAreNotNan) {
  const u64 values[] = {0, u64{1} << 63, 0x3ff8'0000'0000'0000, 0xc008'0000'0000'0000, 0x7ff0'0000'0000'0000, 0x7ff4'0000'0000'0000};
  for (Op op : {Op::FAdd, Op::FSub, Op::FMul, Op::FDiv, Op::FMin, Op::FMax, Op::FCopysign})
    for (u64 x : values)
      for (u64 y : values) {
        Bench bench;
        Value result = bench.folder().binary(op, Type::F64, bench.constant(Type::F64, x), bench.constant(Type::F64, y));
        u64 expected = oracle::evaluate({.op = op, .type = Type::F64}, Type::F64, x, y, 0, oracle::Nans::Machine).bits;
        bool is_nan = (expected & ~(u64{1} << 63)) > 0x7ff0'0000'0000'0000;
        EXPECT_EQ(bench.compute(result), concat("0x", hex(expected)));
        if (is_nan && op != Op::FCopysign) EXPECT_NE(bench.function()[result].op, Op::Const) << info(op).name;
      }
}

TEST(Fold, Select) {
  Bench bench;
  Value x = bench.param(Type::I64, 5), y = bench.param(Type::I64, 6), z = bench.param(Type::I32, 0);
  Folder& folder = bench.folder();
  EXPECT_EQ(folder.select(Type::I64, x, x, z), x);
  EXPECT_EQ(folder.select(Type::I64, x, y, bench.constant(Type::I32, 0)), y);
  EXPECT_EQ(folder.select(Type::I64, x, y, bench.constant(Type::I32, 3)), x);
  Value by_zero = folder.select(Type::I64, x, y, folder.compare(Op::ICmp, Cond::Eq, z, bench.constant(Type::I32, 0)));
  Value by_not_zero = folder.select(Type::I64, x, y, folder.compare(Op::ICmp, Cond::Ne, z, bench.constant(Type::I32, 0)));
  EXPECT_EQ(bench.compute(by_zero), "0x5");
  EXPECT_EQ(bench.compute(by_not_zero), "0x6");
  bench.set(2, 4);
  EXPECT_EQ(bench.compute(by_zero), "0x6");
  EXPECT_EQ(bench.compute(by_not_zero), "0x5");
}

// Every field of an instruction takes part in its number (HAZARDS row 12).
TEST(Numbering, MergesOnlyWhatIsEqualInEveryField) {
  const Inst base{.op = Op::Load, .type = Type::I32, .aux = 1, .a = 0, .b = 4, .c = 0};
  std::vector<Inst> unlike(6, base);
  unlike[0].op = Op::Load8U;
  unlike[1].type = Type::I64;
  unlike[2].aux = 2;
  unlike[3].a = 1;
  unlike[4].b = 5;
  unlike[5].c = 1;
  for (const Inst& other : unlike) {
    Bench bench;
    bench.param(Type::I32, 0);
    bench.param(Type::I32, 0);
    Value first = bench.numbering().add(base, State::Memory);
    EXPECT_EQ(bench.numbering().add(base, State::Memory), first);
    EXPECT_NE(bench.numbering().add(other, State::Memory), first);
  }
}

TEST(Numbering, ForgetsWhatDoesNotHoldAnyMore) {
  Bench bench;
  Value x = bench.param(Type::I32, 0);
  Numbering& numbering = bench.numbering();
  const Inst load{.op = Op::Load, .type = Type::I32, .a = x.raw()}, size{.op = Op::MemorySize, .type = Type::I32};
  const Inst sum{.op = Op::IAdd, .type = Type::I32, .a = x.raw(), .b = x.raw()};
  Value loaded = numbering.add(load, State::Memory), sized = numbering.add(size, State::MemorySize), added = numbering.add(sum);
  numbering.change(State::Memory);
  EXPECT_EQ(numbering.add(size, State::MemorySize), sized);
  Value again = numbering.add(load, State::Memory);
  EXPECT_NE(again, loaded);
  EXPECT_EQ(numbering.add(load, State::Memory), again);
  numbering.change_all();
  EXPECT_NE(numbering.add(size, State::MemorySize), sized);
  EXPECT_NE(numbering.add(load, State::Memory), again);
  EXPECT_EQ(numbering.add(sum), added);
  numbering.begin_extended_block();
  EXPECT_NE(numbering.add(sum), added);
}

}  // namespace
}  // namespace skerry::translate
