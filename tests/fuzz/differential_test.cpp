// Generated modules run as machine code as they do in the interpreter of the IR.
//
//   SKERRY_FUZZ_SEED     the first seed (1)
//   SKERRY_FUZZ_SECONDS  how long to go on, rather than for the number of modules below

#include <gtest/gtest.h>

#include "tests/fuzz/compare.h"
#include "tests/fuzz/effort.h"
#include "tests/fuzz/generator.h"
#include "tests/fuzz/minimize.h"
#include "text/print.h"

namespace skerry::fuzz {
namespace {

GeneratorOptions options_of(u64 seed) {
  GeneratorOptions options;
  options.nodes = seed % 16 == 0 ? 1500 : seed % 3 == 0 ? 60 : 200;
  options.functions = seed % 5 == 0 ? 2 : 6;
  return options;
}

void report(u64 seed, std::span<const u8> wasm, const std::string& difference) {
  Tally tally;
  std::vector<u8> small = minimize({wasm.begin(), wasm.end()}, [&](std::span<const u8> candidate) {
    auto found = find_difference(candidate, seed, tally);
    return found && !found->starts_with("it does not");
  });
  auto text = text::print_module(small);
  ADD_FAILURE() << "seed " << seed << ": " << difference << "\nminimized: "
                << find_difference(small, seed, tally).value_or("no difference") << "\n"
                    << (text ? *text : text.error().message);
}

TEST(Differential, GeneratedModules) {
  Effort effort(300);
  Tally tally;
  for (u64 seed = effort.first_seed(); effort.goes_on(); ++seed) {
    std::vector<u8> wasm = generate_module(seed, options_of(seed));
    if (auto difference = find_difference(wasm, seed, tally)) {
      report(seed, wasm, *difference);
      if (!effort.counts_seconds()) break;
    }
  }
  printf("%llu modules, %llu calls: %llu returned, %llu trapped or were exhausted; %llu set aside\n",
      (unsigned long long)tally.modules,
         (unsigned long long)tally.calls, (unsigned long long)tally.returned, (unsigned long long)tally.trapped,
             (unsigned long long)tally.set_aside);
  EXPECT_GT(tally.returned * 3, tally.calls);
  EXPECT_GT(tally.trapped, 0u);
  EXPECT_LT(tally.set_aside * 20, tally.modules);
}

TEST(Differential, SameSeedSameModule) {
  for (u64 seed = 1; seed < 20; ++seed) EXPECT_EQ(generate_module(seed), generate_module(seed));
  EXPECT_NE(generate_module(1), generate_module(2));
}

}  // namespace
}  // namespace skerry::fuzz
