#include "kernel/arch/symbols.h"

#include <algorithm>

extern "C" const char text_begin[], text_end[], symbols_begin[], symbols_end[];

namespace skerry::kernel {

Symbol symbol_of(u64 address) {
  if (u64(symbols_begin) == u64(symbols_end) || address < u64(text_begin) || address >= u64(text_end)) return {};
  auto* words = reinterpret_cast<const u32*>(symbols_begin);
  const u32 count = words[0];
  const u32 *offsets = words + 1, *names = offsets + count;
  const u64 offset = address - u64(text_begin);
  const u32* next = std::upper_bound(offsets, offsets + count, offset);
  if (next == offsets) return {};
  usize index = usize(next - offsets) - 1;
  return {reinterpret_cast<const char*>(names + count) + names[index], offset - offsets[index]};
}

}  // namespace skerry::kernel
