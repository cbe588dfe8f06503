// wasm::Module: a .wasm after decoding, before validation of its bodies. Plain data.
//
// Every index space has the imports first, then the module's own definitions (Core 2.5.1).
// Names, code bodies, constant expressions and data point into the bytes of the module,
// which whoever owns a Module keeps alive beside it.

#pragma once

#include <array>
#include <span>
#include <string_view>

#include "base/bitset.h"
#include "base/index.h"
#include "engine/wasm/types.h"

namespace skerry::wasm {

// A range of bytes of the module.
struct ByteRange {
  u32 offset = 0;
  u32 size = 0;
};

// A constant expression (3.3.10), kept as its bytes, `end` included.
struct ConstExpr {
  ByteRange code;
};

struct Import {
  std::string_view module;
  std::string_view name;
  ExternKind kind;
  u32 index;  // in the index space of its kind
};

struct Export {
  std::string_view name;
  ExternKind kind;
  u32 index;
};

struct Func {
  TypeIndex type;
  ByteRange body;  // locals and code, without the size in front; empty for imports
};

struct Table {
  TableType type;
  bool is_exported = false;
};

struct Global {
  GlobalType type;
  ConstExpr init;  // empty for imports
};

enum class SegmentMode : u8 { Active, Passive, Declarative };

struct Elem {
  SegmentMode mode = SegmentMode::Passive;
  ValueType type = ValueType::FuncRef;
  TableIndex table;
  ConstExpr offset;
  // At most one of the two is not empty: function indices, or expressions.
  Array<FuncIndex> functions;
  Array<ConstExpr> expressions;
  u32 size() const { return u32(functions.size() + expressions.size()); }
};

struct Data {
  SegmentMode mode = SegmentMode::Passive;
  MemoryIndex memory;
  ConstExpr offset;
  ByteRange bytes;
};

struct CustomSection {
  std::string_view name;
  ByteRange bytes;
};

struct Module {
  Module();
  Module(Module&&) noexcept;
  Module& operator=(Module&&) noexcept;
  ~Module();

  std::span<const u8> bytes;  // not owned

  IndexMap<TypeIndex, FuncType> types;
  Array<Import> imports;
  IndexMap<FuncIndex, Func> functions;
  IndexMap<TableIndex, Table> tables;
  IndexMap<MemoryIndex, MemoryType> memories;
  IndexMap<GlobalIndex, Global> globals;
  Array<Export> exports;
  Array<u32> exports_by_name;  // places in `exports`, ascending by name; where names are equal, by place
  FuncIndex start = FuncIndex::none();
  IndexMap<ElemIndex, Elem> elems;
  IndexMap<DataIndex, Data> datas;
  std::optional<u32> data_count;
  Array<CustomSection> customs;

  // How many of each index space are imports.
  u32 imported_functions = 0;
  u32 imported_tables = 0;
  u32 imported_memories = 0;
  u32 imported_globals = 0;

  // Functions that ref.func in code may name (3.4.1, `refs`): those that occur outside bodies.
  BitSet declared_functions;

  // From the custom section "name" (Appendix, 7.4); empty where it is absent or damaged.
  std::string_view module_name;
  IndexMap<FuncIndex, std::string_view> function_names;

  ByteRange code_section;
  // Where the contents of each section start, by its id; 0 for those that are absent.
  std::array<u32, 14> section_offsets{};

  const FuncType& type_of(FuncIndex function) const { return types[functions[function].type]; }
  bool is_imported(FuncIndex function) const { return function.raw() < imported_functions; }
  // Whether an instance has the table for itself: nobody else calls its elements.
  bool is_private(TableIndex table) const { return table.raw() >= imported_tables && !tables[table].is_exported; }
  std::span<const u8> slice(ByteRange range) const { return bytes.subspan(range.offset, range.size); }
};

}  // namespace skerry::wasm
