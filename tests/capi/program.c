/* A program in C, as an embedder of wasm.h writes one: its macros and inline functions as C11 has them. Exit code 0 if
 * all is as it should be, else a line for what is not. */

#include "wasm.h"

#include <stdio.h>
#include <stdlib.h>

#define own
#define EXPECT(holds) ((holds) ? (void)0 : failed(__LINE__, #holds))

static int failures = 0;

static void failed(int line, const char* what) {
  fprintf(stderr, "program.c:%d: %s\n", line, what);
  ++failures;
}

/* (module
 *   (import "env" "add" (func $add (param i32 i32) (result i32)))
 *   (memory (export "memory") 1 3)
 *   (table (export "table") 2 4 funcref) (elem (i32.const 1) $twice)
 *   (global (export "global") (mut i64) (i64.const 40))
 *   (func $twice (export "twice") (param i32) (result i32) (call $add (local.get 0) (local.get 0)))
 *   (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))) */
static unsigned char module_bytes[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0c, 0x02, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f, 0x60, 0x01,
    0x7f, 0x01, 0x7f, 0x02, 0x0b, 0x01, 0x03, 0x65, 0x6e, 0x76, 0x03, 0x61, 0x64, 0x64, 0x00, 0x00, 0x03, 0x03, 0x02,
    0x01, 0x01, 0x04, 0x05, 0x01, 0x70, 0x01, 0x02, 0x04, 0x05, 0x04, 0x01, 0x01, 0x01, 0x03, 0x06, 0x06, 0x01, 0x7e,
    0x01, 0x42, 0x28, 0x0b, 0x07, 0x2a, 0x05, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x05, 0x74, 0x61,
    0x62, 0x6c, 0x65, 0x01, 0x00, 0x06, 0x67, 0x6c, 0x6f, 0x62, 0x61, 0x6c, 0x03, 0x00, 0x05, 0x74, 0x77, 0x69, 0x63,
    0x65, 0x00, 0x01, 0x04, 0x6c, 0x6f, 0x61, 0x64, 0x00, 0x02, 0x09, 0x07, 0x01, 0x00, 0x41, 0x01, 0x0b, 0x01, 0x01,
    0x0a, 0x12, 0x02, 0x08, 0x00, 0x20, 0x00, 0x20, 0x00, 0x10, 0x00, 0x0b, 0x07, 0x00, 0x20, 0x00, 0x2d, 0x00, 0x00,
    0x0b, 0x00, 0x14, 0x04, 0x6e, 0x61, 0x6d, 0x65, 0x01, 0x0d, 0x02, 0x00, 0x03, 0x61, 0x64, 0x64, 0x01, 0x05, 0x74,
    0x77, 0x69, 0x63, 0x65};

static own wasm_trap_t* add(void* env, const wasm_val_vec_t* args, own wasm_val_vec_t* results) {
  ++*(int*)env;
  EXPECT(args->size == 2 && results->size == 1);
  wasm_val_t sum = WASM_I32_VAL(args->data[0].of.i32 + args->data[1].of.i32);
  results->data[0] = sum;
  return NULL;
}

static void finalize(void* env) { *(int*)env = -1; }

static void values(void) {
  wasm_val_t all[] = {WASM_I32_VAL(-1), WASM_I64_VAL(1), WASM_F32_VAL(0.5f), WASM_F64_VAL(0.25), WASM_REF_VAL(NULL),
                      WASM_INIT_VAL};
  wasm_val_vec_t borrowed = WASM_ARRAY_VEC(all), copy, empty = WASM_EMPTY_VEC;
  EXPECT(borrowed.size == 6 && empty.size == 0);
  wasm_val_vec_copy(&copy, &borrowed);
  EXPECT(copy.size == 6 && copy.data != all && copy.data[3].of.f64 == 0.25);
  EXPECT(wasm_valkind_is_num(copy.data[2].kind) && wasm_valkind_is_ref(copy.data[4].kind));
  wasm_val_vec_delete(&copy);
  wasm_val_t pointer;
  wasm_val_init_ptr(&pointer, all);
  EXPECT(wasm_val_ptr(&pointer) == all);
}

