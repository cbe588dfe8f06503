// The ids that the printed text of a module uses: the names of its custom section "name", where
// they can be ids.

#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/wasm/module.h"
#include "text/name_section.h"

namespace skerry::text {

class ModuleIds {
 public:
  // Without a name section, or with one that is damaged, there are no ids.
  explicit ModuleIds(const wasm::Module& module);

  // "$name" as the text spells it; empty if there is none.
  std::string_view module() const { return module_; }
  std::string_view of(Space space, u32 index) const;
  std::string_view local(FuncIndex function, u32 index) const;

  // Whether parsing the ids makes the name section again, byte for byte. If it does not, the
  // section must be given as bytes.
  bool carry_section() const { return carry_section_; }

 private:
  void take(const NameSection& section, const wasm::Module& module);

  std::string module_;
  std::vector<std::string> spaces_[u8(Space::Count)];
  std::unordered_map<u32, std::unordered_map<u32, std::string>> locals_;
  bool carry_section_ = false;
  NameSection carried_;  // what the ids amount to
};

// How many locals a function has, parameters included; those alone if its body is damaged.
u32 local_count(const wasm::Module& module, FuncIndex function);

// `text` within quotes, as a string of the text format: a name, of which printable characters
// stay, or bytes.
std::string quoted_name(std::string_view name);
std::string quoted_bytes(std::string_view bytes);

}  // namespace skerry::text
