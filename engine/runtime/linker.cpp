#include "engine/runtime/linker.h"

#include <algorithm>

#include "base/string.h"
#include "engine/runtime/extern_types.h"

namespace skerry::runtime {
namespace {

// The number of letters to put in, take out or change (Levenshtein), or `limit` if it is not below.
u32 distance(std::string_view a, std::string_view b, u32 limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) >= limit) return limit;
  std::vector<u32> row(b.size() + 1);
  for (u32 j = 0; j <= b.size(); ++j) row[j] = j;
  for (u32 i = 1; i <= a.size(); ++i) {
    u32 diagonal = std::exchange(row[0], i);
    for (u32 j = 1; j <= b.size(); ++j) {
      u32 changed = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return std::min(row.back(), limit);
}

// Names are compared only this far, and only so many are: both come from modules.
constexpr usize compared_letters = 64;
constexpr usize compared_names = 2'000;

// Of the names that it is shown, the one nearest to `name`; none if none is near.
class Nearest {
 public:
  explicit Nearest(std::string_view name)
      : name_(name), distance_(u32(std::max<usize>(name.size() / 2, 2)) + 1) {}
  void see(std::string_view key) {
    if (left_ == 0) return;
    --left_;
    u32 d = distance(key.substr(0, compared_letters), name_.substr(0, compared_letters), distance_);
    if (d < distance_) best_ = key, distance_ = d;
  }
  std::string_view best() const { return best_; }

 private:
  std::string_view name_, best_;
  u32 distance_;
  usize left_ = compared_names;
};

// As of a HostRow.
FuncType read_type(std::string_view text) {
  FuncType type;
  std::vector<ValueType>* into = &type.params;
  for (char letter : text) {
    if (letter == ':') into = &type.results;
    else into->push_back(letter == 'I' ? ValueType::I64 : ValueType::I32);
  }
  return type;
}

// A function that only traps, in the place of one that nobody defined.
detail::HostFunction unknown_function(const FuncType& type, std::string name) {
  auto trap = [name = std::move(name)](Caller&, std::span<const Value>, std::span<Value>) -> Called<void> {
    return fail(Trap(concat("the program called ", name, ", which is not there")));
  };
  return detail::dynamic_host_function(type, std::move(trap));
}

}  // namespace

Linker::Names& Linker::names_of(std::string_view module) {
  for (auto& [name, names] : modules_) {
    if (name == module) return names;
  }
  return modules_.emplace_back(module, Names()).second;
}

const Linker::Names* Linker::find_module(std::string_view module) const {
  for (const auto& [name, names] : modules_) {
    if (name == module) return &names;
  }
  return nullptr;
}

void Linker::define(std::string_view module, std::string_view name, std::variant<detail::HostFunction, Extern> what) {
  names_of(module).defined.insert_or_assign(std::string(name), std::move(what));
}

void Linker::define_rows(std::string_view module, std::span<const HostRow> rows, std::shared_ptr<void> environment) {
  DCHECK(std::ranges::is_sorted(rows, {}, &HostRow::name));
  Names& names = names_of(module);
  // A definition replaces the one before.
  if (!names.defined.empty()) std::erase_if(names.defined, [&](const auto& definition) {
    return std::ranges::binary_search(rows, definition.first, {}, &HostRow::name);
  });
  names.tables.push_back({rows, std::move(environment)});
}

Linker::Definition Linker::find(const Names& names, std::string_view name) {
  auto found = names.defined.find(name);
  if (found != names.defined.end()) return {.defined = &found->second};
  for (usize i = names.tables.size(); i-- > 0;) {
    const Rows& table = names.tables[i];
    auto row = std::ranges::lower_bound(table.rows, name, {}, &HostRow::name);
    if (row != table.rows.end() && row->name == name) return {.table = &table, .row = &*row};
  }
  return {};
}

Linker::Definition Linker::find(std::string_view module, std::string_view name) const {
  const Names* names = find_module(module);
  return names ? find(*names, name) : Definition();
}

std::string Linker::nearest(std::string_view module, std::string_view name) const {
  auto nearest_in = [&](const Names& names) {
    Nearest nearest(name);
    for (const auto& [key, value] : names.defined) nearest.see(key);
    for (const Rows& table : names.tables)
      for (const HostRow& row : table.rows) nearest.see(row.name);
    return nearest.best();
  };
  if (const Names* names = find_module(module)) {
    std::string_view found = nearest_in(*names);
    return found.empty() ? "" : concat("; the nearest is \"", module, "\" \"", found, "\"");
  }
  // The module may be misspelt, or the name be in another.
  Nearest near_module(module);
  for (const auto& [key, names] : modules_) near_module.see(key);
  if (std::string_view near = near_module.best(); !near.empty()) {
    const Names& names = *find_module(near);
    std::string_view found = find(names, name) ? name : nearest_in(names);
    return found.empty() ? concat("; there is no module of that name, the nearest is \"", near, "\"")
                         : concat("; the nearest is \"", near, "\" \"", found, "\"");
  }
  for (const auto& [other, names] : modules_) {
    if (find(names, name)) return concat("; the nearest is \"", other, "\" \"", name, "\"");
  }
  return "; there is no module of that name";
}

namespace {

Failure<Error> of_another_store() {
  return fail(ErrorCode::Argument, "something of another store, or of one that is gone, was given to this store");
}

runtime::StoreLink& link_of(const Extern& handle) {
  return *std::visit([](const auto& h) { return h.link().get(); }, handle);
}

}  // namespace

Result<std::shared_ptr<const InstancePre>> Linker::resolve(std::shared_ptr<CompiledModule> compiled,
                                                           const Store* store) const {
  const wasm::Module& module = compiled->module();
  std::shared_ptr<InstancePre> pre(new InstancePre(std::move(compiled)));
  pre->reserve(module.imports.size());
  std::string wrong;
  auto note = [&](auto... what) { wrong += concat(wrong.empty() ? "" : "\n", what...); };
  for (const wasm::Import& import : module.imports) {
    Definition definition = find(import.module, import.name);
    if (!definition && traps_unknown_functions_ && import.kind == ExternKind::Func) {
      std::string name = concat("\"", import.module, "\" \"", import.name, "\"");
      TRY(pre->add(unknown_function(module.type_of(FuncIndex(import.index)), std::move(name))));
      continue;
    }
    if (!definition) {
      note("unknown import \"", import.module, "\" \"", import.name, "\", a ", describe_import(module, import),
           nearest(import.module, import.name));
      continue;
    }
    std::optional<ExternValue> value;
    if (const HostRow* row = definition.row) {
      value = TRY(pre->add({read_type(row->type), row->code(), false, definition.table->environment}));
    } else if (auto* handle = std::get_if<Extern>(definition.defined)) {
      // What matches now does so as long as it lives: memories and tables only grow.
      runtime::Store* owner = link_of(*handle).store;
      if (!owner || (store && owner != store)) return of_another_store();
      value = TRY(extern_value(*owner, *handle));
      pre->add(*handle);
    } else {
      value = TRY(pre->add(std::get<detail::HostFunction>(*definition.defined)));
    }
    if (auto why = mismatch(*pre->module(), import, *value)) note("incompatible import type: ", *why);
  }
  if (!wrong.empty()) return fail(ErrorCode::Link, std::move(wrong));
  return std::shared_ptr<const InstancePre>(std::move(pre));
}

Result<ExternValue> extern_value(Store& store, const Extern& handle) {
  bool is_of_store = std::visit([&](const auto& h) { return h.link() == store.link(); }, handle);
  if (!is_of_store) return of_another_store();
  switch (ExternKind(handle.index())) {
    case ExternKind::Func: return ExternValue(&store.function(std::get<Func>(handle).handle()));
    case ExternKind::Table: return ExternValue(std::get<skerry::Table>(handle).internal());
    case ExternKind::Memory: return ExternValue(std::get<skerry::Memory>(handle).internal());
    case ExternKind::Global: return ExternValue(std::get<skerry::Global>(handle).internal());
    case ExternKind::Tag: break;
  }
  UNREACHABLE("a handle of a kind that is not implemented");
}

Extern extern_handle(Store& store, const ExternValue& value) {
  const auto& link = store.link();
  switch (ExternKind(value.index())) {
    case ExternKind::Func: return Func(link, std::get<FuncRecord*>(value)->handle);
    case ExternKind::Table: return skerry::Table(link, std::get<Table*>(value));
    case ExternKind::Memory: return skerry::Memory(link, std::get<Memory*>(value));
    case ExternKind::Global: return skerry::Global(link, std::get<Global*>(value));
    case ExternKind::Tag: break;
  }
  UNREACHABLE("a value of a kind that is not implemented");
}

}  // namespace skerry::runtime
