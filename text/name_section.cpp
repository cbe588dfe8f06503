#include "text/name_section.h"

#include "text/binary_writer.h"

namespace skerry::text {
namespace {

void write_name_map(std::vector<u8>& out, const std::vector<NameEntry>& names) {
  write_leb_unsigned(out, names.size());
  for (const NameEntry& entry : names) {
    write_leb_unsigned(out, entry.index);
    write_string(out, entry.name);
  }
}

}  // namespace

std::vector<u8> write_name_section(const NameSection& section, Names names) {
  std::vector<u8> out, body;
  if (names == Names::None) return out;
  write_string(out, "name");
  usize empty = out.size();
  auto write_subsection = [&](u8 id) {
    out.push_back(id);
    write_sized(out, body);
    body.clear();
  };
  auto write_space = [&](Space space) {
    if (section.spaces[u8(space)].empty()) return;
    write_name_map(body, section.spaces[u8(space)]);
    write_subsection(name_subsection(space));
  };
  if (section.module) {
    write_string(body, *section.module);
    write_subsection(module_name_subsection);
  }
  write_space(Space::Func);
  if (names == Names::All) {
    if (!section.locals.empty()) {
      write_leb_unsigned(body, section.locals.size());
      for (const NameSection::Locals& locals : section.locals) {
        write_leb_unsigned(body, locals.function);
        write_name_map(body, locals.names);
      }
      write_subsection(local_names_subsection);
    }
    for (Space space : {Space::Type, Space::Table, Space::Memory, Space::Global, Space::Elem, Space::Data}) {
      write_space(space);
    }
  }
  if (out.size() == empty) out.clear();
  return out;
}

}  // namespace skerry::text
