// What the command tells people, on standard error: each message begins with "skerry: ".

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/wasm/features.h"

namespace skerry::tools {

// Lines of text as they can be shown: control characters, which names in modules may contain, as \xx.
std::string printable(std::string_view text);

void report(std::string_view message);
// "skerry: FILE: the error's sentence", and behind it where that is.
void report(std::string_view file, const Error& error);
void report(std::string_view file, const Error& error, std::span<const u8> wasm, Features features);

// Where a byte of a .wasm is: "offset 0x2a, section code, function 3 \"fib\"". The module need be
// neither valid nor whole.
std::string place(std::span<const u8> wasm, u64 offset, Features features);

}  // namespace skerry::tools
