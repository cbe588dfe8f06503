// Builtin: the functions of the runtime that compiled code calls by itself.

#pragma once

#include <string_view>

#include "base/types.h"

namespace skerry {

enum class Builtin : u8 {
#define BUILTIN(name, signature) name,
#include "engine/abi/builtins.def"
#undef BUILTIN
  Count,
};

struct BuiltinInfo {
  std::string_view name;
  std::string_view signature;
};
inline constexpr BuiltinInfo builtin_table[] = {
#define BUILTIN(name, signature) {#name, signature},
#include "engine/abi/builtins.def"
#undef BUILTIN
};
constexpr const BuiltinInfo& info(Builtin builtin) { return builtin_table[u8(builtin)]; }

}  // namespace skerry
