// Bodies: every row of the opcode table with right and wrong operands, and every rule of
// typing that is not in the table.

#include <gtest/gtest.h>

#include "engine/validate/null_sink.h"
#include "tests/validate/check.h"
#include "tests/validate/log_sink.h"

namespace skerry::validate {
namespace {

using namespace test;

Bytes opcode_bytes(Opcode op) {
  const OpcodeInfo& row = info(op);
  return row.prefix ? join({{row.prefix}, leb(row.code)}) : Bytes{u8(row.code)};
}

Bytes constant(ValueType type) {
  switch (type) {
    case ValueType::I32: return {0x41, 0};
    case ValueType::I64: return {0x42, 0};
    case ValueType::F32: return {0x43, 0, 0, 0, 0};
    case ValueType::F64: return {0x44, 0, 0, 0, 0, 0, 0, 0, 0};
    case ValueType::FuncRef: return {0xd0, 0x70};
    default: return {0xd0, 0x6f};
  }
}
Bytes constants(const Types& types) {
  Bytes out;
  for (ValueType type : types) out = join({out, constant(type)});
  return out;
}

// An instruction as it stands in the module of with_body.
struct Form {
  Opcode op;
  Bytes immediates;
  Types operands;
  Types results;
};

// The rows whose types depend on immediates or on the stack. Control instructions are given
// with bodies that close what they open.
const Form written_forms[] = {
    {Opcode::Nop, {}, {}, {}},
    {Opcode::Block, {0x03, 0x0b}, {I32, I64}, {I32, I64}},
    {Opcode::Loop, {0x7e, 0x42, 1, 0x0b}, {}, {I64}},
    {Opcode::If, {0x01, 0x05, 0x0b}, {I32, I32}, {I32}},
    {Opcode::BrIf, {0x00}, {I32}, {}},
    {Opcode::Call, {0x01}, {I32, I64}, {I32, I64}},
    {Opcode::CallIndirect, {0x01, 0x00}, {I32, I32}, {I32}},
    {Opcode::Drop, {}, {F64}, {}},
    {Opcode::Select, {}, {F32, F32, I32}, {F32}},
    {Opcode::SelectTyped, {0x01, 0x6f}, {ExternRef, ExternRef, I32}, {ExternRef}},
    {Opcode::LocalGet, {0x01}, {}, {I64}},
    {Opcode::LocalSet, {0x03}, {F64}, {}},
    {Opcode::LocalTee, {0x02}, {F32}, {F32}},
    {Opcode::GlobalGet, {0x01}, {}, {I64}},
    {Opcode::GlobalSet, {0x02}, {FuncRef}, {}},
    {Opcode::TableGet, {0x01}, {I32}, {ExternRef}},
    {Opcode::TableSet, {0x01}, {I32, ExternRef}, {}},
    {Opcode::MemorySize, {0x01}, {}, {I32}},
    {Opcode::MemoryGrow, {0x01}, {I32}, {I32}},
    {Opcode::RefNull, {0x6f}, {}, {ExternRef}},
    {Opcode::RefIsNull, {}, {ExternRef}, {I32}},
    {Opcode::RefFunc, {0x01}, {}, {FuncRef}},
    {Opcode::MemoryInit, {0x00, 0x01}, {I32, I32, I32}, {}},
    {Opcode::DataDrop, {0x00}, {}, {}},
    {Opcode::MemoryCopy, {0x00, 0x01}, {I32, I32, I32}, {}},
    {Opcode::MemoryFill, {0x01}, {I32, I32, I32}, {}},
    {Opcode::TableInit, {0x01, 0x01}, {I32, I32, I32}, {}},
    {Opcode::ElemDrop, {0x01}, {}, {}},
    {Opcode::TableCopy, {0x01, 0x01}, {I32, I32, I32}, {}},
    {Opcode::TableGrow, {0x01}, {ExternRef, I32}, {I32}},
    {Opcode::TableSize, {0x00}, {}, {I32}},
    {Opcode::TableFill, {0x01}, {I32, ExternRef, I32}, {}},
};
// These do not fall through, or close a block, and have tests of their own.
const Opcode other_forms[] = {Opcode::Unreachable, Opcode::Else,       Opcode::End,
                              Opcode::Br,          Opcode::BrTable,    Opcode::Return,
                              Opcode::ReturnCall,  Opcode::ReturnCallIndirect};

ValueType type_of_letter(char letter) {
  return letter == 'l' ? I64 : letter == 'f' ? F32 : letter == 'd' ? F64 : I32;
}

Form form_of(Opcode op) {
  const OpcodeInfo& row = info(op);
  if (row.signature == "*") {
    for (const Form& form : written_forms) if (form.op == op) return form;
    return {Opcode::Count, {}, {}, {}};
  }
  Form form{op, {}, {}, {}};
  usize colon = row.signature.find(':');
  for (char letter : row.signature.substr(0, colon)) form.operands.push_back(type_of_letter(letter));
  for (char letter : row.signature.substr(colon + 1)) form.results.push_back(type_of_letter(letter));
  switch (row.immediates) {
    case Immediates::None: break;
    case Immediates::I32: case Immediates::I64: form.immediates = {0x7f}; break;
    case Immediates::F32: form.immediates = Bytes(4, 0); break;
    case Immediates::F64: form.immediates = Bytes(8, 0); break;
    default: form.immediates = {0x40, 0x01, 0x08}; break;  // a memarg of memory 1
  }
  return form;
}

const std::vector<Locals> locals = {{1, I32}, {1, I64}, {1, F32}, {1, F64}};

Result<void> check_form(const Form& form, const Types& operands, const Types& results,
                        Features features = Features::implemented()) {
  Bytes code = join({constants(operands), opcode_bytes(form.op), form.immediates, {0x0b}});
  return check(with_body({}, results, locals, code), features);
}

TEST(EveryOpcode, HasAForm) {
  for (u16 row = 0; row < u16(Opcode::Count); ++row) {
    bool other = std::ranges::find(other_forms, Opcode(row)) != std::end(other_forms);
    EXPECT_EQ(form_of(Opcode(row)).op == Opcode::Count, other) << info(Opcode(row)).mnemonic;
  }
}

TEST(EveryOpcode, TakesItsOperandsAndLeavesItsResults) {
  for (u16 row = 0; row < u16(Opcode::Count); ++row) {
    Form form = form_of(Opcode(row));
    if (form.op == Opcode::Count) continue;
    std::string_view what = info(form.op).mnemonic;
    expect_valid(check_form(form, form.operands, form.results), what);

    // One operand fewer, or one result more: something is missing.
    Types fewer = form.operands;
    if (!fewer.empty()) {
      fewer.erase(fewer.begin());
      expect_error(check_form(form, fewer, form.results), ErrorCode::Invalid, "type mismatch", what);
    }
    Types more = form.results;
    more.push_back(I32);
    expect_error(check_form(form, form.operands, more), ErrorCode::Invalid, "type mismatch", what);

    // Each operand of each other type.
    for (usize i = 0; i < form.operands.size(); ++i) {
      for (ValueType wrong : {I32, I64, F32, F64, FuncRef, ExternRef}) {
        if (wrong == form.operands[i]) continue;
        if (form.op == Opcode::Drop) continue;
        if (form.op == Opcode::RefIsNull && is_reference(wrong)) continue;
        Types operands = form.operands;
        operands[i] = wrong;
        expect_error(check_form(form, operands, form.results), ErrorCode::Invalid, "type mismatch", what);
      }
    }
    // Each result as another type.
    for (usize i = 0; i < form.results.size(); ++i) {
      Types results = form.results;
      results[i] = results[i] == F32 ? F64 : F32;
      expect_error(check_form(form, form.operands, results), ErrorCode::Invalid, "type mismatch", what);
    }
    // A result too few.
    if (!form.results.empty())
      expect_error(check_form(form, form.operands, Types(form.results.begin(), form.results.end() - 1)),
                   ErrorCode::Invalid, "type mismatch", what);
  }
}

TEST(EveryOpcode, TakesAnythingAfterABranch) {
  for (u16 row = 0; row < u16(Opcode::Count); ++row) {
    Form form = form_of(Opcode(row));
    if (form.op == Opcode::Count) continue;
    std::string_view what = info(form.op).mnemonic;
    for (usize present = 0; present <= form.operands.size(); ++present) {
      Types operands(form.operands.end() - std::ptrdiff_t(present), form.operands.end());
      Bytes code = join({{0x00}, constants(operands), opcode_bytes(form.op), form.immediates, {0x0b}});
      expect_valid(check(with_body({}, form.results, locals, code)), what);
      if (operands.empty() || form.op == Opcode::Drop) continue;
      // What is there is checked as ever.
      operands[0] = operands[0] == F32 ? F64 : F32;
      code = join({{0x00}, constants(operands), opcode_bytes(form.op), form.immediates, {0x0b}});
      expect_error(check(with_body({}, form.results, locals, code)), ErrorCode::Invalid, "type mismatch", what);
    }
  }
}

TEST(EveryOpcode, NeedsItsFeature) {
  for (u16 row = 0; row < u16(Opcode::Count); ++row) {
    Form form = form_of(Opcode(row));
    if (form.op == Opcode::Count || info(form.op).feature == Feature::Mvp) continue;
    // The module is decoded with all features: the body alone is at fault.
    Bytes code = join({constants(form.operands), opcode_bytes(form.op), form.immediates, {0x0b}});
    Bytes bytes = with_body({}, form.results, {}, code);
    auto module = wasm::decode(bytes);
    ASSERT_TRUE(module);
    NullSink sink;
    Scratch<NullSink> scratch;
    auto result = validate_function(*module, FuncIndex(2), without(info(form.op).feature), sink, scratch);
    ASSERT_FALSE(result) << info(form.op).mnemonic;
    EXPECT_EQ(result.error().code, ErrorCode::Unsupported) << result.error().message;
  }
}

TEST(EveryOpcode, LoadsAndStoresUpToNaturalAlignment) {
  for (u16 row = 0; row < u16(Opcode::Count); ++row) {
    Form form = form_of(Opcode(row));
    if (form.op == Opcode::Count) continue;
    Immediates immediates = info(form.op).immediates;
    if (immediates < Immediates::Memory0 || immediates > Immediates::Memory4) continue;
    u8 natural = u8(immediates) - u8(Immediates::Memory0);
    form.immediates = {natural, 0};
    expect_valid(check_form(form, form.operands, form.results), info(form.op).mnemonic);
    form.immediates = {u8(natural + 1), 0};
    expect_error(check_form(form, form.operands, form.results), ErrorCode::Invalid,
                 "alignment must not be larger than natural", info(form.op).mnemonic);
  }
}

// ------------------------------------------------------------------------------ Single rules

struct Rule {
  const char* what;
  Types results;
  Bytes code;
  ErrorCode code_of_error;
  const char* words;  // null: valid
};
const auto M = ErrorCode::Malformed, I = ErrorCode::Invalid;

void expect(const Rule& rule) {
  auto result = check(with_body({}, rule.results, locals, rule.code));
  if (rule.words == nullptr) expect_valid(result, rule.what);
  else expect_error(result, rule.code_of_error, rule.words, rule.what);
}

TEST(Function, Indices) {
  const Rule rules[] = {
      {"local", {}, {0x20, 4, 0x1a, 0x0b}, I, "unknown local 4, there are 4, in function 2"},
      {"global", {}, {0x23, 3, 0x1a, 0x0b}, I, "unknown global 3"},
      {"global.set", {}, {0x42, 0, 0x24, 1, 0x0b}, I, "global is immutable"},
      {"function", {}, {0x10, 3, 0x0b}, I, "unknown function 3"},
      {"ref.func", {}, {0xd2, 3, 0x1a, 0x0b}, I, "unknown function 3"},
      {"ref.func undeclared", {}, {0xd2, 2, 0x1a, 0x0b}, I, "undeclared function reference: function 2"},
      {"type", {}, {0x41, 0, 0x11, 6, 0, 0x0b}, I, "unknown type 6"},
      {"block type", {}, {0x02, 6, 0x0b, 0x0b}, I, "unknown type 6"},
      {"table of call", {}, {0x41, 0, 0x11, 0, 2, 0x0b}, I, "unknown table 2"},
      {"externref table of call", {}, {0x41, 0, 0x11, 0, 1, 0x0b}, I,
       "type mismatch: expected funcref, found externref"},
      {"table", {}, {0x41, 0, 0x25, 2, 0x1a, 0x0b}, I, "unknown table 2"},
      {"memory of load", {}, {0x41, 0, 0x28, 0x42, 2, 0, 0x1a, 0x0b}, I, "unknown memory 2"},
      {"memory", {}, {0x3f, 2, 0x1a, 0x0b}, I, "unknown memory 2"},
      {"data", {}, {0xfc, 9, 1, 0x0b}, I, "unknown data segment 1"},
      {"elem", {}, {0xfc, 13, 2, 0x0b}, I, "unknown elem segment 2"},
      {"table.init types", {}, {0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 12, 0, 1, 0x0b}, I,
       "type mismatch: expected externref, found funcref"},
      {"table.copy types", {}, {0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 14, 0, 1, 0x0b}, I, "type mismatch"},
      {"label", {}, {0x02, 0x40, 0x0c, 2, 0x0b, 0x0b}, I, "unknown label 2, there are 2"},
      {"label of the function", {}, {0x02, 0x40, 0x0c, 1, 0x0b, 0x0b}, I, nullptr},
      {"br_if label", {}, {0x41, 0, 0x0d, 1, 0x0b}, I, "unknown label 1"},
      {"br_table label", {}, {0x41, 0, 0x0e, 1, 1, 0, 0x0b}, I, "unknown label 1"},
      {"br_table default", {}, {0x41, 0, 0x0e, 1, 0, 1, 0x0b}, I, "unknown label 1"},
  };
  for (const Rule& rule : rules) expect(rule);
}

TEST(Function, Blocks) {
  const Rule rules[] = {
      {"result left", {I32}, {0x02, 0x7f, 0x41, 0, 0x0b, 0x0b}, I, nullptr},
      {"result missing", {I32}, {0x02, 0x7f, 0x0b, 0x0b}, I, "type mismatch: expected i32, found nothing"},
      {"result wrong", {I32}, {0x02, 0x7f, 0x42, 0, 0x0b, 0x0b}, I, "type mismatch: expected i32, found i64"},
      {"too much left", {I32}, {0x02, 0x7f, 0x41, 0, 0x41, 0, 0x0b, 0x0b}, I,
       "type mismatch: expected 1 operands at the end of the block, found 2"},
      {"operands of the outside", {I32}, {0x41, 0, 0x02, 0x40, 0x1a, 0x0b, 0x0b}, I, "type mismatch"},
      {"loop label takes parameters", {I32}, {0x41, 0, 0x03, 1, 0x0c, 0, 0x0b, 0x0b}, I, nullptr},
      {"loop label takes no results", {I32}, {0x03, 0x7f, 0x0c, 0, 0x0b, 0x0b}, I, nullptr},
      {"block label takes results", {I32}, {0x02, 0x7f, 0x0c, 0, 0x0b, 0x0b}, I, "type mismatch"},
      {"if without else, no results", {}, {0x41, 0, 0x04, 0x40, 0x0b, 0x0b}, I, nullptr},
      {"if without else, equal", {I32}, {0x41, 0, 0x41, 0, 0x04, 1, 0x0b, 0x0b}, I, nullptr},
      {"if without else, result", {I32}, {0x41, 0, 0x04, 0x7f, 0x41, 0, 0x0b, 0x0b}, I,
       "type mismatch: an if without else"},
      {"if without else, parameter", {}, {0x42, 0, 0x41, 0, 0x04, 5, 0x1a, 0x0b, 0x0b}, I,
       "type mismatch: an if without else"},
      {"else has parameters again", {}, {0x42, 0, 0x41, 0, 0x04, 5, 0x1a, 0x05, 0x1a, 0x0b, 0x0b}, I, nullptr},
      {"else without its results", {I32}, {0x41, 0, 0x04, 0x7f, 0x41, 0, 0x05, 0x0b, 0x0b}, I, "type mismatch"},
      {"else of a block", {}, {0x02, 0x40, 0x05, 0x0b, 0x0b}, M, "misplaced ELSE opcode"},
      {"else of the function", {}, {0x05, 0x0b}, M, "misplaced ELSE opcode"},
      {"else twice", {}, {0x41, 0, 0x04, 0x40, 0x05, 0x05, 0x0b, 0x0b}, M, "misplaced ELSE opcode"},
      {"no end", {}, {0x01}, M, "END opcode expected: the body ends with 1 blocks open"},
      {"no end of two", {}, {0x02, 0x40, 0x0b}, M, "END opcode expected"},
      {"end twice", {}, {0x0b, 0x0b}, M, "section size mismatch: the body goes on behind its end"},
      {"empty", {}, {}, M, "END opcode expected"},
      {"opcode", {}, {0xff, 0x0b}, M, "illegal opcode 0xff"},
      {"prefixed opcode", {}, {0xfc, 0x12, 0x0b}, M, "illegal opcode 0xfc 0x12"},
      {"prefixed opcode of 33 bits", {}, {0xfc, 0x80, 0x80, 0x80, 0x80, 0x10}, M, "integer too large"},
      {"prefixed opcode that would wrap", {}, {0xfc, 0x80, 0xfe, 0xff, 0xff, 0x0f, 0x0b}, M, "illegal opcode 0xfc"},
      {"immediate cut", {}, {0x41}, M, "unexpected end"},
      {"simd", {}, {0xfd, 0x0c}, ErrorCode::Unsupported, "the instruction 0xfd 0x0c needs the feature simd"},
  };
  for (const Rule& rule : rules) expect(rule);
}

TEST(Function, Branches) {
  const Rule rules[] = {
      {"br with more below", {I32}, {0x41, 0, 0x41, 0, 0x0c, 0, 0x0b}, I, nullptr},
      {"br without", {I32}, {0x0c, 0, 0x0b}, I, "type mismatch: expected i32, found nothing"},
      {"br_if keeps", {I32}, {0x41, 0, 0x41, 0, 0x0d, 0, 0x0b}, I, nullptr},
      {"br_if without condition", {I32}, {0x41, 0, 0x0d, 0, 0x0b}, I, "type mismatch"},
      {"return with more below", {I32, I64}, {0x43, 0, 0, 0, 0, 0x41, 0, 0x42, 0, 0x0f, 0x0b}, I, nullptr},
      {"return in wrong order", {I32, I64}, {0x42, 0, 0x41, 0, 0x0f, 0x0b}, I,
       "type mismatch: expected i64, found i32"},
      {"br_table one arity", {}, {0x02, 0x40, 0x41, 0, 0x0e, 1, 0, 1, 0x0b, 0x0b}, I, nullptr},
      {"br_table two arities", {I32}, {0x02, 0x40, 0x41, 0, 0x41, 0, 0x0e, 1, 0, 1, 0x0b, 0x41, 0, 0x0b}, I,
       "type mismatch: labels of a br_table with different arities"},
      {"br_table two arities, dead", {I32}, {0x02, 0x40, 0x00, 0x0e, 1, 0, 1, 0x0b, 0x41, 0, 0x0b}, I,
       "type mismatch: labels of a br_table with different arities"},
      {"br_table two types", {I32}, {0x02, 0x7e, 0x41, 0, 0x41, 0, 0x0e, 1, 0, 1, 0x0b, 0x1a, 0x41, 0, 0x0b}, I,
       "type mismatch"},
      {"br_table unknown operand of two types", {I32}, {0x02, 0x7e, 0x00, 0x0e, 1, 0, 1, 0x0b, 0x1a, 0x41, 0, 0x0b}, I,
       nullptr},
      {"br_table known operand of two types", {I32},
       {0x02, 0x7e, 0x00, 0x41, 0, 0x41, 0, 0x0e, 1, 0, 1, 0x0b, 0x1a, 0x41, 0, 0x0b}, I, "type mismatch"},
      {"return_call", {I32}, {0x41, 0, 0x12, 0, 0x0b}, I, nullptr},
      {"return_call of other results", {I64}, {0x41, 0, 0x12, 0, 0x0b}, I,
       "type mismatch: a tail call must have the results"},
      {"return_call without argument", {I32}, {0x12, 0, 0x0b}, I, "type mismatch"},
      {"return_call of itself", {I32, I64}, {0x12, 2, 0x0b}, I, nullptr},
      {"return_call_indirect", {I32}, {0x41, 0, 0x41, 0, 0x13, 1, 0, 0x0b}, I, nullptr},
      {"return_call_indirect, no callee", {I32}, {0x41, 0, 0x13, 1, 0, 0x0b}, I, "type mismatch"},
      {"return_call_indirect of other results", {}, {0x41, 0, 0x41, 0, 0x13, 1, 0, 0x0b}, I, "type mismatch"},
  };
  for (const Rule& rule : rules) expect(rule);
}

TEST(Function, Polymorphism) {
  const Rule rules[] = {
      {"missing results", {I32, I64}, {0x00, 0x0b}, I, nullptr},
      {"results in part", {I32, I64}, {0x00, 0x42, 0, 0x0b}, I, nullptr},
      {"wrong result", {I32, I64}, {0x00, 0x41, 0, 0x0b}, I, "type mismatch"},
      {"too many results", {I32}, {0x00, 0x41, 0, 0x41, 0, 0x0b}, I, "type mismatch"},
      {"not in a block of its own", {I32}, {0x00, 0x02, 0x7f, 0x0b, 0x0b}, I, "type mismatch"},
      {"not below a block", {}, {0x00, 0x02, 0x40, 0x1a, 0x0b, 0x0b}, I, "type mismatch"},
      {"again after a block", {I32}, {0x00, 0x02, 0x40, 0x0b, 0x0b}, I, nullptr},
      {"parameters of a block", {I32, I64}, {0x00, 0x02, 3, 0x0b, 0x0b}, I, nullptr},
      {"br_if leaves the label's types", {I64}, {0x02, 0x7f, 0x00, 0x0d, 0, 0x0b, 0x1a, 0x42, 0, 0x0b}, I, nullptr},
      {"br_if leaves no other types", {I64}, {0x02, 0x7f, 0x00, 0x0d, 0, 0x50, 0x0b, 0x1a, 0x42, 0, 0x0b}, I,
       "type mismatch: expected i64, found i32"},
      {"select of two unknowns is unknown", {F32}, {0x00, 0x1b, 0x0b}, I, nullptr},
      {"select of unknown and known", {F32}, {0x00, 0x43, 0, 0, 0, 0, 0x41, 0, 0x1b, 0x0b}, I, nullptr},
      {"select of known is known", {F64}, {0x00, 0x43, 0, 0, 0, 0, 0x41, 0, 0x1b, 0x0b}, I, "type mismatch"},
      {"ref.is_null of unknown", {I32}, {0x00, 0xd1, 0x0b}, I, nullptr},
      {"ref.is_null of select of unknowns", {I32}, {0x00, 0x1b, 0xd1, 0x0b}, I, nullptr},
      {"drop of unknowns", {}, {0x00, 0x1a, 0x1a, 0x0b}, I, nullptr},
      {"else starts anew", {I32}, {0x41, 0, 0x04, 0x7f, 0x00, 0x05, 0x0b, 0x0b}, I, "type mismatch"},
      {"dead code has its rules", {}, {0x00, 0x20, 9, 0x0b}, I, "unknown local 9"},
      {"dead code has its grammar", {}, {0x00, 0xff, 0x0b}, M, "illegal opcode"},
  };
  for (const Rule& rule : rules) expect(rule);
}

TEST(Function, Select) {
  const Rule rules[] = {
      {"two types", {}, {0x41, 0, 0x42, 0, 0x41, 0, 0x1b, 0x1a, 0x0b}, I, "type mismatch: expected i32, found i64"},
      {"reference without a type", {}, {0xd0, 0x70, 0xd0, 0x70, 0x41, 0, 0x1b, 0x1a, 0x0b}, I, "type mismatch: select"},
      {"no type", {}, {0x1c, 0, 0x0b}, I, "invalid result arity"},
      {"two types named", {}, {0x1c, 2, 0x7f, 0x7f, 0x0b}, I, "invalid result arity"},
      {"number with a type", {I32}, {0x41, 0, 0x41, 0, 0x41, 0, 0x1c, 1, 0x7f, 0x0b}, I, nullptr},
  };
  for (const Rule& rule : rules) expect(rule);
}

TEST(Function, DataInstructionsNeedTheDataCount) {
  auto with = [](const Bytes& instruction, const std::vector<Bytes>& more) {
    std::vector<Bytes> sections = {types({func_type({}, {})}), functions({0}), memories({{0, 1}})};
    sections.insert(sections.end(), more.begin(), more.end());
    sections.push_back(code({body({}, instruction)}));
    sections.push_back(datas({{1, 0}}));
    return module(sections);
  };
  const Bytes drop = {0xfc, 9, 0, 0x0b};
  const Bytes init = {0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 0, 0, 0x0b};
  for (const Bytes& instruction : {drop, init}) {
    expect_valid(check(with(instruction, {data_count(1)})), "with");
    expect_error(check(with(instruction, {})), ErrorCode::Malformed, "data count section required", "without");
  }
}

TEST(Function, NumberOfLocals) {
  const auto L = ErrorCode::Limit;
  struct Case { Types params; std::vector<Locals> locals; ErrorCode code; const char* words; };
  const Case cases[] = {
      {{}, {{49'999, I32}}, L, nullptr},
      {{}, {{50'000, I32}}, L, nullptr},
      {{}, {{50'001, I32}}, L, "too many locals: 50001, the limit is 50000"},
      {Types(1000, I64), {{49'000, F32}}, L, nullptr},
      {Types(1000, I64), {{49'000, F32}, {1, I32}}, L, "too many locals: 50001"},
      {{}, {{0, I32}, {0, F64}}, L, nullptr},
      {{}, {{0xffffffff, I32}}, L, "too many locals: 4294967295"},
      {{}, {{0xffffffff, I32}, {2, I64}}, ErrorCode::Malformed, "too many locals: 4294967297"},
      {{}, {{0x40000000, I32}, {0x40000000, I64}, {0x40000000, F32}, {0x40000000, F64}}, ErrorCode::Malformed,
       "too many locals"},
  };
  for (const Case& c : cases) {
    auto result = check(with_body(c.params, {}, c.locals, {0x0b}));
    if (c.words == nullptr) expect_valid(result, "locals");
    else expect_error(result, c.code, c.words, "locals");
  }
  // Each is of the type that its group says.
  expect_valid(check(with_body({I32}, {I64}, {{3, F32}, {0, F64}, {2, I64}}, {0x20, 5, 0x0b})), "last local");
  expect_error(check(with_body({I32}, {I64}, {{3, F32}, {0, F64}, {2, I64}}, {0x20, 3, 0x0b})), ErrorCode::Invalid,
               "type mismatch: expected i64, found f32", "a local before it");
}

TEST(Function, OffsetsOfErrors) {
  // Locals take a byte; then i32.const, i64.const, and the fault.
  auto offset_of = [](const Bytes& code) -> u64 {
    Bytes bytes = with_body({}, {}, {}, code);
    auto decoded = wasm::decode(bytes);
    auto result = check(bytes);
    EXPECT_FALSE(result);
    return result.error().offset - decoded->functions[FuncIndex(2)].body.offset;
  };
  EXPECT_EQ(offset_of({0x41, 0, 0x42, 0, 0x6a, 0x1a, 0x0b}), 5u);             // at the instruction
  EXPECT_EQ(offset_of({0x41, 0, 0x20, 0x80, 0x80, 0x80, 0x80, 0x80}), 4u);   // at the number
  EXPECT_EQ(offset_of({0x01, 0x01}), 3u);                                   // behind the last byte
  EXPECT_EQ(offset_of({0x0b, 0x01}), 2u);                                   // at what is left over
}

// Nesting is limited by the body's size alone (HAZARDS: nested `if` 100,000 deep).
TEST(Function, DeepNesting) {
  for (u8 opcode : {0x02, 0x03, 0x04}) {
    constexpr u32 depth = 1'000'000;
    Bytes code;
    for (u32 i = 0; i < depth; ++i) {
      if (opcode == 0x04) code.insert(code.end(), {0x41, 0});
      code.insert(code.end(), {opcode, 0x40});
    }
    code.insert(code.end(), depth + 1, 0x0b);
    expect_valid(check(with_body({}, {}, {}, code)), "nesting");
  }
}

// The operand stack grows as it must, and survives the growth with its contents.
TEST(Function, ManyOperands) {
  Bytes code;
  constexpr u32 count = 300'000;
  for (u32 i = 0; i < count; ++i) code.insert(code.end(), {0x42, 1});
  code.insert(code.end(), count - 1, 0x7c);
  code.insert(code.end(), {0xa7, 0x0b});
  expect_valid(check(with_body({}, {I32}, {}, code)), "adds");
  // The same within a block that has an operand below it.
  code = constant(I64);
  code.insert(code.end(), {0x02, 0x7e});
  for (u32 i = 0; i < count; ++i) code.insert(code.end(), {0x42, 1});
  code.insert(code.end(), count - 1, 0x7c);
  code.insert(code.end(), {0x0b, 0x7c, 0xa7, 0x0b});
  expect_valid(check(with_body({}, {I32}, {}, code)), "adds in a block");
  Types thousand(1000, I32);
  Bytes calls;
  for (u32 i = 0; i < 200; ++i) calls.insert(calls.end(), {0x10, 2});  // 200,000 results on the stack
  calls.insert(calls.end(), {0x00, 0x0b});
  expect_valid(check(with_body({}, thousand, {}, calls)), "results");
}

// One scratch serves any sequence of functions, also after one that failed halfway.
TEST(Function, ScratchIsReused) {
  Scratch<LogSink> scratch;
  LogSink sink;
  const Bytes good = {0x02, 0x7f, 0x41, 1, 0x0b, 0x0b};
  const Bytes bad = {0x02, 0x40, 0x02, 0x40, 0x41, 1, 0x41, 2, 0x1b};
  for (const Bytes& code : {good, bad, good, bad, good}) {
    Bytes bytes = with_body({}, {I32}, {}, code);
    auto module = wasm::decode(bytes);
    ASSERT_TRUE(module);
    sink.reset(*module);
    auto result = validate_function(*module, FuncIndex(2), Features::implemented(), sink, scratch);
    EXPECT_EQ(bool(result), code == good);
  }
}

}  // namespace
}  // namespace skerry::validate
