#include "tests/fuzz/bounded.h"

#include <algorithm>

#include "base/check.h"
#include "text/binary_writer.h"

namespace skerry::fuzz {

namespace {

constexpr u64 most_pages = 512, most_elements = 50'000;  // of all together, to begin with
constexpr u64 more_pages = 8, more_elements = 500;       // that each may grow by

void write_limits(Bytes& out, const Limits& limits, u64 more) {
  out.push_back(1);
  write_leb_unsigned(out, limits.min);
  write_leb_unsigned(out, std::min(limits.max.value_or(limits.min + more), limits.min + more));
}
void write_memory(Bytes& out, const MemoryType& type) { write_limits(out, type.limits, more_pages); }
void write_table(Bytes& out, const TableType& type) {
  out.push_back(u8(type.element));
  write_limits(out, type.limits, more_elements);
}

Bytes imports(const wasm::Module& module) {
  Bytes out;
  write_leb_unsigned(out, module.imports.size());
  for (const wasm::Import& import : module.imports) {
    text::write_string(out, import.module);
    text::write_string(out, import.name);
    out.push_back(u8(import.kind));
    switch (import.kind) {
      case ExternKind::Func: write_leb_unsigned(out, module.functions[FuncIndex(import.index)].type.raw()); break;
      case ExternKind::Table: write_table(out, module.tables[TableIndex(import.index)].type); break;
      case ExternKind::Memory: write_memory(out, module.memories[MemoryIndex(import.index)]); break;
      case ExternKind::Global: {
        const GlobalType& type = module.globals[GlobalIndex(import.index)].type;
        out.push_back(u8(type.value));
        out.push_back(u8(type.mutability));
        break;
      }
      case ExternKind::Tag: UNREACHABLE("no tags are implemented");
    }
  }
  return out;
}

Bytes tables(const wasm::Module& module) {
  Bytes out;
  write_leb_unsigned(out, module.tables.size() - module.imported_tables);
  for (TableIndex i(module.imported_tables); i < module.tables.end_key(); i = i.next())
    write_table(out, module.tables[i].type);
  return out;
}

Bytes memories(const wasm::Module& module) {
  Bytes out;
  write_leb_unsigned(out, module.memories.size() - module.imported_memories);
  for (MemoryIndex i(module.imported_memories); i < module.memories.end_key(); i = i.next())
    write_memory(out, module.memories[i]);
  return out;
}

}  // namespace

std::optional<Bytes> bounded(const wasm::Module& module) {
  u64 pages = 0, elements = 0;
  for (const MemoryType& memory : module.memories) pages += memory.limits.min;
  for (const wasm::Table& table : module.tables) elements += table.type.limits.min;
  if (pages > most_pages || elements > most_elements) return std::nullopt;
  auto sections = take_sections(module.bytes);
  CHECK(sections);
  for (Section& section : *sections) {
    switch (section.id) {
      case 2: section.contents = imports(module); break;
      case 4: section.contents = tables(module); break;
      case 5: section.contents = memories(module); break;
    }
  }
  return put_sections(*sections);
}

}  // namespace skerry::fuzz
