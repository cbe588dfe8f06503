#include "tests/support/module_bytes.h"

namespace skerry::tests {
namespace {

void append_section(std::vector<u8>& module, u8 id, const std::vector<u8>& content) {
  module.push_back(id);
  write_leb_unsigned(module, content.size());
  module.insert(module.end(), content.begin(), content.end());
}

void append_type(std::vector<u8>& out, const FuncType& type) {
  out.push_back(0x60);
  for (const std::vector<ValueType>* list : {&type.params, &type.results}) {
    write_leb_unsigned(out, list->size());
    for (ValueType value : *list) out.push_back(u8(value));
  }
}

}  // namespace

std::vector<u8> module_of(const FuncType& type, const std::vector<u8>& code, const std::vector<LocalGroup>& locals,
                          const std::vector<FuncType>& more_types) {
  std::vector<u8> module = {0, 'a', 's', 'm', 1, 0, 0, 0};
  std::vector<u8> types;
  write_leb_unsigned(types, 1 + more_types.size());
  append_type(types, type);
  for (const FuncType& one : more_types) append_type(types, one);
  append_section(module, 1, types);
  append_section(module, 3, {1, 0});
  append_section(module, 5, {1, 0, 1});
  append_section(module, 7, {1, 1, 'f', 0, 0});

  std::vector<u8> body;
  write_leb_unsigned(body, locals.size());
  for (const LocalGroup& group : locals) {
    write_leb_unsigned(body, group.count);
    body.push_back(u8(group.type));
  }
  body.insert(body.end(), code.begin(), code.end());
  std::vector<u8> section = {1};
  write_leb_unsigned(section, body.size());
  section.insert(section.end(), body.begin(), body.end());
  append_section(module, 10, section);
  return module;
}

}  // namespace skerry::tests
