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

#include <cstddef>
#include <memory>
#include <type_traits>

#include "skerry/linker.h"
#include "wasi/context.h"

namespace skerry::wasi {

void define_wasi(Linker& linker, std::shared_ptr<Context> context);
void define_wasi_of_data(Linker& linker, const void* data_tag);
// For instances of any process: whose call it is is said by the store's data, a T whose first member is a Context*
// `wasi`, not null. Who starts many processes needs one linker for all of them.
template <class T>
void define_wasi_of(Linker& linker) {
  static_assert(std::is_standard_layout_v<T> && offsetof(T, wasi) == 0 && std::is_same_v<decltype(T::wasi), Context*>);
  define_wasi_of_data(linker, &skerry::detail::type_tag<T>);
}

}  // namespace skerry::wasi
