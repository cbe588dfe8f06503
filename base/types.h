// The fixed-width integers of the whole tree (skerry/integers.h), and the few helpers over them.

#pragma once

#include "skerry/integers.h"

namespace skerry {

constexpr u64 KiB = 1024;
constexpr u64 MiB = 1024 * KiB;
constexpr u64 GiB = 1024 * MiB;

// The smallest multiple of `to`, a power of two, that is not below `n`.
constexpr u64 align_up(u64 n, u64 to) { return (n + to - 1) & ~(to - 1); }
constexpr u64 align_down(u64 n, u64 to) { return n & ~(to - 1); }

}  // namespace skerry
