#include "api/objects.h"

#include "engine/runtime/store.h"

using namespace skerry;
using namespace skerry::capi;

namespace skerry::capi {

// Finalizers run in here, and may delete references. What is not theirs to find any more is taken out first.
void ObjectStore::end() {
  is_to_end = true;
  if (runs != 0 || !store) return;
  std::optional<Store> ending = std::move(store);
  store.reset();
  ending.reset();
  entities.clear();
  if (thrown) std::exchange(thrown, nullptr)->release();
  std::vector<wasm_ref_t*> owned = std::move(kept);
  for (wasm_ref_t* object : owned) {
    object->finalize();
    object->release();
  }
}

namespace {

// A function that is imported and exported again is the one that it was.
EntityKey key_of(const Func& func) {
  const FuncRecord& record = func.link()->store->function(func.handle());
  if (record.host_function) return {record.host_environment, record.host_function};
  return {record.instance, record.code};
}
template <class T>
EntityKey key_of(const T& entity) { return {entity.internal(), nullptr}; }

template <class Object, class Entity>
Object* find_or_make(const State& state, const Entity& entity) {
  EntityKey key = key_of(entity);
  auto [place, is_new] = state->entities.try_emplace(key, nullptr);
  if (is_new) {
    place->second = new Object(state, entity);
    place->second->key = key;
  } else {
    place->second->retain();
  }
  return static_cast<Object*>(place->second);
}

}  // namespace

wasm_func_t* object_of(const State& state, const Func& func) { return find_or_make<wasm_func_t>(state, func); }
wasm_global_t* object_of(const State& state, const Global& global) {
  return find_or_make<wasm_global_t>(state, global);
}
wasm_table_t* object_of(const State& state, const Table& table) { return find_or_make<wasm_table_t>(state, table); }
wasm_memory_t* object_of(const State& state, const Memory& memory) {
  return find_or_make<wasm_memory_t>(state, memory);
}
wasm_instance_t* object_of(const State& state, const Instance& instance) {
  return find_or_make<wasm_instance_t>(state, instance);
}
wasm_extern_t* object_of(const State& state, const Extern& entity) {
  return std::visit([&](const auto& e) -> wasm_extern_t* { return object_of(state, e); }, entity);
}

}  // namespace skerry::capi

wasm_ref_t::~wasm_ref_t() {
  if (key && !state->entities.empty()) {
    auto place = state->entities.find(*key);
    if (place != state->entities.end() && place->second == this) state->entities.erase(place);
  }
  finalize();
}

void wasm_ref_t::release() {
  if (--owners == 0) delete this;
}

void wasm_ref_t::finalize() {
  void* info = std::exchange(host_info, nullptr);
  if (auto function = std::exchange(finalizer, nullptr)) function(info);
}

void wasm_ref_t::set_host_info(void* info, void (*function)(void*)) {
  finalize();
  host_info = info;
  finalizer = function;
  if (!key || is_kept || !store()) return;
  is_kept = true;
  retain();
  state->kept.push_back(this);
}

// ------------------------------------------------------------- What all references have in common

namespace {

template <class Object>
Object* as(wasm_ref_t* ref) {
  return ref && ref->kind == Object::kind_of ? static_cast<Object*>(ref) : nullptr;
}
template <>
wasm_extern_t* as<wasm_extern_t>(wasm_ref_t* ref) {
  return ref && ref->kind <= Kind::Memory ? static_cast<wasm_extern_t*>(ref) : nullptr;
}

}  // namespace

extern "C" {

#define REF_BASE(name)                                                                                             \
  void wasm_##name##_delete(wasm_##name##_t* self) {                                                               \
    if (self) self->release();                                                                                     \
  }                                                                                                                \
  wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t* self) {                                               \
    auto* object = const_cast<wasm_##name##_t*>(self);                                                             \
    if (object) object->retain();                                                                                  \
    return object;                                                                                                 \
  }                                                                                                                \
  bool wasm_##name##_same(const wasm_##name##_t* a, const wasm_##name##_t* b) { return a == b; }                   \
  void* wasm_##name##_get_host_info(const wasm_##name##_t* self) { return self->host_info; }                       \
  void wasm_##name##_set_host_info(wasm_##name##_t* self, void* info) { self->set_host_info(info, nullptr); }      \
  void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t* self, void* info, void (*finalizer)(void*)) {   \
    self->set_host_info(info, finalizer);                                                                          \
  }

#define REF(name)                                                                                         \
  REF_BASE(name)                                                                                          \
  wasm_ref_t* wasm_##name##_as_ref(wasm_##name##_t* self) { return self; }                                \
  wasm_##name##_t* wasm_ref_as_##name(wasm_ref_t* ref) { return as<wasm_##name##_t>(ref); }               \
  const wasm_ref_t* wasm_##name##_as_ref_const(const wasm_##name##_t* self) { return self; }              \
  const wasm_##name##_t* wasm_ref_as_##name##_const(const wasm_ref_t* ref) {                              \
    return as<wasm_##name##_t>(const_cast<wasm_ref_t*>(ref));                                             \
  }

#define EXTERN(name)                                                                                             \
  REF(name)                                                                                                      \
  wasm_extern_t* wasm_##name##_as_extern(wasm_##name##_t* self) { return self; }                                 \
  wasm_##name##_t* wasm_extern_as_##name(wasm_extern_t* self) { return as<wasm_##name##_t>(self); }              \
  const wasm_extern_t* wasm_##name##_as_extern_const(const wasm_##name##_t* self) { return self; }               \
  const wasm_##name##_t* wasm_extern_as_##name##_const(const wasm_extern_t* self) {                              \
    return as<wasm_##name##_t>(const_cast<wasm_extern_t*>(self));                                                \
  }

REF_BASE(ref)
REF(extern)
EXTERN(func)
EXTERN(global)
EXTERN(table)
EXTERN(memory)
REF(instance)
REF(module)
REF(trap)
REF(foreign)

wasm_foreign_t* wasm_foreign_new(wasm_store_t* store) { return new wasm_foreign_t(store->state); }

}  // extern "C"
