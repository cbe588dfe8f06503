// BoundsPlan: what keeps accesses to a memory inside it, decided once and read by compiler,
// allocator and fault handler.
//
//   |<------------- reservation (4 GiB) ------------->|<- guard ->|
//   |<- size ->|<- faults ... ----------------------->|  faults   |
//   base
//
// With a guard plan an access at base + zero_extend(address) + offset, offset < guard -
// 16, either lies in the memory or faults, and costs no check. Larger offsets, and all accesses of a plan
// without guard, are compared with the size first.

#pragma once

#include "base/types.h"

namespace skerry {

struct BoundsPlan {
  u64 reservation = 0;  // bytes of address space from base that are the memory's alone
  u64 guard = 0;        // bytes behind the reservation that always fault
  bool faults = false;  // whether an access beyond the size faults and is made a trap

  // For 32-bit memories where address space and fault handlers are to be had.
  static constexpr BoundsPlan guarded() { return {4 * GiB, 2 * GiB, true}; }
  // Explicit checks, the memory's maximum reserved so that the base never moves.
  static constexpr BoundsPlan checked(u64 maximum) { return {maximum, 0, false}; }

  // Does an access of up to 16 bytes at a 32-bit address + offset need no check?
  constexpr bool covers(u64 offset) const { return faults && reservation >= 4 * GiB && offset + 16 <= guard; }
  constexpr bool operator==(const BoundsPlan&) const = default;
};

}  // namespace skerry
