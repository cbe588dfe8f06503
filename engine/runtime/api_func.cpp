// The handle Func of the API, and what the templates of typed calls and host functions stand on.

#include "base/string.h"
#include "engine/runtime/extern_types.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/store.h"
#include "skerry/host_function.h"

namespace skerry {
namespace {

// The store of a function that is not null; null if there is none any more.
runtime::Store* store_of(const Func& func) { return func.link() ? func.link()->store : nullptr; }

constexpr char gone[] = "the function is null or its store is gone";

}  // namespace

Result<FuncType> Func::type() const {
  runtime::Store* store = store_of(*this);
  if (!store) return fail(ErrorCode::Argument, gone);
  return store->engine().signatures().type(store->function(handle_).signature);
}

Result<Func> Func::make(const Store& store, detail::HostFunction function) {
  return Func(store.link(), TRY(store.internal().add_host_function(function)));
}

Called<std::vector<Value>> Func::call(std::span<const Value> arguments) const {
  Result<FuncType> type = this->type();
  if (!type) return fail(detail::misuse(gone));
  if (arguments.size() != type->params.size()) {
    return fail(
        Trap(concat("the function takes ", type->params.size(), " arguments and was given ", arguments.size())));
  }
  std::vector<u64> words(std::max({type->params.size(), type->results.size(), usize{1}}));
  for (usize i = 0; i < arguments.size(); ++i) {
    if (arguments[i].type() != type->params[i]) {
      return fail(Trap(concat("argument ", i, " is ", name(arguments[i].type()), " and the function takes ",
                              name(type->params[i]))));
    }
    if (arguments[i].link() && arguments[i].link() != link_) {
      return fail(detail::misuse("a reference of another store was given to a function"));
    }
    words[i] = arguments[i].bits();
  }
  Result<detail::Entry> entry = detail::find_entry(*this, *type);
  if (!entry) return fail(Trap(entry.error().message));
  if (!detail::enter(*link_, *entry, words.data())) return fail(detail::take_trap(*link_));
  std::vector<Value> results;
  for (usize i = 0; i < type->results.size(); ++i) {
    results.emplace_back(type->results[i], words[i], is_reference(type->results[i]) && words[i] ? link_ : nullptr);
  }
  return results;
}

namespace detail {

Result<Entry> find_entry(const Func& func, const FuncType& type) {
  runtime::Store* store = store_of(func);
  if (!store) return fail(ErrorCode::Argument, gone);
  FuncRecord& record = store->function(func.handle());
  runtime::Signatures& signatures = store->engine().signatures();
  const FuncType& found = signatures.type(record.signature);
  if (found != type) {
    return fail(ErrorCode::Argument, concat("the function is a ", runtime::describe(found), " and was taken for a ",
                                            runtime::describe(type)));
  }
  u32 id = record.signature;
  runtime::WantedStubs wanted{.id = id, .enter = true};
  TRY(signatures.make_stubs({&wanted, 1}));
  return Entry{&record, signatures.stubs(id).enter};
}

bool enter(runtime::StoreLink& link, const Entry& entry, u64* values) {
  return link.store && link.store->enter(entry.record, entry.code, values);
}

Trap take_trap(runtime::StoreLink& link) { return link.store ? link.store->take_trap() : Trap(gone); }

Trap misuse(const char* why) { return Trap(std::string(why)); }

const Link& link_of(InstanceHeader* caller) { return Caller(caller).link(); }

void raise(InstanceHeader* caller, Trap trap) { link_of(caller)->store->raise(std::move(trap)); }

namespace {

struct DynamicHost {
  FuncType type;
  Func::Dynamic callable;

  static void call(void* environment, InstanceHeader* header, u64* words) noexcept {
    DynamicHost& self = *static_cast<DynamicHost*>(environment);
    Caller caller(header);
    auto value = [&](ValueType type, u64 bits) {
      bool is_narrow = type != ValueType::I64 && type != ValueType::F64;
      bits = is_narrow ? u32(bits) : bits;
      return Value(type, bits, is_reference(type) && bits ? caller.link() : nullptr);
    };
    std::vector<Value> arguments, results;
    for (usize i = 0; i < self.type.params.size(); ++i) arguments.push_back(value(self.type.params[i], words[i]));
    for (ValueType type : self.type.results) results.push_back(value(type, 0));
    Called<void> outcome = self.callable(caller, arguments, results);
    if (!outcome) return raise(header, std::move(outcome.error()));
    for (usize i = 0; i < results.size(); ++i) {
      if (results[i].type() != self.type.results[i]) {
        return raise(header, misuse("a host function gave a result of another type than its own"));
      }
      if (results[i].link() && results[i].link() != caller.link()) {
        return raise(header, misuse("a host function returned a reference of another store"));
      }
      words[i] = results[i].bits();
    }
  }
};

}  // namespace

HostFunction dynamic_host_function(FuncType type, Func::Dynamic callable) {
  auto environment = std::make_shared<DynamicHost>(type, std::move(callable));
  return {std::move(type), reinterpret_cast<const void*>(&DynamicHost::call), true, std::move(environment)};
}

}  // namespace detail

Result<Func> Func::wrap_dynamic(const Store& store, FuncType type, Dynamic callable) {
  return make(store, detail::dynamic_host_function(std::move(type), std::move(callable)));
}

namespace {

// Headers are of stores: of an instance, or the one that host functions belong to.
runtime::Store& store_of(InstanceHeader* header) { return runtime::Store::of(*header->store); }

}  // namespace

const detail::Link& Caller::link() const { return store_of(header_).link(); }
const detail::AnyData& Caller::any_data() const { return store_of(header_).data(); }
bool Caller::interrupted() const {
  const runtime::Run* run = runtime::Store::innermost_run();
  return store_of(header_).is_interrupted() || (run && run->is_to_stop());
}

void Caller::listen(std::shared_ptr<InterruptListener> listener) const {
  store_of(header_).listen(std::move(listener));
}

std::optional<Instance> Caller::instance() const {
  if (!header_->owner) return std::nullopt;
  return Instance(link(), &runtime::Instance::of(header_));
}

std::span<u8> Caller::memory() const {
  if (!header_->memory_base) return {};
  const MemoryRecord& record = *first_memory(header_).record;
  return {record.base, record.size};
}

}  // namespace skerry
