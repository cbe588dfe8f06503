#include "engine/codegen/riscv64/code_buffer.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "engine/codegen/riscv64/assembler.h"

namespace skerry::riscv64 {
namespace {

// --- where control goes

constexpr i64 sign_extend(u64 value, u32 bits) { return i64(value << (64 - bits)) >> (64 - bits); }
constexpr u32 bits(u32 word, u32 high, u32 low) { return word >> low & ((2u << (high - low)) - 1); }

// One step from the branch, jump or pair at `at`, taken if it is conditional; `at` itself where there is none.
u32 step(const CodeBuffer& code, u32 at) {
  u32 word = at + 4 <= code.offset() ? code.read32(at) : code.read32(at - 2) >> 16;
  if ((word & 3) == 1) {  // c.j, c.beqz, c.bnez
    u32 funct3 = bits(word, 15, 13);
    if (funct3 == 5) {
      u32 d = bits(word, 12, 12) << 11 | bits(word, 11, 11) << 4 | bits(word, 10, 9) << 8 | bits(word, 8, 8) << 10 |
              bits(word, 7, 7) << 6 | bits(word, 6, 6) << 7 | bits(word, 5, 3) << 1 | bits(word, 2, 2) << 5;
      return u32(at + sign_extend(d, 12));
    }
    if (funct3 < 6) return at;
    u32 d = bits(word, 12, 12) << 8 | bits(word, 11, 10) << 3 | bits(word, 6, 5) << 6 | bits(word, 4, 3) << 1 |
            bits(word, 2, 2) << 5;
    return u32(at + sign_extend(d, 9));
  }
  switch (word & 0x7f) {
    case opcode_branch: {
      u32 d = bits(word, 31, 31) << 12 | bits(word, 7, 7) << 11 | bits(word, 30, 25) << 5 | bits(word, 11, 8) << 1;
      return u32(at + sign_extend(d, 13));
    }
    case opcode_jal: {
      u32 d = bits(word, 31, 31) << 20 | bits(word, 19, 12) << 12 | bits(word, 20, 20) << 11 | bits(word, 30, 21) << 1;
      return u32(at + sign_extend(d, 21));
    }
    case opcode_auipc: {
      u32 next = code.read32(at + 4);
      if ((next & 0x7f) != opcode_jalr || bits(next, 19, 15) != bits(word, 11, 7)) return at;
      return u32(at + i64(i32(word & 0xfffff000)) + sign_extend(next >> 20, 12));
    }
    default: return at;
  }
}

// The first place from `at` on that is no jump.
u32 landing(const CodeBuffer& code, u32 at) {
  for (u32 steps = 0; steps < 4; ++steps) {
    u32 next = step(code, at);
    if (next == at) return at;
    at = next;
  }
  return at;
}

u64 at64(const CodeBuffer& code, u32 offset) { return code.read32(offset) | u64{code.read32(offset + 4)} << 32; }

// Two bytes each that change nothing.
void nops(Assembler& a, u32 bytes) {
  for (u32 i = 0; i < bytes; i += 2) a.nop();
}

// --- the pool

TEST(Riscv64CodeBuffer, ConstantsAreSharedAndLieAlignedBehindTheCode) {
  Assembler a((CpuFeatures()));
  a.nop();
  Label word = a.constant32(0x11223344), large = a.constant128(5, 6), small = a.constant64(7);
  EXPECT_EQ(a.constant64(7), small);
  EXPECT_NE(a.constant32(7), small);
  a.ld(Gpr::A0, small);
  a.fload(Width::W32, Fpr::Fa0, word);
  a.finish();
  EXPECT_EQ(a.offset_of(large), 32u);
  EXPECT_EQ(a.offset_of(small), 48u);
  EXPECT_EQ(a.offset_of(word), 56u);
  EXPECT_EQ(a.offset(), 64u);
  EXPECT_EQ(at64(a, 32), 5u);
  EXPECT_EQ(at64(a, 40), 6u);
  EXPECT_EQ(at64(a, 48), 7u);
  EXPECT_EQ(a.read32(56), 0x11223344u);
  EXPECT_EQ(a.code()[18], 0);
  // ld: 46 bytes behind its auipc; flw: 46.
  EXPECT_EQ(a.read32(2) >> 12, 0u);
  EXPECT_EQ(a.read32(6) >> 20, 46u);
  EXPECT_EQ(a.read32(14) >> 20, 46u);
}

TEST(Riscv64CodeBuffer, DistancesOfPairs) {
  for (i64 distance : {i64{0}, i64{2047}, i64{2048}, i64{-2048}, i64{-2049}, i64{0x7ffff7ff}, -(i64{1} << 31) - 2048}) {
    Assembler a((CpuFeatures()));
    a.call_elsewhere();
    a.finish();
    std::array<u8, 8> pair;
    memcpy(pair.data(), a.code().data(), 8);
    for (int twice = 0; twice < 2; ++twice) {  // a relocation may be written again
      CodeBuffer::set_distance(pair.data(), distance);
      u32 words[2];
      memcpy(words, pair.data(), 8);
      EXPECT_EQ(i64(i32(words[0] & 0xfffff000)) + (i32(words[1]) >> 20), distance);
      EXPECT_EQ(words[0] & 0xfff, opcode_auipc | number(Gpr::Ra) << 7);
      EXPECT_EQ(words[1] & 0xfffff, opcode_jalr | number(Gpr::Ra) << 7 | number(Gpr::Ra) << 15);
    }
  }
  u8 pair[8] = {};
  EXPECT_DEATH(CodeBuffer::set_distance(pair, 0x7ffff800), "fits_signed");
  EXPECT_DEATH(CodeBuffer::set_distance(pair, -(i64{1} << 31) - 2049), "fits_signed");
}

TEST(Riscv64CodeBuffer, JumpTable) {
  Assembler a((CpuFeatures()));
  a.data32(0);
  Label before = a.new_label(), after = a.new_label(), table = a.new_label();
  a.bind(before);
  a.data32(0);
  a.bind(table);
  a.jump_table_entry(before, table);
  a.jump_table_entry(after, table);
  a.jump_table_entry(table, table);
  a.bind(after);
  a.finish();
  EXPECT_EQ(i32(a.read32(8)), -4);
  EXPECT_EQ(i32(a.read32(12)), 12);
  EXPECT_EQ(i32(a.read32(16)), 0);
}

TEST(Riscv64CodeBuffer, ClearForgetsAllButTheMemory) {
  Assembler a((CpuFeatures()));
  auto emit = [&a](u64 constant) {
    Label done = a.new_label();
    a.branch(Condition::Equal, Gpr::A0, Gpr::A1, done);
    a.ld(Gpr::A0, a.constant64(constant));
    nops(a, 5000);
    a.j(done);
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
  // What waited when it was cleared waits no longer.
  a.clear();
  a.j(a.new_label());
  a.clear();
  EXPECT_EQ(emit(1), first);
}

TEST(Riscv64CodeBufferDeathTest, LabelsThatNobodyBindsAreFound) {
  auto unbound = [](auto refer) {
    Assembler a((CpuFeatures()));
    refer(a, a.new_label());
    a.finish();
  };
  EXPECT_DEATH(unbound([](Assembler& a, Label label) { a.j(label); }), "is_bound");
  EXPECT_DEATH(unbound([](Assembler& a, Label label) { a.branch(Condition::Less, Gpr::A0, Gpr::A1, label); }), "is_bound");
  EXPECT_DEATH(unbound([](Assembler& a, Label label) { a.la(Gpr::A0, label); }), "is_bound");
}

// --- how far branches reach

struct Form {
  u32 bytes;   // of the branch
  u32 landed;  // from the label
};

// A branch back over `distance` bytes.
Form backward(u32 distance, auto branch) {
  Assembler a((CpuFeatures()));
  nops(a, 10);
  Label label = a.new_label();
  a.bind(label);
  nops(a, distance);
  u32 at = a.offset();
  branch(a, label);
  u32 bytes = a.offset() - at;
  a.finish();
  // A long conditional branch goes around a jump.
  u32 from = at;
  if (bytes > 4 && (a.read32(at) & 0x7f) == opcode_branch) {
    EXPECT_EQ(step(a, at), at + bytes);
    from = at + 4;
  }
  return {bytes, landing(a, from) - a.offset_of(label)};
}

TEST(Riscv64CodeBuffer, BackwardBranches) {
  auto compare = [](Assembler& a, Label label) { a.branch(Condition::Below, Gpr::A0, Gpr::S3, label); };
  auto zero = [](Assembler& a, Label label) { a.branch(Condition::NotEqual, Gpr::A0, Gpr::Zero, label); };
  auto jump = [](Assembler& a, Label label) { a.j(label); };
  auto call = [](Assembler& a, Label label) { a.call(label); };
  constexpr u32 k4 = 4096, m1 = 1 << 20;
  auto check = [](auto branch, u32 distance, u32 bytes) {
    Form form = backward(distance, branch);
    EXPECT_EQ(form.bytes, bytes) << distance;
    EXPECT_EQ(form.landed, 0u) << distance;
  };
  check(zero, 0, 2);
  check(zero, 256, 2);
  check(zero, 258, 4);
  check(compare, 0, 4);
  for (auto [distance, bytes] : {std::pair(k4 - 2, 4), {k4, 4}, {k4 + 2, 8}, {m1 - 6, 8}, {m1 - 4, 8}, {m1 - 2, 12}, {m1, 12}}) {
    check(compare, distance, u32(bytes));
    check(zero, distance, u32(bytes));
  }
  check(jump, 2048, 2);
  for (auto [distance, bytes] : {std::pair(2050u, 4), {m1 - 2, 4}, {m1, 4}, {m1 + 2, 8}}) {
    check(jump, distance, u32(bytes));
    check(call, distance, u32(bytes));
  }
}

// A branch over `distance` bytes of instructions. An island makes them more.
struct Forward {
  u32 islands;  // bytes
  bool lands;
};
Forward forward(u32 distance, auto branch) {
  Assembler a((CpuFeatures()));
  Label label = a.new_label();
  branch(a, label);
  EXPECT_EQ(a.offset(), 4u);
  nops(a, distance);
  a.bind(label);
  a.ret();
  a.finish();
  return {a.offset_of(label) - 4 - distance, landing(a, 0) == a.offset_of(label)};
}

TEST(Riscv64CodeBuffer, ForwardBranches) {
  auto compare = [](Assembler& a, Label label) { a.branch(Condition::Below, Gpr::A0, Gpr::S3, label); };
  auto zero = [](Assembler& a, Label label) { a.branch(Condition::NotEqual, Gpr::A0, Gpr::Zero, label); };
  auto jump = [](Assembler& a, Label label) { a.j(label); };
  for (u32 distance = 4040; distance <= 4110; distance += 2) {
    Forward form = forward(distance, compare);
    EXPECT_TRUE(form.lands) << distance;
    EXPECT_EQ(form.islands, distance <= 4070 ? 0u : 8u) << distance;
    EXPECT_TRUE(forward(distance, zero).lands);
  }
  // What remains free for the island before a jump's reach ends: code_buffer.cpp, jump_deadline.
  constexpr u32 m1 = 1 << 20, end = m1 - 2 - 4 - 2 * 4096 - 16;
  for (u32 distance : {end - 8, end - 6, end - 4, end - 2, end, end + 2, m1 - 4, m1 - 2, m1, m1 + 2}) {
    Forward form = forward(distance, jump);
    EXPECT_TRUE(form.lands) << distance;
    EXPECT_EQ(form.islands, distance + 4 <= end ? 0u : 12u) << distance;
  }
  // A branch that goes on as a jump, and farther as a pair.
  for (u32 distance : {m1, 2 * m1, 5 * m1}) EXPECT_TRUE(forward(distance, compare).lands);
  EXPECT_EQ(forward(5 * m1, compare).islands, 8u + 12u);
  EXPECT_EQ(forward(5 * m1, jump).islands, 12u);
}

// --- islands

// Branches of all kinds and directions over short and long ways, with tables and constants between them.
TEST(Riscv64CodeBuffer, EveryReferenceLands) {
  for (u32 seed = 0; seed < 8; ++seed) {
    std::mt19937 random(seed);
    Assembler a((CpuFeatures()));
    struct Use {
      u32 at;  // of what jumps when taken
      Label label;
    };
    std::vector<Use> uses;
    std::vector<Label> labels, waiting;
    std::vector<std::pair<u32, u64>> loads;
    auto target = [&] {
      if (!labels.empty() && random() % 3 == 0) return labels[random() % labels.size()];
      if (waiting.empty() || random() % 4 != 0) waiting.push_back(a.new_label());
      return waiting[random() % waiting.size()];
    };
    u32 size = seed < 4 ? 100'000 : 4'000'000, most = seed % 2 ? 3000 : 30;
    while (a.offset() < size) {
      switch (random() % 8) {
        case 0:
        case 1:
        case 2: {
          Label label = target();
          bool bound = a.is_bound(label);
          a.keep_together(16);
          u32 at = a.offset();
          a.branch(Condition(random() % 2), Gpr(8 + random() % 12), Gpr::Zero, label);
          uses.push_back({bound && a.offset() - at > 4 ? at + 4 : at, label});
          break;
        }
        case 3: {
          Label label = target();
          u32 at = a.next_offset();
          a.j(label);
          uses.push_back({at, label});
          break;
        }
        case 4:
          for (u32 i = random() % 4; i-- > 0 && !waiting.empty();) {
            u32 which = random() % waiting.size();
            a.bind(waiting[which]);
            labels.push_back(waiting[which]);
            waiting[which] = waiting.back();
            waiting.pop_back();
          }
          a.nop();
          break;
        case 5: {
          u32 at = a.next_offset();
          u64 value = random() % 100;
          a.ld(Gpr::A0, a.constant64(value));
          loads.push_back({at, value});
          break;
        }
        case 6: {
          std::vector<u8> block(4 * (random() % most));
          a.data(block);
          break;
        }
        default:
          for (u32 i = random() % 20; i-- > 0;) a.add(Gpr(random() % 32), Gpr(random() % 32), Gpr(random() % 32));
      }
    }
    for (Label label : waiting) a.bind(label);
    // Nothing here jumps by itself.
    a.ret();
    u32 code_size = a.offset();
    a.finish();
    for (Use use : uses) {
      u32 expected = a.offset_of(use.label), at = use.at;
      for (u32 steps = 0; steps < 4 && at != expected; ++steps) at = step(a, at);
      ASSERT_EQ(at, expected) << "seed " << seed << " at " << use.at;
    }
    for (auto [at, value] : loads) {
      u32 from = at + (a.read32(at) & 0xfffff000) + u32(i32(a.read32(at + 4)) >> 20);
      ASSERT_GE(from, code_size);
      ASSERT_EQ(at64(a, from), value);
    }
  }
}

// Each reference costs at most a jump and a pair besides itself, however many there are and however far they go.
TEST(Riscv64CodeBuffer, ManyBranchesToTheEnd) {
  Assembler a((CpuFeatures()));
  constexpr u32 count = 1'000'000;
  Label end = a.new_label();
  std::vector<u32> branches, jumps;
  for (u32 i = 0; i < count; ++i) {
    branches.push_back(a.next_offset());
    a.branch(Condition::Less, Gpr::A0, Gpr::A1, end);
    jumps.push_back(a.next_offset());
    a.j(end);
  }
  a.bind(end);
  a.ret();
  a.finish();
  // An island and its jump over it come for every few hundred branches.
  EXPECT_LE(a.offset(), count * (4 + 4 + 8 + 4 + 8 + 1));
  for (u32 at : branches) ASSERT_EQ(landing(a, at), a.offset_of(end));
  for (u32 at : jumps) ASSERT_EQ(landing(a, at), a.offset_of(end));
}

TEST(Riscv64CodeBuffer, NothingComesBetweenWhatIsKeptTogether) {
  for (u32 block : {8u, 400u, 5000u, 300'000u, 3'000'000u}) {
    Assembler a((CpuFeatures()));
    Label end = a.new_label();
    for (u32 i = 0; i < 1000; ++i) {
      a.branch(Condition::Less, Gpr::A0, Gpr::A1, end);
      a.j(end);
      if (i % 10) continue;
      a.keep_together(block);
      u32 start = a.offset();
      for (u32 j = 0; j < block; j += 4) a.data32(0);
      ASSERT_EQ(a.offset(), start + block);
      if (i * u64{block} > 6'000'000) break;
    }
    a.bind(end);
    a.ret();
    a.finish();
    EXPECT_EQ(landing(a, 0), a.offset_of(end));
  }
}

TEST(Riscv64Assembler, AlignsWithNops) {
  Assembler a((CpuFeatures()));
  a.align(16);
  EXPECT_EQ(a.offset(), 0u);
  for (u32 before = 2; before <= 16; before += 2) {
    a.clear();
    for (u32 i = 0; i < before; i += 2) a.unimp();
    a.align(16);
    EXPECT_EQ(a.offset(), 16u);
  }
}

}  // namespace
}  // namespace skerry::riscv64
