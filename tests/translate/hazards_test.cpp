// Bodies that make compilers slow or fat (docs: HAZARDS, "slow and fat inputs"): the work of translation is
// counted, and is within a fixed multiple of the body's size.

#include <gtest/gtest.h>

#include <functional>

#include "engine/decode/decode.h"
#include "engine/ir/verify.h"
#include "engine/translate/translate.h"
#include "engine/validate/module.h"
#include "tests/ir_interpreter/interpreter.h"
#include "tests/support/module_bytes.h"

namespace skerry::translate {
namespace {

using tests::Code;
using tests::module_of;

struct Input {
  FuncType type;
  Code code;
  std::vector<tests::LocalGroup> locals;
  std::vector<FuncType> more_types;
};

struct Measured {
  u64 bytes;
  TranslateOutcome outcome;
  u64 insts;
};

enum class Check : u8 { No, Verify };

Measured measure(const Input& input, Check check) {
  std::vector<u8> bytes = module_of(input.type, input.code.bytes, input.locals, input.more_types);
  Result<wasm::Module> module = wasm::decode(bytes);
  CHECK(module);
  CHECK(validate::validate_module(*module, Features::implemented()));
  Scratch scratch;
  ir::Function function;
  Result<TranslateOutcome> outcome = translate_function(*module, FuncIndex(0), Features::implemented(), {}, scratch, function);
  EXPECT_TRUE(outcome) << outcome.error().message;
  if (!outcome) return {};
  if (check == Check::Verify) {
    Result<void> verified = ir::verify(function, &*module);
    EXPECT_TRUE(verified) << verified.error().message;
  }
  return {input.code.bytes.size(), *outcome, function.insts.size()};
}

// Work in proportion to the body, at n and at 4n.
void expect_linear(u32 n, const std::function<Input(u32)>& make) {
  Measured small = measure(make(n), Check::Verify), large = measure(make(4 * n), Check::No);
  EXPECT_LE(small.outcome.work, 40 * small.bytes + 20'000);
  EXPECT_LE(large.outcome.work, 40 * large.bytes + 20'000);
  testing::Test::RecordProperty("work_per_byte", int(large.outcome.work / large.bytes));
}

TEST(SlowAndFat, EmptyLoops) {
  expect_linear(5'000, [](u32 n) {
    Input input;
    for (u32 i = 0; i < n; ++i) input.code.open(Opcode::Loop).end();
    input.code.end();
    return input;
  });
}

TEST(SlowAndFat, NestedLoops) {
  expect_linear(2'750, [](u32 n) {
    Input input{.type = {{ValueType::I32}, {}}, .code = {}, .locals = {}, .more_types = {}};
    for (u32 i = 0; i < n; ++i) input.code.open(Opcode::Loop);
    for (u32 i = 0; i < n; ++i) input.code.op(Opcode::LocalGet, 0).op(Opcode::BrIf, 0).end();
    input.code.end();
    return input;
  });
}

TEST(SlowAndFat, NestedLoopsThatEachAssignALocal) {
  expect_linear(2'750, [](u32 n) {
    Input input{.type = {}, .code = {}, .locals = {{n, ValueType::I32}}, .more_types = {}};
    for (u32 i = 0; i < n; ++i) input.code.open(Opcode::Loop).op(Opcode::LocalGet, i).op(Opcode::LocalSet, (i + 1) % n);
    for (u32 i = 0; i < n; ++i) input.code.op(Opcode::LocalGet, i).op(Opcode::BrIf, 0).end();
    input.code.end();
    return input;
  });
}

TEST(SlowAndFat, BlocksThatEachAssignALocal) {
  expect_linear(3'750, [](u32 n) {
    Input input{.type = {{ValueType::I32}, {ValueType::I32}}, .code = {}, .locals = {{n, ValueType::I32}}, .more_types = {}};
    for (u32 i = 0; i < n; ++i)
      input.code.open(Opcode::Block).op(Opcode::LocalGet, 0).op(Opcode::BrIf, 0).op(Opcode::LocalGet, 0).op(Opcode::LocalSet, i + 1).end();
    input.code.op(Opcode::LocalGet, n).end();
    return input;
  });
}

