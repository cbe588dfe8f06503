// libFuzzer: modules through all stages to machine code and to text. Inputs are changed by our own
// mutations, which keep sizes right and know instructions, as often as by libFuzzer's.

#include <string.h>

#include "base/check.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/stages.h"

extern "C" skerry::usize LLVMFuzzerMutate(skerry::u8* data, skerry::usize size, skerry::usize max_size);

extern "C" skerry::usize LLVMFuzzerCustomMutator(skerry::u8* data, skerry::usize size, skerry::usize max_size,
                                                 unsigned seed) {
  using namespace skerry;
  if (seed & 1) return LLVMFuzzerMutate(data, size, max_size);
  fuzz::Random random(seed);
  fuzz::Bytes changed = fuzz::mutate_module({data, data + size}, random, {});
  if (changed.size() > max_size) return size;
  memcpy(data, changed.data(), changed.size());
  return changed.size();
}

extern "C" int LLVMFuzzerTestOneInput(const skerry::u8* data, skerry::usize size) {
  using namespace skerry;
  CHECK(!fuzz::run_stages({data, size}).complaint);
  return 0;
}
