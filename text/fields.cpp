// Module fields (Core 6.6) but segments, which are in segments.cpp.

#include <algorithm>

#include "base/string.h"
#include "text/module_parser.h"

namespace skerry::text {
namespace {

// The sections that (@custom ... (before s)) may name, by their place in the binary.
constexpr std::string_view section_names[] = {"type",   "import", "func", "table",     "memory", "global",
                                              "export", "start",  "elem", "datacount", "code",   "data"};

void write_limits(std::vector<u8>& out, const Limits& limits) {
  out.push_back(limits.max ? 1 : 0);
  write_leb_unsigned(out, limits.min);
  if (limits.max) write_leb_unsigned(out, *limits.max);
}

void write_table_type(std::vector<u8>& out, const TableType& type) {
  out.push_back(u8(type.element));
  write_limits(out, type.limits);
}

void write_global_type(std::vector<u8>& out, const GlobalType& type) {
  out.push_back(u8(type.value));
  out.push_back(u8(type.mutability));
}

}  // namespace

Result<void> ModuleParser::field() {
  if (in_.at(TokenKind::Annotation)) return annotation_field();
  if (in_.accept_open("type")) return in_.skip_to_close();  // read by the first pass
  if (in_.at_open("import")) return import_field();
  if (in_.at_open("func")) return func_field();
  if (in_.at_open("table")) return table_field();
  if (in_.at_open("memory")) return memory_field();
  if (in_.at_open("global")) return global_field();
  if (in_.accept_open("export")) return export_field();
  if (in_.accept_open("start")) return start_field();
  if (in_.accept_open("elem")) return elem_field();
  if (in_.accept_open("data")) return data_field();
  in_.accept(TokenKind::LeftParen);
  return in_.unexpected();
}

void ModuleParser::skip_id() {
  if (in_.at_id()) in_.advance();
}

// The index of the definition that begins here, which is no import.
u32 ModuleParser::define(Space in, std::string_view word) {
  if (definition_before_import_.empty()) definition_before_import_ = word;
  return defined_[u8(in)]++;
}

Result<void> ModuleParser::import_after_definition(const Token& token) {
  if (definition_before_import_.empty()) return {};
  return in_.fail_at_token(token, concat("import after ", definition_before_import_, " definition"));
}

void ModuleParser::write_import(const ImportName& import, ExternKind kind) {
  ++imports_.count;
  write_string(imports_.bytes, import.module);
  write_string(imports_.bytes, import.name);
  imports_.bytes.push_back(u8(kind));
}

Result<void> ModuleParser::import_field() {
  Token token = in_.token();
  TRY(in_.expect_open("import"));
  ImportName import{.module = TRY(in_.utf8_string()), .name = TRY(in_.utf8_string())};
  TRY(import_after_definition(token));
  if (in_.accept_open("func")) {
    skip_id();
    u32 type = TRY(resolve(TRY(type_use(Ids::Ignored))));
    write_import(import, ExternKind::Func);
    write_leb_unsigned(imports_.bytes, type);
    ++defined_[u8(Space::Func)];
  } else if (in_.accept_open("table")) {
    skip_id();
    TableType type = TRY(table_type());
    write_import(import, ExternKind::Table);
    write_table_type(imports_.bytes, type);
    ++defined_[u8(Space::Table)];
  } else if (in_.accept_open("memory")) {
    skip_id();
    Limits type = TRY(limits());
    write_import(import, ExternKind::Memory);
    write_limits(imports_.bytes, type);
    ++defined_[u8(Space::Memory)];
  } else if (in_.accept_open("global")) {
    skip_id();
    GlobalType type = TRY(global_type());
    write_import(import, ExternKind::Global);
    write_global_type(imports_.bytes, type);
    ++defined_[u8(Space::Global)];
  } else {
    in_.accept(TokenKind::LeftParen);
    return in_.unexpected();
  }
  TRY(in_.expect_close());
  return in_.expect_close();
}

// (export "name")*, within a definition.
Result<void> ModuleParser::inline_exports(ExternKind kind, u32 index) {
  while (in_.accept_open("export")) {
    ++exports_.count;
    write_string(exports_.bytes, TRY(in_.utf8_string()));
    exports_.bytes.push_back(u8(kind));
    write_leb_unsigned(exports_.bytes, index);
    TRY(in_.expect_close());
  }
  return {};
}

// (import "module" "name")?, within a definition, which is an import then.
Result<std::optional<ModuleParser::ImportName>> ModuleParser::inline_import() {
  if (!in_.at_open("import")) return std::optional<ImportName>();
  Token token = in_.token();
  TRY(in_.expect_open("import"));
  ImportName import{.module = TRY(in_.utf8_string()), .name = TRY(in_.utf8_string())};
  TRY(in_.expect_close());
  TRY(import_after_definition(token));
  return std::optional(std::move(import));
}

Result<void> ModuleParser::func_field() {
  TRY(in_.expect_open("func"));
  skip_id();
  u32 index = defined_[u8(Space::Func)];
  TRY(inline_exports(ExternKind::Func, index));
  if (std::optional<ImportName> import = TRY(inline_import())) {
    u32 type = TRY(resolve(TRY(type_use(Ids::Ignored))));
    write_import(*import, ExternKind::Func);
    write_leb_unsigned(imports_.bytes, type);
    ++defined_[u8(Space::Func)];
    return in_.expect_close();
  }
  define(Space::Func, "function");
  locals_ = {};
  TypeUse use = TRY(type_use(Ids::Bound));
  u32 type = TRY(resolve(use));
  if (use.type.params.empty() && type < types_.size()) locals_.size = u32(types_[type].params.size());
  ++functions_.count;
  write_leb_unsigned(functions_.bytes, type);

  std::vector<u8> body;
  TRY(locals(body));
  TRY(instructions(Until::Close, body));
  write_opcode(body, Opcode::End);
  ++code_.count;
  write_sized(code_.bytes, body);
  if (!locals_.names.empty()) named_locals_.emplace_back(index, std::move(locals_));
  locals_ = {};
  return in_.expect_close();
}

// (local ...)* -> runs of equal types (5.5.13).
Result<void> ModuleParser::locals(std::vector<u8>& out) {
  std::vector<ValueType> types;
  TRY(value_types("local", Ids::Bound, types));
  Section runs;
  for (usize i = 0; i < types.size();) {
    usize end = i + 1;
    while (end < types.size() && types[end] == types[i]) ++end;
    ++runs.count;
    write_leb_unsigned(runs.bytes, end - i);
    runs.bytes.push_back(u8(types[i]));
    i = end;
  }
  write_vector(out, runs);
  return {};
}

Result<void> ModuleParser::table_field() {
  TRY(in_.expect_open("table"));
  skip_id();
  TRY(inline_exports(ExternKind::Table, defined_[u8(Space::Table)]));
  if (std::optional<ImportName> import = TRY(inline_import())) {
    TableType type = TRY(table_type());
    write_import(*import, ExternKind::Table);
    write_table_type(imports_.bytes, type);
    ++defined_[u8(Space::Table)];
    return in_.expect_close();
  }
  u32 table = define(Space::Table, "table");
  ++tables_.count;
  if (in_.at(TokenKind::Natural)) {
    write_table_type(tables_.bytes, TRY(table_type()));
    return in_.expect_close();
  }
  // reftype (elem ...): a table that has just the size of its elements.
  Token token = in_.token();
  ValueType type = TRY(value_type());
  if (!is_reference(type)) return in_.fail_at_token(token, "unexpected token: expected a reference type");
  TRY(in_.expect_open("elem"));
  Elements elements{.type = type};
  TRY(at_index() || in_.at(TokenKind::RightParen) ? element_indices(elements) : element_expressions(elements));
  TRY(in_.expect_close());
  write_table_type(tables_.bytes, {type, {elements.count, elements.count}});
  std::vector<u8> zero = {0x41, 0x00, 0x0b};  // i32.const 0 end
  write_active_elem(table == 0 ? std::nullopt : std::optional(table), zero, elements);
  return in_.expect_close();
}

Result<void> ModuleParser::memory_field() {
  TRY(in_.expect_open("memory"));
  skip_id();
  TRY(inline_exports(ExternKind::Memory, defined_[u8(Space::Memory)]));
  if (std::optional<ImportName> import = TRY(inline_import())) {
    Limits type = TRY(limits());
    write_import(*import, ExternKind::Memory);
    write_limits(imports_.bytes, type);
    ++defined_[u8(Space::Memory)];
    return in_.expect_close();
  }
  u32 memory = define(Space::Memory, "memory");
  ++memories_.count;
  if (in_.accept_open("data")) {
    std::string bytes = TRY(strings());
    TRY(in_.expect_close());
    u64 pages = (bytes.size() + page_size - 1) / page_size;
    write_limits(memories_.bytes, {pages, pages});
    std::vector<u8> zero = {0x41, 0x00, 0x0b};  // i32.const 0 end
    write_active_data(memory == 0 ? std::nullopt : std::optional(memory), zero, bytes);
  } else {
    write_limits(memories_.bytes, TRY(limits()));
  }
  return in_.expect_close();
}

Result<void> ModuleParser::global_field() {
  TRY(in_.expect_open("global"));
  skip_id();
  TRY(inline_exports(ExternKind::Global, defined_[u8(Space::Global)]));
  if (std::optional<ImportName> import = TRY(inline_import())) {
    GlobalType type = TRY(global_type());
    write_import(*import, ExternKind::Global);
    write_global_type(imports_.bytes, type);
    ++defined_[u8(Space::Global)];
    return in_.expect_close();
  }
  define(Space::Global, "global");
  ++globals_.count;
  write_global_type(globals_.bytes, TRY(global_type()));
  TRY(instructions(Until::Close, globals_.bytes));
  write_opcode(globals_.bytes, Opcode::End);
  return in_.expect_close();
}

Result<void> ModuleParser::export_field() {
  ++exports_.count;
  write_string(exports_.bytes, TRY(in_.utf8_string()));
  u32 number;
  if (in_.accept_open("func")) {
    exports_.bytes.push_back(u8(ExternKind::Func));
    number = TRY(index(Space::Func));
  } else if (in_.accept_open("table")) {
    exports_.bytes.push_back(u8(ExternKind::Table));
    number = TRY(index(Space::Table));
  } else if (in_.accept_open("memory")) {
    exports_.bytes.push_back(u8(ExternKind::Memory));
    number = TRY(index(Space::Memory));
  } else if (in_.accept_open("global")) {
    exports_.bytes.push_back(u8(ExternKind::Global));
    number = TRY(index(Space::Global));
  } else {
    in_.accept(TokenKind::LeftParen);
    return in_.unexpected();
  }
  write_leb_unsigned(exports_.bytes, number);
  TRY(in_.expect_close());
  return in_.expect_close();
}

Result<void> ModuleParser::start_field() {
  if (start_) return in_.fail_here("multiple start sections");
  start_ = TRY(index(Space::Func));
  return in_.expect_close();
}

// (@datacount): the module has a data count section, used or not.
// (@custom "name" place? "bytes"*): a custom section, place being (before|after section),
// (before first) or (after last), which is where it stands without a place.
Result<void> ModuleParser::annotation_field() {
  bool datacount = in_.spelling() == "(@datacount";
  in_.advance();
  if (datacount) {
    needs_data_count_ = true;
    return in_.expect_close();
  }
  std::string name = TRY(in_.utf8_string());
  u32 slot = after_last;
  if (in_.accept(TokenKind::LeftParen)) {
    bool before = in_.at_keyword("before");
    if (!before && !in_.at_keyword("after")) return in_.unexpected();
    in_.advance();
    if (in_.at_keyword(before ? "first" : "last")) {
      slot = before ? before_first : after_last;
    } else {
      auto found = std::find(std::begin(section_names), std::end(section_names), in_.spelling());
      if (!in_.at(TokenKind::Keyword) || found == std::end(section_names)) return in_.unexpected();
      u32 place = u32(found - std::begin(section_names));
      slot = before ? before_section(place) : after_section(place);
    }
    in_.advance();
    TRY(in_.expect_close());
  }
  std::vector<u8> bytes;
  write_string(bytes, name);
  std::string content = TRY(strings());
  bytes.insert(bytes.end(), content.begin(), content.end());
  customs_[slot].push_back(std::move(bytes));
  if (name == "name") names_are_given_ = true;
  return in_.expect_close();
}

}  // namespace skerry::text
