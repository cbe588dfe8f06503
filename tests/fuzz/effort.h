// How much a test of random inputs does: a number of rounds as a test, or what the environment says.
//
//   SKERRY_FUZZ_SEED     the first seed (1)
//   SKERRY_FUZZ_SECONDS  how long to go on, whatever the number of rounds

#pragma once

#include <stdlib.h>

#include <chrono>

#include "base/types.h"

namespace skerry::fuzz {

class Effort {
 public:
  explicit Effort(u64 rounds) : rounds_(rounds) {
    if (const char* seconds = getenv("SKERRY_FUZZ_SECONDS")) {
      end_ = Clock::now() + std::chrono::seconds(strtoull(seconds, nullptr, 10));
      counts_seconds_ = true;
    }
  }

  u64 first_seed() const {
    const char* seed = getenv("SKERRY_FUZZ_SEED");
    return seed ? strtoull(seed, nullptr, 10) : 1;
  }
  bool counts_seconds() const { return counts_seconds_; }
  bool goes_on() { return counts_seconds_ ? Clock::now() < end_ : rounds_-- > 0; }

 private:
  using Clock = std::chrono::steady_clock;
  u64 rounds_;
  bool counts_seconds_ = false;
  Clock::time_point end_;
};

}  // namespace skerry::fuzz
