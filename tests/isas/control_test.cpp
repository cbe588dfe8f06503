// Control flow, calls and memory in machine code, as the interpreter of the IR has it.

#include <gtest/gtest.h>

#include <string>

#include "base/string.h"
#include "tests/isas/machine.h"
#include "text/parse.h"

namespace skerry::tests {
namespace {

// Calls each export with each list of arguments, in both.
void expect_same(const std::string& wat, std::string_view name, std::vector<std::vector<u64>> calls) {
  Result<std::vector<u8>> wasm = text::parse_module(wat);
  ASSERT_TRUE(wasm) << wasm.error().message;
  auto program = oracle::Program::load(std::move(*wasm));
  ASSERT_TRUE(program) << program.error().message;
  for (const TestTarget* target : native_targets()) {
    oracle::Store store;
    oracle::Instantiation made = store.instantiate(**program);
    Machine machine(**program, *target);
    for (const std::vector<u64>& arguments : calls) {
      oracle::Outcome expected = store.invoke(*made.instance, name, arguments);
      oracle::Outcome got = machine.invoke(name, arguments);
      ASSERT_EQ(int(expected.kind), int(got.kind)) << (got.kind == oracle::Outcome::Kind::Trapped ? sentence(got.trap) : "");
      if (expected.kind == oracle::Outcome::Kind::Trapped) ASSERT_EQ(sentence(expected.trap), sentence(got.trap));
      ASSERT_EQ(expected.results, got.results);
    }
  }
}

std::vector<std::vector<u64>> numbers(u64 end) {
  std::vector<std::vector<u64>> calls;
  for (u64 i = 0; i < end; ++i) calls.push_back({i});
  return calls;
}

// What is behind the registers is stored by whole words, of which an f32 is the lower half: the upper is zero.
TEST(Control, FloatsThatAreReturnedInMemoryHaveNothingAboveThem) {
  auto module = [](const std::string& results, const std::string& values) {
    return concat("(module (func (export \"f\") (param $x f32) (param $y f64) (result", results, ")", values, "))");
  };
  std::string results, values;
  for (u32 i = 0; i < 8; ++i) results += " f64", values += " (local.get $y)";
  // Where a value is used for the last time it is computed in place.
  std::string in_place = module(results + " f32", values + "(f32.demote_f64 (f64.mul (local.get $y) (f64.const 3.3)))");
  for (std::string_view value :
       {"(f32.neg (local.get $x))", "(f32.abs (local.get $x))", "(f32.demote_f64 (local.get $y))",
        "(f32.copysign (local.get $x) (f32.neg (local.get $x)))",
        "(f32.demote_f64 (f64.mul (local.get $y) (local.get $y)))", "(f32.sqrt (f32.neg (local.get $x)))",
        "(f32.nearest (f32.neg (local.get $x)))"}) {
    results += " f32";
    values += value;
  }
  std::vector<std::vector<u64>> calls = {{0xbfc00000, 0x400921fb54442d18}, {0x7f000000, 0xffefffffffffffff}};
  expect_same(module(results, values), "f", calls);
  expect_same(in_place, "f", calls);
}

TEST(Control, LoopCarriesValues) {
  expect_same(R"((module (func (export "fib") (param $n i32) (result i64)
    (local $a i64) (local $b i64) (local $t i64)
    (local.set $b (i64.const 1))
    (loop $again (result i64)
      (local.set $t (i64.add (local.get $a) (local.get $b)))
      (local.set $a (local.get $b))
      (local.set $b (local.get $t))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (i32.gt_s (local.get $n) (i32.const 0)))
      (local.get $a)))))", "fib", numbers(90));
}

// The loop's parameters change places: a cycle of moves.
TEST(Control, LoopRotatesValues) {
  expect_same(R"((module (func (export "f") (param $n i32) (result i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $x f64) (local $y f64) (local $t i32) (local $u f64)
    (local.set $a (i32.const 1)) (local.set $b (i32.const 20)) (local.set $c (i32.const 300)) (local.set $d (i32.const 4000))
    (local.set $x (f64.const 0.5)) (local.set $y (f64.const 7))
    (block $done (loop $again
      (br_if $done (i32.eqz (local.get $n)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (local.set $t (local.get $a)) (local.set $a (local.get $b)) (local.set $b (local.get $c)) (local.set $c (local.get $d)) (local.set $d (local.get $t))
      (local.set $u (local.get $x)) (local.set $x (local.get $y)) (local.set $y (local.get $u))
      (br $again)))
    (i32.add (i32.mul (local.get $a) (i32.const 3)) (i32.add (i32.mul (local.get $b) (i32.const 5)) (i32.add (i32.trunc_f64_s (f64.mul (local.get $x) (f64.const 10))) (i32.xor (local.get $c) (local.get $d))))))))", "f", numbers(9));
}

