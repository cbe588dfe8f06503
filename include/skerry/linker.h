// Linker: names for what modules import, and instances with their imports found by name.
//
//   Linker linker(engine);
//   linker.func("host", "print", [](i32 x) { std::printf("%d\n", x); });
//   Result<Instance, InstantiationError> instance = linker.instantiate(store, module);
//
// A definition of a name replaces the one before. Host functions defined by func() are of no
// store, so that one linker serves any number of stores; what define() is given belongs to a
// store, and instantiating in another one is an error. A Linker is used by one thread at a
// time, except that several may instantiate at once while nobody defines.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "skerry/host_function.h"
#include "skerry/instance.h"

namespace skerry {

namespace runtime {
class Linker;
}

class Linker {
 public:
  explicit Linker(const Engine& engine);
  Linker(Linker&&) noexcept;
  Linker& operator=(Linker&&) noexcept;
  ~Linker();

  template <class Callable>
  Linker& func(std::string_view module, std::string_view name, Callable callable) {
    return define_host_function(module, name, detail::host_function(std::move(callable)));
  }
  Linker& func_dynamic(std::string_view module, std::string_view name, FuncType type, Func::Dynamic callable) {
    return define_host_function(module, name, detail::dynamic_host_function(std::move(type), std::move(callable)));
  }
  Linker& define(std::string_view module, std::string_view name, const Extern& what);
  // All exports of an instance, under the module name.
  Linker& define_instance(std::string_view module, const Instance& instance);
  // Functions that no name is defined for become ones that trap when they are called.
  Linker& trap_unknown_functions();

  // Finds the imports and instantiates. An error of linking names every import that is missing
  // or of the wrong type, each in a line, with the nearest name that exists.
  Result<Instance, InstantiationError> instantiate(const Store& store, const Module& module) const;

  runtime::Linker& internal() const { return *linker_; }

 private:
  Linker& define_host_function(std::string_view module, std::string_view name, detail::HostFunction function);

  std::unique_ptr<runtime::Linker> linker_;
};

}  // namespace skerry
