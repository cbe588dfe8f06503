// validate_module: everything of a module but its function bodies (Core 3.1, 3.2, 3.4).

#pragma once

#include "base/result.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"

namespace skerry::validate {

Result<void> validate_module(const wasm::Module& module, Features features);

}  // namespace skerry::validate
