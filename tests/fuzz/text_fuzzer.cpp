// Any text: as a module it becomes a binary, whose text becomes the same binary, and which goes through all stages;
// and as a script.

#include <filesystem>
#include <string_view>

#include "base/check.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/stages.h"
#include "tests/fuzz/target.h"
#include "tests/support/spec_suite.h"
#include "text/parse.h"
#include "text/print.h"
#include "text/script.h"

namespace skerry::fuzz {
namespace {

void run(std::span<const u8> bytes) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Verdict verdict = run_text_stages(text);
  if (verdict.complaint) check_failed(__FILE__, __LINE__, verdict.complaint->c_str());
  if (auto wasm = text::parse_module(text)) {
    // What is not valid need not even decode.
    auto printed = text::print_module(*wasm);
    if (printed) {
      auto again = text::parse_module(*printed);
      CHECK(again);
      CHECK(*again == *wasm);
    } else {
      CHECK(!verdict.valid || printed.error().code == ErrorCode::Limit);
    }
  }
  if (auto script = text::parse_script(text)) {
    for (const text::Command& command : *script) {
      if (command.module) (void)command.module->parse(Features::implemented());
    }
  }
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  auto add = [&](std::string_view text) { all.emplace_back(text.begin(), text.end()); };
  for (const Bytes& module : generated_inputs(8)) add(*text::print_module(module));
  for (const char* folder : {"wasm-v2", "proposals/multi-memory"}) {
    for (const std::filesystem::path& path : tests::spec_scripts(folder)) {
      std::string script = tests::read_file(path);
      if (script.size() < 6'000) add(script);
    }
  }
  return all;
}

}  // namespace

const Target text_target = {"text", 10'000, run, seeds};

}  // namespace skerry::fuzz
