// References of wasm.h: identity, owners, host information, and what a guest may hold.

#include <algorithm>

#include "tests/capi/api.h"

namespace skerry::capi_tests {
namespace {

constexpr char holder[] = R"((module
  (import "" "pass" (func $pass (param externref) (result externref)))
  (global $g (export "global") (mut externref) (ref.null extern))
  (table $t (export "table") 4 externref)
  (func (export "set") (param externref) (global.set $g (local.get 0)))
  (func (export "get") (result externref) (global.get $g))
  (func (export "put") (param i32 externref) (table.set $t (local.get 0) (local.get 1)))
  (func (export "pass") (param externref) (result externref) (call $pass (local.get 0)))
  (export "imported" (func $pass))
  (table (export "functions") 2 funcref)
  (func (export "self") (result funcref) (ref.func $f))
  (func $f (export "f") (result i32) (i32.const 7))
  (func (export "is null") (param externref) (result i32) (ref.is_null (local.get 0)))))";
enum { TheGlobal, TheTable, Set, Get, Put, Pass, Imported, Functions, Self, F, IsNull };

wasm_trap_t* pass(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  wasm_val_copy(&results->data[0], &args->data[0]);
  return nullptr;
}

struct Holder : World {
  Holder() {
    FuncTypePtr type(wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref()));
    callback.reset(wasm_func_new(store.get(), type.get(), pass));
    load(holder, {wasm_func_as_extern(callback.get())});
  }
  FuncPtr callback;
};

TEST(CapiReferences, AGuestHandsBackTheVeryObject) {
  Holder w;
  int info = 0, other_info = 0;
  ForeignPtr foreign(wasm_foreign_new(w.store.get())), other(wasm_foreign_new(w.store.get()));
  wasm_ref_t* ref = wasm_foreign_as_ref(foreign.get());
  wasm_ref_set_host_info(ref, &info);
  wasm_foreign_set_host_info(other.get(), &other_info);

  EXPECT_FALSE(call_ref(w.func(Get)));
  EXPECT_FALSE(call(w.func(Set), {ref_value(ref)}));
  RefPtr got = call_ref(w.func(Get));
  EXPECT_TRUE(wasm_ref_same(got.get(), ref));
  EXPECT_FALSE(wasm_ref_same(got.get(), wasm_foreign_as_ref(other.get())));
  EXPECT_EQ(wasm_ref_get_host_info(got.get()), &info);
  EXPECT_EQ(wasm_ref_as_foreign(got.get()), foreign.get());
  EXPECT_EQ(wasm_ref_as_func(got.get()), nullptr);

  RefPtr passed = call_ref(w.func(Pass), {ref_value(wasm_foreign_as_ref(other.get()))});
  EXPECT_EQ(wasm_ref_get_host_info(passed.get()), &other_info);
  EXPECT_FALSE(call_ref(w.func(Pass), {ref_value(nullptr)}));
  EXPECT_EQ(call_i32(w.func(IsNull), {ref_value(nullptr)}), 1);
  EXPECT_EQ(call_i32(w.func(IsNull), {ref_value(ref)}), 0);

  wasm_val_t value;
  wasm_global_get(w.global(TheGlobal), &value);
  EXPECT_EQ(value.kind, WASM_EXTERNREF);
  EXPECT_TRUE(wasm_ref_same(value.of.ref, ref));
  wasm_val_delete(&value);
  EXPECT_TRUE(wasm_table_set(w.table(TheTable), 3, ref));
  EXPECT_FALSE(wasm_table_set(w.table(TheTable), 4, ref));
  EXPECT_TRUE(wasm_ref_same(RefPtr(wasm_table_get(w.table(TheTable), 3)).get(), ref));
  EXPECT_EQ(wasm_table_get(w.table(TheTable), 0), nullptr);
  EXPECT_EQ(wasm_table_get(w.table(TheTable), 4), nullptr);
}

TEST(CapiReferences, EveryKindGoesIntoAnExternref) {
  Holder w;
  TrapPtr trap = call(w.func(F), {i32_value(1)});
  ASSERT_TRUE(trap);
  for (wasm_ref_t* ref : {wasm_func_as_ref(w.func(F)), wasm_global_as_ref(w.global(TheGlobal)),
                          wasm_table_as_ref(w.table(TheTable)), wasm_instance_as_ref(w.instance.get()),
                          wasm_module_as_ref(w.module.get()), wasm_trap_as_ref(trap.get())}) {
    EXPECT_TRUE(wasm_ref_same(call_ref(w.func(Pass), {ref_value(ref)}).get(), ref));
  }
}