TEST(Control, BranchTable) {
  expect_same(R"((module (func (export "f") (param $i i32) (result i32) (local $r i32)
    (block $d (result i32) (block $c (result i32) (block $b (result i32) (block $a (result i32)
      (local.set $r (i32.const 1000))
      (br_table $a $b $c $b $a $d (i32.add (local.get $i) (i32.const 7)) (local.get $i)))
      (local.set $r (i32.add (local.get $r) (i32.const 1))) (i32.add (i32.const 10)))
      (local.set $r (i32.mul (local.get $r) (i32.const 3))) (i32.add (i32.const 20)))
      (local.set $r (i32.sub (local.get $r) (i32.const 5))) (i32.add (i32.const 30)))
    (i32.add (local.get $r)))))", "f", {{0}, {1}, {2}, {3}, {4}, {5}, {6}, {100}, {0xffffffff}, {0x80000000}});
}

TEST(Control, ManyParametersAndResults) {
  std::string params, results, gets, sum;
  for (u32 i = 0; i < 24; ++i) {
    const char* type = i % 4 == 0 ? "i32" : i % 4 == 1 ? "f64" : i % 4 == 2 ? "i64" : "f32";
    params += concat("(param ", type, ")");
    results += concat("(result ", type, ")");
    gets += concat("(local.get ", 23 - (23 - i), ")");
  }
  std::string wat = concat("(module (func $g ", params, results, gets, ")\n (func (export \"f\") (param i32) ", results);
  for (u32 i = 0; i < 24; ++i) {
    const char* type = i % 4 == 0 ? "i32" : i % 4 == 1 ? "f64" : i % 4 == 2 ? "i64" : "f32";
    if (i % 4 == 0) wat += concat("(i32.add (local.get 0) (i32.const ", i, "))");
    else if (i % 4 == 2) wat += concat("(i64.extend_i32_s (i32.mul (local.get 0) (i32.const ", i, ")))");
    else wat += concat("(", type, ".convert_i32_s (i32.sub (local.get 0) (i32.const ", i, ")))");
  }
  wat += "(call $g)))";
  expect_same(wat, "f", {{0}, {7}, {0xfffffff0}});
}

TEST(Control, RecursionKeepsRegisters) {
  expect_same(R"((module (func $f (export "f") (param $n i32) (result i64) (local $a i64) (local $b i64) (local $c f64)
    (local.set $a (i64.mul (i64.extend_i32_u (local.get $n)) (i64.const 77)))
    (local.set $c (f64.convert_i32_s (local.get $n)))
    (if (result i64) (i32.lt_s (local.get $n) (i32.const 2)) (then (i64.const 1)) (else
      (local.set $b (call $f (i32.sub (local.get $n) (i32.const 1))))
      (i64.add (i64.add (local.get $b) (call $f (i32.sub (local.get $n) (i32.const 2))))
               (i64.xor (local.get $a) (i64.trunc_f64_s (local.get $c)))))))))", "f", numbers(18));
}

// Each tail call has more stack arguments than its caller, in turn with one that has fewer.
TEST(Control, TailCallsThatGrowUseNoStack) {
  std::string wat = "(module (func $few (param $n i64) (result i64) (if (result i64) (i64.eqz (local.get $n)) (then (i64.const 12345)) (else (return_call $many (local.get $n)";
  for (u32 i = 1; i < 13; ++i) wat += concat("(i64.add (local.get $n) (i64.const ", i, "))");
  wat += "))))\n(func $many (param $n i64)";
  for (u32 i = 1; i < 13; ++i) wat += concat("(param $p", i, " i64)");
  wat += "(result i64)";
  for (u32 i = 1; i < 13; ++i) wat += concat("(if (i64.ne (local.get $p", i, ") (i64.add (local.get $n) (i64.const ", i, "))) (then (return (i64.const ", 900 + i, "))))");
  wat += "(return_call $few (i64.sub (local.get $n) (i64.const 1))))";
  wat += "(func (export \"f\") (param i64) (result i64) (i64.add (call $few (local.get 0)) (i64.const 1))))";
  expect_same(wat, "f", {{0}, {1}, {2}, {3}, {200000}});
}

