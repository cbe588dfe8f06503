#include "text/cursor.h"

#include "base/string.h"
#include "base/utf8.h"
#include "text/keywords.h"
#include "text/number.h"

namespace skerry::text {

Cursor::Cursor(const Source& source) : source_(source), lexer_(source.text) {
  token_ = lexer_.next();
  ahead_ = lexer_.next();
}

void Cursor::advance() {
  token_ = ahead_;
  ahead_ = lexer_.next();
}

bool Cursor::at_open(std::string_view keyword) const {
  return at(TokenKind::LeftParen) && ahead_.kind == TokenKind::Keyword && spelling(ahead_) == keyword;
}

bool Cursor::accept(TokenKind kind) {
  if (!at(kind)) return false;
  advance();
  return true;
}

bool Cursor::accept_keyword(std::string_view keyword) {
  if (!at_keyword(keyword)) return false;
  advance();
  return true;
}

bool Cursor::accept_open(std::string_view keyword) {
  if (!at_open(keyword)) return false;
  advance();
  advance();
  return true;
}

Result<void> Cursor::expect_open(std::string_view keyword) {
  if (!accept(TokenKind::LeftParen) || !accept_keyword(keyword)) return unexpected();
  return {};
}

Result<void> Cursor::expect_close() {
  if (!accept(TokenKind::RightParen)) return unexpected();
  return {};
}

Result<std::string> Cursor::string() {
  if (!at(TokenKind::String)) return unexpected();
  std::string value = string_value(spelling());
  advance();
  return value;
}

Result<std::string> Cursor::utf8_string() {
  Token token = token_;
  std::string value = TRY(string());
  if (!utf8_valid(value)) return fail_at_token(token, "malformed UTF-8 encoding");
  return value;
}

Result<u64> Cursor::natural(unsigned bits) {
  if (!at(TokenKind::Natural)) return unexpected();
  std::optional<u64> value = natural_value(spelling(), bits);
  if (!value) return fail_here(concat("i", bits, " constant out of range"));
  advance();
  return *value;
}

Result<void> Cursor::skip_to_close(usize depth) {
  while (depth > 0) {
    if (at(TokenKind::LeftParen) || at(TokenKind::Annotation)) ++depth;
    else if (at(TokenKind::RightParen)) --depth;
    else if (at(TokenKind::End) || at(TokenKind::Damaged)) return unexpected();
    advance();
  }
  return {};
}

std::string Cursor::id_name() const {
  return at(TokenKind::QuotedId) ? string_value(spelling()) : std::string(spelling().substr(1));
}

Failure<Error> Cursor::unexpected() const {
  if (at(TokenKind::Damaged)) return fail_here(lexer_.damage());
  if (at(TokenKind::End)) return fail_here("unexpected token: the text ends here");
  std::string_view word = spelling().substr(0, 40);
  while (!utf8_valid(word)) word.remove_suffix(1);
  bool known = at(TokenKind::Keyword) ? is_keyword(spelling()) : !at(TokenKind::Reserved);
  return fail_here(concat(known ? "unexpected token " : "unknown operator ", word));
}

}  // namespace skerry::text
