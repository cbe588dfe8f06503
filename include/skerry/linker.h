// Linker: names for what modules import, and instances with their imports found by name.
//
//   Linker linker(engine);
//   linker.func("host", "print", [](i32 x) { std::printf("%d\n", x); });
//   Result<Instance, InstantiationError> instance = linker.instantiate(store, module);
//
// Who makes many instances of one module has its imports found once:
//
//   Result<InstancePre> pre = linker.instantiate_pre(module);
//   Result<Instance, InstantiationError> instance = pre->instantiate(store);   // in any number of stores
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
class InstancePre;
class Linker;
}

// A module whose imports were found: instantiating it is no search, makes no function of the host anew, and compares no
// types. A handle: copies refer to the same. Immutable, for any thread; what of the imports belongs to a store serves
// that store alone. Keeps alive the module and the host functions, not the linker.
class InstancePre {
 public:
  Result<Instance, InstantiationError> instantiate(const Store& store) const;
  Module module() const;

  explicit InstancePre(std::shared_ptr<const runtime::InstancePre> pre) : pre_(std::move(pre)) {}

 private:
  std::shared_ptr<const runtime::InstancePre> pre_;
};

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
  // Finds the imports, with the definitions of now; the same errors.
  Result<InstancePre> instantiate_pre(const Module& module) const;

  runtime::Linker& internal() const { return *linker_; }

 private:
  Linker& define_host_function(std::string_view module, std::string_view name, detail::HostFunction function);

  std::unique_ptr<runtime::Linker> linker_;
};

}  // namespace skerry
