// Makes a module smaller while a property of it stays: for reports of what fuzzing found.
//
// Bodies are emptied, runs of instructions removed, instructions replaced by constants, as long
// as the module still validates and the property holds. Types, tables and exports stay.

#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/types.h"

namespace skerry::fuzz {

std::vector<u8> minimize(std::vector<u8> wasm, const std::function<bool(std::span<const u8>)>& holds,
    u32 attempts = 20'000);

}  // namespace skerry::fuzz
