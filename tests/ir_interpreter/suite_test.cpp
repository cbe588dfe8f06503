// The WebAssembly test suite, run by the interpreter: it holds decoder, validator, translator and
// the oracle itself against the specification.

#include <gtest/gtest.h>

#include "tests/ir_interpreter/script.h"
#include "tests/support/spec_suite.h"

namespace skerry::oracle {
namespace {

struct Folder {
  const char* name;
  u8 edition;
};
constexpr Folder folders[] = {
    {"wasm-v1", 1},
    {"wasm-v2", 2},
    {"proposals/extended-const", 3},
    {"proposals/multi-memory", 3},
    {"proposals/tail-call", 3},
};

class InterpretedSuite : public testing::TestWithParam<Folder> {
 protected:
  void run(const translate::Options& options) {
    std::vector<std::filesystem::path> scripts = tests::spec_scripts(GetParam().name);
    ASSERT_FALSE(scripts.empty()) << "the suite is not there";
    for (const std::filesystem::path& path : scripts) {
      ScriptResult result = run_script(tests::read_file(path), Features::edition(GetParam().edition), options);
      for (const std::string& failure : result.failures) ADD_FAILURE() << path.filename() << " " << failure;
      EXPECT_GT(result.commands, 0u) << path;
    }
  }
};

TEST_P(InterpretedSuite, EveryCommandHolds) { run({}); }
TEST_P(InterpretedSuite, EveryCommandHoldsWithFuelCounted) { run({.fuel = true}); }
TEST_P(InterpretedSuite, EveryCommandHoldsWithLocalsInSlots) { run({.locals = translate::LocalsPolicy::Slots}); }

INSTANTIATE_TEST_SUITE_P(Spec, InterpretedSuite, testing::ValuesIn(folders), [](const auto& info) {
  std::string name = info.param.name;
  for (char& c : name) if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

}  // namespace
}  // namespace skerry::oracle
