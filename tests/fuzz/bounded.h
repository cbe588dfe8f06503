// A valid module that asks for little memory, so that it can be run whatever it does: the same with lower maxima
// of its memories and tables.

#pragma once

#include <optional>

#include "engine/wasm/module.h"
#include "tests/fuzz/bodies.h"

namespace skerry::fuzz {

// None if the module begins with more than that.
std::optional<Bytes> bounded(const wasm::Module& module);

}  // namespace skerry::fuzz
