// TrapCode: why a guest stopped.

#pragma once

#include <string_view>

#include "skerry/integers.h"

namespace skerry {

enum class TrapCode : u8 {
#define TRAP(name, sentence) name,
#include "skerry/traps.def"
#undef TRAP
  Count,
};

constexpr std::string_view sentence(TrapCode code) {
  constexpr std::string_view sentences[] = {
#define TRAP(name, sentence) sentence,
#include "skerry/traps.def"
#undef TRAP
  };
  return code < TrapCode::Count ? sentences[u8(code)] : "unknown trap";
}

}  // namespace skerry
