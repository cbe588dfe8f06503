#include "engine/runtime/debug_object.h"

#include <string>

#include "engine/runtime/compiled_module.h"
#include "engine/runtime/debug_sections.h"
#include "engine/runtime/elf.h"
#include "engine/runtime/targets.h"

namespace skerry::runtime {
namespace {

using namespace elf;

template <class T>
void append(std::vector<u8>& out, const T& object) {
  const u8* bytes = reinterpret_cast<const u8*>(&object);
  out.insert(out.end(), bytes, bytes + sizeof object);
}

template <class T>
std::span<const u8> bytes_of(const T& items) {
  return {reinterpret_cast<const u8*>(items.data()), items.size() * sizeof(items[0])};
}

}  // namespace

std::vector<u8> write_debug_object(const CompiledModule& module) {
  const ModuleCode& code = *module.code();
  const u64 base = code.table.code();
  DebugSections debug = write_debug_sections(module, code.table, code.size, base);
  constexpr u16 text_section = 1;
  std::string strings(1, '\0');
  std::vector<Symbol> symbols(1);
  for (u32 i = 0; i < code.table.count(); ++i) {
    symbols.push_back({u32(strings.size()), local_function, 0, text_section, code.table.code_begin(i),
                       code.table.code_size(i)});
    strings += module.name_of(FuncIndex(code.table.first + i)) + '\0';
  }

  struct Content {
    std::string_view name;
    SectionType type;
    std::span<const u8> bytes;
    u64 entry_size = 0;
    u32 link = 0, info = 0;
  };
  const Content contents[] = {
      {"", Null, {}},
      {".text", NoBits, {}},
      {".symtab", SymbolTable, bytes_of(symbols), sizeof(Symbol), 3, u32(symbols.size())},
      {".strtab", StringTable, bytes_of(strings)},
      {".debug_abbrev", ProgramBits, debug.abbrev},
      {".debug_info", ProgramBits, debug.info},
      {".debug_line", ProgramBits, debug.line},
      {".shstrtab", StringTable, {}},
  };
  constexpr u32 count = std::size(contents);
  std::string names;
  std::vector<u8> out(sizeof(FileHeader));
  SectionHeader headers[count] = {};
  for (u32 i = 1; i < count; ++i) {
    const Content& content = contents[i];
    u32 name = u32(names.size());
    names.append(content.name).push_back(0);
    std::span<const u8> bytes = i + 1 == count ? bytes_of(names) : content.bytes;
    out.resize(align_up(out.size(), 8));
    headers[i] = {name,         content.type, 0, 0, out.size(), bytes.size(),
                  content.link, content.info, 8, content.entry_size};
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  headers[text_section].flags = allocated | executable;
  headers[text_section].address = base;
  headers[text_section].size = code.size;
  out.resize(align_up(out.size(), 8));
  FileHeader header{};
  std::copy(std::begin(ident), std::end(ident), header.ident);
  header.type = relocatable;
  header.machine = elf_machine(module.engine().target().name());
  header.version = 1;
  header.section_headers = out.size();
  header.header_size = sizeof(FileHeader);
  header.section_header_size = sizeof(SectionHeader);
  header.section_header_count = count;
  header.names_section = count - 1;
  append(out, headers);
  std::memcpy(out.data(), &header, sizeof header);
  return out;
}

}  // namespace skerry::runtime