static void types(void) {
  own wasm_functype_t* all[] = {
      wasm_functype_new_0_0(),
      wasm_functype_new_1_0(wasm_valtype_new_i32()),
      wasm_functype_new_2_0(wasm_valtype_new_i32(), wasm_valtype_new_i64()),
      wasm_functype_new_3_0(wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32()),
      wasm_functype_new_0_1(wasm_valtype_new_f64()),
      wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_f64()),
      wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f64()),
      wasm_functype_new_3_1(wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32(),
                            wasm_valtype_new_f64()),
      wasm_functype_new_0_2(wasm_valtype_new_f64(), wasm_valtype_new_funcref()),
      wasm_functype_new_1_2(wasm_valtype_new_i32(), wasm_valtype_new_f64(), wasm_valtype_new_funcref()),
      wasm_functype_new_2_2(wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f64(),
                            wasm_valtype_new_funcref()),
      wasm_functype_new_3_2(wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32(),
                            wasm_valtype_new_f64(), wasm_valtype_new_funcref()),
  };
  static const wasm_valkind_t params[] = {WASM_I32, WASM_I64, WASM_F32}, results[] = {WASM_F64, WASM_FUNCREF};
  own wasm_functype_vec_t vec, copy;
  wasm_functype_vec_new(&vec, 12, all);
  wasm_functype_vec_copy(&copy, &vec);
  wasm_functype_vec_delete(&vec);
  for (size_t i = 0; i < copy.size; ++i) {
    const wasm_valtype_vec_t* p = wasm_functype_params(copy.data[i]);
    const wasm_valtype_vec_t* r = wasm_functype_results(copy.data[i]);
    EXPECT(p->size == i % 4 && r->size == i / 4);
    for (size_t j = 0; j < p->size; ++j) EXPECT(wasm_valtype_kind(p->data[j]) == params[j]);
    for (size_t j = 0; j < r->size; ++j) EXPECT(wasm_valtype_kind(r->data[j]) == results[j]);
  }
  wasm_functype_vec_delete(&copy);
  own wasm_valtype_t* ref = wasm_valtype_new_externref();
  EXPECT(wasm_valtype_is_ref(ref) && !wasm_valtype_is_num(ref));
  own wasm_externtype_t* global = wasm_globaltype_as_externtype(wasm_globaltype_new(ref, WASM_VAR));
  own wasm_externtype_t* again = wasm_externtype_copy(global);
  wasm_externtype_delete(global);
  EXPECT(wasm_externtype_as_globaltype(again) && !wasm_externtype_as_functype(again));
  own wasm_name_t name;
  wasm_name_new_from_string(&name, "name");
  own wasm_exporttype_t* export = wasm_exporttype_new(&name, again);
  EXPECT(wasm_exporttype_name(export)->size == 4);
  wasm_exporttype_delete(export);
}

