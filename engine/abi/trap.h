// TrapCode: why a guest stopped (skerry/traps.def, skerry/trap_code.h).

#pragma once

#include "skerry/trap_code.h"

namespace skerry {

// As in traps.def: for the text form of the IR and for listings.
constexpr std::string_view name(TrapCode code) {
  constexpr std::string_view names[] = {
#define TRAP(name, sentence) #name,
#include "skerry/traps.def"
#undef TRAP
  };
  return code < TrapCode::Count ? names[u8(code)] : "?";
}

}  // namespace skerry
