// decode: the bytes of a .wasm -> wasm::Module (Core 5).
//
// Everything of the binary grammar is checked here but the code in function bodies, which
// is read once, while it is validated (validate/function.h). Types, indices and constant
// expressions are parsed here and checked by validate/module.h.
//
// The first fault in the order of the bytes is reported, with its offset and a sentence
// that begins with the words of the specification's test suite where those have some:
//
//   Malformed    not the grammar          "unexpected end in the type section"
//   Unsupported  of a feature that is off or not implemented
//   Limit        over engine/wasm/limits.h
//
// The module refers to `bytes`, which must outlive it. Memory use is linear in bytes.size():
// no allocation is sized by a declared count before that count of bytes is seen to follow.
// A custom section "name" that is damaged is ignored.

#pragma once

#include <span>

#include "base/result.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"

namespace skerry::wasm {

Result<Module> decode(std::span<const u8> bytes, Features features = Features::implemented());

}  // namespace skerry::wasm