int main(void) {
  values();
  types();

  own wasm_engine_t* engine = wasm_engine_new_with_config(wasm_config_new());
  own wasm_store_t* store = wasm_store_new(engine);
  wasm_byte_vec_t binary = {sizeof(module_bytes), (byte_t*)module_bytes};
  EXPECT(wasm_module_validate(store, &binary));
  own wasm_module_t* module = wasm_module_new(store, &binary);
  EXPECT(module != NULL);
  if (!module) return 1;

  int calls = 0;
  own wasm_functype_t* type =
      wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_i32(), wasm_valtype_new_i32());
  own wasm_func_t* func = wasm_func_new_with_env(store, type, add, &calls, finalize);
  wasm_functype_delete(type);
  wasm_extern_t* externs[] = {wasm_func_as_extern(func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  own wasm_trap_t* trap = NULL;
  own wasm_instance_t* instance = wasm_instance_new(store, module, &imports, &trap);
  EXPECT(instance != NULL && trap == NULL);
  wasm_func_delete(func);
  wasm_module_delete(module);

  own wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_instance_delete(instance);
  EXPECT(exports.size == 5);
  wasm_memory_t* memory = wasm_extern_as_memory(exports.data[0]);
  wasm_table_t* table = wasm_extern_as_table(exports.data[1]);
  wasm_global_t* global = wasm_extern_as_global(exports.data[2]);
  wasm_func_t* twice = wasm_extern_as_func(exports.data[3]);
  wasm_func_t* load = wasm_extern_as_func(exports.data[4]);
  EXPECT(memory && table && global && twice && load && !wasm_extern_as_func(exports.data[0]));
  for (size_t i = 0; i < exports.size; ++i) {
    own wasm_externtype_t* t = wasm_extern_type(exports.data[i]);
    EXPECT(wasm_externtype_kind(t) == wasm_extern_kind(exports.data[i]));
    wasm_externtype_delete(t);
  }

  wasm_val_t in[] = {WASM_I32_VAL(21)}, out[] = {WASM_INIT_VAL};
  wasm_val_vec_t args = WASM_ARRAY_VEC(in), results = WASM_ARRAY_VEC(out);
  EXPECT(!wasm_func_call(twice, &args, &results));
  EXPECT(out[0].kind == WASM_I32 && out[0].of.i32 == 42 && calls == 1);

  EXPECT(wasm_memory_data_size(memory) == MEMORY_PAGE_SIZE && wasm_memory_size(memory) == 1);
  byte_t* data = wasm_memory_data(memory);
  data[21] = 'x';
  EXPECT(!wasm_func_call(load, &args, &results) && out[0].of.i32 == 'x');
  EXPECT(wasm_memory_grow(memory, 2) && !wasm_memory_grow(memory, 1) && wasm_memory_size(memory) == 3);
  EXPECT(wasm_memory_data(memory) == data && wasm_memory_data_size(memory) == 3 * MEMORY_PAGE_SIZE);
  in[0].of.i32 = 3 * 65536;
  trap = wasm_func_call(load, &args, &results);
  EXPECT(trap != NULL);
  own wasm_message_t message;
  wasm_trap_message(trap, &message);
  EXPECT(strcmp(message.data, "out of bounds memory access") == 0 && message.data[message.size - 1] == 0);
  wasm_name_delete(&message);
  own wasm_frame_t* origin = wasm_trap_origin(trap);
  EXPECT(origin && wasm_frame_func_index(origin) == 2 && wasm_frame_func_offset(origin) == 3);
  wasm_frame_delete(origin);
  wasm_trap_delete(trap);

  own wasm_val_t value;
  wasm_global_get(global, &value);
  EXPECT(value.kind == WASM_I64 && value.of.i64 == 40);
  value.of.i64 = 41;
  wasm_global_set(global, &value);
  value.of.i64 = 0;
  wasm_global_get(global, &value);
  EXPECT(value.of.i64 == 41);

  EXPECT(wasm_table_size(table) == 2 && !wasm_table_get(table, 0));
  own wasm_ref_t* element = wasm_table_get(table, 1);
  EXPECT(wasm_ref_same(element, wasm_func_as_ref(twice)) && wasm_ref_as_func(element) && !wasm_ref_as_memory(element));
  EXPECT(wasm_table_grow(table, 2, element) && !wasm_table_grow(table, 1, NULL) && wasm_table_size(table) == 4);
  EXPECT(wasm_table_set(table, 0, element) && wasm_table_set(table, 1, NULL) && !wasm_table_set(table, 4, NULL));
  wasm_ref_delete(element);

  wasm_extern_vec_delete(&exports);
  EXPECT(calls == 1);
  wasm_store_delete(store);
  EXPECT(calls == -1);
  wasm_engine_delete(engine);
  return failures != 0;
}
