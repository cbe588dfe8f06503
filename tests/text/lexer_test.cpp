#include "text/lexer.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/string.h"

namespace skerry::text {
namespace {

// The tokens of a text, one letter for the kind of each.
std::string kinds(std::string_view text) {
  Lexer lexer(text);
  std::string out;
  for (;;) {
    Token token = lexer.next();
    out += "()knifs$q@r!."[usize(token.kind)];
    if (token.kind == TokenKind::Damaged) return out + std::string(lexer.damage());
    if (token.kind == TokenKind::End) return out;
  }
}

TEST(Lexer, TellsTokensApart) {
  EXPECT_EQ(kinds("(module $m \"a\" 0 -1 +0x1f 1.5 1e5 nan:0x1 inf i32.add offset=8)"), "(k$sniiffffkk).");
  EXPECT_EQ(kinds("$\"quoted id\" 0x 1_ _1 1__0 0x1p 1e+ 1.e5 0x1.p1 1_000 nan:0x"), "qrrrrrrffnk.");
  EXPECT_EQ(kinds("a\"b\" \"a\"b \"a\"\"b\" $a\"b\" 1;;c"), "rrrrn.");
}

TEST(Lexer, SkipsCommentsAndAnnotationsOfAnyDepth) {
  EXPECT_EQ(kinds("(;a(;b;)c;)k;;)"), "k.");
  EXPECT_EQ(kinds("(@a (b \")\" (@c) ,;[]{}) ;; )\n (; ) ;) ) x"), "k.");
  EXPECT_EQ(kinds("(@custom \"a\")"), "@s).");
  std::string deep, deeper;
  for (int i = 0; i < 200'000; ++i) deep += "(;", deeper += "(@a ";
  for (int i = 0; i < 200'000; ++i) deep += ";)", deeper += ")";
  EXPECT_EQ(kinds(deep), ".");
  EXPECT_EQ(kinds(deeper), ".");
}

TEST(Lexer, SaysWhatIsUnterminated) {
  EXPECT_EQ(kinds("k (; (; ;)"), "k!unclosed comment");
  EXPECT_EQ(kinds("k \"abc"), "k!unclosed string");
  EXPECT_EQ(kinds("k \"abc\\"), "k!unclosed string");
  EXPECT_EQ(kinds("k \"abc\n\""), "k!unclosed string");
  EXPECT_EQ(kinds("(@a (b)"), "!unclosed annotation");
  EXPECT_EQ(kinds("(@"), "!empty annotation id");
  EXPECT_EQ(kinds("$"), "!empty identifier");
  EXPECT_EQ(kinds("\"\\u{110000}\""), "!illegal escape in a string: no Unicode scalar value");
  EXPECT_EQ(kinds("\"\\u{d800}\""), "!illegal escape in a string: no Unicode scalar value");
  EXPECT_EQ(kinds("\"\\u{"), "!unclosed string");
  EXPECT_EQ(kinds("\"\\u{e9"), "!unclosed string");
  EXPECT_EQ(kinds("\"\\u{\"}"), "!illegal escape in a string");
  EXPECT_EQ(kinds("\"\\q\""), "!illegal escape in a string");
  EXPECT_EQ(kinds("\xff"), "!malformed UTF-8 encoding");
  EXPECT_EQ(kinds(";; \xc0\xaf"), "!malformed UTF-8 encoding");
  EXPECT_EQ(kinds("\xc3\xa9"), "!illegal character");
}

TEST(Lexer, StringsStandForBytes) {
  EXPECT_EQ(string_value(R"("a\t\n\r\"\'\\\00\ff\u{41}\u{1_F600}")"), std::string("a\t\n\r\"'\\\0\xff"
                                                                                 "A\xf0\x9f\x98\x80", 14));
}

TEST(Lexer, PlacesCountFromOneAndFromWhereTheTextWasCut) {
  EXPECT_EQ(position_at({"ab\ncd"}, 0).column, 1u);
  EXPECT_EQ(position_at({"ab\ncd"}, 4).line, 2u);
  EXPECT_EQ(position_at({"ab\ncd"}, 4).column, 2u);
  Source cut{"ab\ncd", 7, 5, 100};
  EXPECT_EQ(fail_at(cut, 1, "x").error.message, "x at 7:6");
  EXPECT_EQ(fail_at(cut, 3, "x").error.message, "x at 8:1");
  EXPECT_EQ(fail_at(cut, 3, "x").error.offset, 103u);
}

}  // namespace
}  // namespace skerry::text
