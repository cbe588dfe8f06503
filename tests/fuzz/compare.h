// One module in the interpreter of the IR and as machine code: every call of its exported
// functions, with arguments from a seed, must give the same results, traps, globals, tables and memories.

#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/types.h"

namespace skerry::fuzz {

// What the calls came to, to see that modules do something.
struct Tally {
  u64 modules = 0, calls = 0, returned = 0, trapped = 0, set_aside = 0;
};

// What differed first, or why the module did not load; nothing if all is well. Calls that exhaust the stack or
// take too many steps are set aside, and end the comparison of the module.
std::optional<std::string> find_difference(std::span<const u8> wasm, u64 seed, Tally& tally);

}  // namespace skerry::fuzz
