// One module in the interpreter of the IR and as machine code: every call of its exported
// functions, with arguments from a seed, must give the same results, traps, globals, tables and memories.

#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/types.h"
#include "tests/fuzz/random.h"
#include "tests/fuzz/subject.h"

namespace skerry::fuzz {

// What the calls came to, to see that modules do something.
struct Tally {
  u64 modules = 0, calls = 0, returned = 0, trapped = 0, set_aside = 0, sees_nans = 0;
};
std::string summary(const Tally& tally);

// What differed first, or why the module did not load; nothing if all is well. Calls that exhaust the stack or
// take too many steps are set aside, and end the comparison of the module. So is a module of which the interpreter
// itself tells by its results which NaNs arithmetic makes; that is looked at only where something differs.
std::optional<std::string> find_difference(std::span<const u8> wasm, u64 seed, Tally& tally,
                                           std::span<const Contender> with = contenders());

// The same with the smallest module that differs so, as text: for reports.
std::string explain_difference(std::span<const u8> wasm, u64 seed, const std::string& difference);

// An argument of a call.
u64 random_argument(Random& random, ValueType type);
bool is_exhausted(const Outcome& outcome);

}  // namespace skerry::fuzz
