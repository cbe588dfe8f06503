// Instance: a module that was given its imports in a store, and its exports (Core 4.2.5).
//
//   Result<Instance> instance = linker.instantiate(store, module);
//   Result<TypedFunction<void()>> run = instance->get<void()>("run");

#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "skerry/memory.h"
#include "skerry/module.h"
#include "skerry/typed_function.h"

namespace skerry {

namespace runtime {
class Instance;
}

// What can be imported and exported, in the order of ExternKind.
using Extern = std::variant<Func, Table, Memory, Global>;

// Why there is no instance: what was wrong with the imports or the limits, or a trap of the
// start function or of a segment that did not fit. After a trap, what the module had written
// into imported memories and tables by then stays (Core 4.5.4).
class InstantiationError {
 public:
  InstantiationError(Error error) : reason_(std::move(error)) {}
  InstantiationError(Trap trap) : reason_(std::move(trap)) {}

  // Null if it was a trap, or was not.
  const Error* error() const { return std::get_if<Error>(&reason_); }
  const Trap* trap() const { return std::get_if<Trap>(&reason_); }
  std::string message() const { return error() ? error()->message : trap()->text(); }

 private:
  std::variant<Error, Trap> reason_;
};

class Instance {
 public:
  // With imports in the order of the module's.
  static Result<Instance, InstantiationError> create(const Store& store, const Module& module,
                                                     std::span<const Extern> imports);

  // An export by name; none, also if the store is gone.
  std::optional<Extern> find(std::string_view name) const;
  // With an error that names what there is instead.
  Result<Func> func(std::string_view name) const;
  Result<Memory> memory(std::string_view name) const;
  Result<Table> table(std::string_view name) const;
  Result<Global> global(std::string_view name) const;
  template <class Signature>
  Result<TypedFunction<Signature>> get(std::string_view name) const {
    Result<Func> found = func(name);
    if (!found) return found.take_failure();
    return found->typed<Signature>();
  }
  // The module it is of; error if the store is gone.
  Result<Module> module() const;

  Instance(detail::Link link, runtime::Instance* instance) : link_(std::move(link)), instance_(instance) {}
  const detail::Link& link() const { return link_; }
  runtime::Instance* internal() const { return instance_; }

 private:
  detail::Link link_;
  runtime::Instance* instance_;
};

}  // namespace skerry
