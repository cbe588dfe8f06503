// Division by constants: what number makes of it computes what division does.

#include <gtest/gtest.h>

#include <random>

#include "engine/ir/builder.h"
#include "engine/passes/number.h"
#include "engine/translate/fold.h"
#include "tests/passes/after.h"

namespace skerry::passes {
namespace {

using ir::Op;
using ir::Type;
using ir::Value;

// x op divisor as a function of one block, after the pass.
class Division {
 public:
  Division(Op op, u32 divisor) {
    function_.signature = &signature_;
    ir::Builder builder(function_);
    builder.begin_block();
    Value x = builder.param(Type::I32), y = builder.constant(Type::I32, divisor);
    Value quotient = builder.append({.op = op, .type = Type::I32, .a = x.raw(), .b = y.raw()});
    builder.terminate({.op = Op::Return, .b = builder.list(std::array{quotient.raw()}), .c = 1});
    static const wasm::Module module;
    number_.run(AliasClasses(module), function_);
    CHECK(ir::verify(function_));
  }
  bool divides() const {
    for (const ir::Inst& inst : function_.insts)
      if (inst.op == Op::IDivS || inst.op == Op::IDivU || inst.op == Op::IRemS || inst.op == Op::IRemU) return true;
    return false;
  }
  u32 of(u32 x) {
    bits_.assign(function_.insts.size(), 0);
    for (u32 i = 0; i < bits_.size(); ++i) {
      const ir::Inst& inst = function_[Value(i)];
      switch (ir::info(inst.op).shape) {
        case ir::Shape::Param: bits_[i] = x; break;
        case ir::Shape::Const: bits_[i] = inst.imm64(); break;
        case ir::Shape::List: return u32(bits_[function_.list(inst.b, 1)[0]]);
        default: {
          u64 y = ir::info(inst.op).shape == ir::Shape::VV ? bits_[inst.b] : 0;
          bits_[i] = *translate::evaluate(inst.op, inst.type, function_.type(Value(inst.a)), bits_[inst.a], y);
        }
      }
    }
    UNREACHABLE("no return");
  }

 private:
  static inline const FuncType signature_{{ValueType::I32}, {ValueType::I32}};
  ir::Function function_;
  NumberValues number_;
  std::vector<u64> bits_;
};

std::vector<u32> divisors() {
  std::vector<u32> all;
  for (u32 d = 1; d < 700; ++d) all.insert(all.end(), {d, 0 - d});
  for (u32 k = 9; k < 32; ++k)
    for (u32 around : {u32{1} << k, 0 - (u32{1} << k)}) all.insert(all.end(), {around - 1, around, around + 1});
  std::mt19937 random(1);
  for (u32 i = 0; i < 300; ++i) all.push_back(random() >> random() % 24);
  std::erase(all, 0u);
  return all;
}

TEST(Divide, AsDivisionDoes) {
  std::mt19937 random(2);
  u32 multiplied = 0;
  for (u32 d : divisors()) {
    Division div_u(Op::IDivU, d), rem_u(Op::IRemU, d), div_s(Op::IDivS, d), rem_s(Op::IRemS, d);
    multiplied += !div_u.divides();
    std::vector<u32> xs = {0, 1, 2, 0x7fff'fffe, 0x7fff'ffff, 0x8000'0000, 0x8000'0001, 0xffff'fffe, 0xffff'ffff};
    for (u32 i = 0; i < 40; ++i) {
      u32 multiple = d * u32(random());
      xs.insert(xs.end(), {multiple - 1, multiple, multiple + 1, u32(random())});
    }
    // The last multiples below 2^32 and 2^31, where an inverse that is too small or too large shows.
    for (u64 end : {u64{1} << 32, u64{1} << 31}) {
      u32 last = u32(end / d * d);
      xs.insert(xs.end(), {last - 1, last, last + 1, 0 - last, 0 - last - 1, 0 - last + 1});
    }
    for (u32 x : xs) {
      ASSERT_EQ(div_u.of(x), x / d) << x << " / " << d;
      ASSERT_EQ(rem_u.of(x), x % d) << x << " % " << d;
      if (d == 0xffff'ffff && x == 0x8000'0000) continue;
      ASSERT_EQ(i32(div_s.of(x)), i32(x) / i32(d)) << i32(x) << " / " << i32(d);
      ASSERT_EQ(i32(rem_s.of(x)), i32(x) % i32(d)) << i32(x) << " % " << i32(d);
    }
  }
  EXPECT_EQ(multiplied, divisors().size());
}

// What traps is left to trap.
TEST(Divide, NotByZeroNorByMinusOne) {
  EXPECT_TRUE(Division(Op::IDivU, 0).divides());
  EXPECT_TRUE(Division(Op::IRemS, 0).divides());
  EXPECT_TRUE(Division(Op::IDivS, ~u32{0}).divides());
  EXPECT_FALSE(Division(Op::IDivS, 0u - 2).divides());
}

}  // namespace
}  // namespace skerry::passes
