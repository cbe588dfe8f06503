// Artifacts: compiled modules as ELF files, which objdump and debuggers read.
//
//   .text               the machine code, with its calls resolved; position-independent
//   .skerry.functions   u32 code offset, code size, size of sites: for each function
//   .skerry.sites       trap sites and call sites, function after function (function_table.h)
//   .skerry.module      the .wasm
//   .skerry.settings    what the code depends on, in words
//   .skerry.hash        BLAKE2b-256 of the whole file with this section as zeros
//   .symtab .strtab     a symbol for each function, by its name in the .wasm
//   .debug_*            lines, where the engine is told to keep them (debug_sections.h); else empty
//
// Reading checks the hash, then that the settings are the engine's, then every bound that code
// of the runtime relies on. That finds damage, not malice: machine code is trusted as it is.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/runtime/compiled_module.h"

namespace skerry::runtime {

// Of an eagerly compiled module.
std::vector<u8> write_artifact(const CompiledModule& module);

struct Artifact {
  ModuleCode code;              // not yet published
  std::span<const u8> module;  // the .wasm, within the artifact
};
Result<Artifact> read_artifact(const Engine& engine, std::span<const u8> artifact);

// The name of a module's code in a cache.
std::string cache_key(const Engine& engine, std::span<const u8> module);

}  // namespace skerry::runtime