// The caller's frame has nothing but the arguments, which must not overwrite each other on their way.
TEST(Control, TailCallThatGrowsOutOfAnEmptyFrame) {
  for (u32 count = 8; count < 14; ++count) {
    std::string params, constants, mixed = "(i64.const 0)";
    for (u32 i = 0; i < count; ++i) {
      params += " i64";
      constants += concat("(i64.const ", (i + 1) * 0x100000001, ")");
      mixed = concat("(i64.add (i64.mul ", mixed, " (i64.const 31)) (local.get ", i, "))");
    }
    expect_same(concat("(module (func $g (param", params, ") (result i64) ", mixed, ")",
                       "(func (export \"f\") (param i32) (result i64) (return_call $g ", constants, ")))"),
                "f", {{0}});
  }
}

TEST(Control, TailCallManyResults) {
  std::string results, gets;
  for (u32 i = 0; i < 12; ++i) results += "(result i64)";
  for (u32 i = 0; i < 12; ++i) gets += concat("(i64.mul (local.get 0) (i64.const ", i, "))");
  expect_same(concat("(module (func $a (param i64)", results, gets, ") (func $b (param i64)", results,
                     "(return_call $a (i64.add (local.get 0) (i64.const 1)))) (func (export \"f\") (param i64) ", results, "(call $b (local.get 0))))"),
              "f", {{0}, {5}, {1000000}});
}

TEST(Control, StackIsExhausted) {
  expect_same("(module (func $f (export \"f\") (param i32) (result i32) (i32.add (i32.const 1) (call $f (local.get 0)))))", "f", {{1}});
}

TEST(Memory, EveryWidthAtItsEdge) {
  for (std::string op : {"i32.load", "i64.load", "f32.load", "f64.load", "i32.load8_s", "i32.load8_u", "i32.load16_s", "i32.load16_u", "i64.load8_s",
                         "i64.load8_u", "i64.load16_s", "i64.load16_u", "i64.load32_s", "i64.load32_u"}) {
    std::string type = op.substr(0, 3);
    for (u64 offset : {u64{0}, u64{1}, u64{65528}, u64{0x7fffffff}, u64{0x80000000}, u64{0xffffffff}}) {
      expect_same(concat("(module (memory 1) (func (export \"f\") (param i32) (result ", type, ") (i64.store (i32.const 65528) (i64.const 0xfedcba9876543281)) (",
                         op, " offset=", offset, " (local.get 0))))"),
                  "f", {{0}, {1}, {7}, {8}, {65527}, {65528}, {65532}, {65534}, {65535}, {65536}, {0x7fffffff}, {0x80000000}, {0xfffffff8}, {0xffffffff}});
    }
  }
}

TEST(Memory, StoresThenSums) {
  expect_same(R"((module (memory 1) (global $g (mut i64) (i64.const 0)) (func (export "f") (param $n i32) (result i64) (local $i i32) (local $s i64)
    (loop $l
      (i32.store (i32.shl (local.get $i) (i32.const 2)) (i32.mul (local.get $i) (local.get $i)))
      (i64.store8 offset=4096 (local.get $i) (i64.extend_i32_u (local.get $i)))
      (i32.store16 offset=9000 (i32.const 6) (i32.const -3))
      (f64.store offset=20000 (i32.const 8) (f64.const 1.25))
      (f32.store offset=20000 (i32.const 16) (f32.const -0.5))
      (i64.store offset=20000 (i32.const 24) (i64.const -7))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.set $i (i32.const 0))
    (loop $l
      (local.set $s (i64.add (local.get $s) (i64.extend_i32_u (i32.load (i32.shl (local.get $i) (i32.const 2))))))
      (local.set $s (i64.add (local.get $s) (i64.load8_u offset=4096 (local.get $i))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (global.set $g (i64.add (global.get $g) (local.get $s)))
    (i64.add (global.get $g) (i64.add (i64.load16_s offset=9000 (i32.const 6)) (i64.add (i64.trunc_f64_s (f64.mul (f64.const 100) (f64.load offset=20000 (i32.const 8))))
      (i64.add (i64.extend_i32_s (i32.trunc_f32_s (f32.mul (f32.const 100) (f32.load offset=20000 (i32.const 16))))) (i64.load offset=20000 (i32.const 24)))))))))", "f", numbers(20));
}

}  // namespace
}  // namespace skerry::tests
