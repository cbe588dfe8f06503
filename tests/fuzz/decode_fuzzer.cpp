// libFuzzer: any bytes through decoding and validation, of everything and of the first edition alone.

#include "engine/decode/decode.h"
#include "engine/validate/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const skerry::u8* data, skerry::usize size) {
  using namespace skerry;
  for (Features features : {Features::implemented(), Features::edition(1)}) {
    auto module = wasm::decode({data, size}, features);
    if (!module) {
      CHECK(module.error().offset <= size);
      continue;
    }
    if (auto valid = validate::validate(*module, features); !valid) CHECK(valid.error().offset <= size);
  }
  return 0;
}
