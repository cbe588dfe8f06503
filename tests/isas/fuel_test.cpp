// Fuel in machine code, as the interpreter of the IR counts it.

#include <gtest/gtest.h>

#include "tests/isas/machine.h"
#include "text/parse.h"

namespace skerry::tests {
namespace {

constexpr std::string_view counting = R"((module (func (export "f") (param $n i32) (result i32) (local $i i32)
  (loop $again
    (local.set $i (i32.add (local.get $i) (i32.const 3)))
    (local.set $n (i32.sub (local.get $n) (i32.const 1)))
    (br_if $again (local.get $n)))
  (local.get $i))))";

// What does not suffice for the next stretch stays as it is: it once went below zero, and was
// then nearly endless for the next call.
TEST(Fuel, WhatDoesNotSufficeIsLeft) {
  auto program = oracle::Program::load(*text::parse_module(counting), Features::implemented(), {.fuel = true});
  ASSERT_TRUE(program);
  oracle::Store store;
  oracle::Instantiation made = store.instantiate(**program);
  Machine machine(**program, *native_targets().back(), made.instance, {.fuel = true});
  for (u64 fuel : {u64{0}, u64{1}, u64{20}, u64{21}, u64{100}, u64{1'000}, ~u64{0}}) {
    store.set_fuel(fuel);
    machine.set_fuel(fuel);
    for (u64 n : {1, 3, 7, 1}) {
      u64 arguments[] = {n};
      oracle::Outcome expected = store.invoke(*made.instance, "f", arguments), got = machine.invoke("f", arguments);
      ASSERT_EQ(expected.kind, got.kind);
      if (got.kind == oracle::Outcome::Kind::Trapped) EXPECT_EQ(got.trap, TrapCode::OutOfFuel);
      EXPECT_EQ(expected.results, got.results);
      EXPECT_EQ(store.fuel(), machine.fuel());
    }
  }
}

}  // namespace
}  // namespace skerry::tests
