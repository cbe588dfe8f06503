// TrapCode: why a guest stopped.

#pragma once

#include <string_view>

#include "base/types.h"

namespace skerry {

enum class TrapCode : u8 {
#define TRAP(name, sentence) name,
#include "engine/abi/traps.def"
#undef TRAP
  Count,
};

constexpr std::string_view sentence(TrapCode code) {
  constexpr std::string_view sentences[] = {
#define TRAP(name, sentence) sentence,
#include "engine/abi/traps.def"
#undef TRAP
  };
  return code < TrapCode::Count ? sentences[u8(code)] : "unknown trap";
}

}  // namespace skerry
