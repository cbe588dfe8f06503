#include "text/print.h"

#include <algorithm>

#include "base/string.h"
#include "engine/decode/decode.h"
#include "text/module_printer.h"

namespace skerry::text {
namespace {

// The sections as (@custom ... (after s)) names them, in the order of the binary, with their ids.
struct SectionName {
  u8 id;
  std::string_view name;
};
constexpr SectionName section_names[] = {
    {1, "type"},   {2, "import"}, {3, "func"}, {4, "table"},      {5, "memory"}, {6, "global"},
    {7, "export"}, {8, "start"},  {9, "elem"}, {12, "datacount"}, {10, "code"},  {11, "data"},
};

}  // namespace

Result<std::string> print_module(std::span<const u8> wasm, Features features) {
  wasm::Module module = TRY(wasm::decode(wasm, features));
  return ModulePrinter(module, features).run();
}

ModulePrinter::ModulePrinter(const wasm::Module& module, Features features)
    : module_(module), features_(features), ids_(module), size_limit_(100 * module.bytes.size() + MiB) {}

Result<std::string> ModulePrinter::run() {
  put("(module");
  if (!ids_.module().empty()) put(" "), put(ids_.module());
  TRY(fields());
  put(")\n");
  return std::move(out_);
}

Result<void> ModulePrinter::check_size() const {
  if (out_.size() <= size_limit_) return {};
  return fail(ErrorCode::Limit, concat("the text of this module is more than 100 times its size"));
}

Result<void> ModulePrinter::fields() {
  types();
  imports();
  for (u32 i = module_.imported_functions; i < module_.functions.size(); ++i) TRY(function(FuncIndex(i)));
  for (u32 i = module_.imported_tables; i < module_.tables.size(); ++i) {
    line(1);
    begin("table", Space::Table, i);
    table_type(module_.tables[TableIndex(i)].type);
    put(")");
  }
  for (u32 i = module_.imported_memories; i < module_.memories.size(); ++i) {
    line(1);
    begin("memory", Space::Memory, i);
    limits(module_.memories[MemoryIndex(i)].limits);
    put(")");
  }
  TRY(check_size());
  TRY(globals());
  exports();
  TRY(check_size());
  if (!module_.start.is_none()) {
    line(1);
    put("(start");
    use(Space::Func, module_.start.raw());
    put(")");
  }
  TRY(elems());
  if (module_.data_count && !uses_data_count_) line(1), put("(@datacount)");
  TRY(datas());
  customs();
  return {};
}

// A new line, indented. Deeper nesting than can be seen is not shown, so that the text stays
// linear in the module.
void ModulePrinter::line(u32 depth) {
  put("\n");
  out_.append(2 * std::min<u32>(depth, 16), ' ');
}

void ModulePrinter::number(u64 value) {
  put(" ");
  put(decimal(value));
}

// (keyword $id (;index;)
void ModulePrinter::begin(std::string_view keyword, Space space, u32 index) {
  put(concat("(", keyword));
  if (!ids_.of(space, index).empty()) put(" "), put(ids_.of(space, index));
  put(concat(" (;", index, ";)"));
}

// The id of a member, or its index if it has none. Very long ids stand only where they are defined.
void ModulePrinter::use(Space space, u32 index) {
  std::string_view id = ids_.of(space, index);
  if (id.empty() || id.size() > longest_id) return number(index);
  put(" ");
  put(id);
}

void ModulePrinter::use_unless_zero(Space space, u32 index) {
  if (index != 0) use(space, index);
}

void ModulePrinter::value_types(std::string_view keyword, std::span<const ValueType> types) {
  if (types.empty()) return;
  put(concat(" (", keyword));
  for (ValueType type : types) put(" "), put(name(type));
  put(")");
}

void ModulePrinter::limits(const Limits& limits) {
  number(limits.min);
  if (limits.max) number(*limits.max);
}

void ModulePrinter::table_type(const TableType& type) {
  limits(type.limits);
  put(" ");
  put(name(type.element));
}

void ModulePrinter::global_type(const GlobalType& type) {
  bool variable = type.mutability == Mutability::Var;
  put(concat(variable ? " (mut " : " ", name(type.value), variable ? ")" : ""));
}

void ModulePrinter::type_use(TypeIndex type) {
  put(" (type");
  use(Space::Type, type.raw());
  put(")");
}

void ModulePrinter::types() {
  for (u32 i = 0; i < module_.types.size(); ++i) {
    const FuncType& type = module_.types[TypeIndex(i)];
    line(1);
    begin("type", Space::Type, i);
    put(" (func");
    value_types("param", type.params);
    value_types("result", type.results);
    put("))");
  }
}

void ModulePrinter::imports() {
  for (const wasm::Import& import : module_.imports) {
    line(1);
    put(concat("(import ", quoted_name(import.module), " ", quoted_name(import.name), " "));
    switch (import.kind) {
      case ExternKind::Func:
        begin("func", Space::Func, import.index);
        type_use(module_.functions[FuncIndex(import.index)].type);
        break;
      case ExternKind::Table:
        begin("table", Space::Table, import.index);
        table_type(module_.tables[TableIndex(import.index)].type);
        break;
      case ExternKind::Memory:
        begin("memory", Space::Memory, import.index);
        limits(module_.memories[MemoryIndex(import.index)].limits);
        break;
      case ExternKind::Global:
        begin("global", Space::Global, import.index);
        global_type(module_.globals[GlobalIndex(import.index)].type);
        break;
      case ExternKind::Tag: UNREACHABLE("tags are not decoded");
    }
    put("))");
  }
}

void ModulePrinter::exports() {
  for (const wasm::Export& item : module_.exports) {
    line(1);
    put(concat("(export ", quoted_name(item.name)));
    switch (item.kind) {
      case ExternKind::Func: put(" (func"), use(Space::Func, item.index); break;
      case ExternKind::Table: put(" (table"), use(Space::Table, item.index); break;
      case ExternKind::Memory: put(" (memory"), use(Space::Memory, item.index); break;
      case ExternKind::Global: put(" (global"), use(Space::Global, item.index); break;
      case ExternKind::Tag: UNREACHABLE("tags are not decoded");
    }
    put("))");
  }
}

Result<void> ModulePrinter::globals() {
  for (u32 i = module_.imported_globals; i < module_.globals.size(); ++i) {
    const wasm::Global& global = module_.globals[GlobalIndex(i)];
    line(1);
    begin("global", Space::Global, i);
    global_type(global.type);
    TRY(expression(global.init, ""));
    put(")");
  }
  return {};
}

// The flags of each element segment, which tell forms of the same meaning apart.
Result<std::vector<u32>> ModulePrinter::elem_flags() const {
  std::vector<u32> flags;
  auto reader_at = [&](u32 offset) {
    return wasm::Reader(module_.bytes, {offset, u32(module_.bytes.size()) - offset});
  };
  u32 at = module_.section_offsets[9];
  if (at == 0) return flags;
  wasm::Reader reader = reader_at(at);
  TRY(reader.leb_u32());
  for (const wasm::Elem& elem : module_.elems) {
    u32 flag = TRY(reader.leb_u32());
    flags.push_back(flag);
    if (elem.mode == wasm::SegmentMode::Active) reader = reader_at(elem.offset.code.offset + elem.offset.code.size);
    if (flag & 3) TRY(reader.byte());  // element kind or type
    TRY(reader.leb_u32());
    if (!elem.expressions.empty()) {
      reader = reader_at(elem.expressions.back().code.offset + elem.expressions.back().code.size);
    }
    for (usize i = 0; i < elem.functions.size(); ++i) TRY(reader.leb_u32());
  }
  return flags;
}

Result<void> ModulePrinter::elems() {
  std::vector<u32> flags = TRY(elem_flags());
  for (u32 i = 0; i < module_.elems.size(); ++i) TRY(elem(ElemIndex(i), flags[i]));
  return {};
}

Result<void> ModulePrinter::elem(ElemIndex index, u32 flags) {
  constexpr u32 names_table = 2, has_expressions = 4;
  const wasm::Elem& elem = module_.elems[index];
  line(1);
  begin("elem", Space::Elem, index.raw());
  if (elem.mode == wasm::SegmentMode::Declarative) put(" declare");
  if (elem.mode == wasm::SegmentMode::Active) {
    // Of a type other than funcref the long form is the only one.
    bool only_form = (flags & has_expressions) && elem.type != ValueType::FuncRef && elem.table.raw() == 0;
    if ((flags & names_table) && !only_form) {
      put(" (table");
      use(Space::Table, elem.table.raw());
      put(")");
    }
    TRY(expression(elem.offset, "offset"));
  }
  if (flags & has_expressions) {
    put(" ");
    put(name(elem.type));
    for (wasm::ConstExpr item : elem.expressions) {
      TRY(expression(item, "item"));
      TRY(check_size());
    }
  } else {
    put(" func");
    for (FuncIndex function : elem.functions) {
      use(Space::Func, function.raw());
      TRY(check_size());
    }
  }
  put(")");
  return {};
}

Result<void> ModulePrinter::datas() {
  u32 at = module_.section_offsets[11];
  for (u32 i = 0; i < module_.datas.size(); ++i) {
    const wasm::Data& segment = module_.datas[DataIndex(i)];
    wasm::Reader reader(module_.bytes, {at, u32(module_.bytes.size()) - at});
    if (i == 0) TRY(reader.leb_u32());
    TRY(data(DataIndex(i), TRY(reader.leb_u32())));
    at = segment.bytes.offset + segment.bytes.size;
  }
  return {};
}

Result<void> ModulePrinter::data(DataIndex index, u32 flags) {
  const wasm::Data& data = module_.datas[index];
  line(1);
  begin("data", Space::Data, index.raw());
  if (flags == 2) {
    put(" (memory");
    use(Space::Memory, data.memory.raw());
    put(")");
  }
  if (data.mode == wasm::SegmentMode::Active) TRY(expression(data.offset, "offset"));
  std::span<const u8> bytes = module_.slice(data.bytes);
  put(" ");
  put(quoted_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  put(")");
  return check_size();
}

// Where a custom section stands: behind the last section that comes before it.
std::string ModulePrinter::place(const wasm::CustomSection& custom) const {
  std::string_view after;
  for (const SectionName& section : section_names) {
    u32 offset = module_.section_offsets[section.id];
    if (offset != 0 && offset < custom.bytes.offset) after = section.name;
  }
  return after.empty() ? "(before first)" : concat("(after ", after, ")");
}

void ModulePrinter::customs() {
  bool behind_names = false;
  for (const wasm::CustomSection& custom : module_.customs) {
    if (custom.name == "name" && ids_.carry_section()) {
      behind_names = true;
      continue;
    }
    std::span<const u8> bytes = module_.slice(custom.bytes);
    line(1);
    put(concat("(@custom ", quoted_name(custom.name), " ", behind_names ? "(after last)" : place(custom), " ",
               quoted_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()}), ")"));
  }
}

}  // namespace skerry::text
