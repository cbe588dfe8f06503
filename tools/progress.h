// Progress: a bar on the terminal for work that takes over a second.

#pragma once

#include <mutex>

#include "base/types.h"

namespace skerry::tools {

class Progress {
 public:
  Progress();
  // Takes the bar away.
  ~Progress();
  Progress(const Progress&) = delete;

  // By any thread.
  void show(u64 done, u64 total);

 private:
  const bool is_terminal_;  // standard error
  const u64 start_ns_;
  std::mutex mutex_;
  u64 shown_ns_ = 0;  // when last; guarded by mutex_
};

}  // namespace skerry::tools
