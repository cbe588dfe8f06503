// LEB128, the variable-length integers of the binary format (Core 5.2.2).
//
// read_leb_* read at most ceil(N/7) bytes and refuse unused bits that are not the sign's
// (unsigned: zero). They return null in `next` on failure; the caller knows the offset.

#pragma once


#include "base/types.h"

namespace skerry {

enum class LebError : u8 { None, TooShort, TooLong, TooLarge };

template <class T>
struct Leb {
  T value;
  const u8* next;  // behind the number; null if error
  LebError error;
};

template <class T, unsigned bits>
constexpr Leb<T> read_leb_unsigned(const u8* p, const u8* end) {
  T value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    if (p == end) return {0, nullptr, LebError::TooShort};
    u8 byte = *p++;
    value |= T(byte & 0x7f) << shift;
    if (shift + 7 >= bits) {  // the last byte that may be
      if (byte & 0x80) return {0, nullptr, LebError::TooLong};
      if (byte >> (bits - shift)) return {0, nullptr, LebError::TooLarge};
    }
    if (!(byte & 0x80)) return {value, p, LebError::None};
  }
  return {0, nullptr, LebError::TooLong};
}

template <class T, class U, unsigned bits>
constexpr Leb<T> read_leb_signed(const u8* p, const u8* end) {
  U value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    if (p == end) return {0, nullptr, LebError::TooShort};
    u8 byte = *p++;
    value |= U(byte & 0x7f) << shift;
    if (shift + 7 >= bits) {
      if (byte & 0x80) return {0, nullptr, LebError::TooLong};
      // The bits above the number's must all equal its sign bit.
      u8 used = u8(bits - shift), top = u8((byte & 0x7f) >> (used - 1));
      u8 all = u8(0x7f >> (used - 1));
      if (top != 0 && top != all) return {0, nullptr, LebError::TooLarge};
      if (top != 0 && bits < 8 * sizeof(T)) value |= ~U{0} << (bits - 1);
      return {T(value), p, LebError::None};
    }
    if (!(byte & 0x80)) {
      if (byte & 0x40) value |= ~U{0} << (shift + 7);
      return {T(value), p, LebError::None};
    }
  }
  return {0, nullptr, LebError::TooLong};
}

constexpr Leb<u32> read_leb_u32(const u8* p, const u8* end) { return read_leb_unsigned<u32, 32>(p, end); }
constexpr Leb<u64> read_leb_u64(const u8* p, const u8* end) { return read_leb_unsigned<u64, 64>(p, end); }
constexpr Leb<i32> read_leb_s32(const u8* p, const u8* end) { return read_leb_signed<i32, u32, 32>(p, end); }
constexpr Leb<i64> read_leb_s33(const u8* p, const u8* end) { return read_leb_signed<i64, u64, 33>(p, end); }
constexpr Leb<i64> read_leb_s64(const u8* p, const u8* end) { return read_leb_signed<i64, u64, 64>(p, end); }

// Appends the shortest encoding to an array of bytes.
template <class Bytes>
void write_leb_unsigned(Bytes& out, u64 value) {
  do {
    u8 byte = value & 0x7f;
    value >>= 7;
    out.push_back(value ? byte | 0x80 : byte);
  } while (value);
}
template <class Bytes>
void write_leb_signed(Bytes& out, i64 value) {
  for (bool more = true; more;) {
    u8 byte = value & 0x7f;
    value >>= 7;
    more = !((value == 0 && !(byte & 0x40)) || (value == -1 && (byte & 0x40)));
    out.push_back(more ? byte | 0x80 : byte);
  }
}

}  // namespace skerry
