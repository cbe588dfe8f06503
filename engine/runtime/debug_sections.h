// Debug sections: what debuggers and disassemblers read to tell functions and where code comes from.
//
// DWARF 4: one compilation unit over all code, with its functions and a line table. Lines are those of the program's
// source where the module has a table of them (source_lines.h); elsewhere the file is the module, and a line is a byte
// offset in it.

#pragma once

#include <vector>

#include "engine/runtime/function_table.h"

namespace skerry::runtime {

class CompiledModule;

struct DebugSections {
  std::vector<u8> abbrev, info, line;
};

// Addresses are offsets in .text, as in an object file, from `base` on.
DebugSections write_debug_sections(const CompiledModule& module, const FunctionTable& table, u64 code_size, u64 base);

}  // namespace skerry::runtime
