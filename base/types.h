// The fixed-width integers of the whole tree, and the few helpers over them.

#pragma once

#include <cstddef>
#include <cstdint>

namespace skerry {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;
using f32 = float;
using f64 = double;
using usize = std::size_t;

constexpr u64 KiB = 1024;
constexpr u64 MiB = 1024 * KiB;
constexpr u64 GiB = 1024 * MiB;

// The smallest multiple of `to`, a power of two, that is not below `n`.
constexpr u64 align_up(u64 n, u64 to) { return (n + to - 1) & ~(to - 1); }
constexpr u64 align_down(u64 n, u64 to) { return n & ~(to - 1); }

}  // namespace skerry
