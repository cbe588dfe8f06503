// Watchdog: does something once a time has passed, unless it is gone by then.

#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>

#include "base/result.h"

namespace skerry::tools {

class Watchdog {
 public:
  // `bark` is called on a thread of the watchdog's.
  Watchdog(f64 seconds, std::function<void()> bark);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_over_ = false;  // guarded by mutex_
  std::thread thread_;
};

// A time in seconds: a decimal number above 0, perhaps with `s` behind it.
Result<f64> parse_seconds(std::string_view text);

}  // namespace skerry::tools
