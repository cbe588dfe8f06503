// Any bytes through decoding and validation, of everything and of the first edition alone. What is valid is
// translated, and its IR is well-formed.

#include "engine/decode/decode.h"
#include "engine/ir/verify.h"
#include "engine/translate/translate.h"
#include "engine/validate/validate.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/target.h"

namespace skerry::fuzz {
namespace {

void run(std::span<const u8> bytes) {
  for (Features features : {Features::implemented(), Features::edition(1)}) {
    auto module = wasm::decode(bytes, features);
    if (!module) {
      CHECK(module.error().offset <= bytes.size());
      CHECK(!module.error().message.empty());
      continue;
    }
    if (auto valid = validate::validate(*module, features); !valid) {
      CHECK(valid.error().offset <= bytes.size());
      CHECK(!valid.error().message.empty());
      continue;
    }
    translate::Scratch scratch;
    ir::Function function;
    for (FuncIndex f(module->imported_functions); f < module->functions.end_key(); f = f.next()) {
      auto translated = translate::translate_function(*module, f, features, {}, scratch, function);
      if (!translated) {
        CHECK(translated.error().code == ErrorCode::Limit);
        continue;
      }
      CHECK(ir::verify(function, &*module));
    }
  }
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> all = suite_inputs(11), generated = generated_inputs(20);
  all.insert(all.end(), generated.begin(), generated.end());
  return all;
}

}  // namespace

const Target decode_target = {"decode", 20'000, run, seeds};

}  // namespace skerry::fuzz
