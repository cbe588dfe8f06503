#include "base/string.h"

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <limits>
#include <random>

namespace skerry {
namespace {

// Numbers as the C library prints them.
void expect_as_printf(u64 value) {
  char text[32];
  std::snprintf(text, sizeof text, "%" PRIu64, value);
  EXPECT_EQ(decimal(value), text);
  std::snprintf(text, sizeof text, "%" PRId64, i64(value));
  EXPECT_EQ(decimal_signed(i64(value)), text);
  std::snprintf(text, sizeof text, "%" PRIx64, value);
  EXPECT_EQ(hex(value), text);
  std::snprintf(text, sizeof text, "%08" PRIx64, value);
  EXPECT_EQ(hex(value, 8), text);
}

TEST(String, PrintsNumbersAsTheLibraryDoes) {
  for (unsigned shift = 0; shift < 64; ++shift) {
    for (i64 near = -2; near <= 2; ++near) expect_as_printf((u64{1} << shift) + u64(near));
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) expect_as_printf(random() >> random() % 64);
}

TEST(String, Concatenates) {
  EXPECT_EQ(concat("type ", 3, " is not a function"), "type 3 is not a function");
  EXPECT_EQ(concat(), "");
  EXPECT_EQ(concat('a', std::string("b"), std::string_view("c")), "abc");
  EXPECT_EQ(concat(u8{200}, ' ', i8{-100}, ' ', u64{0} - 1), "200 -100 18446744073709551615");
  EXPECT_EQ(concat(std::numeric_limits<i64>::min()), "-9223372036854775808");
}

}  // namespace
}  // namespace skerry
