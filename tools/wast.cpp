// skerry wast: scripts of the specification's test suite, each in a store of its own.

#include <cstdio>

#include "base/string.h"
#include "tools/commands.h"
#include "tools/engine_options.h"
#include "tools/files.h"
#include "tools/report.h"
#include "tools/script_runner.h"

namespace skerry::tools {
namespace {

struct Tally {
  u64 passed = 0;
  u64 failed = 0;
};

void print_tally(std::string_view of, const Tally& tally) {
  std::printf("%.*s: %llu passed, %llu failed, 0 skipped\n", int(of.size()), of.data(),
              static_cast<unsigned long long>(tally.passed), static_cast<unsigned long long>(tally.failed));
}

Result<Tally> run_script(const std::string& path, const Engine& engine, Features features, bool tell_other_words) {
  std::vector<u8> content = TRY(read_file(path));
  std::string_view wast(reinterpret_cast<const char*>(content.data()), content.size());
  std::vector<text::Command> commands = TRY(text::parse_script(wast));
  auto tell = [&](Finding finding, u32 line, std::string_view command, std::string_view what) {
    if (finding == Finding::OtherWords && !tell_other_words) return;
    std::string text = concat(path, ":", line, ": ", command, finding == Finding::OtherWords ? " in other words: " : ": ", what, "\n");
    std::fputs(text.c_str(), stdout);
    // What was found out stays known if a later command brings the process down.
    std::fflush(stdout);
  };
  ScriptRunner runner = TRY(ScriptRunner::create(engine, features, tell));
  Tally tally;
  for (const text::Command& command : commands) ++(runner.run(command) ? tally.passed : tally.failed);
  return tally;
}

}  // namespace

int wast_command(Words words) {
  CommandLine line("wast", "FILE...",
                   "Runs scripts of the WebAssembly test suite, every command of them. Each that fails is told with\n"
                   "its file and line. The status is 0 if none does.");
  EngineOptions options;
  bool tell_other_words = false;
  options.add_to(line);
  line.flag("--words", "also tell where a module is refused in other words than the script's", tell_other_words);
  std::vector<std::string_view> files;
  if (auto status = line.parse(words, Options::Anywhere, files)) return *status;
  if (files.empty()) return line.mistake("which script?");
  std::optional<Features> features = options.parse_features();
  if (!features) return exit_usage;
  Result<Engine> engine = Engine::create(options.config());
  if (!engine) {
    report(engine.error().message);
    return exit_failure;
  }

  Tally total;
  int status = 0;
  for (std::string_view path : files) {
    Result<Tally> tally = run_script(std::string(path), *engine, *features, tell_other_words);
    if (!tally) {
      report(path, tally.error());
      status = exit_failure;
      continue;
    }
    print_tally(path, *tally);
    total.passed += tally->passed;
    total.failed += tally->failed;
  }
  if (files.size() > 1) print_tally(concat(files.size(), " scripts"), total);
  return total.failed ? exit_failure : status;
}

}  // namespace skerry::tools
