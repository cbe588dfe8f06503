// UTF-8 against the encodings of all code points: every string of up to three bytes, and of
// four all that begin with a lead byte of four.

#include "engine/decode/utf8.h"

#include <gtest/gtest.h>

#include <vector>

namespace skerry::wasm {
namespace {

std::vector<u8> encode(u32 point) {
  if (point < 0x80) return {u8(point)};
  if (point < 0x800) return {u8(0xc0 | point >> 6), u8(0x80 | (point & 63))};
  if (point < 0x10000) return {u8(0xe0 | point >> 12), u8(0x80 | (point >> 6 & 63)), u8(0x80 | (point & 63))};
  return {u8(0xf0 | point >> 18), u8(0x80 | (point >> 12 & 63)), u8(0x80 | (point >> 6 & 63)), u8(0x80 | (point & 63))};
}

u32 number(const std::vector<u8>& bytes) {
  u32 value = 0;
  for (u8 byte : bytes) value = value << 8 | byte;
  return value;
}

// By length: which byte strings, as big-endian numbers, encode a code point.
struct Encodings {
  std::vector<bool> of[5];
  Encodings() {
    for (unsigned length = 1; length <= 3; ++length) of[length].resize(usize{1} << 8 * length);
    of[4].resize(usize{1} << 27);  // behind 0xf0 - 0xf7
    for (u32 point = 0; point <= 0x10ffff; ++point) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      std::vector<u8> bytes = encode(point);
      of[bytes.size()][number(bytes) & ((usize{1} << 27) - 1)] = true;
    }
  }
};

TEST(Utf8, AllStringsUpToThreeBytes) {
  Encodings known;
  u32 differ = 0;
  for (u32 a = 0; a < 0x100; ++a) {
    u8 one[] = {u8(a)};
    differ += is_utf8(one) != known.of[1][a];
    for (u32 b = 0; b < 0x100; ++b) {
      u8 two[] = {u8(a), u8(b)};
      bool both = known.of[1][a] && known.of[1][b];
      differ += is_utf8(two) != (known.of[2][a << 8 | b] || both);
      for (u32 c = 0; c < 0x100; ++c) {
        u8 three[] = {u8(a), u8(b), u8(c)};
        bool parts = (both && known.of[1][c]) || (known.of[1][a] && known.of[2][b << 8 | c]) ||
                     (known.of[2][a << 8 | b] && known.of[1][c]);
        differ += is_utf8(three) != (known.of[3][a << 16 | b << 8 | c] || parts);
      }
    }
  }
  EXPECT_EQ(differ, 0u);
  // The third byte of each continuation range and its neighbours.
  for (u32 a = 0xf0; a < 0xf8; ++a) {
    for (u32 b = 0; b < 0x100; ++b) {
      for (u32 c : {0x7f, 0x80, 0xbf, 0xc0}) {
        for (u32 d : {0x7f, 0x80, 0xbf, 0xc0}) {
          u8 four[] = {u8(a), u8(b), u8(c), u8(d)};
          differ += is_utf8(four) != known.of[4][(a & 7) << 24 | b << 16 | c << 8 | d];
        }
      }
    }
  }
  EXPECT_EQ(differ, 0u);
  for (u8 lead : {0xf8, 0xfc, 0xfe, 0xff}) {
    u8 six[] = {lead, 0x80, 0x80, 0x80, 0x80, 0x80};
    EXPECT_FALSE(is_utf8(six));
  }
}

// The eight-byte stride over plain letters ends anywhere.
TEST(Utf8, FaultAtEveryPlace) {
  for (usize size = 1; size < 40; ++size) {
    std::vector<u8> text(size, 'a');
    EXPECT_TRUE(is_utf8(text));
    for (usize at = 0; at < size; ++at) {
      text[at] = 0xff;
      EXPECT_FALSE(is_utf8(text)) << size << " " << at;
      text[at] = 'a';
    }
  }
  EXPECT_TRUE(is_utf8({}));
}

}  // namespace
}  // namespace skerry::wasm
