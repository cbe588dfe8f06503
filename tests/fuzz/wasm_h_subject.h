// Subjects by the standard C API: this library through its own wasm.h, and any engine whose shared library has the same
// functions. Of PyPI's package `wasmtime` that is wasmtime/linux-x86_64/_libwasmtime.so, found by the variable
// SKERRY_WASMTIME_LIBRARY of the environment.

#pragma once

#include "tests/fuzz/subject.h"

namespace skerry::fuzz {

Contender wasm_h_contender();
// None where the library is not there. It takes modules without tables and references alone: wasmtime's wasm.h has no
// references of the host's, and tells two kinds of traps of tables by the same words.
std::optional<Contender> wasmtime_library_contender();

}  // namespace skerry::fuzz
