// The frame of parse_module: the two passes, and the sections joined in the end.

#include "text/parse.h"

#include <iterator>

#include "text/module_parser.h"

namespace skerry::text {
namespace {

// The order of the sections in the binary (Core 5.5.2), by id.
constexpr u8 section_order[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11};

}  // namespace

Result<std::vector<u8>> parse_module(std::string_view wat, Features features, Names names) {
  return parse_module(Source{wat}, features, names);
}

Result<std::vector<u8>> parse_module(const Source& source, Features features, Names names) {
  return ModuleParser(source, features, names).run();
}

ModuleParser::ModuleParser(const Source& source, Features features, Names names)
    : source_(source), features_(features), names_(names), in_(source) {}

Result<std::vector<u8>> ModuleParser::run() {
  Result<void> collected = module(Pass::Collect);
  names_incomplete_ = !collected;
  in_ = Cursor(source_);
  Result<void> written = module(Pass::Write);
  if (collected && written && !duplicate_) return join_sections();
  std::optional<Error> first = std::move(duplicate_);
  for (Result<void>* pass : {&collected, &written}) {
    if (!*pass && (!first || pass->error().offset < first->offset)) first = std::move(pass->error());
  }
  return fail(std::move(*first));
}

// (module $id? field*), or the fields alone (6.6.14).
Result<void> ModuleParser::module(Pass pass) {
  bool wrapped = in_.accept_open("module");
  if (wrapped && in_.at_id()) {
    module_name_ = in_.id_name();
    in_.advance();
  }
  while (in_.at(TokenKind::LeftParen) || in_.at(TokenKind::Annotation)) {
    TRY(pass == Pass::Collect ? collect_field() : field());
  }
  if (wrapped) TRY(in_.expect_close());
  if (!in_.at(TokenKind::End)) return in_.unexpected();
  return {};
}

std::vector<u8> ModuleParser::join_sections() {
  Section types;
  for (const FuncType& type : types_) {
    ++types.count;
    types.bytes.push_back(0x60);
    for (const std::vector<ValueType>* list : {&type.params, &type.results}) {
      write_leb_unsigned(types.bytes, list->size());
      for (ValueType value : *list) types.bytes.push_back(u8(value));
    }
  }
  if (!names_are_given_) {
    std::vector<u8> names = name_section();
    if (!names.empty()) customs_[name_section_slot].push_back(std::move(names));
  }

  std::vector<u8> out = {0x00, 'a', 's', 'm', 0x01, 0x00, 0x00, 0x00};
  auto write_customs = [&](u32 slot) {
    for (const std::vector<u8>& custom : customs_[slot]) {
      out.push_back(0);
      write_sized(out, custom);
    }
  };
  std::vector<u8> body;
  auto write_section = [&](u8 id, const Section& section) {
    if (section.count == 0) return;
    body.clear();
    write_vector(body, section);
    out.push_back(id);
    write_sized(out, body);
  };
  write_customs(before_first);
  for (u32 place = 0; place < std::size(section_order); ++place) {
    write_customs(before_section(place));
    u8 id = section_order[place];
    switch (id) {
      case 1: write_section(id, types); break;
      case 2: write_section(id, imports_); break;
      case 3: write_section(id, functions_); break;
      case 4: write_section(id, tables_); break;
      case 5: write_section(id, memories_); break;
      case 6: write_section(id, globals_); break;
      case 7: write_section(id, exports_); break;
      case 9: write_section(id, elems_); break;
      case 10: write_section(id, code_); break;
      case 11: write_section(id, datas_); break;
      default: {  // start and data count are one number each
        std::optional<u32> number = id == 8 ? start_ : needs_data_count_ ? std::optional(datas_.count) : std::nullopt;
        if (!number) break;
        body.clear();
        write_leb_unsigned(body, *number);
        out.push_back(id);
        write_sized(out, body);
      }
    }
    write_customs(after_section(place));
  }
  write_customs(name_section_slot);
  write_customs(after_last);
  return out;
}

std::vector<u8> ModuleParser::name_section() const {
  NameSection section;
  if (module_name_) section.module = *module_name_;
  auto entries = [](const IndexSpace& named) {
    std::vector<NameEntry> out;
    for (auto [index, name] : named.names) out.push_back({index, *name});
    return out;
  };
  for (u8 i = 0; i < u8(Space::Count); ++i) section.spaces[i] = entries(spaces_[i]);
  for (const auto& [function, locals] : named_locals_) section.locals.push_back({function, entries(locals)});
  return write_name_section(section, names_);
}

}  // namespace skerry::text
