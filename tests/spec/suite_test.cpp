// The WebAssembly test suite as machine code: every script by `skerry wast`, each in a process of its own, with
// the features of its edition or proposal, compiled at once and lazily. Every command runs and holds.

#include <gtest/gtest.h>

#include "base/types.h"
#include "tests/support/process.h"
#include "tests/support/spec_suite.h"
#include "text/lexer.h"

namespace skerry::tests {
namespace {

struct Folder {
  const char* name;
  const char* features;
  usize scripts;  // how many there are, so that none gets lost
};
constexpr Folder folders[] = {
    {"wasm-v1", "wasm1", 73},
    {"wasm-v2", "wasm2", 90},
    {"proposals/extended-const", "wasm2,extended-const", 3},
    {"proposals/multi-memory", "wasm2,multi-memory", 41},
    {"proposals/tail-call", "wasm2,tail-call", 2},
};

void PrintTo(const Folder& folder, std::ostream* out) { *out << folder.name; }

// The commands of a script, counted as what is in parentheses by itself. One script consists of the fields of a
// module instead.
usize count_commands(const std::filesystem::path& path) {
  if (path.filename() == "inline-module.wast") return 1;
  std::string script = read_file(path);
  text::Lexer lexer(script);
  usize count = 0;
  for (usize depth = 0;;) {
    switch (lexer.next().kind) {
      case text::TokenKind::End:
      case text::TokenKind::Damaged: return count;
      case text::TokenKind::LeftParen:
      case text::TokenKind::Annotation: count += depth++ == 0; break;
      case text::TokenKind::RightParen: --depth; break;
      default: break;
    }
  }
}

class CompiledSuite : public testing::TestWithParam<Folder> {
 protected:
  void run(std::vector<std::string> how) {
    std::vector<std::filesystem::path> scripts = spec_scripts(GetParam().name);
    ASSERT_EQ(scripts.size(), GetParam().scripts) << "the suite is not there";
    for (const std::filesystem::path& path : scripts) {
      std::vector<std::string> words = {"wast", "--features", GetParam().features, path.string()};
      words.insert(words.end(), how.begin(), how.end());
      Outcome outcome = run_skerry(words);
      std::string whole = path.string() + ": " + std::to_string(count_commands(path)) + " passed, 0 failed, 0 skipped\n";
      EXPECT_EQ(outcome.status, 0) << path << "\n" << outcome.out << outcome.err;
      EXPECT_TRUE(outcome.out.ends_with(whole)) << outcome.out << "expected " << whole;
    }
  }
};

TEST_P(CompiledSuite, EveryCommandHolds) { run({"--gear=quick"}); }
TEST_P(CompiledSuite, EveryCommandHoldsInTheBestGear) { run({"--gear=best"}); }
TEST_P(CompiledSuite, EveryCommandHoldsLazily) { run({"--lazy"}); }
// Each function goes on in the best gear in its first call, each loop after its first iteration: at once, and beside.
TEST_P(CompiledSuite, EveryCommandHoldsTiered) { run({"--gear=tiered", "--warm-up=1", "--background=0"}); }
TEST_P(CompiledSuite, EveryCommandHoldsTieredInTheBackground) { run({"--gear=tiered", "--warm-up=1"}); }
// As programs run: hardly a function comes to its threshold.
TEST_P(CompiledSuite, EveryCommandHoldsTieredByDefault) { run({"--gear=tiered"}); }

INSTANTIATE_TEST_SUITE_P(Spec, CompiledSuite, testing::ValuesIn(folders), [](const auto& info) {
  std::string name = info.param.name;
  for (char& c : name) if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

}  // namespace
}  // namespace skerry::tests
