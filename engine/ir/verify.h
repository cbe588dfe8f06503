// verify: is this Function well-formed?
//
// Tests call it after translation and after each pass; nothing else does. It finds:
//
// * blocks that are not contiguous ranges with their Params first and one terminator, last;
// * operands that are no value, are of the wrong type for the operation, or whose definition does
//   not dominate the use (Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm, 2001);
// * targets whose arguments are not the parameters of their block in number and type;
// * a CallResult that does not follow its call; a list beyond the end of extra;
// * blocks that cannot be reached; loops that do not nest, or that are entered but at the header.
//
// With the module, calls and entities are held against their declarations too.

#pragma once

#include "base/result.h"
#include "engine/ir/function.h"
#include "engine/wasm/module.h"

namespace skerry::ir {

// An error says which instruction of which block, and what is wrong.
Result<void> verify(const Function& function, const wasm::Module* module = nullptr);

}  // namespace skerry::ir
