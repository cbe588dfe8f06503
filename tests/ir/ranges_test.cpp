#include "engine/ir/ranges.h"

#include <gtest/gtest.h>

#include "base/string.h"
#include "engine/ir/parse.h"
#include "engine/ir/verify.h"

namespace skerry::ir {
namespace {

struct Found {
  ParsedFunction parsed;
  Ranges ranges;
  Range operator[](u32 value) const { return ranges[Value(value)]; }
};

// Values have the numbers of the text where that counts them in order.
std::unique_ptr<Found> find(const std::string& text) {
  Result<ParsedFunction> parsed = parse(text);
  CHECK(parsed);
  CHECK(verify(parsed->function));
  auto found = std::make_unique<Found>(std::move(*parsed));
  found->ranges.find(found->parsed.function);
  return found;
}

std::string text_of(Range range) { return concat("[", range.low, ", ", range.high, "]"); }
#define EXPECT_RANGE(range, low_, high_) EXPECT_EQ(text_of(range), text_of(Range{low_, high_}))

TEST(Ranges, AreWhatOneNumberModulo2To32LiesIn) {
  EXPECT_RANGE(Range::of(3, 7), 3, 7);
  EXPECT_RANGE(Range::of(0xffffffff, 0x100000005), -1, 5);
  EXPECT_RANGE(Range::of(-5, -1), 0xfffffffb, 0xffffffff);
  EXPECT_RANGE(Range::of(-1, 0x7fffffff), -1, 0x7fffffff);
  EXPECT_FALSE(Range::of(-1, 0x80000000).is_known());
  EXPECT_FALSE(Range::of(0x7fffffff, 0x100000000).is_known());
  EXPECT_FALSE(Range::of(0, 0x100000000).is_known());
  EXPECT_RANGE(Range::of(0x100000000, 0x1ffffffff), 0, 0xffffffff);
  EXPECT_RANGE((Range{0xfffffff0, 0xffffffff}.about_zero()), -16, -1);
  EXPECT_RANGE((Range{0x7fffffff, 0xffffffff}.about_zero()), 0x7fffffff, 0xffffffff);
}

TEST(Ranges, OfOperations) {
  auto found = find(R"(function 0 (i32, i64) -> ()
    block0(v0: i32, v1: i64):
      v2: i32 = const 511
      v3: i32 = iand v0, v2
      v4: i32 = const -1
      v5: i32 = iadd v3, v4
      v6: i32 = const 9
      v7: i32 = ishl v3, v6
      v8: i32 = iadd v0, v2
      v9: i32 = ishl v0, v6
      v10: i32 = load8_u memory0[v0]
      v11: i32 = load16_s memory0[v0]
      v12: i32 = imul v10, v11
      v13: i32 = isub v2, v10
      v14: i32 = ishr_u v0, v6
      v15: i32 = ior v10, v3
      v16: i64 = const 40
      v17: i64 = ishr_u v1, v16
      v18: i32 = wrap v17
      v19: i32 = irem_u v0, v6
      v20: i32 = select v5, v0, v10
      v21: i32 = const 33
      v22: i32 = ishr_u v0, v21
      v23: i32 = ishl v3, v21
      v24: i32 = iand v11, v4
      v25: i32 = ishr_u v5, v6
      v26: i32 = const 0
      v27: i32 = irem_u v0, v26
      return
)");
  EXPECT_FALSE((*found)[0].is_known());
  EXPECT_RANGE((*found)[3], 0, 511);
  EXPECT_RANGE((*found)[5], -1, 510);
  EXPECT_RANGE((*found)[7], 0, 511 << 9);
  EXPECT_FALSE((*found)[8].is_known());
  EXPECT_FALSE((*found)[9].is_known());
  EXPECT_RANGE((*found)[10], 0, 255);
  EXPECT_RANGE((*found)[11], -32768, 32767);
  EXPECT_RANGE((*found)[12], -32768 * 255, 32767 * 255);
  EXPECT_RANGE((*found)[13], 256, 511);
  EXPECT_RANGE((*found)[14], 0, 0xffffffff >> 9);
  EXPECT_RANGE((*found)[15], 0, 511);
  EXPECT_RANGE((*found)[18], 0, 0xffffff);
  EXPECT_RANGE((*found)[19], 0, 8);
  EXPECT_FALSE((*found)[20].is_known());
  // Amounts are modulo 32.
  EXPECT_RANGE((*found)[22], 0, 0x7fffffff);
  EXPECT_RANGE((*found)[23], 0, 1022);
  EXPECT_FALSE((*found)[24].is_known());
  EXPECT_RANGE((*found)[25], 0, 0xffffffff >> 9);
  EXPECT_FALSE((*found)[27].is_known());  // which traps
}

// A loop from init by `step` until it is `last`, beside a counter by `other`, is run: each value lies in its range.
TEST(Ranges, OfCountersHoldWhileTheLoopRuns) {
  constexpr u32 most_rounds = 3000;
  const u32 edges[] = {0, 1, 2, 7, 100, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffff0, 0xffffffff, 0xfffff000};
  const i32 steps[] = {1, -1, 2, -2, 3, 7, -7, 4096, 65536, -65536, 65537};
  u32 known = 0;
  for (u32 init : edges)
    for (u32 mask : {0u, 7u})
      for (u32 last : edges)
        for (i32 step : steps)
          for (i32 other : {8, -8}) {
            std::string text = concat(R"(function 0 (i32) -> ()
block0(v0: i32):
  v1: i32 = const )", i32(init), R"(
  v2: i32 = const )", mask, R"(
  v3: i32 = iand v0, v2
  v4: i32 = iadd v3, v1
  v5: i32 = const )", step, R"(
  v6: i32 = const )", i32(last), R"(
  v7: i32 = const )", other, R"(
  jump block1(v4, v3)
loop to block2:
block1(v9: i32, v10: i32):
  v11: i32 = iadd v9, v5
  v12: i32 = iadd v10, v7
  v13: i32 = icmp.ne v11, v6
  branch v13, block1(v11, v12), block2
block2:
  return
)");
            auto found = find(text);
            Range counter = (*found)[9], next = (*found)[11], beside = (*found)[10];
            known += counter.is_known();
            for (u32 argument = 0; argument <= mask; ++argument) {
              u32 value = init + argument, second = argument;
              for (u32 round = 0; round < most_rounds; ++round) {
                auto holds = [](Range range, u32 bits) {
                  i64 number = range.is_unsigned() ? i64(bits) : i64(i32(bits));
                  return range.low <= number && number <= range.high;
                };
                ASSERT_TRUE(holds(counter, value)) << text << value;
                ASSERT_TRUE(holds(beside, second)) << text << second;
                value += u32(step), second += u32(other);
                ASSERT_TRUE(holds(next, value)) << text << value;
                if (value == last) break;
              }
            }
          }
  EXPECT_GT(known, 500u);
}

std::string counted_loop(std::string_view init, std::string_view condition, std::string_view back) {
  return concat(R"(function 0 (i32) -> ()
block0(v0: i32):
  v1: i32 = const 16
  v2: i32 = const 2560
  v3: i32 = const 0
  v4: i32 = const -2560
  jump block1()", init, R"()
loop to block2:
block1(v6: i32):
  v7: i32 = iadd v6, v1
  v8: i32 = )", condition, R"(
  branch v8, )", back, R"(
block2:
  return
)");
}

TEST(Ranges, OfACounterEndWhereTheLoopDoes) {
  auto up = find(counted_loop("v3", "icmp.ne v7, v2", "block1(v7), block2"));
  EXPECT_RANGE((*up)[6], 0, 2544);
  EXPECT_RANGE((*up)[7], 16, 2560);
  auto turned = find(counted_loop("v3", "icmp.eq v7, v2", "block2, block1(v7)"));
  EXPECT_RANGE((*turned)[6], 0, 2544);
  auto negative = find(counted_loop("v4", "icmp.ne v7, v3", "block1(v7), block2"));
  EXPECT_RANGE((*negative)[6].about_zero(), -2560, -16);
}

// None of these ends where a careless reader takes it to end.
TEST(Ranges, OfCountersThatPassTheEndAreNotKnown) {
  for (const std::string& text : {
           counted_loop("v0", "icmp.ne v7, v2", "block1(v7), block2"),       // from anywhere, in steps of 16
           counted_loop("v2", "icmp.ne v6, v3", "block1(v7), block2"),       // the counter, not the step
           counted_loop("v3", "icmp.eq v7, v2", "block1(v7), block2"),       // goes back where it is the end
           counted_loop("v3", "icmp.ne v7, v2", "block2, block1(v7)"),
           counted_loop("v3", "icmp.ne v0, v2", "block1(v7), block2"),       // tests something else
           counted_loop("v3", "icmp.ne v7, v0", "block1(v7), block2"),
           counted_loop("v3", "iadd v7, v1", "block1(v7), block2"),
       })
    EXPECT_FALSE((*find(text))[6].is_known()) << text;
}

// A second way back that steps over the test.
TEST(Ranges, OfALoopWithTwoWaysBackAreNotKnown) {
  auto found = find(R"(function 0 (i32) -> ()
block0(v0: i32):
  v1: i32 = const 1
  v2: i32 = const 10
  v3: i32 = const 0
  jump block1(v3)
loop to block4:
block1(v5: i32):
  v6: i32 = iadd v5, v1
  branch v0, block2, block3
block2:
  jump block1(v6)
block3:
  v9: i32 = icmp.ne v6, v2
  branch v9, block1(v6), block4
block4:
  return
)");
  EXPECT_FALSE((*found)[5].is_known());
}

// for i < 5: for j from i + 1 to 5, as clang has it: 4 - i rounds, in i = 0 .. 3. `guard` is whether i > 3 skips it.
std::string triangle(std::string_view guard) {
  return concat(R"(function 0 (i32) -> ()
block0(v0: i32):
  v1: i32 = const 3408
  v2: i32 = const 4
  v3: i32 = const 0
  v4: i32 = const 3
  v5: i32 = const 56
  v6: i32 = const -1
  v7: i32 = const 1
  v8: i32 = const 5
  jump block1(v1, v2, v3)
loop to block5:
block1(v10: i32, v11: i32, v12: i32):
  v13: i32 = )", guard, R"(
  branch v13, block4, block2
block2:
  jump block3(v10, v11)
loop to block4:
block3(v16: i32, v17: i32):
  v18: i32 = iadd v16, v5
  v19: i32 = iadd v17, v6
  branch v19, block3(v18, v19), block4
block4:
  v21: i32 = iadd v10, v5
  v22: i32 = iadd v11, v6
  v23: i32 = iadd v12, v7
  v24: i32 = icmp.ne v23, v8
  branch v24, block1(v21, v22, v23), block5
block5:
  return
)");
}

TEST(Ranges, OfAnInnerLoopThatTheOuterCounterGuards) {
  auto found = find(triangle("icmp.gt_u v12, v4"));
  EXPECT_RANGE((*found)[12], 0, 4);
  EXPECT_RANGE((*found)[11], 0, 4);
  EXPECT_RANGE((*found)[17], -2, 4);  // from 1, and four rounds
  EXPECT_RANGE((*found)[16], 3408, 3408 + 3 * 56 + 3 * 56);
  // With no round of the outer loop left out, the inner one may begin at 0, and goes round 2^32 times.
  for (std::string_view guard : {"icmp.gt_u v12, v2", "icmp.lt_u v12, v4", "icmp.gt_u v0, v4", "icmp.eq v12, v4"}) {
    auto loose = find(triangle(guard));
    EXPECT_FALSE((*loose)[16].is_known()) << guard;
  }
}

}  // namespace
}  // namespace skerry::ir
