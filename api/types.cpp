#include "api/types.h"

#include <algorithm>

#include "api/objects.h"
#include "engine/wasm/limits.h"

using namespace skerry;
using namespace skerry::capi;

namespace {

std::optional<ValueType> type_of(wasm_valkind_t kind) {
  switch (kind) {
    case WASM_I32: return ValueType::I32;
    case WASM_I64: return ValueType::I64;
    case WASM_F32: return ValueType::F32;
    case WASM_F64: return ValueType::F64;
    case WASM_EXTERNREF: return ValueType::ExternRef;
    case WASM_FUNCREF: return ValueType::FuncRef;
    default: return std::nullopt;
  }
}

void fill(wasm_valtype_vec_t* out, const std::vector<ValueType>& types) {
  allocate(out, types.size());
  for (usize i = 0; i < out->size; ++i) out->data[i] = new wasm_valtype_t{types[i]};
}

// None if one of them is null, or there are too many for a function.
std::optional<std::vector<ValueType>> types_in(const wasm_valtype_vec_t& from, u32 limit) {
  if (from.size > limit) return std::nullopt;
  std::vector<ValueType> types;
  for (usize i = 0; i < from.size; ++i) {
    if (!from.data[i]) return std::nullopt;
    types.push_back(from.data[i]->type);
  }
  return types;
}

u32 narrowed(u64 limit) { return u32(std::min<u64>(limit, wasm_limits_max_default)); }
wasm_limits_t limits_of(const Limits& limits) {
  return {narrowed(limits.min), limits.max ? narrowed(*limits.max) : wasm_limits_max_default};
}
Limits limits_from(const wasm_limits_t& limits) {
  Limits out{.min = limits.min};
  if (limits.max != wasm_limits_max_default) out.max = limits.max;
  return out;
}

template <class T>
T* as(wasm_externtype_t* type) {
  return type && type->kind == T::kind_of ? static_cast<T*>(type) : nullptr;
}

}  // namespace

namespace skerry::capi {

wasm_valkind_t kind_of(ValueType type) {
  switch (type) {
    case ValueType::I32: return WASM_I32;
    case ValueType::I64: return WASM_I64;
    case ValueType::F32: return WASM_F32;
    case ValueType::F64: return WASM_F64;
    case ValueType::ExternRef: return WASM_EXTERNREF;
    case ValueType::FuncRef: return WASM_FUNCREF;
    case ValueType::V128:
    case ValueType::Bottom: break;
  }
  return 4;
}

void fill(wasm_name_t* out, std::string_view text) { allocate(out, text.size(), text.data()); }

std::unique_ptr<wasm_externtype_t> externtype_of(const ExternType& type) {
  struct Make {
    wasm_externtype_t* operator()(const FuncType& t) const { return new wasm_functype_t(t); }
    wasm_externtype_t* operator()(const GlobalType& t) const { return new wasm_globaltype_t(t); }
    wasm_externtype_t* operator()(const TableType& t) const { return new wasm_tabletype_t(t); }
    wasm_externtype_t* operator()(const MemoryType& t) const { return new wasm_memorytype_t(t); }
  };
  return std::unique_ptr<wasm_externtype_t>(std::visit(Make{}, type));
}

}  // namespace skerry::capi

wasm_functype_t::wasm_functype_t(FuncType t) : wasm_externtype_t(kind_of), type(std::move(t)) {
  fill(&params, type.params);
  fill(&results, type.results);
}
wasm_tabletype_t::wasm_tabletype_t(const TableType& type)
    : wasm_externtype_t(kind_of), type(type), element{type.element}, limits(limits_of(type.limits)) {}
wasm_memorytype_t::wasm_memorytype_t(const MemoryType& type)
    : wasm_externtype_t(kind_of), type(type), limits(limits_of(type.limits)) {}

extern "C" {

wasm_valtype_t* wasm_valtype_new(wasm_valkind_t kind) {
  auto type = type_of(kind);
  return type ? new wasm_valtype_t{*type} : nullptr;
}
void wasm_valtype_delete(wasm_valtype_t* self) { delete self; }
wasm_valtype_t* wasm_valtype_copy(const wasm_valtype_t* self) { return self ? new wasm_valtype_t(*self) : nullptr; }
wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t* self) { return kind_of(self->type); }

#define EXTERN_TYPE(name)                                                                                           \
  void wasm_##name##_delete(wasm_##name##_t* self) { delete self; }                                                 \
  wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t* self) {                                                \
    return self ? new wasm_##name##_t(self->type) : nullptr;                                                        \
  }                                                                                                                 \
  wasm_externtype_t* wasm_##name##_as_externtype(wasm_##name##_t* self) { return self; }                            \
  const wasm_externtype_t* wasm_##name##_as_externtype_const(const wasm_##name##_t* self) { return self; }          \
  wasm_##name##_t* wasm_externtype_as_##name(wasm_externtype_t* type) { return as<wasm_##name##_t>(type); }         \
  const wasm_##name##_t* wasm_externtype_as_##name##_const(const wasm_externtype_t* type) {                         \
    return as<wasm_##name##_t>(const_cast<wasm_externtype_t*>(type));                                               \
  }
