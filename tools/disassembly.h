// Disassembler: machine code -> instructions as text, by llvm-mc of LLVM 19.
//
// Without it code is told as bytes. Bytes that are no instruction (constants, tables of jumps) are told as bytes
// in any case.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/types.h"

namespace skerry::tools {

struct Line {
  u32 offset;
  u32 size;
  std::string text;  // empty: bytes
};

class Disassembler {
 public:
  // Looks for llvm-mc; that it is not there is told.
  static Disassembler find(std::string_view target);  // as Target::name()

  // The lines of one function, without gaps. Where there are only bytes a line has 16 of them at most and
  // ends at the next of `stops`, offsets in any order.
  std::vector<Line> lines(std::span<const u8> code, std::vector<u32> stops) const;

 private:
  Disassembler(std::string command, bool is_x64) : command_(std::move(command)), is_x64_(is_x64) {}

  std::string command_;  // with its options; empty: none
  bool is_x64_;
};

}  // namespace skerry::tools
