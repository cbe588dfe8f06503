// The custom section "name" (Appendix 7.4, and the subsections of the extended name sections that
// compilers emit) as far as ids of the text make one.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "text/parse.h"

namespace skerry::text {

// The index spaces of a module whose members may have ids (6.6.1).
enum class Space : u8 { Type, Func, Table, Memory, Global, Elem, Data, Count };

struct NameEntry {
  u32 index;
  std::string_view name;
};

struct NameSection {
  std::optional<std::string_view> module;
  std::vector<NameEntry> spaces[u8(Space::Count)];
  struct Locals {
    u32 function;
    std::vector<NameEntry> names;
  };
  std::vector<Locals> locals;
};

// The ids of subsections.
inline constexpr u8 module_name_subsection = 0;
inline constexpr u8 local_names_subsection = 2;
constexpr u8 name_subsection(Space space) {
  constexpr u8 ids[] = {4, 1, 5, 6, 7, 8, 9};
  return ids[u8(space)];
}

// The content of the custom section, its own name in front; nothing if there are no names. All
// entries are in ascending order.
std::vector<u8> write_name_section(const NameSection& section, Names names);

}  // namespace skerry::text
