// Disassembler: machine code of x86-64 -> instructions as text, by llvm-mc of LLVM 19.
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
  static Disassembler find();

  // The lines of one function, without gaps. Where there are only bytes a line has 16 of them at most and
  // ends at the next of `stops`, offsets in any order.
  std::vector<Line> lines(std::span<const u8> code, std::vector<u32> stops) const;

 private:
  explicit Disassembler(std::string program) : program_(std::move(program)) {}

  std::string program_;  // empty: none
};

}  // namespace skerry::tools
