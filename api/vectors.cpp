#include "api/vectors.h"

using namespace skerry::capi;

extern "C" {

// VEC(name, stars, copy of element e, deletion of element e)
#define VEC(name, ptr_or_none, copied, removed)                                                                       \
  void wasm_##name##_vec_new_empty(wasm_##name##_vec_t* out) { *out = {0, nullptr}; }                                 \
  void wasm_##name##_vec_new_uninitialized(wasm_##name##_vec_t* out, size_t size) { allocate(out, size); }            \
  void wasm_##name##_vec_new(wasm_##name##_vec_t* out, size_t size, wasm_##name##_t ptr_or_none const elements[]) {   \
    allocate(out, size, elements);                                                                                    \
  }                                                                                                                   \
  void wasm_##name##_vec_copy(wasm_##name##_vec_t* out, const wasm_##name##_vec_t* from) {                            \
    wasm_##name##_vec_t made;                                                                                         \
    allocate(&made, from->size);                                                                                      \
    for (size_t i = 0; i < made.size; ++i) {                                                                          \
      auto& to = made.data[i];                                                                                        \
      const auto& e = from->data[i];                                                                                  \
      copied;                                                                                                         \
    }                                                                                                                 \
    *out = made;                                                                                                      \
  }                                                                                                                   \
  void wasm_##name##_vec_delete(wasm_##name##_vec_t* self) {                                                          \
    if (!self) return;                                                                                                \
    wasm_##name##_vec_t taken = take(self);                                                                           \
    for (size_t i = 0; i < taken.size; ++i) {                                                                         \
      [[maybe_unused]] auto& e = taken.data[i];                                                                       \
      removed;                                                                                                        \
    }                                                                                                                 \
    std::free(taken.data);                                                                                            \
  }
#define POINTER_VEC(name) VEC(name, *, to = wasm_##name##_copy(e), wasm_##name##_delete(e))

VEC(byte, , to = e, (void)0)
VEC(val, , wasm_val_copy(&to, &e), wasm_val_delete(&e))
POINTER_VEC(valtype)
POINTER_VEC(functype)
POINTER_VEC(globaltype)
POINTER_VEC(tabletype)
POINTER_VEC(memorytype)
POINTER_VEC(externtype)
POINTER_VEC(importtype)
POINTER_VEC(exporttype)
POINTER_VEC(frame)
POINTER_VEC(extern)

}  // extern "C"
