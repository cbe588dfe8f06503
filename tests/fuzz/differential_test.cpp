// Generated modules: through all stages, valid for wasm-tools as they are for us, and as machine code as they are in
// the interpreter of the IR.

#include <gtest/gtest.h>
#include <stdio.h>

#include "tests/fuzz/compare.h"
#include "tests/fuzz/effort.h"
#include "tests/fuzz/generator.h"
#include "tests/fuzz/smith.h"
#include "tests/fuzz/stages.h"
#include "tests/fuzz/verdicts.h"
#include "tests/fuzz/watch.h"

namespace skerry::fuzz {
namespace {

// Module after module; `generate` may give none for a seed.
template <class Generate>
Tally compare_modules(u64 count, Generate generate) {
  Effort effort(count);
  Tally tally;
  Watch watch;
  Verdicts verdicts;
  for (u64 seed = effort.first_seed(); effort.goes_on() && !testing::Test::HasFailure(); ++seed) {
    std::optional<Bytes> wasm = generate(seed);
    if (!wasm) continue;
    effort.count();
    watch.begin(seed);
    Verdict verdict = run_stages(*wasm);
    std::optional<std::string> difference = find_difference(*wasm, seed, tally);
    auto too_much = watch.end();
    EXPECT_TRUE(verdict.valid && !verdict.limited) << "seed " << seed << ": " << verdict.error;
    EXPECT_FALSE(verdict.complaint) << "seed " << seed << ": " << *verdict.complaint;
    EXPECT_FALSE(too_much) << *too_much;
    if (difference) ADD_FAILURE() << explain_difference(*wasm, seed, *difference);
    verdicts.add(seed, *wasm, verdict);
  }
  for (const std::string& difference : verdicts.finish()) ADD_FAILURE() << difference;
  printf("%s\n%s\n%s\n", summary(tally).c_str(), verdicts.summary().c_str(), watch.summary().c_str());
  return tally;
}

TEST(Differential, GeneratedModules) {
  Tally tally = compare_modules(150, [](u64 seed) { return generate_module(seed, options_of(seed)); });
  EXPECT_GT(tally.returned * 3, tally.calls);
  EXPECT_GT(tally.trapped, 0u);
  EXPECT_LT(tally.set_aside * 20, tally.modules);
  EXPECT_EQ(tally.sees_nans, 0u);
}

// A generator by others has other habits.
TEST(Differential, ModulesOfWasmSmith) {
  auto command = wasm_tools();
  if (!command) GTEST_SKIP() << "wasm-tools is not there";
  compare_modules(40, [&](u64 seed) { return smith_module(*command, seed, Imports::Some); });
}

TEST(Differential, SameSeedSameModule) {
  for (u64 seed = 1; seed < 20; ++seed) EXPECT_EQ(generate_module(seed), generate_module(seed));
  EXPECT_NE(generate_module(1), generate_module(2));
}

}  // namespace
}  // namespace skerry::fuzz
