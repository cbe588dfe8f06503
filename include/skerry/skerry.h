// Skerry: a WebAssembly engine that compiles, as a library.
//
//   Engine        settings and the compiler; one for the process is usual
//   Module        a .wasm, compiled
//   Store         everything that a program makes while it runs; the unit of isolation
//   Linker        names for imports; makes an
//   Instance      whose exports are a
//   Func          TypedFunction<R(A...)>, Memory, Table, Global
//   Trap          how a run ended badly
//   InterruptHandle  stops a run from another thread
//
// What can fail returns Result<T> (result.h) and nothing throws; programs may be built with or
// without exceptions and run-time type information, as C++23. docs/embedding.md is the guide,
// examples/ has programs.

#pragma once

#include "skerry/config.h"
#include "skerry/engine.h"
#include "skerry/func.h"
#include "skerry/host_function.h"
#include "skerry/instance.h"
#include "skerry/linker.h"
#include "skerry/memory.h"
#include "skerry/module.h"
#include "skerry/result.h"
#include "skerry/store.h"
#include "skerry/trap.h"
#include "skerry/typed_function.h"
#include "skerry/types.h"
#include "skerry/value.h"
