// runtime::InstancePre: a module whose imports have been found and checked, for any number of stores (skerry/linker.h).
//
//   imports of the module          found as
//   functions of the host          a FuncRecord here, which every instance's import slot refers to
//   what belongs to a store        a handle, which serves instances of that store alone
//
// Immutable, and kept alive by the instances made from it. A record of a host's function is of no store: its handle is
// 0, and it belongs to an instance that is nobody's. Compiled code asks an import for the way there and nothing else;
// what it refers to is the copy in its store, which has both (Instance::write_record).

#pragma once

#include <optional>
#include <vector>

#include "engine/runtime/instance.h"
#include "skerry/linker.h"

namespace skerry::runtime {

class InstancePre {
 public:
  ~InstancePre();
  InstancePre(const InstancePre&) = delete;

  const std::shared_ptr<CompiledModule>& module() const { return module_; }
  // The values of the imports, which match; an error where one is of another store.
  Result<std::vector<ExternValue>> values(Store& store) const;

 private:
  friend class Linker;
  explicit InstancePre(std::shared_ptr<CompiledModule> module) : module_(std::move(module)) {}
  // To be called for imports in order; `count` is of all of them.
  void reserve(usize count);
  Result<FuncRecord*> add(const detail::HostFunction& function);
  void add(Extern of_a_store) { imports_.push_back({nullptr, std::move(of_a_store)}); }

  struct Import {
    FuncRecord* function;              // of the host; or else
    std::optional<Extern> of_a_store;
  };
  const std::shared_ptr<CompiledModule> module_;
  std::vector<Import> imports_;
  Array<FuncRecord> records_;        // does not grow past what was reserved
  std::vector<std::shared_ptr<void>> environments_;
  InstanceHeader nobody_ = {};
};

}  // namespace skerry::runtime
