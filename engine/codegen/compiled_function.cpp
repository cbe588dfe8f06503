#include "engine/codegen/target.h"

namespace skerry::codegen {

void CompiledFunction::clear() {
  code.clear();
  relocations.clear();
  traps.clear();
  calls.clear();
  lines.clear();
  inlined.clear();
  alignment = 16;
  has_frame = true;
  frame_size = 0;
  saved_registers = 0;
  allocation = {};
}

void CompiledFunction::add_line(u32 offset, u32 position) {
  if (!lines.empty() && lines.back().offset == offset) lines.pop_back();
  if (lines.empty() || lines.back().position != position) lines.push_back({offset, position});
}

}  // namespace skerry::codegen
