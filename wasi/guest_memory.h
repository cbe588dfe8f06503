// A guest's memory as one call of the host sees it.
//
// A GuestMemory is made at the start of a call from the memory's base and its size at that
// moment, and lives no longer than the call: memories grow between calls, and never shrink or
// move. Every address and length that a guest gave is checked here, in 64-bit arithmetic, and
// nowhere else; what is out of bounds is a BadPointer, which ends the call (result.h: Stop).
//
//   Ciovec v = TRY(memory.load(iovs, i));          // copied out once, then trusted
//   std::span<const u8> bytes = TRY(memory.pin(v.buffer, v.size));
//
// Structures are read and written whole, by one copy, so that another thread of the guest
// cannot change a field between its check and its use. Addresses need not be aligned. The
// guest is little-endian and so are the machines that we run on.

#pragma once

#include <bit>
#include <cstring>
#include <span>
#include <type_traits>

#include "base/result.h"
#include "base/types.h"

namespace skerry::wasi {

static_assert(std::endian::native == std::endian::little);

// A type whose bytes are what the guest sees: no pointers, no padding that matters.
template <class T>
concept GuestData = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>;

// An address in the guest of one T, not yet checked.
template <GuestData T>
struct GuestPtr {
  u32 address;
};

// An address in the guest and a count of Ts, not yet checked.
template <GuestData T>
struct GuestSpan {
  u32 address;
  u32 count;
};

// Bytes of the guest that were checked, for the rest of this call and not a wait longer.
using Pinned = std::span<u8>;

struct BadPointer {
  u64 address;
  u64 size;
};

class GuestMemory {
 public:
  GuestMemory(u8* base, u64 size) : bytes_(base, size) {}

  u64 size() const { return bytes_.size(); }

  Result<Pinned, BadPointer> pin(GuestSpan<u8> bytes) const { return range(bytes.address, bytes.count, 1); }

  template <GuestData T>
  Result<void, BadPointer> check(GuestPtr<T> pointer) const {
    TRY(range(pointer.address, 1, sizeof(T)));
    return {};
  }
  template <GuestData T>
  Result<void, BadPointer> check(GuestSpan<T> span) const {
    TRY(range(span.address, span.count, sizeof(T)));
    return {};
  }

  template <GuestData T>
  Result<T, BadPointer> load(GuestPtr<T> pointer) const {
    Pinned from = TRY(range(pointer.address, 1, sizeof(T)));
    T value;
    std::memcpy(&value, from.data(), sizeof(T));
    return value;
  }
  // The item at `index`, which is below the span's count.
  template <GuestData T>
  Result<T, BadPointer> load(GuestSpan<T> span, u32 index) const {
    Pinned from = TRY(item(span, index));
    T value;
    std::memcpy(&value, from.data(), sizeof(T));
    return value;
  }

  template <GuestData T>
  Result<void, BadPointer> store(GuestPtr<T> pointer, const T& value) const {
    Pinned into = TRY(range(pointer.address, 1, sizeof(T)));
    std::memcpy(into.data(), &value, sizeof(T));
    return {};
  }
  template <GuestData T>
  Result<void, BadPointer> store(GuestSpan<T> span, u32 index, const T& value) const {
    Pinned into = TRY(item(span, index));
    std::memcpy(into.data(), &value, sizeof(T));
    return {};
  }

 private:
  // The `count` items of `item_size` bytes at `address`; an empty range may lie anywhere up to
  // and including the end.
  Result<Pinned, BadPointer> range(u64 address, u64 count, u64 item_size) const {
    u64 size = count * item_size;
    // Neither overflows: an address is below 2^33, a count below 2^32, and an item is a structure of WASI.
    if (address + size > bytes_.size()) [[unlikely]] return fail(BadPointer{address, size});
    return bytes_.subspan(address, size);
  }

  template <GuestData T>
  Result<Pinned, BadPointer> item(GuestSpan<T> span, u32 index) const {
    CHECK(index < span.count);
    return range(u64(span.address) + u64(index) * sizeof(T), 1, sizeof(T));
  }

  std::span<u8> bytes_;
};

}  // namespace skerry::wasi
