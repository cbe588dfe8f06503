#include <gtest/gtest.h>

#include "tests/passes/after.h"

namespace skerry::passes {
namespace {

TEST(Hoist, OutOfAllLoopsThatItDoesNotDependOn) {
  EXPECT_EQ(after(Pass::Hoist, R"(function 0 (i32, i32) -> (i32)
    block0(v0: i32, v1: i32):
      jump block1(v0)
    loop to block4:
    block1(v2: i32):
      jump block2(v2)
    loop to block3:
    block2(v3: i32):
      v4: i32 = imul v0, v1
      v5: i32 = imul v2, v4
      v6: i32 = iadd v3, v5
      branch v6, block2(v6), block3
    block3:
      branch v5, block1(v5), block4
    block4:
      return v4)"),
            R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  v2: i32 = imul v0, v1
  jump block1(v0)
loop to block4:
block1(v4: i32):
  v5: i32 = imul v4, v2
  jump block2(v4)
loop to block3:
block2(v7: i32):
  v8: i32 = iadd v7, v5
  branch v8, block2(v8), block3
block3:
  branch v5, block1(v5), block4
block4:
  return v2
)");
}

// Of two that are alike, in two branches of a loop, one is in front of it; what is computed of them is alike as well.
TEST(Hoist, WhatIsAlikeOnce) {
  EXPECT_EQ(after(Pass::Hoist, R"(function 0 (i32, i32) -> (i32)
    block0(v0: i32, v1: i32):
      jump block1(v0)
    loop to block5:
    block1(v2: i32):
      branch v2, block2, block3
    block2:
      v3: i32 = imul v0, v1
      v4: i32 = isub v3, v1
      v5: i32 = iadd v2, v4
      jump block4(v5)
    block3:
      v6: i32 = imul v0, v1
      v7: i32 = isub v6, v1
      v8: i32 = isub v1, v6
      v9: i32 = iadd v7, v8
      jump block4(v9)
    block4(v10: i32):
      branch v10, block1(v10), block5
    block5:
      return v10)"),
            R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  v2: i32 = imul v0, v1
  v3: i32 = isub v2, v1
  v4: i32 = isub v1, v2
  v5: i32 = iadd v3, v4
  jump block1(v0)
loop to block5:
block1(v7: i32):
  branch v7, block2, block3
block2:
  v9: i32 = iadd v7, v3
  jump block4(v9)
block3:
  jump block4(v5)
block4(v12: i32):
  branch v12, block1(v12), block5
block5:
  return v12
)");
}

// What the branch enters besides is not in front of the loop: a block of its own is.
TEST(Hoist, ToABlockOnTheEdge) {
  EXPECT_EQ(after(Pass::Hoist, R"(function 0 (i32, i32) -> (i32)
    block0(v0: i32, v1: i32):
      branch v0, block1(v0), block3
    loop to block2:
    block1(v2: i32):
      v3: i32 = const 5
      v4: i32 = imul v1, v3
      v5: i32 = isub v2, v4
      branch v5, block1(v5), block2
    block2:
      return v4
    block3:
      return v1)"),
            R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  branch v0, block1, block4
block1:
  v3: i32 = const 5
  v4: i32 = imul v1, v3
  jump block2(v0)
loop to block3:
block2(v6: i32):
  v7: i32 = isub v6, v4
  branch v7, block2(v7), block3
block3:
  return v4
block4:
  return v1
)");
}

// A load may trap: it moves if the header begins with it, in front of anything that can be seen, and nothing stores.
TEST(Hoist, LoadsThatComeFirst) {
  EXPECT_EQ(after(Pass::Hoist, R"(function 0 (i32, i32) -> (i32)
    block0(v0: i32, v1: i32):
      jump block1(v0)
    loop to block2:
    block1(v2: i32):
      v3: i32 = load memory0[v1]
      global_set 2, v2
      v4: i32 = load memory0[v1 + 4]
      v5: i32 = isub v3, v4
      branch v5, block1(v5), block2
    block2:
      return v5)"),
            R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  v2: i32 = load memory0[v1]
  jump block1(v0)
loop to block2:
block1(v4: i32):
  global_set 2, v4
  v6: i32 = load memory0[v1 + 4]
  v7: i32 = isub v2, v6
  branch v7, block1(v7), block2
block2:
  return v7
)");
}

TEST(Hoist, NotWhatTheLoopChanges) {
  const char* text = R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  jump block1(v0)
loop to block2:
block1(v3: i32):
  v4: i32 = load memory0[v1]
  v5: i32 = memory_size 0
  v6: i32 = call_builtin memory_grow(v4, v5)
  store memory0[v3], v6
  branch v6, block1(v6), block2
block2:
  return v6
)";
  EXPECT_EQ(after(Pass::Hoist, text), text);
}

// A division behind a condition would trap where the program does not.
TEST(Hoist, NotWhatMayTrapBehindACondition) {
  const char* text = R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  jump block1(v0)
loop to block4:
block1(v3: i32):
  branch v1, block2, block3(v3)
block2:
  v5: i32 = idiv_u v0, v1
  jump block3(v5)
block3(v7: i32):
  branch v7, block1(v7), block4
block4:
  return v7
)";
  EXPECT_EQ(after(Pass::Hoist, text), text);
}

}  // namespace
}  // namespace skerry::passes
