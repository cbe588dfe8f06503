#include "engine/passes/enter_loop.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/string.h"
#include "engine/ir/parse.h"
#include "engine/ir/print.h"
#include "engine/ir/verify.h"

namespace skerry::passes {
namespace {

// The function entered at a loop, in text, and the values of its cells; values in `nowhere` have no cell.
std::string entered(std::string_view text, u32 loop, std::vector<u32> nowhere = {}) {
  Result<ir::ParsedFunction> parsed = ir::parse(text);
  if (!parsed) return parsed.error().message;
  if (Result<void> verified = ir::verify(parsed->function); !verified) return "before: " + verified.error().message;
  EnterLoop enter;
  auto has_cell = [](const void* context, ir::Value value) {
    const auto& nowhere = *static_cast<const std::vector<u32>*>(context);
    return std::ranges::find(nowhere, value.raw()) == nowhere.end();
  };
  if (!enter.run(parsed->function, ir::Loop(loop), has_cell, &nowhere)) return "refused";
  std::string out = "cells";
  for (ir::Value value : enter.cells()) out += concat(" v", value.raw());
  Result<void> verified = ir::verify(enter.function());
  std::string printed = ir::print(enter.function());
  // What is printed is read again.
  auto again = ir::parse(printed);
  EXPECT_TRUE(again && ir::print(again->function) == printed);
  return concat(out, "\n", verified ? "" : verified.error().message, printed);
}

TEST(EnterLoop, WhatIsInFrontOfTheLoopComesFromCells) {
  EXPECT_EQ(entered(R"(function 3 (i32, i64) -> (i64)
    block0(v0: i32, v1: i64):
      v2: i64 = const 7
      v3: i64 = iadd v1, v2
      jump block1(v0, v2)
    loop to block2:
    block1(v4: i32, v5: i64):
      v6: i64 = iadd v5, v3
      v7: i32 = const 1
      v8: i32 = isub v4, v7
      branch v8, block1(v8, v6), block2
    block2:
      v9: i64 = iadd v6, v2
      return v9)", 0),
            R"(cells v3 v5 v6
function 3 (i32, i64) -> (i64)
at a loop
block0:
  v0: i64 = const 7
  v1: i64 = loop_value 0
  v2: i32 = loop_value 1
  v3: i64 = loop_value 2
  jump block1(v2, v3)
loop to block2:
block1(v5: i32, v6: i64):
  v7: i64 = iadd v6, v1
  v8: i32 = const 1
  v9: i32 = isub v5, v8
  branch v9, block1(v9, v7), block2
block2:
  v11: i64 = iadd v7, v0
  return v11
)");
}

// Instructions without a value are numbered too: the product is v5 for those who ask for cells.
constexpr char nested[] = R"(function 0 (i32) -> (i32)
  block0(v0: i32):
    v1: i32 = const 0
    jump block1(v1, v0)
  loop to block4:
  block1(v3: i32, v4: i32):
    v5: i32 = imul v3, v0
    jump block2(v3)
  loop to block3:
  block2(v7: i32):
    v8: i32 = iadd v7, v5
    branch v8, block2(v8), block3
  block3:
    v10: i32 = isub v4, v5
    branch v10, block1(v8, v10), block4
  block4:
    return v10)";

TEST(EnterLoop, TheLoopAroundFollowsWhole) {
  EXPECT_EQ(entered(nested, 1), R"(cells v0 v4 v5 v7
function 0 (i32) -> (i32)
at a loop
block0:
  v0: i32 = loop_value 0
  v1: i32 = loop_value 1
  v2: i32 = loop_value 2
  v3: i32 = loop_value 3
  jump block1(v3)
loop to block2:
block1(v5: i32):
  v6: i32 = iadd v5, v2
  branch v6, block1(v6), block2
block2:
  v8: i32 = isub v1, v2
  branch v8, block4(v6, v8), block3
block3:
  return v8
loop to block7:
block4(v11: i32, v12: i32):
  v13: i32 = imul v11, v0
  jump block5(v11)
loop to block6:
block5(v15: i32):
  v16: i32 = iadd v15, v13
  branch v16, block5(v16), block6
block6:
  v18: i32 = isub v12, v13
  branch v18, block4(v16, v18), block7
block7:
  return v18
)");
}

TEST(EnterLoop, WhatIsNowhereIsComputedAgain) {
  std::string text = entered(nested, 1, {5});
  EXPECT_TRUE(text.starts_with(R"(cells v0 v3 v4 v7
function 0 (i32) -> (i32)
at a loop
block0:
  v0: i32 = loop_value 0
  v1: i32 = loop_value 1
  v2: i32 = loop_value 2
  v3: i32 = imul v1, v0
  v4: i32 = loop_value 3
  jump block1(v4)
)")) << text;
}

TEST(EnterLoop, WhatCannotBeComputedAgainIsRefused) {
  EXPECT_EQ(entered(nested, 1, {7}), "refused");
  EXPECT_EQ(entered(nested, 1, {5, 3}), "refused");
  std::string loads = nested;
  loads.replace(loads.find("imul v3, v0"), 11, "load memory0[v3]");
  EXPECT_EQ(entered(loads, 1, {5}), "refused");
  EXPECT_TRUE(entered(loads, 1).starts_with("cells v4 v5 v7\n"));
}

// Loops in each other, n of them: each copy has one level less, and too many are refused.
TEST(EnterLoop, DepthIsBounded) {
  auto of_depth = [](u32 n) {
    std::string text = "function 0 (i32) -> ()\nblock0(v0: i32):\n jump block1\n";
    for (u32 i = 1; i <= n; ++i)
      text += concat("loop to block", 2 * n + 1 - i + 1, ":\nblock", i, ":\n jump block", i + 1, "\n");
    text += concat("block", n + 1, ":\n branch v0, block", n, ", block", n + 2, "\n");
    for (u32 i = n - 1; i >= 1; --i)
      text += concat("block", 2 * n + 1 - i, ":\n branch v0, block", i, ", block", 2 * n + 2 - i, "\n");
    return text + concat("block", 2 * n + 1, ":\n return");
  };
  EXPECT_TRUE(entered(of_depth(EnterLoop::most_copies), EnterLoop::most_copies - 1).starts_with("cells v0\n"));
  EXPECT_EQ(entered(of_depth(EnterLoop::most_copies + 1), EnterLoop::most_copies), "refused");
  EXPECT_TRUE(entered(of_depth(EnterLoop::most_copies + 1), 0).starts_with("cells v0\n"));
}

}  // namespace
}  // namespace skerry::passes
