#include <gtest/gtest.h>

#include "engine/passes/thread.h"
#include "tests/passes/after.h"

namespace skerry::passes {
namespace {

// Two states, of which each follows itself and the other: the second's loop is within that of the first, entered there
// alone. v3, which lives behind the loop, comes from both.
TEST(Thread, StatesThatFollowThemselves) {
  EXPECT_EQ(after(only(Pass::Thread) | only(Pass::Number) | only(Pass::Prune), R"(function 0 (i32) -> (i32)
    block0(v0: i32):
      v1: i32 = const 0
      jump block1(v1, v0)
    loop to block7:
    block1(v2: i32, v3: i32):
      v4: i32 = load memory0[v3]
      branch v4, block2, block7
    block2:
      br_table v2, block3, block4
    block3:
      v5: i32 = const 1
      branch v0, block5(v5), block5(v1)
    block4:
      v6: i32 = load8_u memory0[v0]
      store memory0[v3], v6
      branch v6, block5(v1), block6(v2)
    block5(v7: i32):
      jump block6(v7)
    block6(v8: i32):
      jump block1(v8, v4)
    block7:
      return v3)"),
            R"(function 0 (i32) -> (i32)
block0(v0: i32):
  jump block1(v0)
loop to block11:
block1(v2: i32):
  v3: i32 = load memory0[v2]
  branch v3, block2, block11(v2)
block2:
  branch v0, block4, block3
block3:
  jump block5
block4:
  jump block6
block5:
  jump block1(v3)
block6:
  jump block7(v3)
loop to block11:
block7(v10: i32):
  v11: i32 = load memory0[v10]
  branch v11, block8, block11(v10)
block8:
  v13: i32 = load8_u memory0[v0]
  store memory0[v10], v13
  branch v13, block9, block10
block9:
  jump block1(v11)
block10:
  jump block7(v11)
block11(v18: i32):
  return v18
)");
}

// A state that nobody knows comes in: the loop as it was is the head of all.
TEST(Thread, AnyStateAtFirst) {
  EXPECT_EQ(after(only(Pass::Thread) | only(Pass::Number) | only(Pass::Prune), R"(function 0 (i32, i32) -> ()
    block0(v0: i32, v1: i32):
      v2: i32 = const 1
      jump block1(v0)
    loop to block5:
    block1(v3: i32):
      br_table v3, block2, block3, block4
    block2:
      store memory0[v1], v0
      branch v1, block1(v2), block4
    block3:
      store memory0[v0], v1
      branch v0, block1(v2), block1(v1)
    block4:
      return)"),
            R"(function 0 (i32, i32) -> ()
block0(v0: i32, v1: i32):
  jump block1(v0)
loop to block6:
block1(v3: i32):
  br_table v3, block2, block3, block4
block2:
  store memory0[v1], v0
  branch v1, block5, block4
block3:
  store memory0[v0], v1
  branch v0, block5, block1(v1)
block4:
  return
loop to block6:
block5:
  store memory0[v0], v1
  branch v0, block5, block1(v1)
)");
}

// The state is what was loaded: nothing is known.
TEST(Thread, NotStatesThatAreLoaded) {
  const char* text = R"(function 0 (i32) -> ()
block0(v0: i32):
  jump block1(v0)
loop to block4:
block1(v2: i32):
  br_table v2, block2, block3, block2
block2:
  v4: i32 = load memory0[v2]
  jump block1(v4)
block3:
  return
)";
  EXPECT_EQ(after(Pass::Thread, text), text);
}

// A state whose way through the loop is too long stays with the loop as it was; so nothing is won, and nothing changes.
TEST(Thread, NotLongWays) {
  std::string stores;
  for (u32 i = 0; i < ThreadJumps::most_in_copy; ++i) stores += concat("  store memory0[v0 + ", i, "], v0\n");
  std::string text = concat(R"(function 0 (i32) -> ()
block0(v0: i32):
  v1: i32 = const 0
  v2: i32 = const 1
  jump block1(v1)
loop to block4:
block1(v4: i32):
)", stores, R"(  br_table v4, block2, block3, block1(v1)
block2:
  branch v0, block1(v2), block1(v1)
block3:
  branch v0, block1(v1), block4
block4:
  return
)");
  EXPECT_EQ(after(Pass::Thread, text), after(Pass::Prune, text));
}

}  // namespace
}  // namespace skerry::passes
