/* A program in C of somebody else's, against the installed library. */

#include <stdio.h>
#include <wasm.h>

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  char bytes[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  wasm_byte_vec_t binary = WASM_ARRAY_VEC(bytes);
  bool good = wasm_module_validate(store, &binary);
  bytes[4] = 2;
  bool bad = wasm_module_validate(store, &binary);
  printf("%d, %d\n", good, bad);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}
