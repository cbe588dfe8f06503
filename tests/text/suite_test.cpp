// The scripts of the WebAssembly test suite: each is read, each module in it parses, and each text
// that must be malformed is, for the reason that the script gives.

#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "tests/support/paths.h"
#include "tests/support/spec_suite.h"
#include "text/script.h"

namespace skerry::text {
namespace {

struct Folder {
  const char* name;
  u8 edition;
};
void PrintTo(const Folder& folder, std::ostream* out) { *out << folder.name; }
constexpr Folder folders[] = {
    {"wasm-v1", 1},
    {"wasm-v2", 2},
    {"proposals/extended-const", 3},
    {"proposals/multi-memory", 3},
    {"proposals/tail-call", 3},
    {"proposals/annotations", 3},
};

// Words of the scripts -> words of ours (tests/spec/other_words.txt).
std::map<std::string, std::string> other_words() {
  std::map<std::string, std::string> words;
  std::istringstream lines(tests::read_file(tests::source_folder() / "tests/spec/other_words.txt"));
  for (std::string line; std::getline(lines, line);) {
    usize first = line.find(" | "), second = line.rfind(" | ");
    if (line.starts_with('#') || first == line.npos) continue;
    words[line.substr(0, first)] = line.substr(first + 3, second - first - 3);
  }
  return words;
}

class Suite : public testing::TestWithParam<Folder> {};

TEST_P(Suite, EveryScriptAndModuleParsesAndEveryMalformedTextIsRefusedForItsReason) {
  std::map<std::string, std::string> words = other_words();
  std::vector<std::filesystem::path> scripts = tests::spec_scripts(GetParam().name);
  ASSERT_FALSE(scripts.empty()) << "the suite is not there";
  Features features = Features::edition(GetParam().edition);
  for (const std::filesystem::path& path : scripts) {
    std::string wast = tests::read_file(path);
    Result<std::vector<Command>> commands = parse_script(wast);
    ASSERT_TRUE(commands) << path << ": " << commands.error().message;
    for (const Command& command : *commands) {
      if (!command.module || command.module->form == ModuleSource::Form::Binary) continue;
      Result<std::vector<u8>> wasm = command.module->parse(features);
      if (command.kind != Command::Kind::AssertMalformed) {
        EXPECT_TRUE(wasm) << path << ":" << command.line << ": " << wasm.error().message;
        continue;
      }
      ASSERT_FALSE(wasm) << path << ":" << command.line << ": accepted, expected " << command.message;
      auto other = words.find(command.message);
      std::string expected = other == words.end() ? command.message : other->second;
      EXPECT_TRUE(wasm.error().message.starts_with(expected))
          << path << ":" << command.line << ": " << wasm.error().message << ", expected " << expected;
      EXPECT_LE(wasm.error().offset, wast.size());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Text, Suite, testing::ValuesIn(folders), [](const auto& folder) {
  std::string name = folder.param.name;
  for (char& c : name) if (!isalnum(c)) c = '_';
  return name;
});

}  // namespace
}  // namespace skerry::text
