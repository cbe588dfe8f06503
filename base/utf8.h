// UTF-8 (RFC 3629): what a name of WebAssembly must be (Core 5.2.4, 6.3.3).

#pragma once

#include <string>
#include <string_view>

#include "base/types.h"

namespace skerry {

// The length of the well-formed sequence at the start of `text`: 1 to 4, or 0 if there is none.
// Overlong forms, surrogates and what lies above U+10FFFF are not well-formed.
constexpr usize utf8_sequence(std::string_view text) {
  if (text.empty()) return 0;
  u8 first = u8(text[0]);
  if (first < 0x80) return 1;
  usize size = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (size == 0 || text.size() < size) return 0;
  for (usize i = 1; i < size; ++i) if ((u8(text[i]) & 0xc0) != 0x80) return 0;
  u8 second = u8(text[1]);
  if (first == 0xe0 && second < 0xa0) return 0;  // overlong
  if (first == 0xed && second > 0x9f) return 0;  // a surrogate
  if (first == 0xf0 && second < 0x90) return 0;  // overlong
  if (first == 0xf4 && second > 0x8f) return 0;  // above U+10FFFF
  return size;
}

constexpr bool utf8_valid(std::string_view text) {
  while (!text.empty()) {
    usize size = utf8_sequence(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

constexpr bool unicode_scalar_value(u32 code) { return code < 0xd800 || (code >= 0xe000 && code < 0x110000); }

// Appends the encoding of a Unicode scalar value.
inline void utf8_append(std::string& out, u32 code) {
  auto put = [&](u32 byte) { out.push_back(char(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) put(0xe0 | code >> 12);
    else put(0xf0 | code >> 18), put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

}  // namespace skerry