TEST(SlowAndFat, ChainOfAssignments) {
  expect_linear(3'750, [](u32 n) {
    Input input{.type = {{ValueType::I32}, {ValueType::I32}}, .code = {}, .locals = {}, .more_types = {}};
    for (u32 i = 0; i < n; ++i) input.code.op(Opcode::LocalGet, 0).i32_const(1).op(Opcode::I32Add).op(Opcode::LocalSet, 0);
    input.code.op(Opcode::LocalGet, 0).end();
    return input;
  });
}

TEST(SlowAndFat, NestedIfs) {
  expect_linear(25'000, [](u32 n) {
    Input input{.type = {{ValueType::I32}, {ValueType::I32}}, .code = {}, .locals = {}, .more_types = {}};
    for (u32 i = 0; i < n; ++i) input.code.op(Opcode::LocalGet, 0).open(Opcode::If);
    input.code.i32_const(1).op(Opcode::LocalSet, 0);
    for (u32 i = 0; i < n; ++i) input.code.end();
    input.code.op(Opcode::LocalGet, 0).end();
    return input;
  });
}

TEST(SlowAndFat, NestedIfsThatEachAssignALocal) {
  expect_linear(5'000, [](u32 n) {
    Input input{.type = {{ValueType::I32}, {}}, .code = {}, .locals = {{n, ValueType::I32}}, .more_types = {}};
    for (u32 i = 0; i < n; ++i)
      input.code.op(Opcode::LocalGet, 0).open(Opcode::If).op(Opcode::LocalGet, 0).op(Opcode::LocalSet, i + 1);
    for (u32 i = 0; i < n; ++i) input.code.op(Opcode::Else).end();
    input.code.end();
    return input;
  });
}

// A br_table to n labels, with m locals that each of them would take along.
TEST(SlowAndFat, BrTableWithLocals) {
  expect_linear(500, [](u32 n) {
    Input input{.type = {{ValueType::I32}, {}}, .code = {}, .locals = {{n, ValueType::I32}}, .more_types = {}};
    for (u32 i = 0; i < n; ++i) input.code.open(Opcode::Block);
    for (u32 i = 0; i < n; ++i) input.code.op(Opcode::LocalGet, 0).op(Opcode::LocalSet, i + 1);
    input.code.op(Opcode::LocalGet, 0).op(Opcode::BrTable, n - 1);
    for (u32 i = 0; i < n; ++i) write_leb_unsigned(input.code.bytes, i);
    for (u32 i = 0; i < n; ++i) input.code.end();
    input.code.end();
    return input;
  });
}

// The same, carrying operands: linear in the body times the values of the longest type.
TEST(SlowAndFat, BrTableWithOperands) {
  constexpr u32 values = 20;
  expect_linear(1'000, [](u32 n) {
    FuncType type{{}, std::vector<ValueType>(values, ValueType::I32)};
    Input input{.type = {{ValueType::I32}, type.results}, .code = {}, .locals = {}, .more_types = {type}};
    for (u32 i = 0; i < n; ++i) input.code.open(Opcode::Block, 1);
    for (u32 i = 0; i < values; ++i) input.code.op(Opcode::LocalGet, 0);
    input.code.op(Opcode::LocalGet, 0).op(Opcode::BrTable, n - 1);
    for (u32 i = 0; i < n; ++i) write_leb_unsigned(input.code.bytes, i);
    for (u32 i = 0; i < n; ++i) input.code.end();
    input.code.end();
    return input;
  });
}

TEST(SlowAndFat, BrTableOfOneLabel) {
  expect_linear(10'000, [](u32 n) {
    Input input{.type = {{ValueType::I32}, {}}, .code = {}, .locals = {}, .more_types = {}};
    input.code.open(Opcode::Block).open(Opcode::Block).op(Opcode::LocalGet, 0).op(Opcode::BrTable, n);
    for (u32 i = 0; i <= n; ++i) write_leb_unsigned(input.code.bytes, i % 2);
    input.code.end().end().end();
    return input;
  });
}

// Each block's br_table leads to the two outside it.
TEST(SlowAndFat, BrTableDoubling) {
  expect_linear(5'000, [](u32 n) {
    Input input{.type = {{ValueType::I32}, {}}, .code = {}, .locals = {}, .more_types = {}};
    for (u32 i = 0; i <= n; ++i) input.code.open(Opcode::Block);
    for (u32 i = 0; i < n; ++i) input.code.op(Opcode::LocalGet, 0).op(Opcode::BrTable, {1, 0, 1}).end();
    input.code.end().end();
    return input;
  });
}

