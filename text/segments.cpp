// Element and data segments (Core 6.6.9, 6.6.10).

#include "text/module_parser.h"

namespace skerry::text {

// "..."*, joined.
Result<std::string> ModuleParser::strings() {
  std::string bytes;
  while (in_.at(TokenKind::String)) bytes += TRY(in_.string());
  return bytes;
}

// (offset instr*), or one folded instruction; `end` included.
Result<std::vector<u8>> ModuleParser::offset_expression() {
  std::vector<u8> out;
  if (in_.accept_open("offset")) {
    TRY(instructions(Until::Close, out));
    TRY(in_.expect_close());
  } else {
    TRY(instructions(Until::OneFolded, out));
  }
  write_opcode(out, Opcode::End);
  return out;
}

Result<void> ModuleParser::element_indices(Elements& out) {
  while (at_index()) {
    write_leb_unsigned(out.bytes, TRY(index(Space::Func)));
    ++out.count;
  }
  return {};
}

// ((item instr*) | folded instruction)*
Result<void> ModuleParser::element_expressions(Elements& out) {
  out.expressions = true;
  while (in_.at(TokenKind::LeftParen)) {
    if (in_.accept_open("item")) {
      TRY(instructions(Until::Close, out.bytes));
      TRY(in_.expect_close());
    } else {
      TRY(instructions(Until::OneFolded, out.bytes));
    }
    write_opcode(out.bytes, Opcode::End);
    ++out.count;
  }
  return {};
}

// func index* | reftype expression*
Result<ModuleParser::Elements> ModuleParser::element_list() {
  Elements elements;
  if (in_.accept_keyword("func")) {
    TRY(element_indices(elements));
    return elements;
  }
  Token token = in_.token();
  elements.type = TRY(value_type());
  if (!is_reference(elements.type)) return in_.fail_at_token(token, "unexpected token: expected a reference type");
  TRY(element_expressions(elements));
  return elements;
}

// The forms of the binary (5.5.12): bit 0 passive or declarative, bit 1 a table index or
// declarative, bit 2 expressions instead of function indices.
void ModuleParser::write_active_elem(std::optional<u32> table, const std::vector<u8>& offset,
                                     const Elements& elements) {
  std::vector<u8>& out = elems_.bytes;
  ++elems_.count;
  ++defined_[u8(Space::Elem)];
  bool long_form = table || (elements.expressions && elements.type != ValueType::FuncRef);
  out.push_back((long_form ? 2 : 0) | (elements.expressions ? 4 : 0));
  if (long_form) write_leb_unsigned(out, table.value_or(0));
  write_bytes(out, offset);
  if (long_form) out.push_back(elements.expressions ? u8(elements.type) : 0);
  write_leb_unsigned(out, elements.count);
  write_bytes(out, elements.bytes);
}

void ModuleParser::write_active_data(std::optional<u32> memory, const std::vector<u8>& offset,
                                     std::string_view bytes) {
  ++datas_.count;
  ++defined_[u8(Space::Data)];
  datas_.bytes.push_back(memory ? 2 : 0);
  if (memory) write_leb_unsigned(datas_.bytes, *memory);
  write_bytes(datas_.bytes, offset);
  write_string(datas_.bytes, bytes);
}

// (elem id? declare? (table x)? offset? list). In place of (table x) the first edition has a bare
// index; behind an offset the list may be bare function indices.
Result<void> ModuleParser::elem_field() {
  std::optional<u32> table;
  bool bare_table = in_.at(TokenKind::Natural);
  if (bare_table) {
    u32 number = TRY(index(Space::Table));
    if (number != 0) table = number;
  } else {
    skip_id();
  }
  bool declarative = in_.accept_keyword("declare");
  if (!declarative && in_.accept_open("table")) {
    table = TRY(index(Space::Table));
    TRY(in_.expect_close());
  }
  if (!declarative && in_.at(TokenKind::LeftParen)) {
    std::vector<u8> offset = TRY(offset_expression());
    Elements elements;
    if (at_index() || in_.at(TokenKind::RightParen)) TRY(element_indices(elements));
    else elements = TRY(element_list());
    write_active_elem(table, offset, elements);
    return in_.expect_close();
  }
  if (table || bare_table) return in_.unexpected();
  Elements elements = TRY(element_list());
  ++elems_.count;
  ++defined_[u8(Space::Elem)];
  elems_.bytes.push_back(1 | (declarative ? 2 : 0) | (elements.expressions ? 4 : 0));
  elems_.bytes.push_back(elements.expressions ? u8(elements.type) : 0);
  write_leb_unsigned(elems_.bytes, elements.count);
  write_bytes(elems_.bytes, elements.bytes);
  return in_.expect_close();
}

// (data id? (memory x)? offset? "..."*), with a bare index for (memory x) as above.
Result<void> ModuleParser::data_field() {
  std::optional<u32> memory;
  bool bare_memory = in_.at(TokenKind::Natural);
  if (bare_memory) {
    u32 number = TRY(index(Space::Memory));
    if (number != 0) memory = number;
  } else {
    skip_id();
  }
  if (in_.accept_open("memory")) {
    memory = TRY(index(Space::Memory));
    TRY(in_.expect_close());
  }
  if (memory || bare_memory || in_.at(TokenKind::LeftParen)) {
    if (!in_.at(TokenKind::LeftParen)) return in_.unexpected();
    std::vector<u8> offset = TRY(offset_expression());
    write_active_data(memory, offset, TRY(strings()));
    return in_.expect_close();
  }
  ++datas_.count;
  ++defined_[u8(Space::Data)];
  datas_.bytes.push_back(1);
  write_string(datas_.bytes, TRY(strings()));
  return in_.expect_close();
}

}  // namespace skerry::text
