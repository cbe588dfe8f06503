// A seed of the generator, so that its modules are chosen by what they cover of the engine; each must run as
// machine code as it does in the interpreter.

#include <string.h>

#include "base/check.h"
#include "tests/fuzz/compare.h"
#include "tests/fuzz/generator.h"
#include "tests/fuzz/target.h"

namespace skerry::fuzz {
namespace {

void run(std::span<const u8> bytes) {
  u64 seed = 0;
  memcpy(&seed, bytes.data(), std::min(bytes.size(), sizeof seed));
  Tally tally;
  auto difference = find_difference(generate_module(seed, {.nodes = 100}), seed, tally);
  if (difference) check_failed(__FILE__, __LINE__, difference->c_str());
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  for (u8 i = 1; i <= 8; ++i) all.push_back({i, 0, 0, 0, 0, 0, 0, 0});
  return all;
}

}  // namespace

const Target coverage_target = {"coverage", 8, run, seeds};

}  // namespace skerry::fuzz
