// Numbers from bytes, for targets whose input is a list of things to do. Past the end everything is zero.

#pragma once

#include <span>

#include "base/types.h"

namespace skerry::fuzz {

class Feed {
 public:
  explicit Feed(std::span<const u8> bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  u8 get8() { return u8(get(1)); }
  u16 get16() { return u16(get(2)); }
  u32 get32() { return u32(get(4)); }
  u64 get64() { return get(8); }
  // As many as there are, at most `count`.
  std::span<const u8> bytes(usize count) {
    std::span<const u8> taken = rest_.first(count < rest_.size() ? count : rest_.size());
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  // One of a list's items.
  template <class List>
  auto& pick(List& list) { return list[get8() % std::size(list)]; }

 private:
  u64 get(u32 count) {
    u64 value = 0;
    u32 shift = 0;
    for (u8 byte : bytes(count)) {
      value |= u64{byte} << shift;
      shift += 8;
    }
    return value;
  }

  std::span<const u8> rest_;
};

}  // namespace skerry::fuzz
