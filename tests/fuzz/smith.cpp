#include "tests/fuzz/smith.h"

#include "base/string.h"
#include "tests/fuzz/random.h"
#include "tests/support/process.h"

namespace skerry::fuzz {

namespace {

std::optional<Bytes> run(const std::vector<std::string>& command, std::string_view input) {
  tests::Outcome outcome = tests::run_process(command, input);
  if (outcome.status != 0) return std::nullopt;
  return Bytes(outcome.out.begin(), outcome.out.end());
}

}  // namespace

std::optional<Bytes> smith_module(const std::string& wasm_tools, u64 seed, Imports imports) {
  std::vector<std::string> command = {wasm_tools, "smith", "--ensure-termination"};
  auto set = [&](std::string_view option, std::string_view value) {
    command.push_back(concat("--", option, "=", value));
  };
  set("canonicalize-nans", "true");
  set("export-everything", "true");
  set("extended-const-enabled", "true");
  set("tail-call-enabled", "true");
  for (std::string_view feature : {"simd", "relaxed-simd", "gc", "exceptions", "threads", "memory64", "custom-page-sizes",
                                   "wide-arithmetic", "shared-everything-threads", "compact-imports"})
    set(concat(feature, "-enabled"), "false");
  set("memory-max-size-required", "true");
  set("max-memory32-bytes", "1000000");
  set("max-memories", "3");
  set("table-max-size-required", "true");
  set("max-table-elements", "1000");
  set("max-tags", "0");
  set("min-funcs", "1");
  set("min-exports", "1");
  if (imports == Imports::None) set("max-imports", "0");
  Random random(seed);
  std::string numbers;
  for (u32 count = 100 + random.below(20'000); count > 0; --count) numbers.push_back(char(random.next()));
  return run(command, numbers);
}

std::optional<Bytes> mutate_by_wasm_tools(const std::string& wasm_tools, u64 seed, std::span<const u8> wasm) {
  return run({wasm_tools, "mutate", concat("--seed=", seed)},
             {reinterpret_cast<const char*>(wasm.data()), wasm.size()});
}

}  // namespace skerry::fuzz