TEST(CapiReferences, EntitiesHaveOneObjectWhicheverWayTheyAreAskedFor) {
  Holder w;
  Externs again;
  wasm_instance_exports(w.instance.get(), &again);
  ASSERT_EQ(again.size, w.exports.size);
  for (usize i = 0; i < again.size; ++i) EXPECT_TRUE(wasm_extern_same(again.data[i], w.exports.data[i])) << i;
  for (usize i = 1; i < again.size; ++i) EXPECT_FALSE(wasm_extern_same(again.data[i], again.data[0])) << i;
  // An import that is exported again, a reference from a guest, an element of a table.
  EXPECT_TRUE(wasm_func_same(w.func(Imported), w.callback.get()));
  RefPtr self = call_ref(w.func(Self));
  EXPECT_TRUE(wasm_func_same(wasm_ref_as_func(self.get()), w.func(F)));
  EXPECT_TRUE(wasm_table_set(w.table(Functions), 1, self.get()));
  RefPtr element(wasm_table_get(w.table(Functions), 1));
  EXPECT_TRUE(wasm_ref_same(element.get(), self.get()));
  EXPECT_EQ(call_i32(wasm_ref_as_func(element.get())), 7);
  EXPECT_TRUE(wasm_func_same(nullptr, nullptr));
  EXPECT_FALSE(wasm_func_same(w.func(F), nullptr));
}

TEST(CapiReferences, HostInformationOfAnEntityStaysWithTheStore) {
  int finalized = 0;
  {
    World w("(module (func (export \"f\")) (memory (export \"m\") 1))");
    wasm_func_set_host_info_with_finalizer(w.func(0), &finalized, count_up);
    wasm_extern_vec_delete(&w.exports);
    Externs again;
    wasm_instance_exports(w.instance.get(), &again);
    EXPECT_EQ(wasm_extern_get_host_info(again.data[0]), &finalized);
    EXPECT_EQ(wasm_extern_get_host_info(again.data[1]), nullptr);
    EXPECT_EQ(finalized, 0);
    // Set anew, the old one is done with.
    wasm_extern_set_host_info_with_finalizer(again.data[0], &finalized, count_up);
    EXPECT_EQ(finalized, 1);
    w.store.reset();
    EXPECT_EQ(finalized, 2);
    EXPECT_EQ(wasm_extern_get_host_info(again.data[0]), nullptr);
  }
  EXPECT_EQ(finalized, 2);
}

TEST(CapiReferences, OthersAreFinalizedWithTheirLastOwner) {
  int finalized = 0;
  Holder w;
  wasm_foreign_t* foreign = wasm_foreign_new(w.store.get());
  wasm_foreign_set_host_info_with_finalizer(foreign, &finalized, count_up);
  wasm_foreign_t* copy = wasm_foreign_copy(foreign);
  wasm_foreign_delete(foreign);
  EXPECT_EQ(finalized, 0);
  wasm_foreign_delete(copy);
  EXPECT_EQ(finalized, 1);
  // A guest may hold it, until the store goes.
  foreign = wasm_foreign_new(w.store.get());
  wasm_foreign_set_host_info_with_finalizer(foreign, &finalized, count_up);
  EXPECT_FALSE(call(w.func(Set), {ref_value(wasm_foreign_as_ref(foreign))}));
  wasm_foreign_delete(foreign);
  EXPECT_EQ(finalized, 1);
  EXPECT_EQ(wasm_ref_get_host_info(call_ref(w.func(Get)).get()), &finalized);
  w.store.reset();
  EXPECT_EQ(finalized, 2);
}

