// Text for errors and listings: concatenation and numbers, without iostreams or format.

#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "base/types.h"

namespace skerry {

std::string decimal(u64 value);
std::string decimal_signed(i64 value);
std::string hex(u64 value, unsigned digits = 0);  // no 0x; padded with zeros to `digits`

namespace detail {
inline void append(std::string& out, std::string_view text) { out.append(text); }
inline void append(std::string& out, char c) { out.push_back(c); }
template <std::integral T>
  requires(!std::same_as<T, char> && !std::same_as<T, bool>)
void append(std::string& out, T value) {
  if constexpr (std::is_signed_v<T>) out.append(decimal_signed(value));
  else out.append(decimal(value));
}
}  // namespace detail

// concat("type ", 3, " is not a function") -> "type 3 is not a function"
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::string out;
  (detail::append(out, parts), ...);
  return out;
}

}  // namespace skerry
