// A listing: instructions as Assembler encoded them, each beside the text that it should read as.
//
//   Listing listing;
//   listing.code.add(Width::W32, Gpr::Rax, Gpr::Rcx);
//   listing.expect("add", {"eax", "ecx"});
//   EXPECT_TRUE(listing.mismatches().empty());
//
// mismatches() has llvm-mc disassemble all of it in one run, in Intel's syntax.

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codegen/x64/assembler.h"

namespace skerry::x64 {

class Listing {
 public:
  Listing();

  // What was appended since the last call is one instruction, with this text.
  void expect(std::string_view mnemonic, std::initializer_list<std::string_view> operands = {});

  // The text of an operand of the instruction that was just appended, before expect() is called for it.
  std::string text(const Mem& mem, u32 bits) const;  // 0 bits: the address alone, as lea has it
  std::string text(Label target) const;              // of a branch to a label that is bound
  static std::string text(i64 value);

  // Empty if the disassembler agrees, else the first instructions on which it does not.
  std::string mismatches();

  usize size() const { return lines_.size(); }

  Assembler code{CpuFeatures::all()};
  Label origin;  // offset 0

 private:
  struct Line {
    u32 end;  // offset
    std::string text;
  };

  std::vector<Line> lines_;
};

}  // namespace skerry::x64
