#include "engine/wasm/module.h"

namespace skerry::wasm {

// Here, and not wherever a module comes by: there is much in one.
Module::Module() = default;
Module::Module(Module&&) noexcept = default;
Module& Module::operator=(Module&&) noexcept = default;
Module::~Module() = default;

}  // namespace skerry::wasm
