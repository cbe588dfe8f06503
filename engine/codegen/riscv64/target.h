// riscv64 as a Target.

#pragma once

#include "engine/codegen/riscv64/cpu.h"
#include "engine/codegen/target.h"

namespace skerry::riscv64 {

// RV64GC, and what of its extensions `cpu` has.
std::unique_ptr<codegen::Target> make_target(CpuFeatures cpu);

// stubs.cpp
u32 add_stub(CpuFeatures cpu, codegen::StubKind kind, const FuncType* type, const void* address, Array<u8>& code);

}  // namespace skerry::riscv64
