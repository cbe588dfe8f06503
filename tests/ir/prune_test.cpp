#include "engine/ir/prune.h"

#include <gtest/gtest.h>

#include "engine/ir/parse.h"
#include "engine/ir/print.h"
#include "engine/ir/verify.h"

namespace skerry::ir {
namespace {

std::string pruned(const char* text) {
  Result<ParsedFunction> parsed = parse(text);
  if (!parsed) return parsed.error().message;
  if (Result<void> verified = verify(parsed->function); !verified) return verified.error().message;
  Pruner pruner;
  pruner.run(parsed->function);
  if (Result<void> verified = verify(parsed->function); !verified) return verified.error().message;
  return print(parsed->function);
}

TEST(Prune, KeepsWhatHasAnEffect) {
  const char* text = R"(function 0 (i32, i32) -> ()
block0(v0: i32, v1: i32):
  v2: i32 = idiv_s v0, v1
  v3: i32 = load memory0[v0]
  v4: i32 = call 1(v0)
  v5: i64 = call_result v4, 1
  store memory0[v0], v1
  return
)";
  EXPECT_EQ(pruned(text), text);
}

TEST(Prune, TakesChainsThatEndNowhere) {
  EXPECT_EQ(pruned(R"(function 0 (i32) -> (i32)
    block0(v0: i32):
      v1: i32 = const 3
      v2: i32 = iadd v0, v1
      v3: i32 = imul v2, v2
      v4: i32 = global_get 0
      v5: i32 = iadd v0, v0
      return v5)"),
            R"(function 0 (i32) -> (i32)
block0(v0: i32):
  v1: i32 = iadd v0, v0
  return v1
)");
}

// A parameter that only feeds itself round a loop is dead; one that is used behind it is live with all that feeds it.
TEST(Prune, FollowsParametersRoundLoops) {
  EXPECT_EQ(pruned(R"(function 0 (i32) -> (i32)
    block0(v0: i32):
      v1: i32 = const 0
      jump block1(v0, v1, v1)
    loop to block2:
    block1(v2: i32, v3: i32, v4: i32):
      v5: i32 = const 1
      v6: i32 = iadd v2, v5
      v7: i32 = iadd v3, v5
      v8: i32 = imul v6, v6
      v9: i32 = iadd v4, v8
      branch v6, block1(v6, v7, v9), block2
    block2:
      return v4)"),
            R"(function 0 (i32) -> (i32)
block0(v0: i32):
  v1: i32 = const 0
  jump block1(v0, v1)
loop to block2:
block1(v3: i32, v4: i32):
  v5: i32 = const 1
  v6: i32 = iadd v3, v5
  v7: i32 = imul v6, v6
  v8: i32 = iadd v4, v7
  branch v6, block1(v6, v8), block2
block2:
  return v4
)");
}

// Parameters that trade places: each is live because another is, found only once the loop has been passed.
TEST(Prune, FollowsParametersThatTradePlaces) {
  const char* text = R"(function 0 (i32, i32, i32) -> (i32)
block0(v0: i32, v1: i32, v2: i32):
  jump block1(v0, v1, v2)
loop to block4:
block1(v4: i32, v5: i32, v6: i32):
  jump block2(v6, v4)
loop to block3:
block2(v8: i32, v9: i32):
  branch v8, block2(v8, v9), block3
block3:
  branch v5, block1(v6, v5, v9), block4
block4:
  return v5
)";
  EXPECT_EQ(pruned(text), text);
}

TEST(Prune, TakesArgumentsFromTargetsOfBrTable) {
  EXPECT_EQ(pruned(R"(function 0 (i32, i32) -> (i32)
    block0(v0: i32, v1: i32):
      v2: i32 = const 7
      br_table v0, block1(v1, v2), block2(v2), block1(v1, v1)
    block1(v3: i32, v4: i32):
      return v4
    block2(v5: i32):
      return v1)"),
            R"(function 0 (i32, i32) -> (i32)
block0(v0: i32, v1: i32):
  v2: i32 = const 7
  br_table v0, block1(v2), block2, block1(v1)
block1(v4: i32):
  return v4
block2:
  return v1
)");
}

}  // namespace
}  // namespace skerry::ir
