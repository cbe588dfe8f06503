#include "text/print.h"

#include <gtest/gtest.h>

#include "base/string.h"
#include "engine/decode/decode.h"
#include "tests/support/spec_suite.h"
#include "text/parse.h"
#include "text/script.h"

namespace skerry::text {
namespace {

std::vector<u8> parsed(std::string_view wat) {
  Result<std::vector<u8>> wasm = parse_module(wat);
  EXPECT_TRUE(wasm) << wasm.error().message;
  return wasm ? *wasm : std::vector<u8>();
}

std::string printed(std::span<const u8> wasm) {
  Result<std::string> text = print_module(wasm);
  EXPECT_TRUE(text) << text.error().message;
  return text ? *text : "";
}

// What is printed for the binary of `wat`, which must read back to the same bytes.
std::string round_trip(std::string_view wat) {
  std::vector<u8> wasm = parsed(wat);
  std::string text = printed(wasm);
  EXPECT_EQ(parsed(text), wasm) << text;
  return text;
}

TEST(Print, ShowsNamesIndicesAndNesting) {
  EXPECT_EQ(round_trip(R"((module $m (import "a" "b" (func $f (param i32)))
    (func $g (export "g") (param $x i32) (result i32) (local i64 i64) (local $y f32)
      (block $l (br_if $l (local.get $x))) (f32.load offset=4 align=1 (i32.const 1)) local.set $y
      (call $f (i32.const -1)) (i32.const 7))
    (memory 1) (data $d (i32.const 8) "a\00\ff\"\\") (start $f)))"),
            R"((module $m
  (type (;0;) (func (param i32)))
  (type (;1;) (func (param i32) (result i32)))
  (import "a" "b" (func $f (;0;) (type 0)))
  (func $g (;1;) (type 1) (param $x i32) (result i32)
    (local i64 i64) (local $y f32)
    block
      local.get $x
      br_if 0
    end
    i32.const 1
    f32.load offset=4 align=1
    local.set $y
    i32.const -1
    call $f
    i32.const 7)
  (memory (;0;) 1)
  (export "g" (func $g))
  (start $f)
  (data $d (;0;) (i32.const 8) "a\00\ff\"\\"))
)");
}

TEST(Print, EveryFormOfSegmentReadsBack) {
  round_trip(R"((table $t 9 funcref) (table $u 9 externref) (memory 1) (memory 1) (func $f)
    (elem (i32.const 0) func $f $f) (elem (i32.const 0) funcref (ref.func $f)) (elem (table 0) (i32.const 0) func $f)
    (elem (table 0) (i32.const 0) funcref (ref.null func)) (elem (table $u) (i32.const 0) externref (ref.null extern))
    (elem func $f) (elem funcref) (elem externref (ref.null extern)) (elem declare func $f) (elem declare funcref)
    (elem (offset i32.const 1 i32.const 2 i32.add) func) (elem funcref (item i32.const 1 i32.const 2) (item))
    (elem (i32.const 3) externref)
    (data (i32.const 0) "x") (data (memory 0) (i32.const 0) "x") (data (memory 1) (i32.const 0)) (data "y")
    (global i32 i32.const 1 i32.const 2 i32.sub) (global (mut externref) (ref.null extern)))");
}

TEST(Print, CustomSectionsStayInTheirPlaces) {
  std::string text = round_trip(R"((module $m (func $f) (memory 1) (data "")
    (@custom "last") (@custom "first" (before first) "\00") (@custom "a" (before code) "1")
    (@custom "b" (after code) "2") (@custom "c" (after data) "3") (@custom "d" (before type))
    (@custom "e" (after type))))");
  EXPECT_NE(text.find("(@custom \"c\" (after data) \"3\")"), text.npos) << text;
  EXPECT_NE(text.find("(@custom \"last\" (after last) \"\")"), text.npos) << text;
}

TEST(Print, ADataCountSectionStaysAlsoWhereNothingNeedsIt) {
  EXPECT_NE(round_trip("(@datacount) (memory 1) (data \"\")").find("(@datacount)"), std::string::npos);
  EXPECT_EQ(round_trip("(memory 1) (data \"\") (func (data.drop 0))").find("(@datacount)"), std::string::npos);
}

TEST(Print, NamesThatIdsCannotCarryAreGivenAsBytes) {
  // Two functions of one name; the second has no id, but the section is whole.
  std::string two = "(func) (func) (@custom \"name\" (after data) \"\\01\\07\\02\\00\\01a\\01\\01a\")";
  EXPECT_NE(round_trip(two).find("(func $a (;0;)"), std::string::npos);
  round_trip("(func) (@custom \"name\" (after data) \"\\01\\04\\01\\00\\00\")");              // an empty name
  round_trip("(func) (@custom \"name\" (after data) \"\\01\\04\\01\\07\\01a\")");             // of no function
  round_trip("(func) (@custom \"name\" (after data) \"\\03\\07\\01\\00\\01\\00\\01l\")");     // labels
  round_trip("(func) (@custom \"name\" (before first) \"\\01\\04\\01\\00\\01a\")");           // elsewhere
  round_trip("(func) (@custom \"name\" (after data) \"\\01\\ff\")");                          // damaged
}

