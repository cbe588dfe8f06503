// Assembler::li: what its sequences compute, as a disassembler that is not ours reads them.

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <sstream>

#include "engine/codegen/riscv64/assembler.h"
#include "tests/support/llvm_mc.h"

namespace skerry::riscv64 {
namespace {

// Runs the instructions of li over their text and hands each constant that comes to be in a0 before a `ret` to `take`.
void run(const Assembler& a, u32 code_size, auto take) {
  std::map<std::string, u64> registers = {{"zero", 0}};
  u32 pc = 0;
  for (const std::string& line : tests::disassemble(a.code().first(code_size), "--triple=riscv64 --mattr=+c,+d,+zba,+zbs")) {
    std::string text = line;
    std::replace_if(text.begin(), text.end(), [](char c) { return c == ',' || c == '(' || c == ')'; }, ' ');
    std::istringstream words(text);
    std::string mnemonic, to, x;
    words >> mnemonic >> to >> x;
    u64 y = 0;
    std::string last;
    if (words >> last && !isalpha(last[0])) y = u64(std::stoll(last));
    u64 from = registers.contains(x) ? registers[x] : x.empty() ? 0 : u64(strtoll(x.c_str(), nullptr, 10));
    u64& result = registers[to];
    if (mnemonic == "ret") {
      take(registers["a0"]);
      registers = {{"zero", 0}};
    } else if (mnemonic == "li") result = from;
    else if (mnemonic == "lui") result = u64(i64(i32(u32(from) << 12)));
    else if (mnemonic == "addi") result = from + y;
    else if (mnemonic == "addiw") result = u64(i64(i32(from + y)));
    else if (mnemonic == "slli") result = from << y;
    else if (mnemonic == "srli") result = from >> y;
    else if (mnemonic == "zext.w") result = u32(from);
    else if (mnemonic == "bseti") result = from | u64{1} << y;
    else if (mnemonic == "auipc") result = pc + (from << 12);
    else if (mnemonic == "ld") {
      // "ld a0, 12(a0)": the displacement stands before the base.
      u64 address = from + registers[last];
      result = a.read32(u32(address)) | u64{a.read32(u32(address) + 4)} << 32;
    } else ADD_FAILURE() << line;
    // The length, from the code itself.
    pc += (a.code()[pc] & 3) == 3 ? 4 : 2;
  }
}

std::vector<u64> values() {
  std::vector<u64> out;
  for (u32 k = 0; k < 64; ++k)
    for (i64 near : {-2049, -2048, -1, 0, 1, 2047, 2048}) {
      out.push_back((u64{1} << k) + u64(near));
      out.push_back(u64(near) - (u64{1} << k));
    }
  std::mt19937_64 random(1);
  for (u32 i = 0; i < 3000; ++i) {
    u64 value = random() >> random() % 64 << random() % 64;  // runs of zeros at either end
    out.push_back(value);
    out.push_back(~value);
    out.push_back(u64(i64(i32(random()))));
    out.push_back(u32(random()));
  }
  return out;
}

TEST(Riscv64Constants, AreWhatTheyShouldBe) {
  std::vector<u64> constants = values();
  for (CpuFeatures features : {CpuFeatures(), CpuFeatures::all()}) {
    Assembler a(features);
    for (u64 value : constants) {
      a.li(Gpr::A0, value);
      a.ret();
    }
    u32 size = a.offset();
    a.finish();
    usize at = 0;
    run(a, size, [&](u64 got) {
      ASSERT_LT(at, constants.size());
      EXPECT_EQ(got, constants[at]) << std::hex << constants[at];
      ++at;
    });
    EXPECT_EQ(at, constants.size());
  }
}

// Bytes of code, without the pool; the pool is used where it is shorter.
TEST(Riscv64Constants, AreShort) {
  auto length = [](u64 value, CpuFeatures features) {
    Assembler a(features);
    a.li(Gpr::A0, value);
    return a.offset();
  };
  CpuFeatures base, all = CpuFeatures::all();
  EXPECT_EQ(length(0, base), 2u);
  EXPECT_EQ(length(u64(-1), base), 2u);
  EXPECT_EQ(length(2047, base), 4u);
  EXPECT_EQ(length(0x1f000, base), 2u);            // lui
  EXPECT_EQ(length(0x12345678, base), 8u);         // lui, addiw
  EXPECT_EQ(length(0xffffffff, base), 4u);         // -1, srli
  EXPECT_EQ(length(u64{1} << 63, base), 4u);       // -1, slli
  EXPECT_EQ(length(u64{1} << 63, all), 4u);        // bseti
  EXPECT_EQ(length(0x7fffffffffffffff, base), 4u);  // -1, srli
  EXPECT_EQ(length(0x3ff0000000000000, base), 6u);  // the double 1: 1023, slli
  EXPECT_EQ(length(0x80000000, base), 4u);         // 1, slli
  EXPECT_EQ(length(0x89abcdef, all), 12u);         // lui, addiw, zext.w
  EXPECT_EQ(length(0x123456789abcdef0, base), 8u);  // from the pool
}

}  // namespace
}  // namespace skerry::riscv64
