// Generated modules through wasm.h: in this library, and in another engine that has the same header.

#include <gtest/gtest.h>
#include <stdio.h>

#include "tests/fuzz/compare.h"
#include "tests/fuzz/effort.h"
#include "tests/fuzz/generator.h"
#include "tests/fuzz/wasm_h_subject.h"

namespace skerry::fuzz {
namespace {

void compare_with(const Contender& contender, u64 count, bool references) {
  Effort effort(count);
  Tally tally;
  for (u64 seed = effort.first_seed(); effort.goes_on() && !testing::Test::HasFailure(); ++seed) {
    GeneratorOptions options = options_of(seed);
    options.references = options.references && references;
    std::vector<u8> wasm = generate_module(seed, options);
    effort.count();
    auto difference = find_difference(wasm, seed, tally, {&contender, 1});
    if (difference) ADD_FAILURE() << "seed " << seed << ": " << *difference;
  }
  printf("%s\n", summary(tally).c_str());
  EXPECT_GT(tally.returned * 3, tally.calls);
  EXPECT_GT(tally.trapped, 0u);
}

TEST(WasmH, RunsGeneratedModules) { compare_with(wasm_h_contender(), 150, true); }

TEST(WasmH, RunsGeneratedModulesInWasmtime) {
  auto contender = wasmtime_library_contender();
  if (!contender) GTEST_SKIP() << "SKERRY_WASMTIME_LIBRARY names no library with wasm.h";
  compare_with(*contender, 150, false);
}

}  // namespace
}  // namespace skerry::fuzz
