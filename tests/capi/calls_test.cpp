// Calls through wasm.h: values, traps and their frames, callbacks, modules and threads.

#include <cmath>
#include <thread>

#include "tests/capi/api.h"

namespace skerry::capi_tests {
namespace {

TEST(CapiCalls, AllKindsOfValues) {
  World w(R"((module (func (export "f") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
    (local.get 3) (local.get 2) (local.get 1) (local.get 0))))");
  std::vector<wasm_val_t> results(4);
  ASSERT_FALSE(call(w.func(0), {i32_value(-1), {.kind = WASM_I64, .of = {.i64 = INT64_MIN}},
                                {.kind = WASM_F32, .of = {.f32 = 1.5f}}, {.kind = WASM_F64, .of = {.f64 = -0.0}}},
                    results));
  EXPECT_EQ(results[0].kind, WASM_F64);
  EXPECT_TRUE(std::signbit(results[0].of.f64));
  EXPECT_EQ(results[1].of.f32, 1.5f);
  EXPECT_EQ(results[2].of.i64, INT64_MIN);
  EXPECT_EQ(results[3].kind, WASM_I32);
  EXPECT_EQ(results[3].of.i32, -1);
  EXPECT_EQ(wasm_func_param_arity(w.func(0)), 4u);
  EXPECT_EQ(wasm_func_result_arity(w.func(0)), 4u);
}

TEST(CapiCalls, WhatDoesNotFitIsATrapAndNothingRuns) {
  World w("(module (global (export \"g\") (mut i32) (i32.const 0)) (func (export \"f\") (param i32) (result i32)"
          " (global.set 0 (i32.const 1)) (local.get 0)))");
  EXPECT_EQ(message_of(call(w.func(1)).get()), "the function takes 1 arguments and was given 0");
  EXPECT_EQ(message_of(call(w.func(1), {{.kind = WASM_F32}}).get()),
            "argument 0: a value of kind 2 was given for one of i32");
  wasm_val_t value;
  wasm_global_get(w.global(0), &value);
  EXPECT_EQ(value.of.i32, 0);
  // Results without room are dropped.
  EXPECT_FALSE(call(w.func(1), {i32_value(5)}));
  wasm_global_get(w.global(0), &value);
  EXPECT_EQ(value.of.i32, 1);
}

TEST(CapiTraps, MessageOriginAndTrace) {
  World w("(module (func $outer (export \"f\") (call $inner)) (func $inner (nop) (unreachable)))");
  TrapPtr trap = call(w.func(0));
  ASSERT_TRUE(trap);
  EXPECT_EQ(message_of(trap.get()), "unreachable");
  FramePtr origin(wasm_trap_origin(trap.get()));
  ASSERT_TRUE(origin);
  EXPECT_EQ(wasm_frame_func_index(origin.get()), 1u);
  EXPECT_EQ(wasm_frame_func_offset(origin.get()), 2u);  // behind the count of locals and the nop
  EXPECT_TRUE(wasm_instance_same(wasm_frame_instance(origin.get()), w.instance.get()));
  Frames trace;
  wasm_trap_trace(trap.get(), &trace);
  ASSERT_EQ(trace.size, 2u);
  EXPECT_EQ(wasm_frame_module_offset(trace.data[0]), wasm_frame_module_offset(origin.get()));
  EXPECT_EQ(wasm_frame_func_index(trace.data[1]), 0u);
  EXPECT_EQ(wasm_frame_func_offset(trace.data[1]), 1u);
  EXPECT_LT(wasm_frame_module_offset(trace.data[1]), wasm_frame_module_offset(trace.data[0]));
  FramePtr copy(wasm_frame_copy(trace.data[1]));
  EXPECT_EQ(wasm_frame_func_index(copy.get()), 0u);
  // Frames outlive all.
  w.store.reset();
  EXPECT_EQ(wasm_frame_instance(copy.get()), nullptr);
  EXPECT_TRUE(wasm_frame_instance(origin.get()));
}

TEST(CapiTraps, AFrameOfOneOfSeveralInstancesHasNone) {
  World w("(module (func (export \"f\") (unreachable)))");
  InstancePtr second = make_instance(w.store.get(), w.module.get());
  FramePtr origin(wasm_trap_origin(call(w.func(0)).get()));
  ASSERT_TRUE(origin);
  EXPECT_EQ(wasm_frame_instance(origin.get()), nullptr);
}

