// The features of WebAssembly that someone asks for, from words.

#pragma once

#include <string_view>

#include "base/result.h"
#include "engine/wasm/features.h"

namespace skerry::runtime {

// wasm1|wasm2|wasm3[,NAME|-NAME...], by the proposals' names; without an edition the names change
// the default, which is all that is implemented. Of an edition, what is implemented is on; a
// name of what is not is an error.
Result<Features> parse_features(std::string_view text);

}  // namespace skerry::runtime
