#include "engine/decode/utf8.h"

#include <cstring>

namespace skerry::wasm {

bool is_utf8(std::span<const u8> bytes) {
  const u8* p = bytes.data();
  const u8* end = p + bytes.size();
  while (p != end) {
    u64 eight;
    if (end - p >= 8 && (std::memcpy(&eight, p, 8), (eight & 0x8080808080808080) == 0)) {
      p += 8;
      continue;
    }
    u8 lead = *p++;
    if (lead < 0x80) continue;
    // The second byte's range says all that the table of well-formed sequences does: it
    // keeps out overlong forms (e0, f0), surrogates (ed) and what is too high (f4).
    u8 low = 0x80, high = 0xbf;
    unsigned more;
    if (lead >= 0xc2 && lead <= 0xdf) {
      more = 1;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      more = 2;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    } else {
      return false;
    }
    if (usize(end - p) < more || *p < low || *p > high) return false;
    for (unsigned i = 1; i < more; ++i) {
      if (p[i] < 0x80 || p[i] > 0xbf) return false;
    }
    p += more;
  }
  return true;
}

}  // namespace skerry::wasm
