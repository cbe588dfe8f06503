// Modules through all stages to the machine code of both ISAs, every allocation of registers checked, and to text.
// Inputs are changed by our own mutations, which keep sizes right and know instructions, as often as by libFuzzer's.

#include <string.h>

#include "base/check.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/stages.h"
#include "tests/fuzz/target.h"

extern "C" skerry::usize LLVMFuzzerMutate(skerry::u8* bytes, skerry::usize size, skerry::usize room);

namespace skerry::fuzz {
namespace {

void run(std::span<const u8> bytes) {
  Verdict verdict = run_stages(bytes, Features::implemented(), Targets::All);
  if (verdict.complaint) check_failed(__FILE__, __LINE__, verdict.complaint->c_str());
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> all = suite_inputs(37), generated = generated_inputs(20);
  all.insert(all.end(), generated.begin(), generated.end());
  return all;
}

usize mutate(u8* bytes, usize size, usize room, u32 seed) {
  if (seed & 1) return LLVMFuzzerMutate(bytes, size, room);
  Random random(seed);
  Bytes changed = mutate_module({bytes, bytes + size}, random, {});
  if (changed.empty() || changed.size() > room) return size;
  memcpy(bytes, changed.data(), changed.size());
  return changed.size();
}

}  // namespace

const Target compile_target = {"compile", 20'000, run, seeds, mutate};

}  // namespace skerry::fuzz
