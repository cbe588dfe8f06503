// validate: a whole module, its bodies included (Core 3).

#pragma once

#include "base/result.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"

namespace skerry::validate {

Result<void> validate(const wasm::Module& module, Features features);

}  // namespace skerry::validate
