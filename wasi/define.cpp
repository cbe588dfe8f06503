#include "wasi/define.h"

#include "wasi/link.h"

namespace skerry::wasi {
namespace {

// A host function over one of WASI's: R is u32, the errno, or nothing.
template <auto function, class R>
struct Import;

template <class... Number, CallResult (*function)(Caller&, Number...), class R>
struct Import<function, R> {
  std::shared_ptr<Context> context;

  Called<R> operator()(skerry::Caller& caller, Number... numbers) const {
    std::span<u8> memory = caller.memory();
    Caller here{*context, GuestMemory(memory.data(), memory.size())};
    CallResult result = function(here, numbers...);
    switch (result.kind) {
      case CallResult::Kind::Return:
        if constexpr (std::is_void_v<R>) return {};
        else return result.value;
      case CallResult::Kind::Exit: return fail(Trap::exit(result.value));
      case CallResult::Kind::Cancelled: return fail(Trap(TrapCode::Interrupted));
      case CallResult::Kind::Fault: break;
    }
    return fail(Trap(TrapCode::MemoryOutOfBounds));
  }
};

// proc_exit alone has no result.
template <auto function>
constexpr bool has_result = true;
template <>
constexpr bool has_result<&link::Adapter<&preview1::proc_exit>::call> = false;

// Defines what it visits (link.h) under the name of a module.
struct Define {
  Linker& linker;
  const std::shared_ptr<Context>& context;
  std::string_view module;

  template <auto function>
  void operator()(std::string_view name, std::string_view) const {
    linker.func(module, name, Import<function, std::conditional_t<has_result<function>, u32, void>>{context});
  }
};

}  // namespace

void define_wasi(Linker& linker, std::shared_ptr<Context> context) {
  for_each_preview1(Define{linker, context, preview1_module});
  for_each_unstable(Define{linker, context, unstable_module});
}

}  // namespace skerry::wasi
