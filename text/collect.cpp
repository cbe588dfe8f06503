// The first pass: ids of module fields -> indices, and type definitions.

#include "base/string.h"
#include "text/module_parser.h"

namespace skerry::text {
namespace {

// The words of the test suite for "duplicate ...".
std::string_view word_of(Space space) {
  constexpr std::string_view words[] = {"type", "func", "table", "memory", "global", "elem segment", "data segment"};
  return words[u8(space)];
}

}  // namespace

bool IndexSpace::add(std::optional<std::string> name) {
  u32 index = size++;
  if (!name) return true;
  auto [entry, is_new] = indices.try_emplace(std::move(*name), index);
  if (is_new) names.emplace_back(index, &entry->first);
  return is_new;
}

// A new member of the space, whose id is here if it has one.
void ModuleParser::bind(Space in) {
  bool has_id = in_.at_id();
  if (!space(in).add(has_id ? std::optional(in_.id_name()) : std::nullopt)) {
    if (!duplicate_) duplicate_ = in_.fail_here(concat("duplicate ", word_of(in), " ", in_.spelling())).error;
  }
  if (has_id) in_.advance();
}

Result<void> ModuleParser::collect_field() {
  if (in_.accept(TokenKind::Annotation)) return in_.skip_to_close();
  if (in_.accept_open("type")) {
    bind(Space::Type);
    TRY(in_.expect_open("func"));
    FuncType type = TRY(func_type(Ids::Ignored));
    TRY(in_.expect_close());
    std::string key = type_key(type);
    type_indices_.try_emplace(std::move(key), u32(types_.size()));
    types_.push_back(std::move(type));
    return in_.expect_close();
  }
  if (in_.accept_open("func")) return collect_definition(Space::Func);
  if (in_.accept_open("table")) return collect_definition(Space::Table);
  if (in_.accept_open("memory")) return collect_definition(Space::Memory);
  if (in_.accept_open("global")) return collect_definition(Space::Global);
  if (in_.accept_open("elem")) return collect_definition(Space::Elem);
  if (in_.accept_open("data")) return collect_definition(Space::Data);
  if (in_.accept_open("export") || in_.accept_open("start")) return in_.skip_to_close();
  if (in_.accept_open("import")) {
    TRY(in_.string());
    TRY(in_.string());
    if (in_.accept_open("func")) bind(Space::Func);
    else if (in_.accept_open("table")) bind(Space::Table);
    else if (in_.accept_open("memory")) bind(Space::Memory);
    else if (in_.accept_open("global")) bind(Space::Global);
    else return in_.accept(TokenKind::LeftParen), in_.unexpected();
    return in_.skip_to_close(2);
  }
  in_.accept(TokenKind::LeftParen);
  return in_.unexpected();
}

Result<void> ModuleParser::collect_definition(Space in) {
  bind(in);
  // A table or memory may define a segment as well.
  std::string_view segment = in == Space::Table ? "elem" : in == Space::Memory ? "data" : "";
  while (!segment.empty() && !in_.at(TokenKind::RightParen)) {
    if (in_.accept_open(segment)) {
      space(in == Space::Table ? Space::Elem : Space::Data).add({});
      TRY(in_.skip_to_close());
    } else if (in_.accept(TokenKind::LeftParen) || in_.accept(TokenKind::Annotation)) {
      TRY(in_.skip_to_close());
    } else if (in_.at(TokenKind::End) || in_.at(TokenKind::Damaged)) {
      return in_.unexpected();
    } else {
      in_.advance();
    }
  }
  return in_.skip_to_close();
}

}  // namespace skerry::text
