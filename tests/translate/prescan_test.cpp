#include "engine/translate/prescan.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/module_bytes.h"

namespace skerry::translate {
namespace {

using tests::Code;

// "2:0,1 5:": of each frame the offset of its opcode, and the locals.
std::string scanned(const Code& code, u32 local_count = 10, u32 offset = 0) {
  Prescan prescan;
  prescan.scan(code.bytes, offset, local_count);
  std::string out;
  for (const Prescan::Frame& frame : prescan.frames()) {
    if (!out.empty()) out += ' ';
    out += std::to_string(frame.offset) + ":";
    std::string_view separator = "";
    for (u32 local : prescan.assigned(frame)) {
      out += separator;
      out += std::to_string(local);
      separator = ",";
    }
  }
  return out;
}

TEST(Prescan, FindsWhatEachFrameAssigns) {
  Code code;
  code.i32_const(1).op(Opcode::LocalSet, 3)                              // 0, 2
      .open(Opcode::Block)                                               // 4
      .i32_const(1).op(Opcode::LocalTee, 1)                              // 6, 8
      .open(Opcode::If)                                                  // 10
      .i32_const(1).op(Opcode::LocalSet, 2).op(Opcode::Else)             // 12, 14, 16
      .i32_const(1).op(Opcode::LocalSet, 1).end()                        // 17, 19, 21
      .open(Opcode::Loop).op(Opcode::LocalGet, 4).op(Opcode::Drop).end()  // 22
      .end().end();
  EXPECT_EQ(scanned(code), "4:1,2 10:2,1 22:");
  EXPECT_EQ(scanned(code, 10, 100), "104:1,2 110:2,1 122:");
}

TEST(Prescan, NamesEachLocalOnce) {
  Code code;
  code.open(Opcode::Loop);
  for (u32 i = 0; i < 100; ++i) code.i32_const(0).op(Opcode::LocalSet, i % 3);
  code.open(Opcode::Block).i32_const(0).op(Opcode::LocalSet, 2).end().end().end();
  EXPECT_EQ(scanned(code), "0:0,1,2 402:2");
}

// Immediates that look like opcodes are not taken for any.
TEST(Prescan, SkipsImmediates) {
  u64 end = info(Opcode::End).code, set = info(Opcode::LocalSet).code, block = info(Opcode::Block).code;
  Code code;
  code.open(Opcode::Block);
  for (u64 byte : {end, set, block}) {
    code.op(Opcode::Br, byte).op(Opcode::BrTable, {3, byte, byte, byte, byte}).op(Opcode::Call, byte)
        .op(Opcode::CallIndirect, {byte, byte}).op(Opcode::GlobalGet, byte).op(Opcode::I32Load, {byte, byte})
        .op(Opcode::I32Load, {0x40 | byte, byte, byte})  // with a memory index
        .op(Opcode::MemoryCopy, {byte, byte}).op(Opcode::MemoryInit, {byte, byte}).op(Opcode::DataDrop, byte)
        .op(Opcode::TableGrow, byte).op(Opcode::RefNull, byte).op(Opcode::SelectTyped, {2, byte, byte})
        .i32_const(i32(byte)).i64_const(i64(byte) << 40 | i64(byte) << 7).op(Opcode::I32TruncSatF64S);
    code.op(Opcode::F32Const);
    for (int i = 0; i < 4; ++i) code.bytes.push_back(u8(byte));
    code.op(Opcode::F64Const);
    for (int i = 0; i < 8; ++i) code.bytes.push_back(u8(byte));
  }
  code.op(Opcode::LocalSet, 7).end().end();
  EXPECT_EQ(scanned(code), "0:7");
}

TEST(Prescan, EndsAtWhatIsNoInstruction) {
  Code code;
  code.open(Opcode::Block).i32_const(0).op(Opcode::LocalSet, 1).end().open(Opcode::Block).i32_const(0).op(Opcode::LocalSet, 2);
  Code unknown = code, too_many_ends = code;
  unknown.bytes.push_back(0xff);
  unknown.end().end();
  EXPECT_EQ(scanned(unknown), "0:1 7:");
  EXPECT_EQ(scanned(code), "0:1 7:");
  too_many_ends.end().end().end().end().open(Opcode::Block).end();
  EXPECT_EQ(scanned(too_many_ends), "0:1 7:2");
  code.op(Opcode::LocalSet, 99).end().end();
  EXPECT_EQ(scanned(code), "0:1 7:");
  Code prefixed;
  prefixed.bytes = {0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f};
  EXPECT_EQ(scanned(prefixed), "");
}

// Any bytes at all, cut anywhere: frames in order, lists in bounds.
TEST(Prescan, SurvivesAnyBytes) {
  std::mt19937 random(1);
  Prescan prescan;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<u8> bytes(random() % 60);
    for (u8& byte : bytes) byte = random() % 3 ? u8(random()) : u8(0x02 + random() % 0x30);
    prescan.scan(bytes, 5, 3);
    u32 last = 4;
    for (const Prescan::Frame& frame : prescan.frames()) {
      ASSERT_GT(frame.offset, last);
      last = frame.offset;
      ASSERT_LT(frame.offset, 5 + bytes.size());
      for (u32 local : prescan.assigned(frame)) ASSERT_LT(local, 3u);
    }
  }
}

TEST(Prescan, GivesUpWhereListsOutgrowTheBody) {
  for (u32 n : {10u, 300u}) {
    Code code;
    for (u32 i = 0; i < n; ++i) code.open(Opcode::Loop);
    for (u32 i = 0; i < n; ++i) code.i32_const(0).op(Opcode::LocalSet, i);
    for (u32 i = 0; i < n; ++i) code.end();
    Prescan prescan;
    prescan.scan(code.bytes, 0, n);
    EXPECT_EQ(prescan.over_budget(), n == 300);
    EXPECT_LE(prescan.work(), 2 * budget_of(code.bytes.size()));
  }
}

}  // namespace
}  // namespace skerry::translate
