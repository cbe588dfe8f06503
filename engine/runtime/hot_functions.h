// HotFunctions: which functions of a module were worth the best gear, kept from one process to the next in the code
// cache (docs/tiers.md).
//
//   "skerry hot 1\n"
//   functions    of the module's own, unsigned LEB128, each once, those first that were hot first
//   hash         BLAKE2b, 32 bytes, of all in front of it
//
// It is a hint: a program does the same whatever it says. So its key need not tell modules apart that are as like as
// two with functions of the same sizes, and is had without reading all of a module's bytes. But each number must be
// one of a function, and none may come twice; of what does not fit in any place nothing is taken.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/wasm/module.h"

namespace skerry::runtime {

std::string hot_functions_key(const wasm::Module& module);
std::vector<u8> write_hot_functions(std::span<const u32> functions);
// Of a module with so many functions of its own.
std::optional<std::vector<u32>> read_hot_functions(std::span<const u8> bytes, u32 count);

// What is kept after a run that found `known` and had use for `used`: what was used, and of the rest no more than as
// much again, so that what is never used any more goes in time. None: nothing new is to be kept.
std::optional<std::vector<u32>> hot_functions_after(std::span<const u32> known, std::span<const u32> used);

}  // namespace skerry::runtime
