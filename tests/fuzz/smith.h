// Modules that wasm-tools makes: by its generator wasm-smith, and by its mutator.

#pragma once

#include <optional>
#include <string>

#include "tests/fuzz/bodies.h"

namespace skerry::fuzz {

enum class Imports : u8 { None, Some };

// A module that ends or traps, and whose results do not depend on which NaNs arithmetic makes. None where
// wasm-smith makes none of the numbers of this seed.
std::optional<Bytes> smith_module(const std::string& wasm_tools, u64 seed, Imports imports);

// A valid module from a valid one, by one random transformation; none if it finds none for this seed.
std::optional<Bytes> mutate_by_wasm_tools(const std::string& wasm_tools, u64 seed, std::span<const u8> wasm);

}  // namespace skerry::fuzz
