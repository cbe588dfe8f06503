// LEB128 against an oracle that follows the grammar of Core 5.2.2 digit by digit, over all short
// byte strings, the neighbourhood of every limit, and random strings.

#include "base/leb128.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace skerry {
namespace {

enum class Sign { Unsigned, Signed };

struct Expected {
  LebError error;
  __int128 value = 0;
  usize length = 0;
};

// The value is summed in 128 bits; a number is in range if it is one of N bits, whatever the unused
// bits of the last byte would say.
Expected oracle(Sign sign, unsigned bits, const std::vector<u8>& bytes) {
  unsigned most = (bits + 6) / 7;
  __int128 value = 0;
  for (unsigned i = 0; i < most; ++i) {
    if (i == bytes.size()) return {LebError::TooShort};
    value += __int128(bytes[i] & 0x7f) << (7 * i);
    if (bytes[i] & 0x80) continue;
    if (sign == Sign::Signed && (bytes[i] & 0x40)) value -= __int128(1) << (7 * (i + 1));
    __int128 low = sign == Sign::Signed ? -(__int128(1) << (bits - 1)) : 0;
    __int128 high = __int128(1) << (sign == Sign::Signed ? bits - 1 : bits);
    if (value < low || value >= high) return {LebError::TooLarge};
    return {LebError::None, value, i + 1};
  }
  return {LebError::TooLong};
}

template <class T>
void expect_same(Sign sign, unsigned bits, Leb<T> (*read)(const u8*, const u8*), const std::vector<u8>& bytes) {
  Expected expected = oracle(sign, bits, bytes);
  Leb<T> got = read(bytes.data(), bytes.data() + bytes.size());
  bool same = got.error == expected.error;
  if (expected.error == LebError::None) {
    same = same && __int128(got.value) == expected.value && got.next == bytes.data() + expected.length;
  } else {
    same = same && got.next == nullptr;
  }
  if (same) return;
  std::string text;
  for (u8 byte : bytes) text += std::to_string(byte) + " ";
  ADD_FAILURE() << (sign == Sign::Signed ? "s" : "u") << bits << " of bytes " << text << ": error " << int(got.error)
                << ", expected " << int(expected.error);
}

void expect_same_at_every_width(const std::vector<u8>& bytes) {
  expect_same(Sign::Unsigned, 32, read_leb_u32, bytes);
  expect_same(Sign::Unsigned, 64, read_leb_u64, bytes);
  expect_same(Sign::Signed, 32, read_leb_s32, bytes);
  expect_same(Sign::Signed, 33, read_leb_s33, bytes);
  expect_same(Sign::Signed, 64, read_leb_s64, bytes);
}

TEST(Leb128, ReadsAllStringsOfUpToTwoBytes) {
  expect_same_at_every_width({});
  for (unsigned a = 0; a < 256; ++a) {
    expect_same_at_every_width({u8(a)});
    for (unsigned b = 0; b < 256; ++b) expect_same_at_every_width({u8(a), u8(b)});
  }
}

// Every last byte behind every run of equal bytes: the limits on length and the unused bits of each
// width lie among these.
TEST(Leb128, ReadsEveryLastByteAtEveryLength) {
  for (u8 fill : {0x80, 0x81, 0xc0, 0xff}) {
    for (usize length = 0; length <= 11; ++length) {
      std::vector<u8> bytes(length, fill);
      expect_same_at_every_width(bytes);
      bytes.push_back(0);
      for (unsigned last = 0; last < 256; ++last) {
        bytes.back() = u8(last);
        expect_same_at_every_width(bytes);
      }
    }
  }
}

TEST(Leb128, ReadsRandomStrings) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    std::vector<u8> bytes(random() % 13);
    for (u8& byte : bytes) byte = u8(random()) | (random() % 8 ? 0x80 : 0);
    expect_same_at_every_width(bytes);
  }
}

TEST(Leb128, NamesWhatIsWrong) {
  const u8 too_long[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
  const u8 too_large[] = {0xff, 0xff, 0xff, 0xff, 0x1f};
  EXPECT_EQ(read_leb_u32(too_long, too_long + 6).error, LebError::TooLong);
  EXPECT_EQ(read_leb_u32(too_long, too_long + 5).error, LebError::TooLong);
  EXPECT_EQ(read_leb_u32(too_long, too_long + 4).error, LebError::TooShort);
  EXPECT_EQ(read_leb_u32(too_large, too_large + 5).error, LebError::TooLarge);
  EXPECT_EQ(read_leb_u32(too_long, too_long).error, LebError::TooShort);
}

template <class T>
void expect_round_trip(Sign sign, unsigned bits, Leb<T> (*read)(const u8*, const u8*), T value) {
  std::vector<u8> bytes;
  if (sign == Sign::Signed) write_leb_signed(bytes, i64(value));
  else write_leb_unsigned(bytes, u64(value));
  Leb<T> got = read(bytes.data(), bytes.data() + bytes.size());
  EXPECT_EQ(got.error, LebError::None);
  EXPECT_EQ(got.value, value);
  EXPECT_EQ(got.next, bytes.data() + bytes.size());
  // The shortest: without its last byte, and the one before as the last, it is another number.
  if (bytes.size() < 2) return;
  bytes.pop_back();
  bytes.back() &= 0x7f;
  EXPECT_NE(oracle(sign, bits, bytes).value, __int128(value)) << "of " << bytes.size() + 1 << " bytes";
}

TEST(Leb128, WritesTheShortestThatReadsBack) {
  for (unsigned shift = 0; shift < 64; ++shift) {
    for (i64 near = -2; near <= 2; ++near) {
      u64 value = (u64{1} << shift) + u64(near);
      expect_round_trip<u64>(Sign::Unsigned, 64, read_leb_u64, value);
      expect_round_trip<u32>(Sign::Unsigned, 32, read_leb_u32, u32(value));
      for (u64 one : {value, u64{0} - value}) {
        expect_round_trip<i64>(Sign::Signed, 64, read_leb_s64, i64(one));
        expect_round_trip<i32>(Sign::Signed, 32, read_leb_s32, i32(u32(one)));
        expect_round_trip<i64>(Sign::Signed, 33, read_leb_s33, i64(one << 31) >> 31);
      }
    }
  }
}

}  // namespace
}  // namespace skerry
