// What every ISA's report of a trap that stops the kernel is made of. Usable in any context.

#pragma once

#include <span>

#include "base/types.h"

namespace skerry::kernel {

struct NamedRegister {
  const char* name;  // of three characters, so that columns are straight
  u64 value;
};
void report_registers(std::span<const NamedRegister> registers);

// Where a frame has what, relative to its frame pointer.
struct FrameLayout { i64 caller, return_address; };
// Return addresses by frame pointer, while the frames are mapped and rise.
void report_frames(u64 pc, u64 frame, FrameLayout layout);

}  // namespace skerry::kernel
