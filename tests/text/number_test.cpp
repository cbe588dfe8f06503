// Numbers against the C library's conversions, which round correctly too.

#include "text/number.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "base/string.h"
#include "text/lexer.h"

namespace skerry::text {
namespace {

std::optional<u64> expected(const std::string& text, unsigned bits) {
  if (bits == 64) {
    double value = std::strtod(text.c_str(), nullptr);
    return std::isinf(value) ? std::nullopt : std::optional(std::bit_cast<u64>(value));
  }
  float value = std::strtof(text.c_str(), nullptr);
  return std::isinf(value) ? std::nullopt : std::optional<u64>(std::bit_cast<u32>(value));
}

void check(const std::string& text) {
  Token token = Lexer(text).next();
  ASSERT_TRUE(token.kind == TokenKind::Float || token.kind == TokenKind::Natural || token.kind == TokenKind::Integer);
  ASSERT_EQ(token.size, text.size()) << text;
  for (unsigned bits : {32u, 64u}) {
    ASSERT_EQ(float_value(text, bits), expected(text, bits)) << text << " as f" << bits;
  }
}

std::string formatted(const char* format, int precision, double value) {
  char buffer[1600];
  std::snprintf(buffer, sizeof buffer, format, precision, value);
  return buffer;
}

// All 17 significant digits, and the exact decimal of a value.
void check_decimals(double value) {
  if (!std::isfinite(value)) return;
  check(formatted("%.*e", 16, value));
  check(formatted("%.*e", 8, value));
  check(formatted("%.*e", 1100, value));
}

// Of the point half-way between a float and the next: it, and its neighbours above and below.
void check_halfway(float below) {
  if (!std::isfinite(below) || !std::isfinite(std::nextafter(below, INFINITY))) return;
  double halfway = (double(below) + double(std::nextafter(below, INFINITY))) / 2;  // exact
  std::string exact = formatted("%.*e", 200, halfway);
  check(exact);
  check(exact.substr(0, exact.find('e')) + "1" + exact.substr(exact.find('e')));
  check_decimals(std::nextafter(halfway, 0));
  check_decimals(std::nextafter(halfway, INFINITY));
}

TEST(Number, DecimalFloatsAreRoundedAsTheCLibraryDoes) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 3'000; ++i) check_decimals(std::bit_cast<double>(u64(random())));
  for (int i = 0; i < 20'000; ++i) {
    check(concat(random() % 1'000'000'007, ".", random(), "e", i64(random() % 700) - 350));
    check(concat(random(), "e", i64(random() % 90) - 60));
  }
  for (std::string_view text : {"0", "-0", "0.", "1e-400", "1e400", "1e99999999999999999999", "1e-99999999999999999999",
                                "0e99999999999999999999", "2.2250738585072011e-308", "2.2250738585072012e-308",
                                "4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
                                "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308",
                                "3.4028234663852886e38", "3.4028235677973366e38", "3.4028235677973365e38",
                                "1.401298464324817e-45", "7.006492321624085e-46", "7.006492321624086e-46",
                                "9007199254740993", "9007199254740992.99999999999999999999999999"}) {
    check(std::string(text));
  }
}

TEST(Number, PointsHalfwayBetweenFloatsGoToTheEvenOne) {
  std::mt19937 random(2);
  for (u32 i = 0; i < 400; ++i) check_halfway(std::bit_cast<float>(i));  // subnormals
  for (u32 exponent = 0; exponent < 255; ++exponent) {
    for (u32 fraction : {0u, 1u, 0x3fffffu, 0x7ffffeu, 0x7fffffu, u32(random()) & 0x7fffff}) {
      check_halfway(std::bit_cast<float>(exponent << 23 | fraction));
    }
  }
  // Between doubles: the last bit of 54, set, in the exact decimal of 2^k (2 f + 1).
  for (int i = 0; i < 2'000; ++i) {
    u64 odd = u64{1} << 53 | (random() & 0xfffff) << 1 | 1;
    std::string digits = decimal(odd);
    check(digits);
    check(digits + ".0000000000000000000000000000000000000000000000000001");
    check(decimal(odd - 1) + ".9999999999999999999999999999999999999999999999999999");
  }
  // The longest of all: between the two largest subnormals, 767 digits, and one more far behind.
  std::string longest = formatted("%.*f", 1074, std::bit_cast<double>(u64{0xfffffffffffff}));
  std::string half = formatted("%.*f", 1074, std::bit_cast<double>(u64{1}));
  check(longest + std::string(2000, '0') + "1");
  check(half.substr(0, half.size() - 1) + "2" + "47032822920623272" + std::string(3000, '0') + "1");
}

TEST(Number, HexadecimalFloatsAreRoundedAsTheCLibraryDoes) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 50'000; ++i) {
    check(concat("0x", hex(random() >> (random() % 60)), ".", hex(random() >> (random() % 60), 16), "p",
                 i64(random() % 2400) - 1200));
  }
  for (std::string_view text : {"0x1.fffffefffffffp127", "0x1.ffffffp127", "0x1.fffffeffffffffffffffffffp127",
                                "0x1p-150", "0x1.00000000000000000000001p-150", "0x1p-149", "0x1p-1075",
                                "0x1.0000000000001p-1075",
                                "0x1.fffffffffffff7p1023", "0x1.fffffffffffff8p1023", "0x0p99999999999999999999"}) {
    check(std::string(text));
  }
  // A mantissa far longer than the exponent's range.
  check("0x" + std::string(5000, '1') + "p-20000");
  check("0x0." + std::string(5000, '0') + "1p20000");
}

TEST(Number, FloatTextReadsBackToTheSameBits) {
  std::mt19937_64 random(4);
  for (unsigned bits : {32u, 64u}) {
    for (int i = 0; i < 200'000; ++i) {
      u64 value = bits == 32 ? u32(random()) : random();
      if (i < 1000) value = u64(i);
      std::string text = float_text(value, bits);
      ASSERT_EQ(float_value(text, bits), value) << text;
    }
    u64 sign = u64{1} << (bits - 1), infinity = bits == 32 ? 0x7f800000 : 0x7ff0000000000000;
    for (u64 value : {infinity, infinity + 1, sign | infinity, sign - 1, ~u64{0} >> (64 - bits), sign}) {
      EXPECT_EQ(float_value(float_text(value, bits), bits), value);
    }
  }
  EXPECT_EQ(float_text(0x3fc00000, 32), "0x1.8p+0");
  EXPECT_EQ(float_text(0x8000000000000001, 64), "-0x0.0000000000001p-1022");
}

TEST(Number, PayloadsOfNaNsMustFitAndBeNoInfinity) {
  EXPECT_EQ(float_value("nan", 32), 0x7fc00000);
  EXPECT_EQ(float_value("-nan:0x1", 32), 0xff800001);
  EXPECT_EQ(float_value("nan:0x7f_ffff", 32), 0x7fffffff);
  EXPECT_EQ(float_value("nan:0x800000", 32), std::nullopt);
  EXPECT_EQ(float_value("nan:0x0", 64), std::nullopt);
  EXPECT_EQ(float_value("nan:0xfffffffffffff", 64), 0x7fffffffffffffff);
  EXPECT_EQ(float_value("nan:0x10000000000000", 64), std::nullopt);
  EXPECT_EQ(float_value("nan:0x10000000000000001", 64), std::nullopt);
}

TEST(Number, IntegersAreSignedOrUnsignedWithinTheirRange) {
  EXPECT_EQ(integer_value("4294967295", 32), 0xffffffff);
  EXPECT_EQ(integer_value("4294967296", 32), std::nullopt);
  EXPECT_EQ(integer_value("-2147483648", 32), 0x80000000);
  EXPECT_EQ(integer_value("-2147483649", 32), std::nullopt);
  EXPECT_EQ(integer_value("+2147483647", 32), 0x7fffffff);
  EXPECT_EQ(integer_value("+2147483648", 32), std::nullopt);
  EXPECT_EQ(integer_value("-0x8000_0000_0000_0000", 64), u64{1} << 63);
  EXPECT_EQ(integer_value("-0x8000000000000001", 64), std::nullopt);
  EXPECT_EQ(integer_value("18446744073709551615", 64), ~u64{0});
  EXPECT_EQ(integer_value("18446744073709551616", 64), std::nullopt);
  EXPECT_EQ(integer_value("-1", 8), 0xff);
  EXPECT_EQ(natural_value("0xffff_ffff", 32), 0xffffffff);
  EXPECT_EQ(natural_value("0x1_0000_0000", 32), std::nullopt);
}

}  // namespace
}  // namespace skerry::text
