// Fuel: each instruction costs one, but those that do nothing (docs/ir.md).

#include <gtest/gtest.h>

#include "tests/ir_interpreter/interpreter.h"
#include "text/parse.h"

namespace skerry::translate {
namespace {

constexpr const char* module_text = R"((module
  (memory 1)
  (func $callee (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))          ;; 3
  (func (export "straight") (result i32)
    (nop) (block (drop (i32.const 1))) (i32.const 2))                                     ;; 2
  (func (export "call") (param i32) (result i32)
    (call $callee (call $callee (local.get 0))))                                          ;; 3 + 2 * 3
  (func (export "loop") (param i32)
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))                 ;; 5 a round
  (func (export "if") (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.mul (i32.const 2) (local.get 0)))))  ;; 3, 5
  (func (export "folded") (result i32)
    (if (result i32) (i32.const 1) (then (i32.const 1)) (else (i32.mul (i32.const 2) (i32.const 3)))))  ;; 3
  (func (export "out") (param i32) (result i32)
    (block (br_if 0 (local.get 0)) (drop (i32.const 1)) (drop (i32.const 1)))              ;; 2, 4
    (return (i32.const 5)))                                                               ;; 2
  (func (export "table") (param i32)
    (block (block (br_table 0 1 (local.get 0))) (i32.store (i32.const 0) (i32.const 1))))  ;; 5, 2
  (func (export "tail") (param i32) (result i32) (return_call $callee (local.get 0)))      ;; 2 + 3
  (func (export "size") (result i32) (memory.grow (memory.size)))                          ;; 2
  (func (export "trap") (drop (i32.const 1)) (unreachable))                                ;; 2
))";

struct Case {
  const char* function;
  std::vector<u64> arguments;
  u64 cost;
};
const Case cases[] = {
    {"straight", {}, 2}, {"call", {1}, 9},  {"loop", {1}, 5},  {"loop", {10}, 50}, {"if", {1}, 3},   {"if", {0}, 5},
    {"folded", {}, 3},   {"out", {1}, 4},   {"out", {0}, 6},   {"table", {0}, 5},  {"table", {1}, 2}, {"table", {9}, 2},
    {"tail", {1}, 5},    {"size", {}, 2},   {"trap", {}, 2},
};

class Fuel : public testing::TestWithParam<LocalsPolicy> {
 protected:
  void SetUp() override {
    Result<std::vector<u8>> bytes = text::parse_module(module_text);
    ASSERT_TRUE(bytes) << bytes.error().message;
    auto program = oracle::Program::load(std::move(*bytes), Features::implemented(), {.fuel = true, .locals = GetParam()});
    ASSERT_TRUE(program) << program.error().message;
    program_ = std::move(*program);
    instance_ = store_.instantiate(*program_).instance;
  }
  std::unique_ptr<oracle::Program> program_;
  oracle::Store store_;
  oracle::Instance* instance_ = nullptr;
};

TEST_P(Fuel, CostsOneForEachInstructionThatRuns) {
  for (const Case& one : cases) {
    store_.set_fuel(1'000);
    store_.invoke(*instance_, one.function, one.arguments);
    EXPECT_EQ(1'000 - store_.fuel(), one.cost) << one.function << " of " << (one.arguments.empty() ? 0 : one.arguments[0]);
  }
}

TEST_P(Fuel, IsEnoughOrTraps) {
  for (const Case& one : cases) {
    store_.set_fuel(one.cost);
    oracle::Outcome enough = store_.invoke(*instance_, one.function, one.arguments);
    EXPECT_FALSE(enough.kind == oracle::Outcome::Kind::Trapped && enough.trap == TrapCode::OutOfFuel) << one.function;
    store_.set_fuel(one.cost - 1);
    oracle::Outcome short_of = store_.invoke(*instance_, one.function, one.arguments);
    EXPECT_TRUE(short_of.kind == oracle::Outcome::Kind::Trapped && short_of.trap == TrapCode::OutOfFuel) << one.function;
  }
}

INSTANTIATE_TEST_SUITE_P(Locals, Fuel, testing::Values(LocalsPolicy::Values, LocalsPolicy::Slots), [](const auto& info) {
  return info.param == LocalsPolicy::Values ? "Values" : "Slots";
});

}  // namespace
}  // namespace skerry::translate
