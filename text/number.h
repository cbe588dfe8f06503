// The values of numbers in text (Core 6.3.1, 6.3.2). A spelling is that of a token of the
// lexer, whose form is right; nothing here depends on the host's floating point or locale.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/types.h"

namespace skerry::text {

// An integer of `bits` bits (8 to 64), written as signed or unsigned: its bits, zero-extended.
// Null if it is out of range.
std::optional<u64> integer_value(std::string_view spelling, unsigned bits);
// One without sign, up to 2^bits - 1.
std::optional<u64> natural_value(std::string_view spelling, unsigned bits);

// A float of 32 or 64 bits, from a decimal or hexadecimal float or integer, inf, nan or
// nan:0x...: its bits, rounded to the nearest (ties to even). Null if it is too large, or if
// the payload of a NaN is 0 or does not fit.
std::optional<u64> float_value(std::string_view spelling, unsigned bits);

// The text that reads back to exactly these bits: hexadecimal floats, inf, nan:0x...
std::string float_text(u64 value, unsigned bits);

}  // namespace skerry::text
