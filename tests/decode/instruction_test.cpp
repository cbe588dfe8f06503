// Instructions one by one: every row of the opcode table with each of its immediates, cut
// short at every byte, and the immediates that have rules of their own.

#include "engine/decode/instruction.h"

#include <gtest/gtest.h>

#include "base/string.h"
#include "tests/decode/module_bytes.h"

namespace skerry::wasm {
namespace {

using namespace test;

Bytes opcode_bytes(Opcode opcode) {
  const OpcodeInfo& row = info(opcode);
  return row.prefix ? join({{row.prefix}, leb(row.code)}) : Bytes{u8(row.code)};
}

struct Sample {
  Bytes immediates;
  Instruction expected;
};

// Long numbers, so that cutting and consuming matter.
Sample sample(Immediates immediates) {
  Instruction i;
  Bytes big = {0x80, 0x01};  // 128
  switch (immediates) {
    case Immediates::None:
      return {{}, i};
    case Immediates::BlockType:
      i.block = {BlockType::Kind::Type, ValueType::Bottom, TypeIndex(128)};
      return {big, i};
    case Immediates::Label: case Immediates::Func: case Immediates::Local: case Immediates::Global:
    case Immediates::Table: case Immediates::Memory: case Immediates::Data: case Immediates::Elem:
      i.index = 128;
      return {big, i};
    case Immediates::LabelTable:
      i.count = 2;
      i.items.size = 3;
      i.index = 7;
      return {join({{2}, big, {3, 7}}), i};
    case Immediates::ValueTypes:
      i.count = 1;
      i.items.size = 1;
      return {{1, 0x7c}, i};
    case Immediates::TypeTable: case Immediates::DataMemory: case Immediates::MemoryMemory:
    case Immediates::ElemTable: case Immediates::TableTable:
      i.index = 128;
      i.second_index = 5;
      return {join({big, {5}}), i};
    case Immediates::Memory0: case Immediates::Memory1: case Immediates::Memory2: case Immediates::Memory3:
    case Immediates::Memory4:
      i.memarg = {MemoryIndex(3), 1, 128};
      return {join({{0x41, 3}, big}), i};
    case Immediates::I32:
      i.bits = u64(i64{-200});
      return {sleb(-200), i};
    case Immediates::I64:
      i.bits = u64(i64{-1} << 63);
      return {sleb(i64{-1} << 63), i};
    case Immediates::F32:
      i.bits = 0xffc00001;
      return {{0x01, 0x00, 0xc0, 0xff}, i};
    case Immediates::F64:
      i.bits = 0xfff8000000000002;
      return {{0x02, 0, 0, 0, 0, 0, 0xf8, 0xff}, i};
    case Immediates::HeapType:
      i.type = ExternRef;
      return {{0x6f}, i};
  }
  return {};
}

TEST(Instruction, EveryRow) {
  for (u16 row = 0; row < u16(Opcode::Count); ++row) {
    Opcode opcode = Opcode(row);
    Sample s = sample(info(opcode).immediates);
    Bytes bytes = join({opcode_bytes(opcode), s.immediates});
    Bytes padded = join({{0xff}, bytes, {0xff}});
    Reader reader(padded, {1, u32(bytes.size())});
    auto inst = read_instruction(reader, Features::implemented());
    ASSERT_TRUE(inst) << info(opcode).mnemonic << ": " << reader.failure().error.message;
    EXPECT_TRUE(reader.at_end()) << info(opcode).mnemonic;
    EXPECT_EQ(inst->offset, 1u);
    EXPECT_EQ(int(inst->opcode), int(opcode));
    EXPECT_EQ(int(inst->block.kind), int(s.expected.block.kind));
    EXPECT_EQ(inst->block.type, s.expected.block.type);
    EXPECT_EQ(inst->index, s.expected.index) << info(opcode).mnemonic;
    EXPECT_EQ(inst->second_index, s.expected.second_index);
    EXPECT_EQ(inst->memarg.offset, s.expected.memarg.offset);
    EXPECT_EQ(inst->memarg.align, s.expected.memarg.align);
    EXPECT_EQ(inst->memarg.memory.raw(), s.expected.memarg.memory.raw());
    EXPECT_EQ(inst->bits, s.expected.bits);
    EXPECT_EQ(int(inst->type), int(s.expected.type));
    EXPECT_EQ(inst->count, s.expected.count);
    EXPECT_EQ(inst->items.size, s.expected.items.size);

    for (u32 size = 0; size < bytes.size(); ++size) {
      Reader cut(padded, {1, size});
      EXPECT_FALSE(read_instruction(cut, Features::implemented())) << info(opcode).mnemonic << " " << size;
      EXPECT_TRUE(cut.failure().error.message.starts_with("unexpected end")) << cut.failure().error.message;
    }
  }
}

TEST(Instruction, EveryRowNeedsItsFeature) {
  for (u16 row = 0; row < u16(Opcode::Count); ++row) {
    Opcode opcode = Opcode(row);
    if (info(opcode).feature == Feature::Mvp) continue;
    Features features = Features::implemented();
    features.remove(info(opcode).feature);
    Bytes bytes = join({opcode_bytes(opcode), sample(info(opcode).immediates).immediates});
    Reader reader(bytes, {0, u32(bytes.size())});
    ASSERT_FALSE(read_instruction(reader, features)) << info(opcode).mnemonic;
    Error error = reader.failure().error;
    EXPECT_EQ(error.code, ErrorCode::Unsupported);
    EXPECT_EQ(error.message, concat(info(opcode).mnemonic, " needs the feature ", feature_name(info(opcode).feature),
                                    ", which is off"));
  }
}

TEST(Instruction, BytesThatAreNoOpcode) {
  struct Case { Bytes bytes; ErrorCode code; const char* message; };
  const auto M = ErrorCode::Malformed, U = ErrorCode::Unsupported;
  const Case cases[] = {
      {{0xff}, M, "illegal opcode 0xff"},
      {{0x16}, M, "illegal opcode 0x16"},
      {{0xfc, 0x12}, M, "illegal opcode 0xfc 0x12"},
      {{0xfc, 0x80, 0x80, 0x04}, M, "illegal opcode 0xfc 0x10000"},
      {{0xfd, 0x0c}, U, "the instruction 0xfd 0x0c needs the feature simd, which is not implemented"},
      {{0xfd, 0x80, 0x02}, U, "the instruction 0xfd 0x100 needs the feature relaxed-simd, which is not implemented"},
      {{0xfe, 0x00}, U, "the instruction 0xfe 0x00 needs the feature threads, which is not implemented"},
      {{0xfb, 0x00}, U, "the instruction 0xfb 0x00 needs the feature gc, which is not implemented"},
      {{0x1f}, U, "the instruction 0x1f needs the feature exceptions, which is not implemented"},
      {{0x14}, U, "the instruction 0x14 needs the feature function-references, which is not implemented"},
      {{0xfd}, M, "unexpected end"},
      {{0xfc, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, M, "integer representation too long"},
  };
  for (const Case& c : cases) {
    Reader reader(c.bytes, {0, u32(c.bytes.size())});
    ASSERT_FALSE(read_instruction(reader, Features::implemented())) << c.message;
    EXPECT_EQ(reader.failure().error.code, c.code) << c.message;
    EXPECT_EQ(reader.failure().error.message, c.message);
  }
}

TEST(Instruction, ImmediatesWithRules) {
  Features all = Features::implemented(), first = Features::edition(1), second = Features::edition(2);
  struct Case { const char* what; Bytes bytes; Features features; const char* message; };  // null: accepted
  const Case cases[] = {
      {"block: empty", {0x02, 0x40}, first, nullptr},
      {"block: value", {0x02, 0x7f}, first, nullptr},
      {"block: type index", {0x02, 0x00}, second, nullptr},
      {"block: type index", {0x02, 0x00}, first,
       "a type index as block type needs the feature multi-value, which is off"},
      {"block: long empty", {0x02, 0xc0, 0x7f}, all, "malformed block type"},
      {"block: 34 bits", {0x02, 0x80, 0x80, 0x80, 0x80, 0x20}, all, "integer too large"},
      {"block: 33 bits", {0x02, 0xff, 0xff, 0xff, 0xff, 0x0f}, all, nullptr},
      {"block: v128", {0x02, 0x7b}, all, "the value type 0x7b needs the feature simd, which is not implemented"},
      {"block: no type", {0x02, 0x41}, all, "malformed value type 0x41"},
      {"memory.grow", {0x40, 0x01}, second, "zero byte expected, found 1"},
      {"memory.grow", {0x40, 0x80, 0x00}, second, "zero byte expected, found 128"},
      {"memory.grow", {0x40, 0x81, 0x00}, all, nullptr},
      {"memory.copy", {0xfc, 0x0a, 0x00, 0x01}, second, "zero byte expected, found 1"},
      {"call_indirect", {0x11, 0x00, 0x01}, first, "zero byte expected, found 1"},
      {"call_indirect", {0x11, 0x00, 0x01}, second, nullptr},
      {"memarg: align 31", {0x28, 0x1f, 0x00}, second, nullptr},
      {"memarg: align 32", {0x28, 0x20, 0x00}, second, "malformed memop flags 0x20"},
      {"memarg: index", {0x28, 0x40, 0x01, 0x00}, second, "malformed memop flags 0x40"},
      {"memarg: index", {0x28, 0x40, 0x01, 0x00}, all, nullptr},
      {"memarg: align and index", {0x28, 0x60, 0x01, 0x00}, all, "malformed memop flags 0x60"},
      {"memarg: high flag", {0x28, 0x80, 0x01, 0x00}, all, "malformed memop flags 0x80"},
      {"memarg: long flags", {0x28, 0x82, 0x00, 0x00}, all, nullptr},
      {"memarg: offset", {0x28, 0x00, 0x80, 0x80, 0x80, 0x80, 0x10}, all, "integer too large"},
      {"ref.null: index", {0xd0, 0x00}, all,
       "a type index as heap type needs the feature function-references, which is not implemented"},
      {"ref.null: i31", {0xd0, 0x6c}, all, "the reference type 0x6c needs the feature gc, which is not implemented"},
      {"ref.null: number", {0xd0, 0x7f}, all, "malformed reference type 0x7f"},
      {"br_table: count", {0x0e, 0x05, 0x00}, all, "unexpected end: 5 labels were declared in 1 bytes"},
  };
  for (const Case& c : cases) {
    Reader reader(c.bytes, {0, u32(c.bytes.size())});
    auto inst = read_instruction(reader, c.features);
    if (c.message == nullptr) {
      EXPECT_TRUE(inst) << c.what << ": " << reader.failure().error.message;
      EXPECT_TRUE(reader.at_end()) << c.what;
    } else {
      ASSERT_FALSE(inst) << c.what;
      EXPECT_EQ(reader.failure().error.message, c.message) << c.what;
    }
  }
}

}  // namespace
}  // namespace skerry::wasm