struct Thrower {
  wasm_store_t* store;
  wasm_trap_t* kept = nullptr;
};
wasm_trap_t* throw_up(void* env, const wasm_val_vec_t*, wasm_val_vec_t*) {
  auto& self = *static_cast<Thrower*>(env);
  wasm_byte_vec_t message;
  wasm_name_new_from_string_nt(&message, "enough");
  wasm_trap_t* trap = wasm_trap_new(self.store, &message);
  wasm_name_delete(&message);
  self.kept = wasm_trap_copy(trap);
  return trap;
}

TEST(CapiTraps, WhatACallbackThrowsArrivesAsItself) {
  World w;
  Thrower thrower{w.store.get()};
  FuncTypePtr type(wasm_functype_new_0_1(wasm_valtype_new_i32()));
  FuncPtr func(wasm_func_new_with_env(w.store.get(), type.get(), throw_up, &thrower, nullptr));
  w.load("(module (import \"\" \"\" (func $f (result i32))) (func (export \"g\") (result i32) (call $f)))",
         {wasm_func_as_extern(func.get())});
  TrapPtr trap = call(w.func(0)), kept(thrower.kept);
  ASSERT_TRUE(trap);
  EXPECT_TRUE(wasm_trap_same(trap.get(), kept.get()));
  EXPECT_EQ(message_of(trap.get()), "enough");
  FramePtr origin(wasm_trap_origin(trap.get()));
  ASSERT_TRUE(origin);
  EXPECT_EQ(wasm_frame_func_index(origin.get()), 1u);
  // Without a guest between there are no frames.
  TrapPtr direct = call(func.get());
  kept.reset(thrower.kept);
  EXPECT_TRUE(wasm_trap_same(direct.get(), kept.get()));
  EXPECT_EQ(wasm_trap_origin(direct.get()), nullptr);
  // A message without a zero is taken as it is, and told with one.
  wasm_byte_vec_t plain = {2, const_cast<char*>("ab")};
  TrapPtr made(wasm_trap_new(w.store.get(), &plain));
  EXPECT_EQ(message_of(made.get()), "ab");
}

TEST(CapiCallbacks, AWrongResultIsATrap) {
  World w;
  FuncTypePtr type(wasm_functype_new_0_1(wasm_valtype_new_i32()));
  wasm_func_callback_t callback = [](const wasm_val_vec_t*, wasm_val_vec_t* results) -> wasm_trap_t* {
    EXPECT_EQ(results->data[0].kind, WASM_I32);
    results->data[0] = {.kind = WASM_F64, .of = {.f64 = 1}};
    return nullptr;
  };
  FuncPtr func(wasm_func_new(w.store.get(), type.get(), callback));
  EXPECT_EQ(message_of(call(func.get()).get()), "a host function's result: a value of kind 3 was given for one of i32");
  EXPECT_EQ(wasm_func_new(w.store.get(), type.get(), nullptr), nullptr);
}

// A callback calls the guest again, and deletes what it was called by.
struct Reentry {
  World* w;
  int depth = 0;
};
TEST(CapiCallbacks, ThatDeleteWhatRuns) {
  int finalized = 0;
  World w;
  Reentry reentry{&w};
  FuncTypePtr type(wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32()));
  FuncPtr func(wasm_func_new_with_env(
      w.store.get(), type.get(),
      [](void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) -> wasm_trap_t* {
        auto& self = *static_cast<Reentry*>(env);
        World& w = *self.w;
        results->data[0] = i32_value(args->data[0].of.i32 + 1);
        if (++self.depth < 3) {
          results->data[0] = i32_value(call_i32(w.func(0), {i32_value(args->data[0].of.i32 + 1)}));
        } else {
          w.store.reset();
          wasm_extern_vec_delete(&w.exports);
          w.instance.reset();
          w.module.reset();
          w.engine.reset();
        }
        return nullptr;
      },
      &reentry, nullptr));
  wasm_func_set_host_info_with_finalizer(func.get(), &finalized, count_up);
  w.load("(module (import \"\" \"\" (func $f (param i32) (result i32)))"
         " (func (export \"g\") (param i32) (result i32) (i32.mul (i32.const 2) (call $f (local.get 0)))))",
         {wasm_func_as_extern(func.get())});
  FuncPtr g(wasm_func_copy(w.func(0)));
  EXPECT_EQ(call_i32(g.get(), {i32_value(1)}), 32);
  // The store went when the outermost call had ended.
  EXPECT_EQ(finalized, 1);
  EXPECT_EQ(message_of(call(g.get(), {i32_value(1)}).get()), "the function's store is gone");
}

