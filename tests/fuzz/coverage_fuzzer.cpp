// libFuzzer: a seed of the generator, so that its modules are chosen by what they cover of the engine;
// each must run as machine code as it does in the interpreter.

#include <string.h>

#include "base/check.h"
#include "tests/fuzz/compare.h"
#include "tests/fuzz/generator.h"

extern "C" int LLVMFuzzerTestOneInput(const skerry::u8* data, skerry::usize size) {
  using namespace skerry;
  u64 seed = 0;
  memcpy(&seed, data, size < sizeof seed ? size : sizeof seed);
  fuzz::Tally tally;
  auto difference = fuzz::find_difference(fuzz::generate_module(seed, {.nodes = 100}), seed, tally);
  if (difference) check_failed(__FILE__, __LINE__, difference->c_str());
  return 0;
}