EXTERN_TYPE(functype)
EXTERN_TYPE(globaltype)
EXTERN_TYPE(tabletype)
EXTERN_TYPE(memorytype)

wasm_functype_t* wasm_functype_new(wasm_valtype_vec_t* params, wasm_valtype_vec_t* results) {
  Owned<wasm_valtype_vec_t, wasm_valtype_vec_delete> p(take(params)), r(take(results));
  auto param_types = types_in(p, limits::parameters), result_types = types_in(r, limits::results);
  if (!param_types || !result_types) return nullptr;
  return new wasm_functype_t({*std::move(param_types), *std::move(result_types)});
}
const wasm_valtype_vec_t* wasm_functype_params(const wasm_functype_t* self) { return &self->params; }
const wasm_valtype_vec_t* wasm_functype_results(const wasm_functype_t* self) { return &self->results; }

wasm_globaltype_t* wasm_globaltype_new(wasm_valtype_t* content, wasm_mutability_t mutability) {
  std::unique_ptr<wasm_valtype_t> taken(content);
  if (!taken || mutability > WASM_VAR) return nullptr;
  return new wasm_globaltype_t({taken->type, mutability == WASM_VAR ? Mutability::Var : Mutability::Const});
}
const wasm_valtype_t* wasm_globaltype_content(const wasm_globaltype_t* self) { return &self->content; }
wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t* self) {
  return self->type.mutability == Mutability::Var ? WASM_VAR : WASM_CONST;
}

wasm_tabletype_t* wasm_tabletype_new(wasm_valtype_t* element, const wasm_limits_t* limits) {
  std::unique_ptr<wasm_valtype_t> taken(element);
  if (!taken) return nullptr;
  return new wasm_tabletype_t({taken->type, limits_from(*limits)});
}
const wasm_valtype_t* wasm_tabletype_element(const wasm_tabletype_t* self) { return &self->element; }
const wasm_limits_t* wasm_tabletype_limits(const wasm_tabletype_t* self) { return &self->limits; }

wasm_memorytype_t* wasm_memorytype_new(const wasm_limits_t* limits) {
  return new wasm_memorytype_t({.limits = limits_from(*limits)});
}
const wasm_limits_t* wasm_memorytype_limits(const wasm_memorytype_t* self) { return &self->limits; }

wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t* self) { return self->kind; }
void wasm_externtype_delete(wasm_externtype_t* self) { delete self; }
wasm_externtype_t* wasm_externtype_copy(const wasm_externtype_t* self) {
  if (!self) return nullptr;
  switch (self->kind) {
    case WASM_EXTERN_FUNC: return wasm_functype_copy(static_cast<const wasm_functype_t*>(self));
    case WASM_EXTERN_GLOBAL: return wasm_globaltype_copy(static_cast<const wasm_globaltype_t*>(self));
    case WASM_EXTERN_TABLE: return wasm_tabletype_copy(static_cast<const wasm_tabletype_t*>(self));
    default: return wasm_memorytype_copy(static_cast<const wasm_memorytype_t*>(self));
  }
}

wasm_importtype_t* wasm_importtype_new(wasm_name_t* module, wasm_name_t* name, wasm_externtype_t* type) {
  return new wasm_importtype_t{Name(take(module)), Name(take(name)), std::unique_ptr<wasm_externtype_t>(type)};
}
void wasm_importtype_delete(wasm_importtype_t* self) { delete self; }
wasm_importtype_t* wasm_importtype_copy(const wasm_importtype_t* self) {
  if (!self) return nullptr;
  wasm_name_t module, name;
  wasm_name_copy(&module, &self->module);
  wasm_name_copy(&name, &self->name);
  return wasm_importtype_new(&module, &name, wasm_externtype_copy(self->type.get()));
}
const wasm_name_t* wasm_importtype_module(const wasm_importtype_t* self) { return &self->module; }
const wasm_name_t* wasm_importtype_name(const wasm_importtype_t* self) { return &self->name; }
const wasm_externtype_t* wasm_importtype_type(const wasm_importtype_t* self) { return self->type.get(); }

wasm_exporttype_t* wasm_exporttype_new(wasm_name_t* name, wasm_externtype_t* type) {
  return new wasm_exporttype_t{Name(take(name)), std::unique_ptr<wasm_externtype_t>(type)};
}
void wasm_exporttype_delete(wasm_exporttype_t* self) { delete self; }
wasm_exporttype_t* wasm_exporttype_copy(const wasm_exporttype_t* self) {
  if (!self) return nullptr;
  wasm_name_t name;
  wasm_name_copy(&name, &self->name);
  return wasm_exporttype_new(&name, wasm_externtype_copy(self->type.get()));
}
const wasm_name_t* wasm_exporttype_name(const wasm_exporttype_t* self) { return &self->name; }
const wasm_externtype_t* wasm_exporttype_type(const wasm_exporttype_t* self) { return self->type.get(); }

}  // extern "C"
