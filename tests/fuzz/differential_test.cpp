// Generated modules run as machine code as they do in the interpreter of the IR.

#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/string.h"
#include "tests/fuzz/compare.h"
#include "tests/fuzz/effort.h"
#include "tests/fuzz/generator.h"
#include "tests/fuzz/minimize.h"
#include "tests/fuzz/random.h"
#include "tests/fuzz/wasm_tools.h"
#include "tests/support/spec_suite.h"
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

// The seed that runs, told when machine code goes where no handler knows what to do.
volatile u64 running_seed;

void tell_seed(int number) {
  char text[64];
  int size = snprintf(text, sizeof text, "\nsignal %d at seed %llu\n", number, (unsigned long long)running_seed);
  (void)!write(STDERR_FILENO, text, usize(size));
  signal(number, SIG_DFL);
  raise(number);
}

// Once, before an engine has handlers of its own: they pass on what is not the engine's.
void tell_seed_on_crash() {
  static bool installed = false;
  if (installed) return;
  installed = true;
  for (int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) signal(number, tell_seed);
}

// Compares module after module; `generate` may give none for a seed.
template <class Generate>
Tally compare_modules(u64 count, Generate generate) {
  Effort effort(count);
  Tally tally;
  tell_seed_on_crash();
  for (u64 seed = effort.first_seed(); effort.goes_on(); ++seed) {
    std::optional<std::vector<u8>> wasm = generate(seed);
    if (!wasm) continue;
    running_seed = seed;
    if (auto difference = find_difference(*wasm, seed, tally)) {
      report(seed, *wasm, *difference);
      if (!effort.counts_seconds()) break;
    }
  }
  auto number = [](u64 n) { return static_cast<unsigned long long>(n); };
  printf("%llu modules, %llu calls: %llu returned, %llu trapped or were exhausted; %llu set aside\n",
         number(tally.modules), number(tally.calls), number(tally.returned), number(tally.trapped),
         number(tally.set_aside));
  return tally;
}

TEST(Differential, GeneratedModules) {
  Tally tally = compare_modules(150, [](u64 seed) { return generate_module(seed, options_of(seed)); });
  EXPECT_GT(tally.returned * 3, tally.calls);
  EXPECT_GT(tally.trapped, 0u);
  EXPECT_LT(tally.set_aside * 20, tally.modules);
}

// A generator by others has other habits.
TEST(Differential, ModulesOfWasmSmith) {
  std::optional<std::string> command = wasm_tools();
  if (!command) GTEST_SKIP() << "wasm-tools is not there";
  std::string numbers = temporary_path("numbers"), module = temporary_path("smith.wasm");
  std::string smith = concat(
      *command, " smith '", numbers, "' -o '", module, "' --ensure-termination --canonicalize-nans true",
      " --export-everything true --simd-enabled false --relaxed-simd-enabled false --gc-enabled false",
      " --exceptions-enabled false --threads-enabled false --memory64-enabled false --tail-call-enabled true",
      " --custom-page-sizes-enabled false --wide-arithmetic-enabled false --shared-everything-threads-enabled false",
      " --compact-imports-enabled false --extended-const-enabled true --memory-max-size-required true --max-memory32-bytes 1000000 --max-memories 3",
      " --table-max-size-required true --max-table-elements 1000 --max-tags 0 --min-funcs 1 --min-exports 1");
  compare_modules(40, [&](u64 seed) -> std::optional<std::vector<u8>> {
    Random random(seed);
    std::string bytes;
    for (u32 count = 100 + random.below(20'000); count > 0; --count) bytes.push_back(char(random.next()));
    std::ofstream(numbers, std::ios::binary) << bytes;
    if (system(smith.c_str()) != 0) return std::nullopt;
    std::string wasm = tests::read_file(module);
    return std::vector<u8>(wasm.begin(), wasm.end());
  });
  std::filesystem::remove(numbers);
  std::filesystem::remove(module);
}

TEST(Differential, SameSeedSameModule) {
  for (u64 seed = 1; seed < 20; ++seed) EXPECT_EQ(generate_module(seed), generate_module(seed));
  EXPECT_NE(generate_module(1), generate_module(2));
}

}  // namespace
}  // namespace skerry::fuzz
