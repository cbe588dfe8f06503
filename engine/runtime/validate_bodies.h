// validate_bodies: bodies of a module that has passed validate_module, on several threads where it is large.
//
// For modules that are compiled function by function: what is called later has been found valid before anything runs.

#pragma once

#include "engine/runtime/engine.h"
#include "engine/wasm/module.h"

namespace skerry::runtime {

Result<void> validate_bodies(const Engine& engine, const wasm::Module& module);

}  // namespace skerry::runtime
