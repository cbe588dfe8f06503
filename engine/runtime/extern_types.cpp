#include "engine/runtime/extern_types.h"

#include "base/string.h"

namespace skerry::runtime {
namespace {

std::string list(std::span<const ValueType> types) {
  std::string out = "(";
  for (ValueType type : types) out += concat(out.size() > 1 ? ", " : "", name(type));
  return out + ")";
}

std::string range(const Limits& limits, std::string_view unit) {
  std::string out = concat("at least ", limits.min, " ", unit);
  if (limits.max) out += concat(" and at most ", *limits.max);
  return out;
}

bool matches(const Limits& got, const Limits& expected) {
  return got.min >= expected.min && (!expected.max || (got.max && *got.max <= *expected.max));
}

}  // namespace

std::string describe(const FuncType& type) {
  return concat("function ", list(type.params), " -> ", list(type.results));
}
std::string describe(const TableType& type) {
  return concat("table of ", range(type.limits, "elements"), " of ", name(type.element));
}
std::string describe(const MemoryType& type) { return concat("memory of ", range(type.limits, "pages")); }
std::string describe(const GlobalType& type) {
  return concat(type.mutability == Mutability::Var ? "mutable " : "constant ", "global ", name(type.value));
}

std::string describe_import(const wasm::Module& module, const wasm::Import& import) {
  switch (import.kind) {
    case ExternKind::Func: return describe(module.type_of(FuncIndex(import.index)));
    case ExternKind::Table: return describe(module.tables[TableIndex(import.index)].type);
    case ExternKind::Memory: return describe(module.memories[MemoryIndex(import.index)]);
    case ExternKind::Global: return describe(module.globals[GlobalIndex(import.index)].type);
    case ExternKind::Tag: break;
  }
  UNREACHABLE("an import of a kind that is not implemented");
}

std::string describe(Signatures& signatures, const ExternValue& value) {
  switch (ExternKind(value.index())) {
    case ExternKind::Func: return describe(signatures.type(std::get<FuncRecord*>(value)->signature));
    case ExternKind::Table: return describe(std::get<Table*>(value)->current_type());
    case ExternKind::Memory: return describe(std::get<Memory*>(value)->current_type());
    case ExternKind::Global: return describe(std::get<Global*>(value)->type);
    case ExternKind::Tag: break;
  }
  UNREACHABLE("a value of a kind that is not implemented");
}

std::optional<std::string> mismatch(const CompiledModule& compiled, const wasm::Import& import,
                                    const ExternValue& value) {
  const wasm::Module& module = compiled.module();
  bool matched = ExternKind(value.index()) == import.kind;
  if (matched) {
    switch (import.kind) {
      case ExternKind::Func:
        matched = std::get<FuncRecord*>(value)->signature == compiled.signature(FuncIndex(import.index));
        break;
      case ExternKind::Table: {
        TableType got = std::get<Table*>(value)->current_type();
        const TableType& expected = module.tables[TableIndex(import.index)].type;
        matched = got.element == expected.element && matches(got.limits, expected.limits);
        break;
      }
      case ExternKind::Memory: {
        MemoryType got = std::get<Memory*>(value)->current_type();
        const MemoryType& expected = module.memories[MemoryIndex(import.index)];
        matched =
            got.address == expected.address && got.shared == expected.shared && matches(got.limits, expected.limits);
        break;
      }
      case ExternKind::Global:
        matched = std::get<Global*>(value)->type == module.globals[GlobalIndex(import.index)].type;
        break;
      case ExternKind::Tag: matched = false; break;
    }
  }
  if (matched) return std::nullopt;
  return concat("import \"", import.module, "\" \"", import.name, "\": expected a ", describe_import(module, import),
                ", got a ", describe(compiled.engine().signatures(), value));
}

}  // namespace skerry::runtime
