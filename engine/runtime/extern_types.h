// Import matching (Core 4.5.3 and 3.4.5), and how types are told to people.

#pragma once

#include <optional>
#include <string>

#include "engine/runtime/instance.h"

namespace skerry::runtime {

// Why a value does not match an import: "import "m" "n": expected ..., got ..."; none if it does.
std::optional<std::string> mismatch(const CompiledModule& module, const wasm::Import& import, const ExternValue& value);

// "function (i32, i64) -> (f32)", "memory of at least 1 page", "mutable global i32".
std::string describe(const FuncType& type);
std::string describe(const TableType& type);
std::string describe(const MemoryType& type);
std::string describe(const GlobalType& type);
std::string describe_import(const wasm::Module& module, const wasm::Import& import);
std::string describe(Signatures& signatures, const ExternValue& value);

}  // namespace skerry::runtime
