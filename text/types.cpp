// Types and type uses (Core 6.4).

#include "base/string.h"
#include "text/module_parser.h"

namespace skerry::text {

std::string type_key(const FuncType& type) {
  std::string key;
  for (ValueType param : type.params) key.push_back(char(param));
  key.push_back('\0');
  for (ValueType result : type.results) key.push_back(char(result));
  return key;
}

Result<ValueType> ModuleParser::value_type() {
  for (ValueType type : {ValueType::I32, ValueType::I64, ValueType::F32, ValueType::F64, ValueType::V128,
                         ValueType::FuncRef, ValueType::ExternRef}) {
    if (in_.accept_keyword(name(type))) return type;
  }
  return in_.unexpected();
}

// ((keyword valtype*) | (keyword $id valtype))*, appended to `out`.
Result<void> ModuleParser::value_types(std::string_view keyword, Ids ids, std::vector<ValueType>& out) {
  while (in_.accept_open(keyword)) {
    if (in_.at_id() && ids != Ids::Refused) {
      if (ids == Ids::Bound && !locals_.add(in_.id_name())) {
        return in_.fail_here(concat("duplicate local ", in_.spelling()));
      }
      in_.advance();
      out.push_back(TRY(value_type()));
    } else {
      while (!in_.at(TokenKind::RightParen)) {
        out.push_back(TRY(value_type()));
        if (ids == Ids::Bound) locals_.add({});
      }
    }
    TRY(in_.expect_close());
  }
  return {};
}

// (param ...)* (result ...)*
Result<FuncType> ModuleParser::func_type(Ids ids) {
  FuncType type;
  TRY(value_types("param", ids, type.params));
  TRY(value_types("result", Ids::Refused, type.results));
  if (in_.at_open("param")) return in_.fail_here("unexpected token: result before parameter");
  return type;
}

Result<ModuleParser::TypeUse> ModuleParser::type_use(Ids ids) {
  TypeUse use{.token = in_.token()};
  if (in_.accept_open("type")) {
    use.index = TRY(index(Space::Type));
    TRY(in_.expect_close());
  }
  use.type = TRY(func_type(ids));
  return use;
}

// The index of the type that is used, which becomes a type of the module if it is none (6.4.4).
Result<u32> ModuleParser::resolve(const TypeUse& use) {
  if (!use.index) return implicit_type(use.type);
  if (names_incomplete_ || (use.type.params.empty() && use.type.results.empty())) return *use.index;
  if (*use.index >= types_.size()) return in_.fail_at_token(use.token, concat("unknown type ", *use.index));
  if (types_[*use.index] != use.type) {
    return in_.fail_at_token(use.token, concat("inline function type does not match type ", *use.index));
  }
  return *use.index;
}

u32 ModuleParser::implicit_type(const FuncType& type) {
  auto [entry, is_new] = type_indices_.try_emplace(type_key(type), u32(types_.size()));
  if (is_new) types_.push_back(type);
  return entry->second;
}

Result<Limits> ModuleParser::limits() {
  unsigned bits = features_.has(Feature::Memory64) ? 64 : 32;
  Limits limits{.min = TRY(in_.natural(bits))};
  if (in_.at(TokenKind::Natural)) limits.max = TRY(in_.natural(bits));
  return limits;
}

Result<TableType> ModuleParser::table_type() {
  TableType type{.limits = TRY(limits())};
  Token token = in_.token();
  type.element = TRY(value_type());
  if (!is_reference(type.element)) return in_.fail_at_token(token, "unexpected token: expected a reference type");
  return type;
}

Result<GlobalType> ModuleParser::global_type() {
  if (!in_.accept_open("mut")) return GlobalType{TRY(value_type()), Mutability::Const};
  GlobalType type{TRY(value_type()), Mutability::Var};
  TRY(in_.expect_close());
  return type;
}

}  // namespace skerry::text
