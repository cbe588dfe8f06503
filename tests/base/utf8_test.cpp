#include "base/utf8.h"

#include <gtest/gtest.h>

namespace skerry {
namespace {

TEST(Utf8, EveryScalarValueReadsBackAndNothingElseDoes) {
  for (u32 code = 0; code < 0x110000; ++code) {
    std::string text;
    utf8_append(text, code);
    ASSERT_EQ(utf8_valid(text), unicode_scalar_value(code)) << code;
    for (usize cut = 1; cut < text.size(); ++cut) ASSERT_FALSE(utf8_valid(text.substr(0, cut))) << code;
  }
}

TEST(Utf8, RefusesOverlongFormsAndValuesAboveTheLast) {
  for (std::string_view text : {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                                "\xf5\x80\x80\x80", "\x80", "\xbf", "\xff", "\xe2\x82", "\xe2\x28\xa1"}) {
    EXPECT_FALSE(utf8_valid(text));
  }
}

}  // namespace
}  // namespace skerry
