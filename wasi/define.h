// WASI's functions as imports for the modules of a Linker (skerry/linker.h).
//
//   Linker linker(engine);
//   wasi::define_wasi(linker, context);
//
// Those of preview 1 and of wasi_unstable get the names that guests import them by. What the linker then
// instantiates is of one process, the context's: it works in memory 0 of the instance that calls.
//
// The first call makes the context's Interruption hear of interruptions of the store that it came from: waits end
// with it, and the next run's wait again.
//
// proc_exit ends the guest with TrapCode::Exit, a wait that the host ended with TrapCode::Interrupted,
// and a pointer outside of the guest's memory with TrapCode::MemoryOutOfBounds.

#pragma once

#include <memory>

#include "skerry/linker.h"
#include "wasi/context.h"

namespace skerry::wasi {

void define_wasi(Linker& linker, std::shared_ptr<Context> context);
// For instances of any process: `context_of` tells whose call it is, from its store's data for instance. Who starts many
// processes needs one linker for all of them.
void define_wasi(Linker& linker, Context& (*context_of)(const skerry::Caller& caller));

}  // namespace skerry::wasi
