#include "text/lexer.h"

#include <algorithm>

#include "base/string.h"
#include "base/utf8.h"

namespace skerry::text {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
// What a reserved word may hold beyond id characters and strings (6.3.1).
bool is_separator(char c) { return c == ',' || c == ';' || c == '[' || c == ']' || c == '{' || c == '}'; }

u32 hex_digit_value(char c) { return u32(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10); }

// digits ('_'? digit)*; true if there was at least one and no underscore is out of place.
template <class IsDigit>
bool skip_digits(std::string_view& text, IsDigit is_one) {
  usize i = 0;
  while (i < text.size() && (is_one(text[i]) || (text[i] == '_' && i > 0 && is_one(text[i - 1])))) ++i;
  bool well = i > 0 && text[i - 1] != '_';
  text.remove_prefix(i);
  return well;
}

// What number a word is, or Reserved (6.3.1, 6.3.2).
TokenKind number_kind(std::string_view word) {
  bool sign = !word.empty() && (word[0] == '+' || word[0] == '-');
  if (sign) word.remove_prefix(1);
  if (word == "inf" || word == "nan") return TokenKind::Float;
  if (word.starts_with("nan:0x")) {
    word.remove_prefix(6);
    return skip_digits(word, is_hex_digit) && word.empty() ? TokenKind::Float : TokenKind::Reserved;
  }
  bool hexadecimal = word.starts_with("0x");
  if (hexadecimal) word.remove_prefix(2);
  auto skip = [&] { return hexadecimal ? skip_digits(word, is_hex_digit) : skip_digits(word, is_digit); };
  if (!skip()) return TokenKind::Reserved;
  if (word.empty()) return sign ? TokenKind::Integer : TokenKind::Natural;
  if (word[0] == '.') {
    word.remove_prefix(1);
    bool digits = !word.empty() && (hexadecimal ? is_hex_digit(word[0]) : is_digit(word[0]));
    if (digits && !skip()) return TokenKind::Reserved;
  }
  if (!word.empty() && (word[0] | 0x20) == (hexadecimal ? 'p' : 'e')) {
    word.remove_prefix(1);
    if (!word.empty() && (word[0] == '+' || word[0] == '-')) word.remove_prefix(1);
    if (!skip_digits(word, is_digit)) return TokenKind::Reserved;
  }
  return word.empty() ? TokenKind::Float : TokenKind::Reserved;
}

}  // namespace

bool is_id_character(char c) {
  return c > ' ' && c < '\x7f' && c != '"' && c != '(' && c != ')' && !is_separator(c);
}

Position position_at(const Source& source, usize at) {
  std::string_view before = source.text.substr(0, at);
  usize lines = usize(std::count(before.begin(), before.end(), '\n'));
  if (lines == 0) return {source.line, source.column + u32(at)};
  return {source.line + u32(lines), u32(before.size() - before.rfind('\n'))};
}

Failure<Error> fail_at(const Source& source, usize at, std::string_view sentence) {
  Position position = position_at(source, at);
  return fail(ErrorCode::Malformed, source.offset + at, concat(sentence, " at ", position.line, ":", position.column));
}

bool Lexer::damaged(usize at, std::string_view sentence) {
  damage_at_ = at;
  damage_ = sentence;
  ended_ = true;
  return false;
}

// Over one character of a comment, string or annotation, none of which need be ASCII.
bool Lexer::skip_character() {
  usize size = utf8_sequence(text_.substr(at_));
  if (size == 0) return damaged(at_, "malformed UTF-8 encoding");
  at_ += size;
  return true;
}

bool Lexer::skip_line_comment() {
  while (at_ < text_.size() && at() != '\n' && at() != '\r') if (!skip_character()) return false;
  return true;
}

bool Lexer::skip_block_comment() {
  usize start = at_, depth = 1;
  at_ += 2;
  while (depth > 0) {
    if (at_ == text_.size()) return damaged(start, "unclosed comment");
    if (at() == '(' && at(1) == ';') ++depth, at_ += 2;
    else if (at() == ';' && at(1) == ')') --depth, at_ += 2;
    else if (!skip_character()) return false;
  }
  return true;
}

