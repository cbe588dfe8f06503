// Globals, tables, memories, externs and instances of wasm.h.

#include "api/objects.h"
#include "api/types.h"
#include "base/string.h"
#include "engine/runtime/instance.h"

using namespace skerry;
using namespace skerry::capi;

namespace {

template <class Object, class Made>
Object* object_of_made(const State& state, const Result<Made>& made) {
  return made ? object_of(state, *made) : nullptr;
}

}  // namespace

extern "C" {

// ---------------------------------------------------------------------------------------- Globals

wasm_global_t* wasm_global_new(wasm_store_t* store, const wasm_globaltype_t* type, const wasm_val_t* value) {
  ObjectStore& state = *store->state;
  if (!state.store) return nullptr;
  auto initial = value_from(state, type->type.value, *value);
  if (!initial) return nullptr;
  return object_of_made<wasm_global_t>(store->state, Global::create(*state.store, type->type, *initial));
}
wasm_globaltype_t* wasm_global_type(const wasm_global_t* self) {
  auto type = self->value.type();
  return type ? new wasm_globaltype_t(*type) : nullptr;
}
void wasm_global_get(const wasm_global_t* self, wasm_val_t* out) {
  auto value = self->value.get();
  if (value) *out = value_to(self->state, value->type(), value->bits());
  else *out = WASM_INIT_VAL;
}
void wasm_global_set(wasm_global_t* self, const wasm_val_t* value) {
  auto type = self->value.type();
  if (!type) return;
  auto converted = value_from(*self->state, type->value, *value);
  if (converted) static_cast<void>(self->value.set(*converted));
}

// ----------------------------------------------------------------------------------------- Tables

wasm_table_t* wasm_table_new(wasm_store_t* store, const wasm_tabletype_t* type, wasm_ref_t* init) {
  ObjectStore& state = *store->state;
  if (!state.store) return nullptr;
  auto initial = value_from(state, type->type.element, init);
  if (!initial) return nullptr;
  return object_of_made<wasm_table_t>(store->state, Table::create(*state.store, type->type, *initial));
}
wasm_tabletype_t* wasm_table_type(const wasm_table_t* self) {
  auto type = self->value.type();
  return type ? new wasm_tabletype_t(*type) : nullptr;
}
wasm_ref_t* wasm_table_get(const wasm_table_t* self, wasm_table_size_t index) {
  auto value = self->value.get(index);
  return value ? reference_to(self->state, value->type(), value->bits()) : nullptr;
}
bool wasm_table_set(wasm_table_t* self, wasm_table_size_t index, wasm_ref_t* ref) {
  auto type = self->value.type();
  if (!type) return false;
  auto value = value_from(*self->state, type->element, ref);
  return value && self->value.set(index, *value);
}
wasm_table_size_t wasm_table_size(const wasm_table_t* self) { return self->value.size(); }
bool wasm_table_grow(wasm_table_t* self, wasm_table_size_t delta, wasm_ref_t* init) {
  auto type = self->value.type();
  if (!type) return false;
  auto value = value_from(*self->state, type->element, init);
  return value && self->value.grow(delta, *value);
}

// --------------------------------------------------------------------------------------- Memories

wasm_memory_t* wasm_memory_new(wasm_store_t* store, const wasm_memorytype_t* type) {
  const State& state = store->state;
  if (!state->store) return nullptr;
  return object_of_made<wasm_memory_t>(state, Memory::create(*state->store, type->type));
}
wasm_memorytype_t* wasm_memory_type(const wasm_memory_t* self) {
  auto type = self->value.type();
  return type ? new wasm_memorytype_t(*type) : nullptr;
}
byte_t* wasm_memory_data(wasm_memory_t* self) { return reinterpret_cast<byte_t*>(self->value.bytes().data()); }
size_t wasm_memory_data_size(const wasm_memory_t* self) { return self->value.bytes().size(); }
wasm_memory_pages_t wasm_memory_size(const wasm_memory_t* self) { return u32(self->value.pages()); }
bool wasm_memory_grow(wasm_memory_t* self, wasm_memory_pages_t delta) { return bool(self->value.grow(delta)); }

// ---------------------------------------------------------------------------------------- Externs

wasm_externkind_t wasm_extern_kind(const wasm_extern_t* self) {
  switch (self->kind) {
    case Kind::Func: return WASM_EXTERN_FUNC;
    case Kind::Global: return WASM_EXTERN_GLOBAL;
    case Kind::Table: return WASM_EXTERN_TABLE;
    default: return WASM_EXTERN_MEMORY;
  }
}
wasm_externtype_t* wasm_extern_type(const wasm_extern_t* self) {
  switch (self->kind) {
    case Kind::Func: return wasm_func_type(static_cast<const wasm_func_t*>(self));
    case Kind::Global: return wasm_global_type(static_cast<const wasm_global_t*>(self));
    case Kind::Table: return wasm_table_type(static_cast<const wasm_table_t*>(self));
    default: return wasm_memory_type(static_cast<const wasm_memory_t*>(self));
  }
}

}  // extern "C"

// -------------------------------------------------------------------------------------- Instances

namespace {

Result<Extern> import_from(const State& state, const wasm_extern_t* import) {
  if (!import) return fail(ErrorCode::Argument, "an import is NULL");
  if (import->state != state) return fail(ErrorCode::Argument, "an import is of another store");
  switch (import->kind) {
    case Kind::Func: return Extern(static_cast<const wasm_func_t*>(import)->value);
    case Kind::Global: return Extern(static_cast<const wasm_global_t*>(import)->value);
    case Kind::Table: return Extern(static_cast<const wasm_table_t*>(import)->value);
    default: return Extern(static_cast<const wasm_memory_t*>(import)->value);
  }
}

Result<Instance, InstantiationError> instantiate(const State& state, const Module& module,
                                                 const wasm_extern_vec_t& imports) {
  std::vector<Extern> externs;
  for (usize i = 0; i < imports.size; ++i) {
    auto import = import_from(state, imports.data[i]);
    if (!import) return fail(InstantiationError(std::move(import.error())));
    externs.push_back(*std::move(import));
  }
  return Instance::create(*state->store, module, externs);
}

}  // namespace

extern "C" {

wasm_instance_t* wasm_instance_new(wasm_store_t* store, const wasm_module_t* module, const wasm_extern_vec_t* imports,
                                   wasm_trap_t** trap) {
  const State state = store->state;
  if (trap) *trap = nullptr;
  Running running(state);
  auto instance = instantiate(state, module->value, *imports);
  if (instance) return object_of(state, *instance);
  const InstantiationError& why = instance.error();
  wasm_trap_t* reason = why.trap() ? trap_of(state, *why.trap()) : trap_of(state, why.message());
  if (trap) *trap = reason;
  else reason->release();
  return nullptr;
}

void wasm_instance_exports(const wasm_instance_t* self, wasm_extern_vec_t* out) {
  *out = {0, nullptr};
  if (!self->store()) return;
  const auto& exports = self->value.internal()->module().module().exports;
  allocate(out, exports.size());
  for (usize i = 0; i < out->size; ++i) out->data[i] = object_of(self->state, *self->value.find(exports[i].name));
}

}  // extern "C"
