// The lexical grammar of the text format (Core 6.3): characters -> tokens.
//
// A token is a range of the source. Space, comments and annotations are skipped; of the
// annotations only (@custom ...) and (@datacount) are handed on, as they become bytes of the module. Strings and
// numbers are checked for their form here and turned into values by string_value and number.h.
//
// Nesting of comments and annotations is counted, not recursed into. The lexer holds nothing
// but its place in the source, so that reading text takes no memory for tokens.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/types.h"

namespace skerry::text {

// Text, and where its first byte stands in the file that it was cut from.
struct Source {
  std::string_view text;
  u32 line = 1;    // of text[0]; lines and columns count from 1, columns in bytes
  u32 column = 1;
  u64 offset = 0;
};

struct Position {
  u32 line;
  u32 column;
};
Position position_at(const Source& source, usize at);

// An error at byte `at` of the source, whose sentence ends in its line and column.
Failure<Error> fail_at(const Source& source, usize at, std::string_view sentence);

enum class TokenKind : u8 {
  LeftParen,
  RightParen,
  Keyword,     // begins with a lower-case letter and is no float
  Natural,     // an integer without sign
  Integer,     // an integer with sign
  Float,       // with point or exponent, or inf, nan, nan:0x...
  String,      // with its quotes
  Id,          // $name
  QuotedId,    // $"name"
  Annotation,  // "(@custom" or "(@datacount"
  Reserved,    // a run of characters that is no token
  Damaged,     // not even that: Lexer::damage says what is wrong. The last token
  End,
};

struct Token {
  TokenKind kind = TokenKind::End;
  usize offset = 0;  // in Source::text
  usize size = 0;
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Token next();
  std::string_view spelling(const Token& token) const { return text_.substr(token.offset, token.size); }
  // The sentence for a Damaged token.
  std::string_view damage() const { return damage_; }

 private:
  bool skip_space();
  bool skip_line_comment();
  bool skip_block_comment();
  bool skip_character();
  bool skip_string();
  bool skip_annotation();
  bool skip_annotation_id(std::string_view& id);
  Token word();
  bool damaged(usize at, std::string_view sentence);
  char at(usize ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  std::string_view text_;
  usize at_ = 0;
  bool ended_ = false;  // after damage there are no tokens
  usize damage_at_ = 0;
  std::string_view damage_;
};

// The bytes that a String or QuotedId token stands for; they need not be UTF-8 (6.3.3).
std::string string_value(std::string_view spelling);

// Whether a character may stand in an id or keyword (6.3.5).
bool is_id_character(char c);

}  // namespace skerry::text