TEST(CapiModules, ImportsExportsAndTypes) {
  EnginePtr engine(wasm_engine_new());
  StorePtr store(wasm_store_new(engine.get()));
  ModulePtr module = make_module(store.get(), R"((module
    (import "env" "f" (func (param i32 funcref) (result externref)))
    (import "env" "t" (table 2 10 funcref))
    (export "g" (global 0)) (export "m" (memory 0))
    (global (mut f64) (f64.const 1)) (memory 3)))");
  wasm_importtype_vec_t imports, copy;
  wasm_exporttype_vec_t exports;
  wasm_module_imports(module.get(), &imports);
  wasm_module_exports(module.get(), &exports);
  wasm_importtype_vec_copy(&copy, &imports);
  wasm_importtype_vec_delete(&imports);
  module.reset();
  ASSERT_EQ(copy.size, 2u);
  auto text = [](const wasm_name_t* name) { return std::string(name->data, name->size); };
  EXPECT_EQ(text(wasm_importtype_module(copy.data[0])), "env");
  EXPECT_EQ(text(wasm_importtype_name(copy.data[1])), "t");
  const wasm_externtype_t* f = wasm_importtype_type(copy.data[0]);
  ASSERT_EQ(wasm_externtype_kind(f), WASM_EXTERN_FUNC);
  const wasm_functype_t* type = wasm_externtype_as_functype_const(f);
  ASSERT_EQ(wasm_functype_params(type)->size, 2u);
  EXPECT_EQ(wasm_valtype_kind(wasm_functype_params(type)->data[0]), WASM_I32);
  EXPECT_EQ(wasm_valtype_kind(wasm_functype_params(type)->data[1]), WASM_FUNCREF);
  EXPECT_EQ(wasm_valtype_kind(wasm_functype_results(type)->data[0]), WASM_EXTERNREF);
  EXPECT_EQ(wasm_externtype_as_memorytype_const(f), nullptr);
  const auto* table = wasm_externtype_as_tabletype_const(wasm_importtype_type(copy.data[1]));
  EXPECT_EQ(wasm_tabletype_limits(table)->min, 2u);
  EXPECT_EQ(wasm_tabletype_limits(table)->max, 10u);
  const auto* global = wasm_externtype_as_globaltype_const(wasm_exporttype_type(exports.data[0]));
  EXPECT_EQ(wasm_globaltype_mutability(global), WASM_VAR);
  EXPECT_EQ(wasm_valtype_kind(wasm_globaltype_content(global)), WASM_F64);
  const auto* memory = wasm_externtype_as_memorytype_const(wasm_exporttype_type(exports.data[1]));
  EXPECT_EQ(wasm_memorytype_limits(memory)->min, 3u);
  EXPECT_EQ(wasm_memorytype_limits(memory)->max, wasm_limits_max_default);
  EXPECT_EQ(text(wasm_exporttype_name(exports.data[1])), "m");
  wasm_importtype_vec_delete(&copy);
  wasm_exporttype_vec_delete(&exports);
}

TEST(CapiModules, WhatIsNoModule) {
  EnginePtr engine(wasm_engine_new());
  StorePtr store(wasm_store_new(engine.get()));
  std::string good = wasm_of("(module (func (export \"f\")))");
  for (usize size = 0; size <= good.size(); ++size) {
    wasm_byte_vec_t bytes = {size, good.data()};
    ModulePtr module(wasm_module_new(store.get(), &bytes));
    EXPECT_EQ(bool(module), wasm_module_validate(store.get(), &bytes)) << size;
    if (size < 8 || size + 1 == good.size()) EXPECT_FALSE(module) << size;
    if (size == good.size()) EXPECT_TRUE(module);
    ModulePtr read(wasm_module_deserialize(store.get(), &bytes));
    EXPECT_FALSE(read) << size;
  }
}

TEST(CapiModules, SerializedAndBack) {
  World w("(module (func (export \"f\") (result i32) (i32.const 11)))");
  Bytes bytes;
  wasm_module_serialize(w.module.get(), &bytes);
  ASSERT_GT(bytes.size, 0u);
  ModulePtr read(wasm_module_deserialize(w.store.get(), &bytes));
  ASSERT_TRUE(read);
  InstancePtr instance = make_instance(w.store.get(), read.get());
  Externs exports;
  wasm_instance_exports(instance.get(), &exports);
  EXPECT_EQ(call_i32(wasm_extern_as_func(exports.data[0])), 11);
  bytes.data[bytes.size / 2] ^= 1;
  EXPECT_EQ(wasm_module_deserialize(w.store.get(), &bytes), nullptr);
}

