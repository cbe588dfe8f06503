// UTF-8 as the names of a module must be (Core 5.2.4): shortest forms only, no surrogates,
// nothing above U+10FFFF.

#pragma once

#include <span>

#include "base/types.h"

namespace skerry::wasm {

bool is_utf8(std::span<const u8> bytes);

}  // namespace skerry::wasm
