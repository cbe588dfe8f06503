// riscv64 as a Target.

#pragma once

#include "engine/codegen/riscv64/cpu.h"
#include "engine/codegen/target.h"

namespace skerry::riscv64 {

// RV64GC, and what of its extensions `cpu` has.
std::unique_ptr<codegen::Target> make_target(CpuFeatures cpu);

// stubs.cpp
std::vector<u8> make_stub(CpuFeatures cpu, codegen::StubKind kind, const FuncType* type, const void* address);

}  // namespace skerry::riscv64
