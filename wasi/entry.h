// What the trampoline of a guest's call jumps to (docs/abi.md): from the convention of C, behind an environment and the
// calling instance, to a body of WASI and back.
//
//   guest -> trampoline -> Entry<&preview1::fd_read>::call, the body within it -> trampoline -> guest
//
// Entries are instantiated where their bodies are defined, so that a call is one function: a file of bodies ends with
// WASI_ENTRY for each of them. On the way there is no other call than the body's own, and nothing is allocated. What is
// rare is in define.cpp.

#pragma once

#include "engine/runtime/store.h"
#include "wasi/context.h"
#include "wasi/link.h"

namespace skerry::wasi::link {

// Whose call it is: the environment of an entry.
struct WhoseCall {
  std::shared_ptr<Context> context;  // always this one's; or else
  const void* data_tag = nullptr;    // the store's, whose data are of the type with this tag, a Context* first
};

// The first call of a process, or one after another process's in the same store: makes known whose it is
// (runtime::Store::known). False: nobody's, and the guest ends with a trap.
bool begin(const WhoseCall& whose, InstanceHeader* caller);
// A call that does not return: what the guest ends with is raised. The value is of no use.
u32 leave(CallResult result, InstanceHeader* caller);

[[gnu::always_inline]] inline GuestMemory memory_of(InstanceHeader* caller) {
  if (!caller->memory_base) [[unlikely]] return GuestMemory(nullptr, 0);
  return GuestMemory(caller->memory_base, first_memory(caller).record->size);
}

template <auto body, class Natives = typename Adapter<body>::Natives>
struct Entry;

template <auto body, class... N>
struct Entry<body, Types<N...>> {
  // The errno, which is the wasm function's result if it has one.
  static u32 call(void* environment, InstanceHeader* caller, N... natives) noexcept;

 private:
  // The same for what has yet to begin: apart, so that nothing has to be kept on the stack for it.
  [[gnu::cold, gnu::noinline]] static u32 first_call(void* environment, InstanceHeader* caller, N... natives) noexcept;
};

template <auto body, class... N>
u32 Entry<body, Types<N...>>::call(void* environment, InstanceHeader* caller, N... natives) noexcept {
  runtime::Store::Known known = runtime::Store::known(*caller->store);
  if (known.environment != environment) [[unlikely]] {
    return first_call(environment, caller, natives...);
  }
  Caller here{*static_cast<Context*>(known.value), memory_of(caller)};
  CallResult result = Adapter<body>::call(here, natives...);
  if (result.kind != CallResult::Kind::Return) [[unlikely]] return leave(result, caller);
  return result.value;
}

template <auto body, class... N>
u32 Entry<body, Types<N...>>::first_call(void* environment, InstanceHeader* caller, N... natives) noexcept {
  return begin(*static_cast<const WhoseCall*>(environment), caller) ? call(environment, caller, natives...) : 0;
}

}  // namespace skerry::wasi::link

// In namespace skerry::wasi.
#define WASI_ENTRY(name) template struct link::Entry<&name>;
