// Everything of a module but its bodies, rule by rule.

#include "engine/validate/module.h"

#include <gtest/gtest.h>

#include "tests/validate/check.h"

namespace skerry::validate {
namespace {

using namespace test;

const auto I = ErrorCode::Invalid;

struct Rule {
  const char* what;
  std::vector<Bytes> sections;
  ErrorCode code;
  const char* words;  // null: valid
};

void expect(const Rule& rule, Features features = Features::implemented()) {
  auto result = check(module(rule.sections), features);
  if (rule.words == nullptr) expect_valid(result, rule.what);
  else expect_error(result, rule.code, rule.words, rule.what);
}

const Bytes one_function = types({func_type({}, {})});
const Bytes empty_body = code({body({}, {0x0b})});
const Bytes memory = memories({{0, 1}});
const Bytes table = tables({{0x70, 0, 1}});

TEST(ValidateModule, Limits) {
  const Rule rules[] = {
      {"memory of nothing", {memories({{0, 0}})}, I, nullptr},
      {"memory a page below 4 GiB", {memories({join({{0}, leb(65'535)})})}, I, nullptr},
      {"memory of 4 GiB", {memories({join({{0}, leb(65'536)})})}, I, nullptr},
      {"memory over 4 GiB", {memories({join({{0}, leb(65'537)})})}, I,
       "memory size must be at most 65536 pages (4GiB), in memory 0"},
      {"maximum of 4 GiB", {memories({join({{1, 0}, leb(65'536)})})}, I, nullptr},
      {"maximum over 4 GiB", {memories({join({{1, 0}, leb(65'537)})})}, I, "memory size must be at most 65536 pages"},
      {"minimum at maximum", {memories({{1, 3, 3}})}, I, nullptr},
      {"minimum over maximum", {memories({{1, 4, 3}})}, I,
       "size minimum must not be greater than maximum: 4 is over 3"},
      {"imported memory", {imports({import("m", "n", {2, 1, 4, 3})})}, I,
       "size minimum must not be greater than maximum"},
      {"second memory", {memories({{0, 0}, {1, 4, 3}})}, I,
       "size minimum must not be greater than maximum: 4 is over 3, in memory 1"},
      {"table", {tables({{0x70, 1, 4, 3}})}, I, "size minimum must not be greater than maximum"},
      {"table below its limit", {tables({join({{0x70, 0}, leb(9'999'999)})})}, I, nullptr},
      {"table to its limit", {tables({join({{0x70, 0}, leb(10'000'000)})})}, I, nullptr},
      {"table over its limit", {tables({join({{0x70, 0}, leb(10'000'001)})})}, ErrorCode::Limit, "table too large"},
      {"table that may grow over it", {tables({join({{0x70, 1, 0}, leb(0xffffffff)})})}, I, nullptr},
  };
  for (const Rule& rule : rules) expect(rule);
}

TEST(ValidateModule, OneOfEachInTheFirstEdition) {
  expect({"memories", {memories({{0, 0}, {0, 0}})}, I, nullptr});
  expect({"memories", {memories({{0, 0}, {0, 0}})}, I, "multiple memories"}, without(Feature::MultiMemory));
  expect({"one imported", {imports({import("", "", {2, 0, 0})}), memory}, I, "multiple memories"},
         without(Feature::MultiMemory));
  expect({"tables", {tables({{0x70, 0, 0}, {0x70, 0, 0}})}, I, nullptr});
  expect({"tables", {tables({{0x70, 0, 0}, {0x70, 0, 0}})}, I, "multiple tables"}, without(Feature::ReferenceTypes));
}

TEST(ValidateModule, MutableGlobalsAcrossModules) {
  const Bytes import_one = imports({import("", "", {3, 0x7f, 1})});
  const std::vector<Bytes> export_one = {globals({{0x7f, 1, 0x41, 0, 0x0b}}), exports({export_item("g", 3, 0)})};
  expect({"import", {import_one}, I, nullptr});
  expect({"export", export_one, I, nullptr});
  expect({"import", {import_one}, ErrorCode::Unsupported, "global 0, imported and mutable, needs the feature"},
         without(Feature::MutableGlobals));
  expect({"export", export_one, ErrorCode::Unsupported, "global 0, exported and mutable, needs the feature"},
         without(Feature::MutableGlobals));
}

TEST(ValidateModule, Exports) {
  const Rule rules[] = {
      {"function", {exports({export_item("f", 0, 0)})}, I, "unknown function 0, exported as \"f\""},
      {"table", {table, exports({export_item("t", 1, 1)})}, I, "unknown table 1"},
      {"memory", {memory, exports({export_item("m", 2, 1)})}, I, "unknown memory 1"},
      {"global", {exports({export_item("g", 3, 0)})}, I, "unknown global 0"},
      {"all", {one_function, functions({0}), table, memory, globals({{0x7f, 0, 0x41, 0, 0x0b}}),
               exports({export_item("a", 0, 0), export_item("b", 1, 0), export_item("c", 2, 0),
                        export_item("d", 3, 0)}),
               empty_body}, I, nullptr},
      {"twice under two names", {memory, exports({export_item("a", 2, 0), export_item("b", 2, 0)})}, I, nullptr},
      {"one name twice", {memory, exports({export_item("b", 2, 0), export_item("a", 2, 0), export_item("b", 2, 0)})}, I,
       "duplicate export name \"b\""},
      {"one name, two kinds", {table, memory, exports({export_item("", 1, 0), export_item("", 2, 0)})}, I,
       "duplicate export name \"\""},
  };
  for (const Rule& rule : rules) expect(rule);
}

TEST(ValidateModule, DuplicateExportIsReportedAtTheFirstRepetition) {
  Bytes bytes = module({memory, exports({export_item("b", 2, 0), export_item("a", 2, 0), export_item("a", 2, 0),
                                         export_item("b", 2, 0)})});
  auto result = check(bytes);
  ASSERT_FALSE(result);
  // Preamble 8, memory 5, section 2, count 1, two items of 4, and the third's length.
  EXPECT_EQ(result.error().offset, 25u);
  EXPECT_EQ(bytes[25], 'a');
}

TEST(ValidateModule, Start) {
  const Rule rules[] = {
      {"right", {one_function, functions({0}), start(0), empty_body}, I, nullptr},
      {"unknown", {one_function, functions({0}), start(1), empty_body}, I, "unknown function 1"},
      {"the index that stands for none", {one_function, functions({0}), start(0xffffffff), empty_body}, I,
       "unknown function 4294967295"},
      {"parameters", {types({func_type({I32}, {})}), functions({0}), start(0), empty_body}, I, "start function"},
      {"results", {types({func_type({}, {I32})}), functions({0}), start(0), code({body({}, {0x41, 0, 0x0b})})}, I,
       "start function"},
  };
  for (const Rule& rule : rules) expect(rule);
}

// The initial value of a global of `type`, after an immutable and a mutable import of i32.
Rule initial(const char* what, ValueType type, const Bytes& expression, const char* words) {
  return {what,
          {types({func_type({}, {})}), imports({import("", "", {3, 0x7f, 0}), import("", "", {3, 0x7f, 1})}),
           functions({0}), globals({join({{u8(type), 0}, expression}), {0x7f, 0, 0x41, 0, 0x0b}}), empty_body},
          I,
          words};
}

TEST(ValidateModule, ConstantExpressions) {
  const Rule rules[] = {
      initial("i32", I32, {0x41, 1, 0x0b}, nullptr),
      initial("i64", I64, {0x42, 1, 0x0b}, nullptr),
      initial("f32", F32, {0x43, 0, 0, 0, 0, 0x0b}, nullptr),
      initial("f64", F64, {0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x0b}, nullptr),
      initial("null", ExternRef, {0xd0, 0x6f, 0x0b}, nullptr),
      initial("function", FuncRef, {0xd2, 0, 0x0b}, nullptr),
      initial("global", I32, {0x23, 0, 0x0b}, nullptr),
      initial("nothing", I32, {0x0b}, "type mismatch: expected i32, found nothing, in global 2"),
      initial("two", I32, {0x41, 0, 0x41, 0, 0x0b}, "type mismatch: expected one value, found 2"),
      initial("other number", I32, {0x42, 0, 0x0b}, "type mismatch: expected i32, found i64"),
      initial("other reference", FuncRef, {0xd0, 0x6f, 0x0b}, "type mismatch: expected funcref, found externref"),
      initial("other global", I64, {0x23, 0, 0x0b}, "type mismatch"),
      initial("mutable global", I32, {0x23, 1, 0x0b}, "constant expression required: global 1 is mutable"),
      initial("itself", I32, {0x23, 2, 0x0b}, "unknown global 2"),
      initial("a later one", I32, {0x23, 3, 0x0b}, "unknown global 3"),
      initial("unknown global", I32, {0x23, 4, 0x0b}, "unknown global 4"),
      initial("unknown function", FuncRef, {0xd2, 1, 0x0b}, "unknown function 1"),
      initial("nop", I32, {0x01, 0x41, 0, 0x0b}, "constant expression required, found nop"),
      initial("block", I32, {0x02, 0x7f, 0x41, 0, 0x0b, 0x0b}, "constant expression required, found block"),
      initial("call", I32, {0x10, 0, 0x41, 0, 0x0b}, "constant expression required, found call"),
      initial("not extended", I32, {0x41, 0, 0x41, 0, 0x6d, 0x0b}, "constant expression required, found i32.div_s"),
  };
  for (const Rule& rule : rules) expect(rule);
}

TEST(ValidateModule, ExtendedConstantExpressions) {
  for (u8 opcode : {0x6a, 0x6b, 0x6c}) {
    expect(initial("i32", I32, {0x41, 1, 0x23, 0, opcode, 0x0b}, nullptr));
    expect(initial("i32", I32, {0x41, 1, 0x41, 2, opcode, 0x0b}, "constant expression required"),
           without(Feature::ExtendedConst));
    expect(initial("operands", I32, {0x41, 1, 0x42, 2, opcode, 0x0b}, "type mismatch: expected i32, found i64"));
    expect(initial("one operand", I32, {0x41, 1, opcode, 0x0b}, "type mismatch: expected i32, found nothing"));
  }
  for (u8 opcode : {0x7c, 0x7d, 0x7e}) {
    expect(initial("i64", I64, {0x42, 1, 0x42, 2, opcode, 0x0b}, nullptr));
    expect(initial("i64", I64, {0x42, 1, 0x42, 2, opcode, 0x0b}, "constant expression required"),
           without(Feature::ExtendedConst));
    expect(initial("operands", I64, {0x42, 1, 0x41, 2, opcode, 0x0b}, "type mismatch: expected i64, found i32"));
  }
}

TEST(ValidateModule, ElementSegments) {
  auto with = [](const char* what, const Bytes& segment, const char* words) {
    return Rule{what,
                {one_function, imports({import("", "", {3, 0x7f, 0})}), functions({0}),
                 tables({{0x70, 0, 1}, {0x6f, 0, 1}}), elems({segment}), empty_body},
                I,
                words};
  };
  const Rule rules[] = {
      with("functions", {0, 0x41, 0, 0x0b, 1, 0}, nullptr),
      with("offset by a global", {0, 0x23, 0, 0x0b, 1, 0}, nullptr),
      with("offset", {0, 0x42, 0, 0x0b, 1, 0}, "type mismatch: expected i32, found i64, in element segment 0"),
      with("unknown table", {2, 2, 0x41, 0, 0x0b, 0, 0}, "unknown table 2"),
      with("functions into externref", {2, 1, 0x41, 0, 0x0b, 0, 0}, "type mismatch: expected externref, found funcref"),
      with("externrefs", {6, 1, 0x41, 0, 0x0b, 0x6f, 1, 0xd0, 0x6f, 0x0b}, nullptr),
      with("unknown function", {1, 0, 1, 1}, "unknown function 1"),
      with("unknown function, declarative", {3, 0, 1, 1}, "unknown function 1"),
      with("expressions", {5, 0x70, 2, 0xd0, 0x70, 0x0b, 0xd2, 0, 0x0b}, nullptr),
      with("expression of another type", {5, 0x70, 1, 0xd0, 0x6f, 0x0b},
           "type mismatch: expected funcref, found externref"),
      with("expression of a number", {5, 0x70, 1, 0x41, 0, 0x0b}, "type mismatch"),
  };
  for (const Rule& rule : rules) expect(rule);
  expect({"no table", {elems({{0, 0x41, 0, 0x0b, 0}})}, I, "unknown table 0"});
}

TEST(ValidateModule, DataSegments) {
  const Rule rules[] = {
      {"active", {memory, datas({{0, 0x41, 0, 0x0b, 0}})}, I, nullptr},
      {"offset", {memory, datas({{0, 0x42, 0, 0x0b, 0}})}, I,
       "type mismatch: expected i32, found i64, in data segment 0"},
      {"no memory", {datas({{0, 0x41, 0, 0x0b, 0}})}, I, "unknown memory 0"},
      {"passive without memory", {datas({{1, 0}})}, I, nullptr},
      {"unknown memory", {memory, datas({{2, 1, 0x41, 0, 0x0b, 0}})}, I, "unknown memory 1"},
      {"not constant", {memory, datas({{0, 0x01, 0x41, 0, 0x0b, 0}})}, I, "constant expression required"},
  };
  for (const Rule& rule : rules) expect(rule);
}

// What may be named by ref.func in bodies: what occurs outside of bodies.
TEST(ValidateModule, DeclaredFunctions) {
  const Bytes self = code({body({}, {0xd2, 0, 0x1a, 0x0b})});
  const Rule rules[] = {
      {"nowhere", {one_function, functions({0}), self}, I, "undeclared function reference"},
      {"start", {one_function, functions({0}), start(0), self}, I, "undeclared function reference"},
      {"export", {one_function, functions({0}), exports({export_item("f", 0, 0)}), self}, I, nullptr},
      {"global", {one_function, functions({0}), globals({{0x70, 0, 0xd2, 0, 0x0b}}), self}, I, nullptr},
      {"elements", {one_function, functions({0}), elems({{3, 0, 1, 0}}), self}, I, nullptr},
      {"expressions", {one_function, functions({0}), elems({{7, 0x70, 1, 0xd2, 0, 0x0b}}), self}, I, nullptr},
  };
  for (const Rule& rule : rules) expect(rule);
}

}  // namespace
}  // namespace skerry::validate
