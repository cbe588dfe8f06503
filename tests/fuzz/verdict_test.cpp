// Whether a damaged module is valid: the same verdict as wasm-tools has (wasm_tools.h).
//
// It reads the modules as a script, a module a line, and names the lines that it finds wrong.

#include <gtest/gtest.h>
#include <stdio.h>

#include <filesystem>
#include <fstream>

#include "base/string.h"
#include "tests/fuzz/effort.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/stages.h"
#include "tests/fuzz/wasm_tools.h"

namespace skerry::fuzz {
namespace {

constexpr u32 batch_size = 2'000;

std::string as_string(std::span<const u8> bytes) {
  std::string text = "\"";
  for (u8 byte : bytes) text += concat("\\", hex(byte, 2));
  return text + "\"";
}

// By line, which count from 1: what it finds wrong, or nothing.
std::vector<std::string> verdicts(const std::string& command, const std::string& script, usize lines) {
  std::string path = temporary_path("verdict.wast");
  std::ofstream(path) << script;
  FILE* pipe =
      popen(concat(command, " wast --features=", wasm_tools_features, " '", path, "' 2>&1").c_str(), "r");
  CHECK(pipe);
  std::string output;
  char buffer[4096];
  while (usize n = fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, n);
  bool failed = pclose(pipe) != 0;
  std::filesystem::remove(path);

  std::vector<std::string> wrong(lines + 1);
  bool any = false;
  const std::string mark = concat("failed directive on ", path, ":");
  for (usize at = output.find(mark); at != output.npos;) {
    usize next = output.find(mark, at + 1), line = strtoul(output.c_str() + at + mark.size(), nullptr, 10);
    CHECK(line >= 1 && line <= lines);
    wrong[line] = output.substr(at, next - at);
    any = true;
    at = next;
  }
  EXPECT_EQ(failed, any) << output;
  return wrong;
}

// Without function-references, wasm-tools takes the long forms (ref null func) and (ref null extern), which came
// with that proposal, for what they abbreviate.
bool has_long_reference_type(std::span<const u8> bytes) {
  for (usize i = 0; i + 1 < bytes.size(); ++i)
    if (bytes[i] == 0x63 && (bytes[i + 1] == 0x6f || bytes[i + 1] == 0x70)) return true;
  return false;
}

TEST(Verdict, IsThatOfWasmTools) {
  std::optional<std::string> command = wasm_tools();
  if (!command) GTEST_SKIP() << "wasm-tools is not there";
  std::vector<Bytes> inputs = suite_inputs(5), generated = generated_inputs(30);
  inputs.insert(inputs.end(), generated.begin(), generated.end());
  // Without name sections: whether those are damaged is no matter of validity, but one to wasm-tools.
  for (Bytes& input : inputs) {
    auto sections = take_sections(input);
    if (!sections) continue;
    std::erase_if(*sections, [](const Section& section) { return section.id == 0; });
    input = put_sections(*sections);
  }
  Effort effort(2);
  u64 count = 0, valid = 0, limited = 0;
  for (u64 seed = effort.first_seed(); effort.goes_on() && !HasFailure();) {
    std::string script;
    std::vector<std::pair<u64, bool>> ours = {{}};  // by line: the seed, and whether it is valid
    for (; ours.size() <= batch_size; ++seed) {
      Random random(seed);
      Bytes bytes = mutate_module(random.pick(inputs), random, inputs);
      Verdict verdict = run_stages(bytes);
      EXPECT_FALSE(verdict.complaint) << *verdict.complaint;
      if (verdict.limited) {
        ++limited;
        continue;
      }
      script += concat("(module binary ", as_string(bytes), ")\n");
      ours.push_back({seed, verdict.valid});
      ++count;
      valid += verdict.valid;
    }
    std::vector<std::string> theirs = verdicts(*command, script, batch_size);
    for (u32 line = 1; line <= batch_size; ++line) {
      if (ours[line].second == theirs[line].empty()) continue;
      Random random(ours[line].first);
      Bytes bytes = mutate_module(random.pick(inputs), random, inputs);
      if (!ours[line].second && has_long_reference_type(bytes)) continue;
      ADD_FAILURE() << "seed " << ours[line].first << ": " << (ours[line].second ? "valid" : "not valid") << " for us\n"
                    << theirs[line] << as_string(bytes);
    }
  }
  printf("%llu modules, %llu of them valid; %llu over a limit of ours\n", (unsigned long long)count,
         (unsigned long long)valid, (unsigned long long)limited);
}

}  // namespace
}  // namespace skerry::fuzz
