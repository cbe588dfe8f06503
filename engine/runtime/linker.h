// runtime::Linker: what is defined under which names (skerry/linker.h).

#pragma once

#include <map>
#include <span>
#include <string>
#include <variant>

#include "engine/runtime/instance_pre.h"
#include "skerry/linker.h"

namespace skerry::runtime {

// A host function as a constant. A linker that is given dozens makes only those that a module asks for.
struct HostRow {
  std::string_view name;
  std::string_view type;  // parameters, a colon, results: i for i32, I for i64
  const void* (*code)();  // HostFunction::code
};
// Of functions whose environment is a Callable.
template <class Callable>
constexpr auto code_of = &detail::HostSignature<Callable, typename detail::CallSignature<Callable>::Type>::code;

class Linker {
 public:
  explicit Linker(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}

  void define(std::string_view module, std::string_view name, std::variant<detail::HostFunction, Extern> what);
  // Many at once: `rows`, ascending by name, outlive the linker; each function gets the environment.
  void define_rows(std::string_view module, std::span<const HostRow> rows, std::shared_ptr<void> environment);
  void trap_unknown_functions() { traps_unknown_functions_ = true; }

  // Finds a module's imports, or says what of them is missing or does not match. With a store: for instances in it.
  Result<std::shared_ptr<const InstancePre>> resolve(std::shared_ptr<CompiledModule> module, const Store* store) const;
  const Engine& engine() const { return *engine_; }

 private:
  struct Rows {
    std::span<const HostRow> rows;
    std::shared_ptr<void> environment;
  };
  struct Names {
    std::map<std::string, std::variant<detail::HostFunction, Extern>, std::less<>> defined;
    std::vector<Rows> tables;  // asked after `defined`, the last one first
  };
  // What a name stands for: one of `defined`, or a row of a table; or neither.
  struct Definition {
    const std::variant<detail::HostFunction, Extern>* defined = nullptr;
    const Rows* table = nullptr;
    const HostRow* row = nullptr;
    explicit operator bool() const { return defined || row; }
  };

  Names& names_of(std::string_view module);
  const Names* find_module(std::string_view module) const;
  static Definition find(const Names& names, std::string_view name);
  Definition find(std::string_view module, std::string_view name) const;
  std::string nearest(std::string_view module, std::string_view name) const;

  std::shared_ptr<Engine> engine_;
  std::vector<std::pair<std::string, Names>> modules_;  // few, in the order in which they were first defined
  bool traps_unknown_functions_ = false;
};

// The value behind a handle of the API; an error if it is of another store or none.
Result<ExternValue> extern_value(Store& store, const Extern& handle);
// The handle of a value.
Extern extern_handle(Store& store, const ExternValue& value);

}  // namespace skerry::runtime
