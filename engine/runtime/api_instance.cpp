// The handles Instance and Linker of the API.

#include "base/string.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/linker.h"
#include "skerry/linker.h"

namespace skerry {
namespace {

bool is_alive(const detail::Link& link) { return link && link->store; }

Result<Instance, InstantiationError> instantiate(const Store& store, const Module& module,
                                                 Result<std::vector<runtime::ExternValue>> values) {
  if (!values) return fail(InstantiationError(std::move(values.error())));
  auto instance = runtime::Instance::create(store.internal(), module.shared(), *values);
  if (!instance) return instance.take_failure();
  return Instance(store.link(), *instance);
}

}  // namespace

Result<Instance, InstantiationError> Instance::create(const Store& store, const Module& module,
                                                      std::span<const Extern> imports) {
  auto values = [&]() -> Result<std::vector<runtime::ExternValue>> {
    std::vector<runtime::ExternValue> out;
    for (const Extern& import : imports) out.push_back(TRY(runtime::extern_value(store.internal(), import)));
    return out;
  };
  return instantiate(store, module, values());
}

std::optional<Extern> Instance::find(std::string_view name) const {
  if (!is_alive(link_)) return std::nullopt;
  const wasm::Export* found = instance_->module().find_export(name);
  if (!found) return std::nullopt;
  return runtime::extern_handle(*link_->store, instance_->extern_value(found->kind, found->index));
}

namespace {

template <class T>
Result<T> find_as(const Instance& instance, std::string_view name, std::string_view what) {
  if (!is_alive(instance.link())) return fail(ErrorCode::Argument, "the store is gone");
  std::optional<Extern> found = instance.find(name);
  if (!found) return fail(ErrorCode::Argument, concat("there is no export \"", name, "\""));
  T* typed = std::get_if<T>(&*found);
  if (!typed) return fail(ErrorCode::Argument, concat("the export \"", name, "\" is not a ", what));
  return std::move(*typed);
}

}  // namespace

Result<Func> Instance::func(std::string_view name) const { return find_as<Func>(*this, name, "function"); }
Result<Memory> Instance::memory(std::string_view name) const { return find_as<Memory>(*this, name, "memory"); }
Result<Table> Instance::table(std::string_view name) const { return find_as<Table>(*this, name, "table"); }
Result<Global> Instance::global(std::string_view name) const { return find_as<Global>(*this, name, "global"); }

Result<Module> Instance::module() const {
  if (!is_alive(link_)) return fail(ErrorCode::Argument, "the store is gone");
  return Module(instance_->shared_module());
}

Linker::Linker(const Engine& engine)
    : linker_(std::make_unique<runtime::Linker>(engine.internal().shared_from_this())) {}
Linker::Linker(Linker&&) noexcept = default;
Linker& Linker::operator=(Linker&&) noexcept = default;
Linker::~Linker() = default;

Linker& Linker::define_host_function(std::string_view module, std::string_view name, detail::HostFunction function) {
  linker_->define(module, name, std::move(function));
  return *this;
}

Linker& Linker::define(std::string_view module, std::string_view name, const Extern& what) {
  linker_->define(module, name, what);
  return *this;
}

Linker& Linker::define_instance(std::string_view module, const Instance& instance) {
  if (!is_alive(instance.link())) return *this;
  for (const wasm::Export& e : instance.internal()->module().module().exports)
    define(module, e.name, *instance.find(e.name));
  return *this;
}

Linker& Linker::trap_unknown_functions() {
  linker_->trap_unknown_functions();
  return *this;
}

namespace {

constexpr char of_another_engine[] = "the linker and the module or the store are of different engines";

Result<Instance, InstantiationError> instantiate(const Store& store, std::shared_ptr<const runtime::InstancePre> pre) {
  auto instance = runtime::Instance::create(store.internal(), std::move(pre));
  if (!instance) return instance.take_failure();
  return Instance(store.link(), *instance);
}

}  // namespace

Result<Instance, InstantiationError> Linker::instantiate(const Store& store, const Module& module) const {
  const runtime::Engine* engine = &linker_->engine();
  if (engine != &store.internal().engine() || engine != &module.internal().engine()) {
    return fail(InstantiationError(Error{ErrorCode::Argument, Error::no_offset, of_another_engine}));
  }
  auto pre = linker_->resolve(module.shared(), &store.internal());
  if (!pre) return fail(InstantiationError(std::move(pre.error())));
  return skerry::instantiate(store, *std::move(pre));
}

Result<InstancePre> Linker::instantiate_pre(const Module& module) const {
  if (&linker_->engine() != &module.internal().engine()) return fail(ErrorCode::Argument, of_another_engine);
  if (!linker_->engine().runs_here()) {
    return fail(ErrorCode::Unsupported, "the engine makes code that does not run here");
  }
  return InstancePre(TRY(linker_->resolve(module.shared(), nullptr)));
}

Result<Instance, InstantiationError> InstancePre::instantiate(const Store& store) const {
  return skerry::instantiate(store, pre_);
}

Module InstancePre::module() const { return Module(pre_->module()); }

}  // namespace skerry