// Over a string, from its first quote to behind its last.
bool Lexer::skip_string() {
  usize start = at_++;
  for (;;) {
    if (at_ == text_.size() || at() == '\n') return damaged(start, "unclosed string");
    char c = at();
    if (c == '"') {
      ++at_;
      return true;
    }
    if (u8(c) < 0x20 || c == '\x7f') return damaged(at_, "illegal control character in a string");
    if (c != '\\') {
      if (!skip_character()) return false;
      continue;
    }
    usize escape = at_++;
    if (at_ == text_.size()) return damaged(start, "unclosed string");
    c = at();
    if (is_hex_digit(c) && is_hex_digit(at(1))) {
      at_ += 2;
    } else if (c == 'u' && at(1) == '{') {
      at_ += 2;
      usize end = std::min(text_.find('}', at_), text_.size());
      std::string_view rest = text_.substr(at_, end - at_), digits = rest;
      if (end == text_.size()) return damaged(start, "unclosed string");
      if (!skip_digits(rest, is_hex_digit) || !rest.empty()) return damaged(escape, "illegal escape in a string");
      u32 code = 0;
      for (char digit : digits) if (digit != '_' && code < 0x110000) code = code * 16 + hex_digit_value(digit);
      if (!unicode_scalar_value(code)) return damaged(escape, "illegal escape in a string: no Unicode scalar value");
      at_ += digits.size() + 1;
    } else if (c == 't' || c == 'n' || c == 'r' || c == '"' || c == '\'' || c == '\\') {
      ++at_;
    } else {
      return damaged(escape, "illegal escape in a string");
    }
  }
}

// Over "(@id" (6.3.4); the id is given as it stands in the source.
bool Lexer::skip_annotation_id(std::string_view& id) {
  usize start = at_;
  at_ += 2;
  usize from = at_;
  if (at() == '"') {
    usize end = text_.find('"', from + 1);
    usize line = text_.find('\n', from + 1);
    if (end == from + 1 || line < end) return damaged(start, "empty annotation id");
    if (!skip_string()) return false;
    if (!utf8_valid(string_value(text_.substr(from, at_ - from)))) return damaged(from, "malformed UTF-8 encoding");
  } else {
    while (is_id_character(at())) ++at_;
  }
  id = text_.substr(from, at_ - from);
  return !id.empty() || damaged(start, "empty annotation id");
}

// Over the rest of an annotation, behind its id: any tokens whose parentheses match.
bool Lexer::skip_annotation() {
  usize start = at_;
  for (usize depth = 1; depth > 0;) {
    if (at_ == text_.size()) return damaged(start, "unclosed annotation");
    char c = at();
    if (c == '(' && at(1) == ';') {
      if (!skip_block_comment()) return false;
    } else if (c == ';' && at(1) == ';') {
      if (!skip_line_comment()) return false;
    } else if (c == '"') {
      if (!skip_string()) return false;
    } else if (c == '(' && at(1) == '@') {
      std::string_view id;
      // An annotation within needs an id as well, but "(@)" there is also an @ in parentheses.
      if (is_id_character(at(2)) || at(2) == '"') {
        if (!skip_annotation_id(id)) return false;
      } else {
        at_ += 2;
      }
      ++depth;
    } else if (c == '(' || c == ')') {
      depth += c == '(' ? 1 : usize(-1);
      ++at_;
    } else if (is_id_character(c) || is_separator(c) || is_space(c)) {
      ++at_;
    } else {
      return damaged(at_, utf8_sequence(text_.substr(at_)) == 0 ? "malformed UTF-8 encoding" : "illegal character");
    }
  }
  return true;
}

