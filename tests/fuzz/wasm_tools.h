// The command wasm-tools (cargo install wasm-tools), a second opinion and a second generator. No test
// needs it: it is used where it is in PATH, or where SKERRY_WASM_TOOLS says.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skerry::fuzz {

// The word to call it by, quoted for a shell; none if it is not there.
std::optional<std::string> wasm_tools();

// Features::implemented(), as its option --features takes them.
inline constexpr std::string_view wasm_tools_features = "wasm2,-simd,extended-const,multi-memory,tail-call";

// A path for a file of this process alone, in the folder for temporary files.
std::string temporary_path(std::string_view name);

}  // namespace skerry::fuzz