TEST(CapiInstances, WhyThereIsNone) {
  EnginePtr engine(wasm_engine_new());
  StorePtr store(wasm_store_new(engine.get()));
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  wasm_trap_t* trap = nullptr;
  ModulePtr importing = make_module(store.get(), "(module (import \"\" \"f\" (func)))");
  EXPECT_EQ(wasm_instance_new(store.get(), importing.get(), &none, &trap), nullptr);
  EXPECT_EQ(message_of(TrapPtr(trap).get()), "the module has 1 imports, and 0 were given");
  EXPECT_EQ(wasm_instance_new(store.get(), importing.get(), &none, nullptr), nullptr);
  ModulePtr trapping = make_module(store.get(), "(module (func $f (unreachable)) (start $f))");
  EXPECT_EQ(wasm_instance_new(store.get(), trapping.get(), &none, &trap), nullptr);
  TrapPtr why(trap);
  EXPECT_EQ(message_of(why.get()), "unreachable");
  EXPECT_TRUE(FramePtr(wasm_trap_origin(why.get())));
  // Of another engine.
  EnginePtr other(wasm_engine_new());
  StorePtr others(wasm_store_new(other.get()));
  EXPECT_EQ(wasm_instance_new(others.get(), trapping.get(), &none, &trap), nullptr);
  EXPECT_EQ(message_of(TrapPtr(trap).get()), "the module and the store are of different engines");
  SharedModulePtr shared(wasm_module_share(trapping.get()));
  EXPECT_EQ(wasm_module_obtain(others.get(), shared.get()), nullptr);
}

TEST(CapiTypes, WhatCannotBe) {
  EXPECT_EQ(wasm_valtype_new(4), nullptr);
  EXPECT_EQ(wasm_globaltype_new(nullptr, WASM_VAR), nullptr);
  EXPECT_EQ(wasm_globaltype_new(wasm_valtype_new_i32(), 2), nullptr);
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new_uninitialized(&params, 2);
  params.data[0] = wasm_valtype_new_i32();
  wasm_valtype_vec_new_empty(&results);
  EXPECT_EQ(wasm_functype_new(&params, &results), nullptr);
  EXPECT_EQ(params.size, 0u);  // taken all the same
  wasm_byte_vec_t bytes;
  wasm_byte_vec_new_uninitialized(&bytes, SIZE_MAX);
  EXPECT_EQ(bytes.size, 0u);

  World w("(module)");
  wasm_limits_t limits = {5, 4};
  wasm_tabletype_t* table = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
  EXPECT_EQ(wasm_table_new(w.store.get(), table, nullptr), nullptr);
  wasm_tabletype_delete(table);
  table = wasm_tabletype_new(wasm_valtype_new_i32(), &limits);
  EXPECT_EQ(wasm_table_new(w.store.get(), table, nullptr), nullptr);
  wasm_tabletype_delete(table);
  limits = {65537, wasm_limits_max_default};
  wasm_memorytype_t* memory = wasm_memorytype_new(&limits);
  EXPECT_EQ(wasm_memory_new(w.store.get(), memory), nullptr);
  wasm_memorytype_delete(memory);
}

// One module in the stores of many threads.
TEST(CapiThreads, ShareAModule) {
  EnginePtr engine(wasm_engine_new());
  SharedModulePtr shared;
  {
    StorePtr store(wasm_store_new(engine.get()));
    ModulePtr module = make_module(store.get(), R"((module (import "" "id" (global i32))
      (func (export "f") (param i32) (result i32) (i32.add (global.get 0) (local.get 0)))))");
    shared.reset(wasm_module_share(module.get()));
  }
  auto run = [&](i32 id) {
    StorePtr store(wasm_store_new(engine.get()));
    ModulePtr module(wasm_module_obtain(store.get(), shared.get()));
    ASSERT_TRUE(module);
    wasm_globaltype_t* type = wasm_globaltype_new(wasm_valtype_new_i32(), WASM_CONST);
    wasm_val_t value = i32_value(id);
    GlobalPtr global(wasm_global_new(store.get(), type, &value));
    wasm_globaltype_delete(type);
    for (i32 i = 0; i < 20; ++i) {
      InstancePtr instance = make_instance(store.get(), module.get(), {wasm_global_as_extern(global.get())});
      Externs exports;
      wasm_instance_exports(instance.get(), &exports);
      EXPECT_EQ(call_i32(wasm_extern_as_func(exports.data[0]), {i32_value(i)}), id + i);
    }
  };
  std::vector<std::thread> threads;
  for (i32 id = 0; id < 8; ++id) threads.emplace_back(run, id * 100);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace skerry::capi_tests
