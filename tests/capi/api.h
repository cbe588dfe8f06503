// What tests of wasm.h share: objects that delete themselves, and modules from text.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "skerry/module.h"
#include "wasm.h"

namespace skerry::capi_tests {

template <auto remove>
struct Delete {
  template <class T>
  void operator()(T* object) const { remove(object); }
};
template <class T, auto remove>
using Own = std::unique_ptr<T, Delete<remove>>;

#define OWN(Name, name) using Name = Own<wasm_##name##_t, wasm_##name##_delete>
OWN(EnginePtr, engine);
OWN(StorePtr, store);
OWN(ModulePtr, module);
OWN(SharedModulePtr, shared_module);
OWN(InstancePtr, instance);
OWN(FuncPtr, func);
OWN(GlobalPtr, global);
OWN(TablePtr, table);
OWN(MemoryPtr, memory);
OWN(ForeignPtr, foreign);
OWN(RefPtr, ref);
OWN(TrapPtr, trap);
OWN(FramePtr, frame);
OWN(FuncTypePtr, functype);
#undef OWN

template <class Vec, auto remove>
struct OwnVec : Vec {
  OwnVec() : Vec{0, nullptr} {}
  OwnVec(const OwnVec&) = delete;
  ~OwnVec() { remove(this); }
};
using Externs = OwnVec<wasm_extern_vec_t, wasm_extern_vec_delete>;
using Bytes = OwnVec<wasm_byte_vec_t, wasm_byte_vec_delete>;
using Frames = OwnVec<wasm_frame_vec_t, wasm_frame_vec_delete>;

inline std::string wasm_of(std::string_view text) {
  static Engine engine = *Engine::create();
  auto module = Module::from_text(engine, text);
  if (!module) ADD_FAILURE() << module.error().message;
  auto bytes = module->binary();
  return {bytes.begin(), bytes.end()};
}

inline ModulePtr make_module(wasm_store_t* store, std::string_view text) {
  std::string wasm = wasm_of(text);
  wasm_byte_vec_t bytes = {wasm.size(), wasm.data()};
  ModulePtr module(wasm_module_new(store, &bytes));
  EXPECT_TRUE(module);
  return module;
}

inline std::string message_of(const wasm_trap_t* trap) {
  Bytes message;
  wasm_trap_message(trap, &message);
  EXPECT_GT(message.size, 0u);
  EXPECT_EQ(message.data[message.size - 1], '\0');
  return {message.data, message.size - 1};
}

inline InstancePtr make_instance(wasm_store_t* store, const wasm_module_t* module,
                                 std::initializer_list<wasm_extern_t*> imports = {}) {
  std::vector<wasm_extern_t*> list(imports);
  wasm_extern_vec_t vec = {list.size(), list.data()};
  wasm_trap_t* trap = nullptr;
  InstancePtr instance(wasm_instance_new(store, module, &vec, &trap));
  if (trap) ADD_FAILURE() << message_of(TrapPtr(trap).get());
  EXPECT_TRUE(instance);
  return instance;
}

// An engine, a store, and an instance of a text with what it exports.
struct World {
  explicit World(std::string_view text, std::initializer_list<wasm_extern_t*> imports = {}) { load(text, imports); }
  World() = default;
  void load(std::string_view text, std::initializer_list<wasm_extern_t*> imports = {}) {
    module = make_module(store.get(), text);
    instance = make_instance(store.get(), module.get(), imports);
    wasm_instance_exports(instance.get(), &exports);
  }
  wasm_func_t* func(usize i) const { return wasm_extern_as_func(exports.data[i]); }
  wasm_global_t* global(usize i) const { return wasm_extern_as_global(exports.data[i]); }
  wasm_table_t* table(usize i) const { return wasm_extern_as_table(exports.data[i]); }
  wasm_memory_t* memory(usize i) const { return wasm_extern_as_memory(exports.data[i]); }

  EnginePtr engine{wasm_engine_new()};
  StorePtr store{wasm_store_new(engine.get())};
  ModulePtr module;
  InstancePtr instance;
  Externs exports;
};

inline wasm_val_t i32_value(i32 value) { return WASM_I32_VAL(value); }
inline wasm_val_t ref_value(wasm_ref_t* ref) { return WASM_REF_VAL(ref); }

// Calls; the trap if there was one.
inline TrapPtr call(const wasm_func_t* func, std::vector<wasm_val_t> arguments, std::vector<wasm_val_t>& results) {
  wasm_val_vec_t in = {arguments.size(), arguments.data()}, out = {results.size(), results.data()};
  return TrapPtr(wasm_func_call(func, &in, &out));
}
inline TrapPtr call(const wasm_func_t* func, std::vector<wasm_val_t> arguments = {}) {
  std::vector<wasm_val_t> none;
  return call(func, std::move(arguments), none);
}
inline i32 call_i32(const wasm_func_t* func, std::vector<wasm_val_t> arguments = {}) {
  std::vector<wasm_val_t> results = {WASM_INIT_VAL};
  TrapPtr trap = call(func, std::move(arguments), results);
  if (trap) ADD_FAILURE() << message_of(trap.get());
  EXPECT_EQ(results[0].kind, WASM_I32);
  return results[0].of.i32;
}
inline RefPtr call_ref(const wasm_func_t* func, std::vector<wasm_val_t> arguments = {}) {
  std::vector<wasm_val_t> results = {WASM_INIT_VAL};
  TrapPtr trap = call(func, std::move(arguments), results);
  if (trap) ADD_FAILURE() << message_of(trap.get());
  return RefPtr(results[0].of.ref);
}

inline void count_up(void* counter) { ++*static_cast<int*>(counter); }

}  // namespace skerry::capi_tests
