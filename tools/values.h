// Values of WebAssembly in words: as arguments and results of `skerry run --invoke`.

#pragma once

#include <string>
#include <string_view>

#include "skerry/result.h"
#include "skerry/value.h"

namespace skerry::tools {

// Integers are decimal with sign, floats the shortest decimal that reads back, without an exponent; references
// <funcref>, <null funcref> and so on.
std::string print_value(const Value& value);

// Integers: decimal, with or without sign, or 0x and hexadecimal. Floats: decimal, inf, nan. References: null.
Result<Value> parse_value(std::string_view text, ValueType type);

}  // namespace skerry::tools
