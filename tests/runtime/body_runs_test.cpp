#include "engine/runtime/body_runs.h"

#include <gtest/gtest.h>

namespace skerry::runtime {
namespace {

wasm::Module module_of(u32 count, u32 bytes) {
  wasm::Module module;
  module.imported_functions = 1;
  for (u32 i = 0; i <= count; ++i) {
    wasm::Func function{};
    function.body.size = i == 0 ? 0 : bytes;
    module.functions.push(function);
  }
  module.code_section.size = count * bytes;
  return module;
}

TEST(BodyRuns, EachFunctionIsInOneRun) {
  wasm::Module module = module_of(1'000, 1'000);
  BodyRuns runs(module);
  FuncIndex at(1);
  u32 count = 0;
  while (auto number = runs.next()) {
    EXPECT_EQ(*number, count++);
    BodyRuns::Run run = runs.runs()[*number];
    EXPECT_EQ(run.begin, at);
    EXPECT_EQ(run.bytes, (run.end.raw() - run.begin.raw()) * u64{1'000});
    at = run.end;
  }
  EXPECT_EQ(at, module.functions.end_key());
  EXPECT_GT(count, 20u);
}

// Whoever tells first.
TEST(BodyRuns, TheFailureOfTheFirstFunctionIsTaken) {
  wasm::Module module = module_of(1'000, 1'000);
  BodyRuns runs(module);
  for (u32 function : {500u, 900u, 400u, 401u})
    runs.note_failure(FuncIndex(function), Error{ErrorCode::Invalid, function, "no"});
  // What lies before it is still looked at, and nothing behind.
  u32 last = 0;
  while (auto number = runs.next()) last = runs.runs()[*number].begin.raw();
  EXPECT_LE(last, 400u);
  EXPECT_GT(last, 300u);
  auto failure = runs.take_failure();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->offset, 400u);
}

}  // namespace
}  // namespace skerry::runtime