// Over space, comments and annotations, up to a token or the end.
bool Lexer::skip_space() {
  while (at_ < text_.size()) {
    char c = at();
    if (is_space(c)) {
      ++at_;
    } else if (c == ';' && at(1) == ';') {
      if (!skip_line_comment()) return false;
    } else if (c == '(' && at(1) == ';') {
      if (!skip_block_comment()) return false;
    } else if (c == '(' && at(1) == '@') {
      usize start = at_;
      std::string_view id;
      if (!skip_annotation_id(id)) return false;
      if (id == "custom" || id == "\"custom\"" || id == "datacount") {
        at_ = start;
        return true;
      }
      if (!skip_annotation()) return false;
    } else {
      return true;
    }
  }
  return true;
}

// A keyword, number, string, id, or a run of their characters, which is reserved.
Token Lexer::word() {
  usize start = at_, strings = 0, string_from = 0;
  while (is_id_character(at()) || is_separator(at()) || at() == '"') {
    if (at() == ';' && at(1) == ';') break;
    if (at() != '"') {
      ++at_;
      continue;
    }
    string_from = at_;
    ++strings;
    if (skip_string()) continue;
    // A string that does not end well is no part of the id in front of it.
    if (string_from == start + 1 && text_[start] == '$') damaged(start, "empty identifier");
    return {TokenKind::Damaged, damage_at_, 0};
  }
  std::string_view word = text_.substr(start, at_ - start);
  auto token = [&](TokenKind kind) { return Token{kind, start, word.size()}; };
  auto reject = [&](std::string_view sentence) {
    damaged(start, sentence);
    return Token{TokenKind::Damaged, start, 0};
  };
  if (word.empty()) {
    return reject(utf8_sequence(text_.substr(at_)) == 0 ? "malformed UTF-8 encoding" : "illegal character");
  }
  if (strings > 0) {
    bool to_end = strings == 1 && word.back() == '"';
    if (to_end && string_from == start) return token(TokenKind::String);
    if (!to_end || string_from != start + 1 || word[0] != '$') return token(TokenKind::Reserved);
    std::string name = string_value(word);
    if (name.empty()) return reject("empty identifier");
    return utf8_valid(name) ? token(TokenKind::QuotedId) : reject("malformed UTF-8 encoding");
  }
  if (std::any_of(word.begin(), word.end(), is_separator)) return token(TokenKind::Reserved);
  if (word[0] == '$') return word.size() > 1 ? token(TokenKind::Id) : reject("empty identifier");
  TokenKind number = number_kind(word);
  if (number == TokenKind::Reserved && is_lower(word[0])) return token(TokenKind::Keyword);
  return token(number);
}

Token Lexer::next() {
  if (!ended_) skip_space();
  if (ended_) return {TokenKind::Damaged, damage_at_, 0};
  if (at_ == text_.size()) return {TokenKind::End, at_, 0};
  usize start = at_;
  if (at() == '(' && at(1) == '@') {
    std::string_view id;
    skip_annotation_id(id);
    return {TokenKind::Annotation, start, at_ - start};
  }
  if (at() == '(' || at() == ')') return {text_[at_++] == '(' ? TokenKind::LeftParen : TokenKind::RightParen, start, 1};
  return word();
}

std::string string_value(std::string_view spelling) {
  std::string out;
  usize i = spelling.find('"') + 1, end = spelling.size() - 1;
  while (i < end) {
    char c = spelling[i++];
    if (c != '\\') {
      out.push_back(c);
      continue;
    }
    c = spelling[i++];
    switch (c) {
      case 't': out.push_back('\t'); break;
      case 'n': out.push_back('\n'); break;
      case 'r': out.push_back('\r'); break;
      case '"': case '\'': case '\\': out.push_back(c); break;
      case 'u': {
        u32 code = 0;
        for (++i; spelling[i] != '}'; ++i) if (spelling[i] != '_') code = code * 16 + hex_digit_value(spelling[i]);
        ++i;
        utf8_append(out, code);
        break;
      }
      default: out.push_back(char(hex_digit_value(c) * 16 + hex_digit_value(spelling[i++])));
    }
  }
  return out;
}

}  // namespace skerry::text
