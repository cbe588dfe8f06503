// The functions of the runtime that compiled code calls by itself (abi/builtins.def).

#pragma once

#include "engine/abi/builtins.h"
#include "skerry/types.h"

namespace skerry::runtime {

// The C function behind a builtin, and its type without the instance.
const void* builtin_function(Builtin builtin);
FuncType builtin_type(Builtin builtin);

// void (TrapCode, StoreState*): what code calls for a trap that it found by itself.
const void* raise_function();

}  // namespace skerry::runtime
