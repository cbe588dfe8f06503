// The custom section "name" (Appendix 7.4): the module's name and its functions'.

#pragma once

#include "engine/wasm/module.h"

namespace skerry::wasm {

// Reads the names into `module`, or nothing at all if the section is damaged.
void read_names(Module& module, ByteRange section);

}  // namespace skerry::wasm
