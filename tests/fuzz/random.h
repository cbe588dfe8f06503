// Numbers from a seed, the same on every machine and with every standard library.

#pragma once

#include "base/check.h"
#include "base/types.h"

namespace skerry::fuzz {

// SplitMix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(u64 seed) : state_(seed) {}

  u64 next() {
    u64 z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  u32 below(u64 end) {
    CHECK(end > 0 && end <= ~u32{0});
    return u32((next() >> 32) * end >> 32);
  }
  u32 between(u32 first, u32 last) { return first + below(u64{last} - first + 1); }
  bool one_in(u32 n) { return below(n) == 0; }
  template <class List>
  auto& pick(List& list) { return list[below(std::size(list))]; }

 private:
  u64 state_;
};

}  // namespace skerry::fuzz
