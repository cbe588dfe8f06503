// runtime::Linker: what is defined under which names (skerry/linker.h).

#pragma once

#include <map>
#include <string>
#include <variant>

#include "engine/runtime/instance.h"
#include "skerry/linker.h"

namespace skerry::runtime {

class Linker {
 public:
  explicit Linker(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}

  void define(std::string_view module, std::string_view name, std::variant<detail::HostFunction, Extern> what);
  void trap_unknown_functions() { traps_unknown_functions_ = true; }

  // The values of a module's imports, or what of them is missing or does not match.
  Result<std::vector<ExternValue>> resolve(Store& store, const CompiledModule& module) const;
  const Engine& engine() const { return *engine_; }

 private:
  using Names = std::map<std::string, std::variant<detail::HostFunction, Extern>, std::less<>>;

  const std::variant<detail::HostFunction, Extern>* find(std::string_view module, std::string_view name) const;
  std::string nearest(std::string_view module, std::string_view name) const;
  Result<ExternValue> value_of(Store& store, const std::variant<detail::HostFunction, Extern>& definition) const;

  std::shared_ptr<Engine> engine_;
  std::map<std::string, Names, std::less<>> modules_;
  bool traps_unknown_functions_ = false;
};

// The value behind a handle of the API; an error if it is of another store or none.
Result<ExternValue> extern_value(Store& store, const Extern& handle);
// The handle of a value.
Extern extern_handle(Store& store, const ExternValue& value);

}  // namespace skerry::runtime
