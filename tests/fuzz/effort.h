// How much a test of random inputs does: a number of rounds as a test, or what the environment says.
//
//   SKERRY_FUZZ_SEED     the first seed (1)
//   SKERRY_FUZZ_COUNT    how many rounds
//   SKERRY_FUZZ_SECONDS  how long to go on, whatever the number of rounds

#pragma once

#include <stdlib.h>

#include <chrono>

#include "base/types.h"

namespace skerry::fuzz {

class Effort {
 public:
  explicit Effort(u64 rounds) : rounds_(number("SKERRY_FUZZ_COUNT", rounds)) {
    if (u64 seconds = number("SKERRY_FUZZ_SECONDS", 0)) {
      end_ = Clock::now() + std::chrono::seconds(seconds);
      counts_seconds_ = true;
    }
  }

  u64 first_seed() const { return number("SKERRY_FUZZ_SEED", 1); }
  bool goes_on() const { return counts_seconds_ ? Clock::now() < end_ : done_ < rounds_; }
  // A round is done; a seed that made no input is none.
  void count() { ++done_; }
  u64 done() const { return done_; }

 private:
  using Clock = std::chrono::steady_clock;

  static u64 number(const char* variable, u64 otherwise) {
    const char* given = getenv(variable);
    return given ? strtoull(given, nullptr, 10) : otherwise;
  }

  u64 rounds_, done_ = 0;
  bool counts_seconds_ = false;
  Clock::time_point end_;
};

}  // namespace skerry::fuzz
