#include "text/module_ids.h"

#include <algorithm>
#include <unordered_set>

#include "base/string.h"
#include "base/utf8.h"
#include "engine/decode/reader.h"
#include "text/lexer.h"

namespace skerry::text {
namespace {

using wasm::Reader;

Result<std::vector<NameEntry>> read_name_map(Reader& reader) {
  std::vector<NameEntry> names;
  u32 count = TRY(reader.count(~u32{0}, "names"));
  names.reserve(count);
  for (u32 i = 0; i < count; ++i) {
    u32 index = TRY(reader.leb_u32());
    names.push_back({index, TRY(reader.name(~u32{0}))});
  }
  return names;
}

Result<NameSection> read_name_section(std::span<const u8> bytes, wasm::ByteRange range) {
  NameSection section;
  for (Reader reader(bytes, range); !reader.at_end();) {
    u8 id = TRY(reader.byte());
    Reader content(bytes, TRY(reader.byte_vector()));
    if (id == module_name_subsection) section.module = TRY(content.name(~u32{0}));
    if (id == local_names_subsection) {
      u32 count = TRY(content.count(~u32{0}, "functions"));
      for (u32 i = 0; i < count; ++i) {
        u32 function = TRY(content.leb_u32());
        section.locals.push_back({function, TRY(read_name_map(content))});
      }
    }
    for (u8 space = 0; space < u8(Space::Count); ++space) {
      if (id == name_subsection(Space(space))) section.spaces[space] = TRY(read_name_map(content));
    }
  }
  return section;
}

std::string id_of(std::string_view name) {
  return std::all_of(name.begin(), name.end(), is_id_character) ? concat("$", name) : concat("$", quoted_name(name));
}

// The entries that can be ids of a space of `size` members: in range, ascending, not empty, and
// the first of each name.
std::vector<NameEntry> usable(const std::vector<NameEntry>& entries, u32 size) {
  std::vector<NameEntry> out;
  std::unordered_set<std::string_view> taken;
  for (const NameEntry& entry : entries) {
    if (entry.index >= size || entry.name.empty() || (!out.empty() && entry.index <= out.back().index)) continue;
    if (taken.insert(entry.name).second) out.push_back(entry);
  }
  return out;
}

// Characters that would hide or reorder the text around them.
bool is_invisible(std::string_view character) {
  return (character[0] == '\xc2' && u8(character[1]) < 0xa0) ||             // C1 controls
         (character[0] == '\xe2' && (u8(character[1]) & 0xfe) == 0x80) ||   // U+2000 to U+207F: spaces, directions
         character == "\xef\xbb\xbf";                                      // the byte order mark
}

void append_byte(std::string& out, char c) {
  if (c == '"' || c == '\\') out += {'\\', c};
  else if (c >= ' ' && c < '\x7f') out += c;
  else out += "\\" + hex(u8(c), 2);
}

}  // namespace

std::string quoted_bytes(std::string_view bytes) {
  std::string out = "\"";
  for (char c : bytes) append_byte(out, c);
  return out + "\"";
}

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  while (!name.empty()) {
    usize size = std::max<usize>(utf8_sequence(name), 1);
    std::string_view character = name.substr(0, size);
    if (size > 1 && !is_invisible(character)) out += character;
    else for (char c : character) append_byte(out, c);
    name.remove_prefix(size);
  }
  return out + "\"";
}

u32 local_count(const wasm::Module& module, FuncIndex function) {
  const wasm::Func& func = module.functions[function];
  u32 params = module.types.contains(func.type) ? u32(module.types[func.type].params.size()) : 0;
  u64 count = params;
  Reader reader(module.bytes, func.body);
  auto runs = reader.count(~u32{0}, "runs of locals");
  for (u32 i = 0; runs && i < *runs; ++i) {
    auto length = reader.leb_u32();
    if (!length || !reader.byte()) return params;
    count += *length;
  }
  return u32(std::min<u64>(count, ~u32{0}));
}

ModuleIds::ModuleIds(const wasm::Module& module) {
  const wasm::CustomSection* found = nullptr;
  for (const wasm::CustomSection& custom : module.customs) {
    if (custom.name != "name") continue;
    if (found) return;  // of two, none
    found = &custom;
  }
  if (!found) return;
  Result<NameSection> section = read_name_section(module.bytes, found->bytes);
  if (!section) return;
  take(*section, module);
  // Parsing places it behind all sections but custom ones.
  for (u32 offset : module.section_offsets) if (offset > found->bytes.offset) return;
  std::vector<u8> again = write_name_section(carried_, Names::All);
  std::span<const u8> content = module.slice(found->bytes);
  constexpr usize own_name = 5;  // its length and "name"
  carry_section_ = again.size() == own_name + content.size() &&
                   std::equal(content.begin(), content.end(), again.begin() + own_name);
}

void ModuleIds::take(const NameSection& section, const wasm::Module& module) {
  if (section.module && !section.module->empty()) {
    carried_.module = section.module;
    module_ = id_of(*section.module);
  }
  const u32 sizes[] = {module.types.size(),   module.functions.size(), module.tables.size(), module.memories.size(),
                       module.globals.size(), module.elems.size(),     module.datas.size()};
  for (u8 space = 0; space < u8(Space::Count); ++space) {
    carried_.spaces[space] = usable(section.spaces[space], sizes[space]);
    if (carried_.spaces[space].empty()) continue;
    spaces_[space].resize(sizes[space]);
    for (const NameEntry& entry : carried_.spaces[space]) spaces_[space][entry.index] = id_of(entry.name);
  }
  u32 next = module.imported_functions;  // locals of imports have no place in the text
  for (const NameSection::Locals& locals : section.locals) {
    if (locals.function < next || locals.function >= module.functions.size()) continue;
    next = locals.function + 1;
    std::vector<NameEntry> names = usable(locals.names, local_count(module, FuncIndex(locals.function)));
    if (names.empty()) continue;
    auto& ids = locals_[locals.function];
    for (const NameEntry& entry : names) ids[entry.index] = id_of(entry.name);
    carried_.locals.push_back({locals.function, std::move(names)});
  }
}

std::string_view ModuleIds::of(Space space, u32 index) const {
  const std::vector<std::string>& ids = spaces_[u8(space)];
  return index < ids.size() ? std::string_view(ids[index]) : std::string_view();
}

std::string_view ModuleIds::local(FuncIndex function, u32 index) const {
  auto ids = locals_.find(function.raw());
  if (ids == locals_.end()) return {};
  auto id = ids->second.find(index);
  return id == ids->second.end() ? std::string_view() : std::string_view(id->second);
}

}  // namespace skerry::text
