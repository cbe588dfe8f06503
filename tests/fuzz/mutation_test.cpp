// Damaged modules and texts through all stages: never a crash, an error without a place, stages that disagree, a
// verdict that wasm-tools does not share, or an input that takes long. What is valid is run, as machine code and in the
// interpreter of the IR.

#include <gtest/gtest.h>
#include <stdio.h>

#include "engine/decode/decode.h"
#include "skerry/skerry.h"
#include "tests/fuzz/artifact.h"
#include "tests/fuzz/bounded.h"
#include "tests/fuzz/compare.h"
#include "tests/fuzz/effort.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/smith.h"
#include "tests/fuzz/stages.h"
#include "tests/fuzz/verdicts.h"
#include "tests/fuzz/watch.h"
#include "text/print.h"

namespace skerry::fuzz {
namespace {

struct Count {
  u64 all = 0, valid = 0;
};

// Module after module; `mutate` may give none for a seed.
template <class Mutate>
Count mutate_modules(u64 rounds, Mutate mutate) {
  Effort effort(rounds);
  Tally tally;
  Watch watch;
  Verdicts verdicts;
  u64 valid = 0, limited = 0;
  for (u64 seed = effort.first_seed(); effort.goes_on() && !testing::Test::HasFailure(); ++seed) {
    std::optional<Bytes> wasm = mutate(seed);
    if (!wasm) continue;
    effort.count();
    wasm->shrink_to_fit();
    watch.begin(seed);
    Verdict verdict = run_stages(*wasm);
    std::optional<Bytes> runnable;
    std::optional<std::string> difference;
    if (verdict.valid && !verdict.limited) runnable = bounded(*wasm::decode(*wasm));
    if (runnable) difference = find_difference(*runnable, seed, tally);
    auto too_much = watch.end();
    EXPECT_FALSE(verdict.complaint) << "seed " << seed << ": " << *verdict.complaint << "\n" << as_wat_string(*wasm);
    EXPECT_FALSE(too_much) << *too_much << "\n" << as_wat_string(*wasm);
    if (difference) ADD_FAILURE() << explain_difference(*runnable, seed, *difference);
    verdicts.add(seed, *wasm, verdict);
    valid += verdict.valid;
    limited += verdict.limited;
  }
  for (const std::string& difference : verdicts.finish()) ADD_FAILURE() << difference;
  printf("%llu modules, %llu of them valid, %llu over a limit of ours; run: %s\n%s\n%s\n",
         (unsigned long long)effort.done(), (unsigned long long)valid, (unsigned long long)limited,
         summary(tally).c_str(), verdicts.summary().c_str(), watch.summary().c_str());
  return {effort.done(), valid};
}

void damage_modules(u64 rounds, const std::vector<Bytes>& inputs) {
  ASSERT_FALSE(inputs.empty());
  Count count = mutate_modules(rounds, [&](u64 seed) -> std::optional<Bytes> {
    Random random(seed);
    return mutate_module(inputs[random.below(inputs.size())], random, inputs);
  });
  // The damage gets past the first checks.
  EXPECT_GT(count.valid * 50, count.all);
  EXPECT_LT(count.valid, count.all);
}

TEST(Mutation, InputsAreFine) {
  for (const Bytes& input : generated_inputs(50)) {
    Verdict verdict = run_stages(input);
    EXPECT_TRUE(verdict.valid);
    EXPECT_FALSE(verdict.complaint) << *verdict.complaint;
  }
}

TEST(Mutation, GeneratedModules) { damage_modules(600, generated_inputs(50)); }

TEST(Mutation, ModulesOfTheSuite) {
  std::vector<Bytes> inputs = suite_inputs(7);
  if (inputs.empty()) GTEST_SKIP() << "the suite is not there";
  damage_modules(3'000, inputs);
}

// Others' mutations keep modules valid. Up to four of them, one on the other.
TEST(Mutation, ModulesOfWasmMutate) {
  auto command = wasm_tools();
  if (!command) GTEST_SKIP() << "wasm-tools is not there";
  std::vector<Bytes> inputs = suite_inputs(11), generated = generated_inputs(50);
  inputs.insert(inputs.end(), generated.begin(), generated.end());
  std::erase_if(inputs, [](const Bytes& input) { return !run_stages(input).valid; });
  mutate_modules(40, [&](u64 seed) {
    Random random(seed);
    std::optional<Bytes> wasm = random.pick(inputs);
    for (u32 left = random.between(1, 4); wasm && left > 0; --left)
      wasm = mutate_by_wasm_tools(*command, random.below(1'000'000), *wasm);
    return wasm;
  });
}

TEST(Mutation, Texts) {
  std::vector<std::string> inputs;
  for (const Bytes& input : generated_inputs(12)) inputs.push_back(*text::print_module(input));
  Effort effort(1'000);
  Watch watch;
  u64 valid = 0;
  for (u64 seed = effort.first_seed(); effort.goes_on() && !HasFailure(); ++seed) {
    Random random(seed);
    std::string wat = mutate_text(inputs[random.below(inputs.size())], random, inputs);
    wat.shrink_to_fit();
    effort.count();
    watch.begin(seed);
    Verdict verdict = run_text_stages(wat);
    auto too_much = watch.end();
    EXPECT_FALSE(verdict.complaint) << "seed " << seed << ": " << *verdict.complaint << "\n" << wat;
    EXPECT_FALSE(too_much) << *too_much << "\n" << wat;
    valid += verdict.valid;
  }
  printf("%llu texts, %llu of them valid\n%s\n", (unsigned long long)effort.done(), (unsigned long long)valid,
         watch.summary().c_str());
}

// Its index is that of no function: this once ended the process.
TEST(Mutation, ArtifactWithAnAlteredExport) {
  Engine engine = *Engine::create();
  ArtifactMaker maker(engine);
  std::string_view name = "run0", whole(reinterpret_cast<const char*>(maker.whole().data()), maker.whole().size());
  u32 index_at = u32(whole.find(name) + name.size() + 1);
  u32 edit[] = {index_at << 8 | 0x7f};
  auto module = Module::from_artifact_trusted(engine, maker.altered(edit));
  ASSERT_FALSE(module);
  EXPECT_TRUE(module.error().message.starts_with("unknown function 127")) << module.error().message;
}

TEST(Mutation, ArtifactsWhoseHashIsRight) {
  Engine engine = *Engine::create();
  ArtifactMaker maker(engine);
  Effort effort(3'000);
  Watch watch;
  u64 taken = 0;
  for (u64 seed = effort.first_seed(); effort.goes_on(); ++seed) {
    Random random(seed);
    std::vector<u32> edits(random.below(10));
    for (u32& edit : edits) edit = u32(random.next());
    effort.count();
    watch.begin(seed);
    taken += bool(Module::from_artifact_trusted(engine, maker.altered(edits)));
    auto too_much = watch.end();
    EXPECT_FALSE(too_much) << *too_much;
  }
  printf("%llu artifacts, %llu of them taken\n%s\n", (unsigned long long)effort.done(), (unsigned long long)taken,
         watch.summary().c_str());
  EXPECT_GT(taken * 20, effort.done());
  EXPECT_LT(taken, effort.done());
}

}  // namespace
}  // namespace skerry::fuzz
