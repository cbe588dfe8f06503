// A place in the token stream with two tokens of look-ahead, and what every parser of text
// needs: expecting, accepting, and the sentence for a token that does not fit.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text/lexer.h"

namespace skerry::text {

class Cursor {
 public:
  explicit Cursor(const Source& source);

  const Source& source() const { return source_; }
  const Token& token() const { return token_; }
  const Token& ahead() const { return ahead_; }
  std::string_view spelling() const { return lexer_.spelling(token_); }
  std::string_view spelling(const Token& token) const { return lexer_.spelling(token); }

  void advance();

  bool at(TokenKind kind) const { return token_.kind == kind; }
  bool at_keyword(std::string_view keyword) const { return at(TokenKind::Keyword) && spelling() == keyword; }
  bool at_id() const { return at(TokenKind::Id) || at(TokenKind::QuotedId); }
  // At "(keyword".
  bool at_open(std::string_view keyword) const;
  bool accept(TokenKind kind);
  bool accept_keyword(std::string_view keyword);
  bool accept_open(std::string_view keyword);

  Result<void> expect_open(std::string_view keyword);
  Result<void> expect_close();
  // The bytes of one string; of one that must be UTF-8.
  Result<std::string> string();
  Result<std::string> utf8_string();
  // A natural number below 2^bits.
  Result<u64> natural(unsigned bits);
  // Skips to behind the ")" that closes what is open here, `depth` deep.
  Result<void> skip_to_close(usize depth = 1);

  // The name of the id here, without its $ (6.3.5). It is a view of the source for a plain id.
  std::string id_name() const;

  Failure<Error> fail_here(std::string_view sentence) const { return fail_at(source_, token_.offset, sentence); }
  Failure<Error> fail_at_token(const Token& token, std::string_view sentence) const {
    return fail_at(source_, token.offset, sentence);
  }
  // The token here fits nowhere: "unknown operator" for a word that the format does not know,
  // else "unexpected token"; or what the lexer found wrong.
  Failure<Error> unexpected() const;

 private:
  Source source_;
  Lexer lexer_;
  Token token_;
  Token ahead_;
};

}  // namespace skerry::text
