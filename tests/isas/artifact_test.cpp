// Code for RISC-V is the same, byte for byte, whichever machine makes it.

#include <gtest/gtest.h>

#include <filesystem>

#include "engine/codegen/riscv64/cpu.h"
#include "tests/fuzz/generator.h"
#include "tests/support/paths.h"
#include "tests/support/process.h"

namespace skerry::tests {
namespace {

// In the build for RISC-V, by the command of the build for this machine.
TEST(Artifacts, AreTheSameFromEitherMachine) {
  std::filesystem::path here = source_folder() / "build/release/skerry";
  if (!riscv64::is_native() || emulator().empty()) GTEST_SKIP() << "this build is not the emulated one";
  if (!std::filesystem::exists(here)) GTEST_SKIP() << "the release build is not there";
  TemporaryFolder folder;
  u32 same = 0;
  for (u64 seed = 1; seed <= 12; ++seed) {
    std::vector<u8> module = fuzz::generate_module(seed, fuzz::options_of(seed));
    std::string path = folder.write("module.wasm", {reinterpret_cast<const char*>(module.data()), module.size()});
    for (std::vector<std::string> options : {std::vector<std::string>{"--cpu=rv64gc"}, {"--cpu=rv64gc,zba,zbb,zbs", "-g"},
                                             {"--cpu=rv64gc,zba", "--optimise=none"}, {"--cpu=rv64gc,zbb", "--fuel"}}) {
      auto arguments = [&](const char* output) {
        std::vector<std::string> all = {"compile", "--target=riscv64", path, "-o", folder.path() + "/" + output};
        all.insert(all.end(), options.begin(), options.end());
        return all;
      };
      Outcome there = run_skerry(arguments("there"));
      std::vector<std::string> command = arguments("here");
      command.insert(command.begin(), here.string());
      Outcome ours = run_process(command);
      ASSERT_EQ(ours.status, 0) << ours.err;
      ASSERT_EQ(there.status, 0) << there.err;
      same += run_process({"cmp", folder.path() + "/here", folder.path() + "/there"}).status == 0;
    }
  }
  EXPECT_EQ(same, 48u);
}

}  // namespace
}  // namespace skerry::tests
