// Texts that were made to break a parser: each gives an error or a module, in time and memory that
// are linear in the text.

#include <gtest/gtest.h>

#include "base/string.h"
#include "text/parse.h"
#include "text/script.h"

namespace skerry::text {
namespace {

std::string repeat(std::string_view part, usize times) {
  std::string out;
  for (usize i = 0; i < times; ++i) out += part;
  return out;
}

std::string error_of(std::string_view wat) {
  Result<std::vector<u8>> wasm = parse_module(wat);
  if (wasm) return "";
  EXPECT_EQ(wasm.error().code, ErrorCode::Malformed);
  EXPECT_LE(wasm.error().offset, wat.size());
  return wasm.error().message;
}

constexpr usize deep = 100'000;

TEST(Hostile, DeepNestingOfEveryKindParses) {
  EXPECT_EQ(error_of("(func " + repeat("(block ", deep) + repeat(")", deep) + ")"), "");
  EXPECT_EQ(error_of("(func " + repeat("block ", deep) + repeat("end ", deep) + ")"), "");
  EXPECT_EQ(error_of("(func " + repeat("(drop ", deep) + repeat(")", deep) + ")"), "");
  EXPECT_EQ(error_of("(func " + repeat("(if (i32.const 0) (then ", deep) + repeat("))", deep) + ")"), "");
  EXPECT_EQ(error_of("(func " + repeat("(if ", deep) + repeat("(then))", deep) + ")"), "");
  EXPECT_EQ(error_of("(func " + repeat("i32.const 0 if else ", deep) + repeat("end ", deep) + ")"), "");
  EXPECT_EQ(error_of("(global i32 " + repeat("(i32.add ", deep) + repeat(")", deep) + ")"), "");
  EXPECT_EQ(error_of(repeat("(; ", deep) + repeat(";)", deep)), "");
}

TEST(Hostile, DeepNestingThatIsNoModuleIsRefused) {
  EXPECT_EQ(error_of(repeat("(", deep)), "unexpected token ( at 1:2");
  EXPECT_EQ(error_of(repeat("(module ", deep)), "unexpected token module at 1:10");
  EXPECT_EQ(error_of("(func " + repeat("(block ", deep)), "unexpected token: the text ends here at 1:700007");
  EXPECT_EQ(error_of("(func " + repeat("(type ", deep)), "unexpected token ( at 1:13");
  EXPECT_EQ(error_of(repeat(")", deep)), "unexpected token ) at 1:1");
}

TEST(Hostile, BranchesToADistantLabelAreFoundAtOnce) {
  // Of a look-up through all labels this would be 10^10 steps.
  EXPECT_EQ(error_of("(func (block $far " + repeat("(block $near (br $far) ", deep) + repeat(")", deep) + "))"), "");
}

TEST(Hostile, ManyTypesAndNamesAreFoundAtOnce) {
  std::string text;
  for (usize i = 0; i < 20'000; ++i) {
    std::string explicit_type = repeat(i & 1 ? " i32" : " i64", i % 16) + repeat(" f32", i / 16 % 64);
    std::string implicit_type = repeat(" f64", i % 64) + repeat(" i32", i / 64 % 64);
    text += concat("(type $t", i, " (func (param", explicit_type, ")))");
    text += concat("(func $f", i, " (param", implicit_type, ") (call $f", 19'999 - i, "))");
  }
  EXPECT_EQ(error_of(text), "");
}

TEST(Hostile, NumbersInNamesAreNoCounts) {
  // A parser once kept a table as long as the number in an unnamed block's name.
  EXPECT_EQ(error_of("(func (block $block225322254 (br $block225322254)))"), "");
  EXPECT_EQ(error_of("(func br 4294967295)"), "");
  EXPECT_EQ(error_of("(func br 4294967296)"), "i32 constant out of range at 1:10");
  EXPECT_EQ(error_of("(func (type 4294967295)) (memory 4294967295) (table 4294967295 funcref)"), "");
  EXPECT_EQ(error_of("(func (type 4294967295) (param i32))"), "unknown type 4294967295 at 1:7");
}

TEST(Hostile, LongTokensAreRead) {
  EXPECT_EQ(error_of("(func (drop (f64.const 0." + repeat("123456789", deep) + "e-7)))"), "");
  EXPECT_EQ(error_of("(func (drop (i32.const " + repeat("0", deep) + "1)))"), "");
  EXPECT_EQ(error_of("(func (drop (i32.const " + repeat("9", deep) + ")))"), "constant out of range at 1:24");
  EXPECT_EQ(error_of("(func $" + repeat("x", deep) + ")"), "");
  EXPECT_LT(error_of("(func " + repeat("x", deep) + ")").size(), 100u);
}

// Uses most of the grammar.
constexpr std::string_view sample = R"((module $m (@a (b "c")) (type $t (func (param $x i32) (result i32)))
  (import "a" "b" (func $i (type $t))) (import "a" "\u{e9}" (global $g (mut i64)))
  (table $tab 2 4 funcref) (table externref (elem (ref.null extern))) (memory $mem (data "x\00\"")) (memory 1 2)
  (global $h f64 (f64.const -0x1.8p-3)) (export "f" (func $f)) (start $s) (func $s) (; (; comment ;) ;)
  (elem $e (table $tab) (offset i32.const 0) func $f $i) (elem declare funcref (item ref.func $f))
  (data $d (memory 1) (i32.const 0xf_f) "abc" "d") (@custom "c" (after code) "\ff\fe")
  (func $f (export "g") (param $p i32) (param i64) (result i32) (local $l f32) (local i32 i32)
    block $b (result i32) (i32.const -1) (br_if $b (local.get $p)) br_table 0 $b 0 end $b
    (if $c (result i32) (i32.eqz) (then (i32.load 1 offset=4 align=2 (i32.const 7))) (else (local.get $p)))
    i32.const 1 if else end select (result i32) f32.const nan:0x1 drop memory.init $mem $d table.copy 0 1
    (call_indirect $tab (type $t) (i32.const 3)) (return_call $f) ;; end
  )))";

TEST(Hostile, EveryTruncationIsRefused) {
  ASSERT_EQ(error_of(sample), "");
  // But the empty text, which is a module.
  for (usize size = 1; size < sample.size(); ++size) {
    EXPECT_NE(error_of(sample.substr(0, size)), "") << size;
  }
}

TEST(Hostile, EveryChangeOfOneByteGivesAnErrorOrAModule) {
  for (usize at = 0; at < sample.size(); ++at) {
    for (char c : std::string_view("\0()\";$@\\ 9\n\xff", 12)) {
      std::string text(sample);
      text[at] = c;
      error_of(text);
      text.erase(at, 1);
      error_of(text);
    }
  }
}

TEST(Hostile, ScriptsAreReadWithoutNestingCalls) {
  EXPECT_FALSE(parse_script(repeat("(assert_return ", deep)));
  EXPECT_FALSE(parse_script("(assert_return (invoke \"f\") " + repeat("(either ", deep)));
  EXPECT_FALSE(parse_script("(module " + repeat("(", deep)));
  EXPECT_TRUE(parse_script("(module " + repeat("(", deep) + repeat(")", deep) + ")"));
  // Each line is counted once.
  Result<std::vector<Command>> many = parse_script(repeat("\n(module)\n(module quote \"\")", deep));
  ASSERT_TRUE(many);
  EXPECT_EQ(many->back().line, 2 * deep + 1);
}

}  // namespace
}  // namespace skerry::text
