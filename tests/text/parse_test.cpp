#include "text/parse.h"

#include <gtest/gtest.h>

#include "base/string.h"

namespace skerry::text {
namespace {

std::string hex_of(std::string_view wat, Features features = Features::implemented()) {
  Result<std::vector<u8>> wasm = parse_module(wat, features);
  if (!wasm) return wasm.error().message;
  std::string out;
  for (usize i = 8; i < wasm->size(); ++i) out += hex((*wasm)[i], 2);
  return out;
}

// The bytes of the code section's only body, locals and last `end` included.
std::string body_of(std::string_view instructions) {
  Result<std::vector<u8>> wasm = parse_module(concat("(module (memory 1) (memory 1) (func ", instructions, "))"));
  if (!wasm) return wasm.error().message;
  std::string out;
  for (usize i = 8 + 6 + 4 + 7 + 4; i < wasm->size(); ++i) out += hex((*wasm)[i], 2);
  return out;
}

TEST(Parse, TheEmptyModuleIsItsHeader) {
  EXPECT_EQ(hex_of("(module)"), "");
  EXPECT_EQ(hex_of(""), "");
}

TEST(Parse, ImplicitTypesFollowExplicitOnesInOrderOfUse) {
  EXPECT_EQ(hex_of("(func (param i64)) (func (result i32) (block (param i32))) (type (func (param i32)))"),
            "010d0360017f0060017e006000017f"  // types: i32 -> , i64 -> , -> i32
            "03030201020a0a0202000b0500" "02000b0b");
}

TEST(Parse, FoldedAndPlainInstructionsGiveTheSameCode) {
  EXPECT_EQ(body_of("(if (i32.eqz (i32.const 1)) (then nop) (else (br 0)))"),
            body_of("i32.const 1 i32.eqz if nop else br 0 end"));
  EXPECT_EQ(body_of("(block $a (loop $b (br_if $a (i32.const 2)) (br $b)))"),
            body_of("block $a loop $b i32.const 2 br_if 1 br 0 end $b end $a"));
}

TEST(Parse, LabelsAreNotInScopeInTheConditionOfTheirIf) {
  EXPECT_EQ(body_of("(block $l (if $l (br $l) (then (br $l))))"), "000240" "0c00" "0440" "0c00" "0b0b0b");
}

TEST(Parse, InnerLabelsShadowOuterOnesUntilTheirEnd) {
  EXPECT_EQ(body_of("block $l block $l br $l end br $l end"), "000240" "0240" "0c00" "0b" "0c00" "0b0b");
}

TEST(Parse, AMemoryIndexSetsBitSixOfTheAlignment) {
  EXPECT_EQ(body_of("(drop (i32.load 1 offset=16 align=2 (i32.const 0)))"), "004100" "28410110" "1a0b");
  EXPECT_EQ(body_of("(drop (i32.load (i32.const 0)))"), "004100" "280200" "1a0b");
}

TEST(Parse, IdsBecomeTheNamesThatAreAskedFor) {
  std::string_view wat = "(module $m (func $f (param $x i32)) (global $g i32 (i32.const 0)))";
  auto with = [&](Names names) { return *parse_module(wat, Features::implemented(), names); };
  auto ends_in = [](const std::vector<u8>& wasm, std::string_view bytes) {
    return std::string_view(reinterpret_cast<const char*>(wasm.data()), wasm.size()).ends_with(bytes);
  };
  using namespace std::literals;
  EXPECT_TRUE(ends_in(with(Names::All), "\x04name\0\2\1m\1\4\1\0\1f\2\6\1\0\1\0\1x\7\4\1\0\1g"sv));
  EXPECT_TRUE(ends_in(with(Names::Functions), "\x04name\0\2\1m\1\4\1\0\1f"sv));
  EXPECT_TRUE(ends_in(with(Names::None), "\2\0\x0b"sv));
}

TEST(Parse, ErrorsNameTheFirstFaultWithItsPlace) {
  EXPECT_EQ(hex_of("(module\n  (func nop\n    get_local 0))"), "unknown operator get_local at 3:5");
  EXPECT_EQ(hex_of("(func (call $f))"), "unknown function $f at 1:13");
  EXPECT_EQ(hex_of("(func (call $f)) (func $g) (func $g)"), "unknown function $f at 1:13");
  EXPECT_EQ(hex_of("(func i32.extend8_s)", Features::edition(1)),
            "unknown operator i32.extend8_s: the feature sign-extension is off at 1:7");
}

}  // namespace
}  // namespace skerry::text
