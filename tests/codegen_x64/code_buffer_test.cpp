#include "engine/codegen/x64/code_buffer.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <chrono>

#include "engine/codegen/x64/assembler.h"

namespace skerry::x64 {
namespace {

u32 at32(const CodeBuffer& code, u32 offset) { return code.read32(offset); }

u64 at64(const CodeBuffer& code, u32 offset) { return at32(code, offset) | u64{at32(code, offset + 4)} << 32; }

TEST(X64CodeBuffer, ConstantsAreShared) {
  CodeBuffer code;
  Label one = code.constant64(1), two = code.constant64(2);
  EXPECT_NE(one, two);
  EXPECT_EQ(code.constant64(1), one);
  // The size is part of the constant: alignment and neighbours differ.
  EXPECT_NE(code.constant32(1), one);
  EXPECT_NE(code.constant128(1, 0), one);
  EXPECT_NE(code.constant128(1, 1), code.constant128(1, 0));
  EXPECT_EQ(code.constant128(1, 1), code.constant128(1, 1));
}

TEST(X64CodeBuffer, ConstantsLieAlignedBehindTheCode) {
  CodeBuffer code;
  code.data(std::array<u8, 3>{1, 2, 3});
  Label word = code.constant32(0x11223344);
  Label large = code.constant128(5, 6);
  Label small = code.constant64(7);
  code.finish();
  EXPECT_EQ(code.offset_of(large), 16u);
  EXPECT_EQ(code.offset_of(small), 32u);
  EXPECT_EQ(code.offset_of(word), 40u);
  EXPECT_EQ(code.offset(), 44u);
  EXPECT_EQ(at64(code, 16), 5u);
  EXPECT_EQ(at64(code, 24), 6u);
  EXPECT_EQ(at64(code, 32), 7u);
  EXPECT_EQ(at32(code, 40), 0x11223344u);
  EXPECT_EQ(code.code()[3], 0xcc);
}

TEST(X64CodeBuffer, ManyConstants) {
  constexpr u64 count = 20'000;
  CodeBuffer code;
  std::vector<Label> labels;
  auto value = [](u64 i) { return std::bit_cast<u64>(f64(i) * 0.25); };
  for (u64 i = 0; i < count; ++i) labels.push_back(code.constant64(value(i)));
  u64 shared = 0;
  for (u64 i = 0; i < count; ++i) shared += code.constant64(value(i)) == labels[i];
  EXPECT_GE(shared, count * 99 / 100);
  code.finish();
  EXPECT_LE(code.offset(), 8 * count * 101 / 100);
  for (u64 i = 0; i < count; ++i) ASSERT_EQ(at64(code, code.offset_of(labels[i])), value(i));
}

// Multiples of the inverse of the hash's factor, which all hash to 0.
// A search that looked at each of them would take minutes for this many.
TEST(X64CodeBuffer, ManyConstantsThatCollide) {
  constexpr u64 factor = 0x9e3779b97f4a7c15, count = 500'000;
  u64 inverse = factor;  // Newton's iteration doubles the correct bits, of which there are 3 at first
  for (int i = 0; i < 5; ++i) inverse *= 2 - factor * inverse;
  ASSERT_EQ(factor * inverse, 1u);
  auto value = [inverse](u64 i) { return i * inverse; };
  CodeBuffer code;
  std::vector<Label> labels;
  auto start = std::chrono::steady_clock::now();
  for (u64 i = 0; i < count; ++i) labels.push_back(code.constant64(value(i)));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  // They did collide: few are still known.
  u64 shared = 0;
  for (u64 i = 0; i < 1000; ++i) shared += code.constant64(value(i)) == labels[i];
  EXPECT_LT(shared, 100u);
  code.finish();
  for (u64 i = 0; i < count; ++i) ASSERT_EQ(at64(code, code.offset_of(labels[i])), value(i));
}

TEST(X64CodeBuffer, GrowsAndKeepsWhatItHolds) {
  CodeBuffer code;
  constexpr u32 count = 100'000;
  for (u32 i = 0; i < count; ++i) code.data32(i);
  std::vector<u8> block(1 << 20, 0xab);
  code.data(block);
  ASSERT_EQ(code.offset(), 4 * count + block.size());
  for (u32 i = 0; i < count; ++i) ASSERT_EQ(at32(code, 4 * i), i);
  EXPECT_EQ(code.code().back(), 0xab);
}

TEST(X64CodeBuffer, JumpTable) {
  CodeBuffer code;
  code.data32(0);
  Label before = code.new_label(), after = code.new_label(), table = code.new_label();
  code.bind(before);
  code.data32(0);
  code.bind(table);
  code.jump_table_entry(before, table);
  code.jump_table_entry(after, table);
  code.jump_table_entry(table, table);
  code.bind(after);
  code.finish();
  EXPECT_EQ(i32(at32(code, 8)), -4);
  EXPECT_EQ(i32(at32(code, 12)), 12);
  EXPECT_EQ(i32(at32(code, 16)), 0);
}

TEST(X64CodeBuffer, LabelsInBulk) {
  CodeBuffer code;
  code.new_label();
  Label first = code.new_labels(3);
  EXPECT_EQ(first.raw(), 1u);
  EXPECT_EQ(code.new_label().raw(), 4u);
  Label last = Label(first.raw() + 2);
  EXPECT_FALSE(code.is_bound(last));
  code.data32(0);
  code.bind(last);
  EXPECT_TRUE(code.is_bound(last));
  EXPECT_EQ(code.offset_of(last), 4u);
}

TEST(X64CodeBuffer, ClearForgetsAllButTheMemory) {
  Assembler a((CpuFeatures()));
  auto emit = [&a](u64 constant) {
    Label done = a.new_label();
    a.jcc(Condition::Equal, done);
    a.jmp(done, Reach::Short);
    a.movq(Xmm::Xmm0, Mem::rip(a.constant64(constant)));
    a.bind(done);
    a.ret();
    a.finish();
    auto code = a.code();
    return std::vector<u8>(code.begin(), code.end());
  };
  std::vector<u8> first = emit(1);
  a.clear();
  EXPECT_EQ(a.offset(), 0u);
  EXPECT_EQ(emit(1), first);
  a.clear();
  EXPECT_NE(emit(2), first);
}

TEST(X64CodeBufferDeathTest, BugsOfTheCallerAreFound) {
  auto short_jump = [](u32 distance) {
    Assembler a((CpuFeatures()));
    Label label = a.new_label();
    a.jmp(label, Reach::Short);
    for (u32 i = 0; i < distance; ++i) a.int3();
    a.bind(label);
    a.finish();
    return a.code()[1];
  };
  EXPECT_EQ(short_jump(127), 127);
  EXPECT_DEATH(short_jump(128), "value == i8\\(value\\)");
  auto unbound = [] {
    Assembler a((CpuFeatures()));
    a.jmp(a.new_label());
    a.finish();
  };
  EXPECT_DEATH(unbound(), "is_bound");
}

TEST(X64Assembler, AlignsWithNops) {
  Assembler a((CpuFeatures()));
  a.align(16);
  EXPECT_EQ(a.offset(), 0u);
  for (u32 before = 1; before <= 16; ++before) {
    a.clear();
    for (u32 i = 0; i < before; ++i) a.int3();
    a.align(16);
    EXPECT_EQ(a.offset(), 16u);
  }
}

}  // namespace
}  // namespace skerry::x64
