// Debug sections: what debuggers and disassemblers read in an artifact to tell where in the .wasm code comes from.
//
// DWARF 4: one compilation unit over all code, with a line table and nothing else. The file is the module, and a
// line is a byte offset in it: a .wasm has no other lines.

#pragma once

#include <string_view>
#include <vector>

#include "engine/runtime/function_table.h"

namespace skerry::runtime {

struct DebugSections {
  std::vector<u8> abbrev, info, line;
};

// Addresses are offsets in .text, as in an object file.
DebugSections write_debug_sections(std::string_view module_name, const FunctionTable& table, u64 code_size);

}  // namespace skerry::runtime
