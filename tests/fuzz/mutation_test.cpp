// Damaged modules and texts through all stages: never a crash, an error without a place, stages that disagree, or an
// input that takes long.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/string.h"
#include "skerry/skerry.h"
#include "tests/fuzz/artifact.h"
#include "tests/fuzz/effort.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/stages.h"
#include "text/print.h"

namespace skerry::fuzz {
namespace {

constexpr double most_seconds = 10;
constexpr u64 most_growth = GiB;

u64 peak_memory() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return u64(usage.ru_maxrss) * KiB;
}

std::string in_hex(std::span<const u8> bytes) {
  std::string text;
  for (u8 byte : bytes) text += hex(byte, 2);
  return text;
}

// Runs `stages` on one input, which is shown by `show` if something is wrong.
template <class Stages, class Show>
Verdict run_one(u64 seed, Stages stages, Show show) {
  u64 memory = peak_memory();
  auto start = std::chrono::steady_clock::now();
  Verdict verdict = stages();
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (verdict.complaint) ADD_FAILURE() << "seed " << seed << ": " << *verdict.complaint << "\n" << show();
  if (seconds > most_seconds) ADD_FAILURE() << "seed " << seed << " took " << seconds << " s\n" << show();
  if (peak_memory() - memory > most_growth) ADD_FAILURE() << "seed " << seed << " took over a GiB\n" << show();
  return verdict;
}

void mutate_modules(const std::vector<Bytes>& inputs, u64 rounds) {
  ASSERT_FALSE(inputs.empty());
  Effort effort(rounds);
  u64 valid = 0, count = 0;
  for (u64 seed = effort.first_seed(); effort.goes_on() && !testing::Test::HasFailure(); ++seed, ++count) {
    Random random(seed);
    Bytes bytes = mutate_module(inputs[random.below(inputs.size())], random, inputs);
    bytes.shrink_to_fit();
    valid += run_one(seed, [&] { return run_stages(bytes); }, [&] { return in_hex(bytes); }).valid;
  }
  printf("%llu modules, %llu of them valid\n", (unsigned long long)count, (unsigned long long)valid);
  // The damage gets past the first checks.
  EXPECT_GT(valid * 20, count);
  EXPECT_LT(valid, count);
}

TEST(Mutation, InputsAreFine) {
  for (const Bytes& input : generated_inputs(50)) {
    Verdict verdict = run_stages(input);
    EXPECT_TRUE(verdict.valid);
    EXPECT_FALSE(verdict.complaint) << *verdict.complaint;
  }
}

TEST(Mutation, GeneratedModules) { mutate_modules(generated_inputs(50), 2'000); }

TEST(Mutation, ModulesOfTheSuite) {
  std::vector<Bytes> inputs = suite_inputs(7);
  if (inputs.empty()) GTEST_SKIP() << "the suite is not there";
  mutate_modules(inputs, 3'000);
}

TEST(Mutation, Texts) {
  std::vector<std::string> inputs;
  for (const Bytes& input : generated_inputs(12)) inputs.push_back(*text::print_module(input));
  Effort effort(1'000);
  u64 valid = 0, count = 0;
  for (u64 seed = effort.first_seed(); effort.goes_on() && !HasFailure(); ++seed, ++count) {
    Random random(seed);
    std::string wat = mutate_text(inputs[random.below(inputs.size())], random, inputs);
    wat.shrink_to_fit();
    valid += run_one(seed, [&] { return run_text_stages(wat); }, [&] { return wat; }).valid;
  }
  printf("%llu texts, %llu of them valid\n", (unsigned long long)count, (unsigned long long)valid);
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
  u64 taken = 0, count = 0;
  for (u64 seed = effort.first_seed(); effort.goes_on(); ++seed, ++count) {
    Random random(seed);
    std::vector<u32> edits(random.below(10));
    for (u32& edit : edits) edit = u32(random.next());
    taken += bool(Module::from_artifact_trusted(engine, maker.altered(edits)));
  }
  printf("%llu artifacts, %llu of them taken\n", (unsigned long long)count, (unsigned long long)taken);
  EXPECT_GT(taken * 20, count);
  EXPECT_LT(taken, count);
}

}  // namespace
}  // namespace skerry::fuzz
