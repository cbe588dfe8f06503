// Machine code as text that stays the same while what it does not depend on changes: what a function's file-test shows.
//
//   * jumps name labels, counted from the top, and calls the function that their relocation is for
//   * fields of the instance have names: [r14 + memory0.record], memory0.record(s1)
//   * the frame's making, with the comparison of the stack, is left out, as is what undoes it
//   * constants and tables of jumps are left out
//
// By llvm-mc, of which at most one runs for each run of instructions between data.

#pragma once

#include <string>

#include "engine/codegen/target.h"

namespace skerry::tests {

// `isa` as targets have it: x86_64, riscv64.
std::string disassemble(std::string_view isa, const codegen::CompiledFunction& code, const wasm::Module& module,
                        const InstanceLayout& layout);

}  // namespace skerry::tests
