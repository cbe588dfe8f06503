#include <gtest/gtest.h>

#include "tests/passes/after.h"

namespace skerry::passes {
namespace {

TEST(Expand, FewTargets) {
  EXPECT_EQ(after(Pass::Expand, R"(function 0 (i32) -> (i32)
    block0(v0: i32):
      br_table v0, block1(v0), block3, block2, block3, block3
    block1(v1: i32):
      return v1
    block2:
      v2: i32 = const 2
      return v2
    block3:
      v3: i32 = const 3
      return v3)"),
            R"(function 0 (i32) -> (i32)
block0(v0: i32):
  branch v0, block1, block2
block1:
  v2: i32 = const 2
  v3: i32 = icmp.eq v0, v2
  branch v3, block3, block4
block2:
  return v0
block3:
  v6: i32 = const 2
  return v6
block4:
  v8: i32 = const 3
  return v8
)");
}

TEST(Expand, NoChoice) {
  EXPECT_EQ(after(Pass::Expand, R"(function 0 (i32) -> (i32)
    block0(v0: i32):
      br_table v0, block1(v0), block1(v0)
    block1(v1: i32):
      return v1)"),
            R"(function 0 (i32) -> (i32)
block0(v0: i32):
  return v0
)");
}

TEST(Expand, NotManyTargets) {
  const char* text = R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  br_table v0, block1(v0), block1(v1), block2, block1(v0), block2
block1(v3: i32):
  return v3
block2:
  return v0
)";
  EXPECT_EQ(after(Pass::Expand, text), text);
}

}  // namespace
}  // namespace skerry::passes
