#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/check.h"

namespace skerry {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return fail(ErrorCode::Malformed, u64(n), "the number is odd");
  return n / 2;
}

Result<int> quarter(int n) { return TRY(half(TRY(half(n)))); }

Result<void> needs_quarter(int n, int& steps) {
  steps = 1;
  TRY(quarter(n));
  steps = 2;
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  Result<int> good = half(4);
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 2);

  Result<int> bad = half(3);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::Malformed);
  EXPECT_EQ(bad.error().offset, 3u);
  EXPECT_EQ(bad.error().message, "the number is odd");
  EXPECT_EQ(Result<int>(fail(ErrorCode::Link, "no offset")).error().offset, Error::no_offset);
}

TEST(Result, TryGivesTheValueOrReturnsTheFirstError) {
  EXPECT_EQ(*quarter(12), 3);
  EXPECT_EQ(quarter(6).error().offset, 3u);  // of the outer half
  EXPECT_EQ(quarter(5).error().offset, 5u);  // of the inner half

  int steps = 0;
  EXPECT_TRUE(needs_quarter(4, steps));
  EXPECT_EQ(steps, 2);
  EXPECT_FALSE(needs_quarter(2, steps));
  EXPECT_EQ(steps, 1);
}

TEST(Result, TryMovesWhatCannotBeCopied) {
  auto make = [](int n) -> Result<std::unique_ptr<int>> {
    if (n < 0) return fail(ErrorCode::Argument, "negative");
    return std::make_unique<int>(n);
  };
  auto twice = [&](int n) -> Result<std::unique_ptr<int>> {
    std::unique_ptr<int> value = TRY(make(n));
    *value *= 2;
    return value;
  };
  EXPECT_EQ(**twice(21), 42);
  EXPECT_FALSE(twice(-1));
}

TEST(Result, TryTakesAResultThatHasAName) {
  auto through = [](Result<std::string>& result) -> Result<std::string> { return TRY(result); };
  Result<std::string> named = std::string("text");
  EXPECT_EQ(*through(named), "text");
}

TEST(Result, CarriesErrorsOfOtherTypes) {
  enum class Errno { Badf, Inval };
  auto inner = [](bool good) -> Result<int, Errno> {
    if (!good) return fail(Errno::Inval);
    return 7;
  };
  auto outer = [&](bool good) -> Result<long, Errno> { return TRY(inner(good)); };
  EXPECT_EQ(*outer(true), 7);
  EXPECT_EQ(outer(false).error(), Errno::Inval);
}

TEST(ResultDeathTest, RefusesTheValueOfAnError) { EXPECT_DEATH((void)*half(3), "result.h:[0-9]+: check failed: "); }

TEST(CheckDeathTest, PrintsWhereAndWhat) {
  int zero = 0;
  EXPECT_DEATH(CHECK(zero == 1), "^tests/base/result_test.cpp:[0-9]+: check failed: zero == 1\n");
  EXPECT_DEATH(UNREACHABLE("no such gear"), "unreachable: no such gear");
  std::string endless(10'000, 'x');
  EXPECT_DEATH(check_failed(endless.c_str(), 1, "x"), "^x{512}$");
}

TEST(Check, EvaluatesItsConditionOnce) {
  int calls = 0;
  CHECK(++calls == 1);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace skerry
