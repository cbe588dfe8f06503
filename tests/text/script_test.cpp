#include "text/script.h"

#include <gtest/gtest.h>

namespace skerry::text {
namespace {

std::vector<Command> commands(std::string_view wast) {
  Result<std::vector<Command>> out = parse_script(wast);
  EXPECT_TRUE(out) << out.error().message;
  return out ? *out : std::vector<Command>();
}

TEST(Script, ModulesAreTextBytesOrQuotes) {
  std::vector<Command> script = commands(R"wast((module $a (func))
(module $b binary "\00asm" "\01\00\00\00")
  (module quote "(func" ")")
(module definition $d (memory 1))
(module instance $i $d)
(register "r" $i))wast");
  ASSERT_EQ(script.size(), 6u);
  EXPECT_EQ(script[0].module->text.text, "(module $a (func))");
  EXPECT_EQ(script[1].module->id, "b");
  EXPECT_EQ(*script[1].module->parse(Features::implemented()), std::vector<u8>({0, 'a', 's', 'm', 1, 0, 0, 0}));
  EXPECT_EQ(script[2].line, 3u);
  EXPECT_EQ(script[2].module->bytes, "(func)");
  EXPECT_EQ(script[3].kind, Command::Kind::ModuleDefinition);
  EXPECT_TRUE(script[3].module->parse(Features::implemented()));
  EXPECT_EQ(script[4].kind, Command::Kind::ModuleInstance);
  EXPECT_EQ(script[4].id, "i");
  EXPECT_EQ(script[4].definition, "d");
  EXPECT_EQ(script[5].name, "r");
  EXPECT_EQ(script[5].id, "i");
}

TEST(Script, FieldsAloneAreOneModule) {
  std::vector<Command> script = commands("(func) (memory 0)");
  ASSERT_EQ(script.size(), 1u);
  EXPECT_TRUE(script[0].module->parse(Features::implemented()));
}

TEST(Script, ErrorsInAModuleTellThePlaceInTheScript) {
  std::vector<Command> script = commands("(module)\n  (module\n (func get_local))");
  Result<std::vector<u8>> wasm = script[1].module->parse(Features::implemented());
  ASSERT_FALSE(wasm);
  EXPECT_EQ(wasm.error().message, "unknown operator get_local at 3:8");
  EXPECT_EQ(wasm.error().offset, 26u);
}

TEST(Script, ConstantsAreBitPatterns) {
  std::vector<Command> script = commands(R"((assert_return (invoke $m "f" (i32.const -1) (f32.const 1.5))
    (i64.const -2) (f64.const nan:canonical)
    (v128.const i16x8 1 2 3 4 5 6 7 -1) (v128.const f32x4 1 nan:arithmetic 0 -0)
    (ref.null func) (ref.null) (ref.extern 7) (ref.func) (either (i32.const 1) (i32.const 2))))");
  ASSERT_EQ(script.size(), 1u);
  EXPECT_EQ(script[0].action->module, "m");
  EXPECT_EQ(script[0].action->arguments[0].bits, 0xffffffff);
  EXPECT_EQ(script[0].action->arguments[1].bits, 0x3fc00000u);
  const std::vector<Constant>& results = script[0].results;
  ASSERT_EQ(results.size(), 9u);
  EXPECT_EQ(results[0].bits, ~u64{0} - 1);
  EXPECT_EQ(results[1].pattern, FloatPattern::CanonicalNan);
  EXPECT_EQ(results[2].bytes[0], 1);
  EXPECT_EQ(results[2].bytes[15], 0xff);
  EXPECT_EQ(results[3].lanes[1], FloatPattern::ArithmeticNan);
  EXPECT_EQ(results[3].bytes[15], 0x80);
  EXPECT_EQ(results[4].heap_type, "func");
  EXPECT_EQ(results[5].heap_type, "");
  EXPECT_EQ(results[6].number, 7u);
  EXPECT_EQ(results[7].heap_type, "func");
  EXPECT_EQ(results[7].number, std::nullopt);
  EXPECT_EQ(results[8].alternatives.size(), 2u);
}

TEST(Script, AssertionsHoldActionsOrModulesAndWords) {
  std::vector<Command> script = commands(R"((assert_trap (invoke "f") "unreachable") (assert_trap (module) "oob")
    (assert_exhaustion (invoke "f") "call stack exhausted") (assert_invalid (module) "type mismatch")
    (assert_unlinkable (module) "unknown import") (assert_exception (invoke "f")) (get "g")
    (assert_malformed (module quote "(") "unexpected"))");
  ASSERT_EQ(script.size(), 8u);
  EXPECT_TRUE(script[0].action && !script[0].module);
  EXPECT_TRUE(!script[1].action && script[1].module);
  EXPECT_EQ(script[3].message, "type mismatch");
  EXPECT_EQ(script[6].action->kind, Action::Kind::Get);
  EXPECT_FALSE(script[7].module->parse(Features::implemented()));
  EXPECT_FALSE(parse_script("(assert_something (module))"));
}

}  // namespace
}  // namespace skerry::text
