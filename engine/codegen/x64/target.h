// x86-64 as a Target.

#pragma once

#include "engine/codegen/target.h"
#include "engine/codegen/x64/cpu.h"

namespace skerry::x64 {

// The least that code is made for: SSE4.1 rounds floats.
CpuFeatures required_features();

// `cpu` must cover required_features().
std::unique_ptr<codegen::Target> make_target(CpuFeatures cpu);

// stubs.cpp
u32 add_stub(CpuFeatures cpu, codegen::StubKind kind, const FuncType* type, const void* address, Array<u8>& code);

}  // namespace skerry::x64
