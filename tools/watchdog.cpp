#include "tools/watchdog.h"

#include <charconv>
#include <chrono>

#include "base/string.h"

namespace skerry::tools {
namespace {

constexpr f64 longest = 1e9;  // seconds; more than 30 years

}  // namespace

Watchdog::Watchdog(f64 seconds, std::function<void()> bark) {
  auto end = std::chrono::steady_clock::now() +
             std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<f64>(seconds));
  thread_ = std::thread([this, end, bark = std::move(bark)] {
    std::unique_lock lock(mutex_);
    if (!ended_.wait_until(lock, end, [this] { return is_over_; })) bark();
  });
}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  ended_.notify_one();
  thread_.join();
}

Result<f64> parse_seconds(std::string_view text) {
  std::string_view number = text.ends_with('s') ? text.substr(0, text.size() - 1) : text;
  f64 seconds = 0;
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), seconds, std::chars_format::fixed);
  if (error != std::errc() || end != number.data() + number.size() || !(seconds > 0 && seconds <= longest)) {
    return fail(ErrorCode::Argument, concat("\"", text, "\" is no time in seconds"));
  }
  return seconds;
}

}  // namespace skerry::tools
