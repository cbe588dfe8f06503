// The names of the kernel's functions, for who reads a backtrace without its ELF. symbols.py makes them of the linked
// kernel; they are in the image, in the section .symbols:
//
//   u32 count | u32 offset[count], rising, from text_begin | u32 name[count] | names, each with a zero behind it
//
// In a kernel that was linked without them nothing has a name. Usable in any context.

#pragma once

#include <string_view>

#include "base/types.h"

namespace skerry::kernel {

struct Symbol {
  std::string_view name;  // empty: none
  u64 offset;             // of the address, from the function's begin
};
Symbol symbol_of(u64 address);

}  // namespace skerry::kernel
