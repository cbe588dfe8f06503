#include "engine/decode/names.h"

#include "engine/decode/reader.h"

namespace skerry::wasm {

namespace {

enum Subsection : u8 { ModuleName = 0, FunctionNames = 1 };

struct Names {
  std::string_view module;
  IndexMap<FuncIndex, std::string_view> functions;
};

bool read_subsection(Reader& reader, u8 id, Names& names, u32 functions) {
  if (id == ModuleName) {
    auto name = reader.name(~u32{0});
    if (name) names.module = *name;
    return bool(name);
  }
  if (id != FunctionNames) return true;
  auto count = reader.count(~u32{0}, "names");
  if (!count) return false;
  names.functions.resize(functions);
  for (u32 i = 0; i < *count; ++i) {
    auto index = reader.leb_u32();
    if (!index) return false;
    auto name = reader.name(~u32{0});
    if (!name || *index >= functions) return false;
    names.functions[FuncIndex(*index)] = *name;
  }
  return reader.at_end();
}

bool read_section(Reader& reader, std::span<const u8> bytes, Names& names, u32 functions) {
  while (!reader.at_end()) {
    auto id = reader.byte();
    if (!id) return false;
    auto range = reader.byte_vector();
    if (!range) return false;
    Reader contents(bytes, *range);
    if (!read_subsection(contents, *id, names, functions)) return false;
  }
  return true;
}

}  // namespace

void read_names(Module& module, ByteRange section) {
  Reader reader(module.bytes, section);
  Names names;
  if (!read_section(reader, module.bytes, names, module.functions.size())) return;
  module.module_name = names.module;
  module.function_names = std::move(names.functions);
}

}  // namespace skerry::wasm