TEST(Print, NamesOfAnyCharactersAreQuotedIds) {
  std::string text = round_trip(R"wat((func $"a b\"\00\u{202e}\u{e9}" (param $"x)" i32)
    (call $"a b\"\00\u{202e}\u{e9}")))wat");
  EXPECT_NE(text.find("(func $\"a b\\\"\\00\\e2\\80\\ae\xc3\xa9\" (;0;)"), text.npos) << text;
}

TEST(Print, TextStaysLinearInTheModule) {
  std::string deep = "(func ";
  for (int i = 0; i < 100'000; ++i) deep += "block ";
  for (int i = 0; i < 100'000; ++i) deep += "end ";
  std::vector<u8> wasm = parsed(deep + ")");
  EXPECT_LT(printed(wasm).size(), 50 * wasm.size());

  // A long name that is used often, and a long signature.
  std::string calls = concat("(func $", std::string(50'000, 'x'), " ");
  for (int i = 0; i < 50'000; ++i) calls += "call 0 ";
  wasm = parsed(calls + ")");
  EXPECT_LT(printed(wasm).size(), 50 * wasm.size());
  std::string wide = "(type (func (param";
  for (int i = 0; i < 1000; ++i) wide += " i32";
  wide += ")))";
  for (int i = 0; i < 50'000; ++i) wide += "(func (type 0))";
  Result<std::string> refused = print_module(parsed(wide));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Limit);
}

TEST(Print, ABinaryThatNestsWronglyIsMalformed) {
  auto of = [](std::initializer_list<u8> code) {
    std::vector<u8> wasm = {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0};
    wasm.insert(wasm.end(), {10, u8(code.size() + 3), 1, u8(code.size() + 1), 0});
    wasm.insert(wasm.end(), code);
    Result<std::string> text = print_module(wasm);
    return text ? *text : text.error().message;
  };
  EXPECT_NE(of({0x01, 0x0b}).find("nop)"), std::string::npos);
  EXPECT_EQ(of({0x05, 0x0b}), "an else without its if");
  EXPECT_EQ(of({0x02, 0x40, 0x05, 0x0b, 0x0b}), "an else without its if");
  EXPECT_EQ(of({0x0b, 0x0b}), "instructions behind the end of a function");
  EXPECT_EQ(of({0x02, 0x40, 0x0b}), "unexpected end");
}

class PrintSuite : public testing::TestWithParam<const char*> {};

TEST_P(PrintSuite, EveryModuleReadsBackToTheSameBytes) {
  std::vector<std::filesystem::path> scripts = tests::spec_scripts(GetParam());
  ASSERT_FALSE(scripts.empty()) << "the suite is not there";
  Features features = Features::implemented();
  u32 texts = 0, binaries = 0;
  for (const std::filesystem::path& path : scripts) {
    std::string wast = tests::read_file(path);
    Result<std::vector<Command>> commands = parse_script(wast);
    ASSERT_TRUE(commands) << path << ": " << commands.error().message;
    for (const Command& command : *commands) {
      if (!command.module || command.kind == Command::Kind::AssertMalformed) continue;
      Result<std::vector<u8>> wasm = command.module->parse(features);
      ASSERT_TRUE(wasm) << path << ":" << command.line;
      Result<wasm::Module> decoded = wasm::decode(*wasm, features);
      if (!decoded && command.kind == Command::Kind::AssertInvalid) continue;  // of an index that decoding refuses
      ASSERT_TRUE(decoded) << path << ":" << command.line << ": " << decoded.error().message;
      Result<std::string> text = print_module(*wasm);
      ASSERT_TRUE(text) << path << ":" << command.line << ": " << text.error().message;
      Result<std::vector<u8>> again = parse_module(*text);
      ASSERT_TRUE(again) << path << ":" << command.line << ": " << again.error().message << "\n" << *text;
      if (command.module->form == ModuleSource::Form::Binary) {
        // Such a module may be written in a long way; it is in the usual one after the first time.
        ++binaries;
        EXPECT_EQ(parsed(printed(*again)), *again) << path << ":" << command.line;
        continue;
      }
      ++texts;
      EXPECT_EQ(*again, *wasm) << path << ":" << command.line << "\n" << *text;
    }
  }
  RecordProperty("texts", int(texts));
  RecordProperty("binaries", int(binaries));
  EXPECT_GT(texts, 0u);
}

INSTANTIATE_TEST_SUITE_P(Text, PrintSuite,
                         testing::Values("wasm-v1", "wasm-v2", "proposals/extended-const", "proposals/multi-memory",
                                         "proposals/tail-call", "proposals/annotations"));

}  // namespace
}  // namespace skerry::text
