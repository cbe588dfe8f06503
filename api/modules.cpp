#include "api/objects.h"
#include "api/types.h"
#include "engine/runtime/compiled_module.h"

using namespace skerry;
using namespace skerry::capi;

struct wasm_config_t {
  Config config;
};
struct wasm_engine_t {
  Engine engine;
};
struct wasm_shared_module_t {
  Module module;
};

namespace {

std::span<const u8> bytes_of(const wasm_byte_vec_t& vec) { return {reinterpret_cast<const u8*>(vec.data), vec.size}; }

wasm_module_t* made(const State& state, Result<Module> module) {
  return module ? new wasm_module_t(state, *std::move(module)) : nullptr;
}

}  // namespace

extern "C" {

// The standard has no limits of a store's, and programs that make a hundred thousand instances in one.
wasm_config_t* wasm_config_new(void) {
  auto* self = new wasm_config_t;
  self->config.limits = {.table_elements = ~u64{0}, .memories = ~u32{0}, .tables = ~u32{0}, .instances = ~u32{0}};
  return self;
}
void wasm_config_delete(wasm_config_t* self) { delete self; }

wasm_engine_t* wasm_engine_new(void) { return wasm_engine_new_with_config(wasm_config_new()); }
wasm_engine_t* wasm_engine_new_with_config(wasm_config_t* config) {
  std::unique_ptr<wasm_config_t> taken(config);
  if (!taken) return nullptr;
  Result<Engine> engine = Engine::create(taken->config);
  return engine ? new wasm_engine_t{*std::move(engine)} : nullptr;
}
void wasm_engine_delete(wasm_engine_t* self) { delete self; }

wasm_store_t* wasm_store_new(wasm_engine_t* engine) {
  Result<Store> store = Store::create(engine->engine);
  if (!store) return nullptr;
  auto* self = new wasm_store_t{std::make_shared<ObjectStore>()};
  self->state->store = *std::move(store);
  return self;
}
void wasm_store_delete(wasm_store_t* self) {
  if (!self) return;
  State state = self->state;
  delete self;
  state->end();
}

wasm_module_t* wasm_module_new(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  return made(store->state, Module::from_binary(store->state->store->engine(), bytes_of(*binary)));
}
bool wasm_module_validate(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  return bool(Module::validate(store->state->store->engine(), bytes_of(*binary)));
}

void wasm_module_imports(const wasm_module_t* self, wasm_importtype_vec_t* out) {
  std::vector<ImportType> imports = self->value.imports();
  allocate(out, imports.size());
  for (usize i = 0; i < out->size; ++i) {
    auto* import = out->data[i] = new wasm_importtype_t;
    fill(&import->module, imports[i].module);
    fill(&import->name, imports[i].name);
    import->type = externtype_of(imports[i].type);
  }
}

void wasm_module_exports(const wasm_module_t* self, wasm_exporttype_vec_t* out) {
  std::vector<ExportType> exports = self->value.exports();
  allocate(out, exports.size());
  for (usize i = 0; i < out->size; ++i) {
    auto* e = out->data[i] = new wasm_exporttype_t;
    fill(&e->name, exports[i].name);
    e->type = externtype_of(exports[i].type);
  }
}

void wasm_module_serialize(const wasm_module_t* self, wasm_byte_vec_t* out) {
  auto bytes = self->value.serialise();
  if (bytes) allocate(out, bytes->size(), bytes->data());
  else *out = {0, nullptr};
}
wasm_module_t* wasm_module_deserialize(wasm_store_t* store, const wasm_byte_vec_t* bytes) {
  return made(store->state, Module::from_artifact_trusted(store->state->store->engine(), bytes_of(*bytes)));
}

wasm_shared_module_t* wasm_module_share(const wasm_module_t* self) { return new wasm_shared_module_t{self->value}; }
void wasm_shared_module_delete(wasm_shared_module_t* self) { delete self; }
wasm_module_t* wasm_module_obtain(wasm_store_t* store, const wasm_shared_module_t* shared) {
  if (&shared->module.internal().engine() != &store->state->store->engine().internal()) return nullptr;
  return new wasm_module_t(store->state, shared->module);
}

}  // extern "C"