TEST(CapiReferences, OthersStoresReferencesAreRefused) {
  Holder w, other;
  ForeignPtr foreign(wasm_foreign_new(other.store.get()));
  wasm_ref_t* ref = wasm_foreign_as_ref(foreign.get());
  TrapPtr trap = call(w.func(Set), {ref_value(ref)});
  ASSERT_TRUE(trap);
  EXPECT_EQ(message_of(trap.get()), "argument 0: a reference of another store was given");
  EXPECT_FALSE(wasm_table_set(w.table(TheTable), 0, ref));
  EXPECT_FALSE(wasm_table_grow(w.table(TheTable), 1, ref));
  EXPECT_FALSE(wasm_table_set(w.table(Functions), 0, wasm_func_as_ref(other.func(F))));
  wasm_val_t value = ref_value(ref);
  wasm_global_set(w.global(TheGlobal), &value);
  EXPECT_FALSE(call_ref(w.func(Get)));
  // What is no function, as a funcref.
  ForeignPtr own(wasm_foreign_new(w.store.get()));
  EXPECT_FALSE(wasm_table_set(w.table(Functions), 0, wasm_foreign_as_ref(own.get())));
  // Imports.
  wasm_extern_t* imports[] = {wasm_func_as_extern(other.callback.get())};
  wasm_extern_vec_t vec = WASM_ARRAY_VEC(imports);
  wasm_trap_t* why = nullptr;
  EXPECT_EQ(wasm_instance_new(w.store.get(), w.module.get(), &vec, &why), nullptr);
  EXPECT_EQ(message_of(TrapPtr(why).get()), "an import is of another store");
  imports[0] = nullptr;
  EXPECT_EQ(wasm_instance_new(w.store.get(), w.module.get(), &vec, &why), nullptr);
  EXPECT_EQ(message_of(TrapPtr(why).get()), "an import is NULL");
}

// HAZARDS 27: every order of deletion, with each object used after each step.
TEST(Hazard27, CapiDeletesInAllOrders) {
  enum { TheEngine, TheStore, TheModule, TheInstance, TheExports, TheForeign, Count };
  std::array<int, Count> order = {0, 1, 2, 3, 4, 5};
  do {
    int finalized = 0;
    Holder w;
    wasm_func_set_host_info_with_finalizer(w.func(F), &finalized, count_up);
    ForeignPtr foreign(wasm_foreign_new(w.store.get()));
    wasm_foreign_set_host_info_with_finalizer(foreign.get(), &finalized, count_up);
    ASSERT_FALSE(call(w.func(Set), {ref_value(wasm_foreign_as_ref(foreign.get()))}));
    for (int step : order) {
      switch (step) {
        case TheEngine: w.engine.reset(); break;
        case TheStore: w.store.reset(); break;
        case TheModule: w.module.reset(); break;
        case TheInstance: w.instance.reset(); break;
        case TheExports: wasm_extern_vec_delete(&w.exports); break;
        case TheForeign: foreign.reset(); break;
      }
      if (w.exports.size != 0 && w.store) {
        EXPECT_EQ(call_i32(w.func(F)), 7);
      } else if (w.exports.size != 0) {
        EXPECT_EQ(message_of(call(w.func(F)).get()), "the function's store is gone");
        EXPECT_EQ(wasm_func_type(w.func(F)), nullptr);
        EXPECT_EQ(wasm_table_size(w.table(TheTable)), 0u);
        EXPECT_FALSE(wasm_table_grow(w.table(TheTable), 0, nullptr));
        FuncPtr copy(wasm_func_copy(w.func(F)));
        EXPECT_TRUE(wasm_func_same(copy.get(), w.func(F)));
        wasm_val_t value;
        wasm_global_get(w.global(TheGlobal), &value);
        EXPECT_EQ(value.of.ref, nullptr);
      }
      if (w.instance && !w.store) {
        Externs none;
        wasm_instance_exports(w.instance.get(), &none);
        EXPECT_EQ(none.size, 0u);
      }
    }
    EXPECT_EQ(finalized, 2);
  } while (std::ranges::next_permutation(order).found);
}

// A finalizer that deletes a reference into the store that goes.
TEST(CapiReferences, AFinalizerMayDeleteReferences) {
  World w("(module (func (export \"f\")) (memory (export \"m\") 1))");
  FuncTypePtr type(wasm_functype_new_0_0());
  struct Env {
    wasm_extern_t* memory;
    bool was_deleted = false;
  } env = {wasm_extern_copy(w.exports.data[1])};
  FuncPtr func(wasm_func_new_with_env(
      w.store.get(), type.get(), [](void*, const wasm_val_vec_t*, wasm_val_vec_t*) -> wasm_trap_t* { return nullptr; },
      &env, [](void* env) {
        auto& self = *static_cast<Env*>(env);
        EXPECT_EQ(wasm_memory_size(wasm_extern_as_memory(self.memory)), 0u);
        wasm_extern_delete(self.memory);
        self.was_deleted = true;
      }));
  wasm_extern_vec_delete(&w.exports);
  EXPECT_FALSE(env.was_deleted);
  w.store.reset();
  EXPECT_TRUE(env.was_deleted);
}

}  // namespace
}  // namespace skerry::capi_tests
