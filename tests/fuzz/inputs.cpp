#include "tests/fuzz/inputs.h"

#include "tests/fuzz/generator.h"
#include "tests/support/spec_suite.h"
#include "text/script.h"

namespace skerry::fuzz {

namespace {

constexpr usize most_bytes = 20'000;

}  // namespace

std::vector<Bytes> generated_inputs(u32 count) {
  std::vector<Bytes> inputs;
  for (u32 seed = 1; inputs.size() < count; ++seed) inputs.push_back(generate_module(seed,
      {.nodes = 20 + seed % 7 * 20}));
  return inputs;
}

std::vector<Bytes> suite_inputs(u32 step) {
  std::vector<Bytes> inputs;
  u32 number = 0;
  for (const char* folder : {"wasm-v2", "proposals/extended-const", "proposals/multi-memory", "proposals/tail-call"}) {
    for (const std::filesystem::path& path : tests::spec_scripts(folder)) {
      std::string wast = tests::read_file(path);
      auto commands = text::parse_script(wast);
      if (!commands) continue;
      for (const text::Command& command : *commands) {
        if (!command.module || number++ % step != 0) continue;
        auto wasm = command.module->parse(Features::implemented());
        if (wasm && wasm->size() <= most_bytes) inputs.push_back(std::move(*wasm));
      }
    }
  }
  return inputs;
}

}  // namespace skerry::fuzz
