// A listing: instructions as Assembler encoded them, each beside the text that it should be.
//
//   Listing listing;
//   listing.code.add(Gpr::A0, Gpr::A1, Gpr::A2);
//   listing.expect("add", {"a0", "a1", "a2"});
//   EXPECT_EQ(listing.mismatches(), "");
//
// mismatches() has llvm-mc assemble all the texts in one run, with compression where it sees a way, and disassemble
// the code in another: the bytes must be the same, and must read the same.

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codegen/riscv64/assembler.h"

namespace skerry::riscv64 {

class Listing {
 public:
  explicit Listing(CpuFeatures features = CpuFeatures::all()) : code(features) {}

  // What was appended since the last call is one instruction, with this text; or one of several, which end there.
  void expect(std::string_view mnemonic, std::initializer_list<std::string_view> operands = {});

  static std::string text(i64 value);
  static std::string text(const Mem& mem);  // "8(a0)"

  // Empty if llvm-mc agrees, else the first instructions on which it does not.
  std::string mismatches();

  usize size() const { return lines_.size(); }

  Assembler code;

 private:
  std::vector<std::string> lines_;
};

}  // namespace skerry::riscv64
