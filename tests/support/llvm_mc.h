// Machine code read and written by somebody else: llvm-mc. `arguments` are those that choose the machine.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace skerry::tests {

// The lines that `llvm-mc --disassemble` prints, tabs as single spaces, without comments.
std::vector<std::string> disassemble(std::span<const u8> bytes, std::string_view arguments);

// The bytes of each line, which is one instruction. Fewer if llvm-mc refused one.
std::vector<std::vector<u8>> assemble(std::span<const std::string> lines, std::string_view arguments);

// "0x90 0xc3 "
std::string in_hex(std::span<const u8> bytes);

}  // namespace skerry::tests