TEST(SlowAndFat, Remainders) {
  expect_linear(5'000, [](u32 n) {
    Input input{.type = {{ValueType::I64}, {ValueType::I64}}, .code = {}, .locals = {}, .more_types = {}};
    input.code.op(Opcode::LocalGet, 0);
    for (u32 i = 0; i < n; ++i) input.code.i64_const(i64(i) + 3).op(Opcode::I64RemS);
    input.code.end();
    return input;
  });
}

TEST(SlowAndFat, ThousandsOfOperands) {
  expect_linear(10'000, [](u32 n) {
    Input input{.type = {{ValueType::I32}, {ValueType::I32}}, .code = {}, .locals = {}, .more_types = {}};
    for (u32 i = 0; i < n; ++i) input.code.op(Opcode::LocalGet, 0).op(Opcode::I32Popcnt).i32_const(i32(i)).op(Opcode::I32Add);
    for (u32 i = 1; i < n; ++i) input.code.op(Opcode::I32Xor);
    input.code.end();
    return input;
  });
}

// Dead code, each piece cut off by a constant, deep inside.
TEST(SlowAndFat, ConstantConditions) {
  expect_linear(5'000, [](u32 n) {
    Input input{.type = {{ValueType::I32}, {}}, .code = {}, .locals = {}, .more_types = {}};
    for (u32 i = 0; i < n; ++i) input.code.open(Opcode::Block).i32_const(i % 2).op(Opcode::BrIf, 0).open(Opcode::Loop);
    for (u32 i = 0; i < n; ++i) input.code.i32_const(1).op(Opcode::BrIf, 0).end().end();
    input.code.end();
    return input;
  });
}

// Past the budget the locals are slots, and the function means the same.
TEST(SlowAndFat, SlotsComputeWhatValuesDo) {
  for (u32 n : {5u, 600u}) {
    // Each of n nested loops runs twice and adds its local to the sum.
    Code code;
    for (u32 i = 1; i <= n; ++i) code.open(Opcode::Loop).op(Opcode::LocalGet, i).i32_const(1).op(Opcode::I32Add).op(Opcode::LocalSet, i);
    for (u32 i = n; i >= 1; --i) {
      code.op(Opcode::LocalGet, 0).op(Opcode::LocalGet, i).op(Opcode::I32Add).op(Opcode::LocalSet, 0);
      code.op(Opcode::LocalGet, i).i32_const(i == 1 ? 2 : 1).op(Opcode::I32LtS).op(Opcode::BrIf, 0).end();
    }
    code.op(Opcode::LocalGet, 0).end();
    Input input{.type = {{ValueType::I32}, {ValueType::I32}}, .code = code, .locals = {{n, ValueType::I32}}, .more_types = {}};
    EXPECT_EQ(measure(input, Check::Verify).outcome.locals_in_slots, n == 600);

    auto program = oracle::Program::load(module_of(input.type, code.bytes, input.locals));
    ASSERT_TRUE(program) << program.error().message;
    oracle::Store store;
    oracle::Outcome outcome = store.invoke(*store.instantiate(**program).instance, "f", std::vector<u64>{7});
    ASSERT_EQ(outcome.results.size(), 1u);
    // Local 1 is 1, then 2; in the second round all others count on from 1 to 2.
    EXPECT_EQ(outcome.results[0], 7 + 3 * u64{n});
  }
}

// A body whose branches would carry far more than memory holds is refused.
TEST(SlowAndFat, TooManyOperandsOverBranchesIsALimit) {
  FuncType type{{}, std::vector<ValueType>(1'000, ValueType::I32)};
  Input input{.type = {{ValueType::I32}, type.results}, .code = {}, .locals = {}, .more_types = {type}};
  input.code.open(Opcode::Block, 1);
  for (u32 i = 0; i < 1'000; ++i) input.code.op(Opcode::LocalGet, 0);
  for (u32 i = 0; i < 80'000; ++i) input.code.op(Opcode::LocalGet, 0).op(Opcode::BrIf, 0);
  input.code.end().end();
  std::vector<u8> bytes = module_of(input.type, input.code.bytes, input.locals, input.more_types);
  Result<wasm::Module> module = wasm::decode(bytes);
  ASSERT_TRUE(module);
  Scratch scratch;
  ir::Function function;
  auto outcome = translate_function(*module, FuncIndex(0), Features::implemented(), {}, scratch, function);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::Limit);
}

}  // namespace
}  // namespace skerry::translate
