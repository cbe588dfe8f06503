// Watch: holds every input to 10 seconds and 1 GiB.
//
//   watch.begin(seed);
//   ...                    // the input with this seed, through whatever is tested
//   if (auto complaint = watch.end()) ADD_FAILURE() << *complaint;
//
// Time is that of the whole process on its processors, so that a busy machine makes no difference; memory is the
// peak of the whole process, with what sanitizers and the test itself hold. An input that crashes or goes on beyond its
// time is told by its seed before the process ends. Signal handlers of an engine that is made later pass on what is not
// theirs to those that the first Watch installs.

#pragma once

#include <optional>
#include <string>

#include "base/types.h"

namespace skerry::fuzz {

class Watch {
 public:
  static constexpr u32 most_seconds = 10;
  static constexpr u64 most_bytes = GiB;

  Watch();
  void begin(u64 seed);
  std::optional<std::string> end();
  // The most that any input took.
  std::string summary() const;

 private:
  double started_ = 0, longest_ = 0;
  u64 seed_ = 0, slowest_seed_ = 0;
};

}  // namespace skerry::fuzz
