#include "tools/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "platform/platform.h"

namespace skerry::tools {
namespace {

constexpr u64 patience_ns = 1'000'000'000;
constexpr u64 interval_ns = 100'000'000;

}  // namespace

Progress::Progress() : is_terminal_(isatty(STDERR_FILENO)), start_ns_(platform::monotonic_ns()) {}

Progress::~Progress() {
  if (shown_ns_) std::fputs("\r\x1b[K", stderr);
}

void Progress::show(u64 done, u64 total) {
  if (!is_terminal_ || total == 0) return;
  u64 now = platform::monotonic_ns();
  if (now - start_ns_ < patience_ns) return;
  std::lock_guard lock(mutex_);
  if (now < shown_ns_ + interval_ns) return;
  shown_ns_ = now;
  constexpr usize width = 40;
  usize full = usize(std::min(done, total) * width / total);
  std::fprintf(stderr, "\rcompiling [%s%s] %3u%%", std::string(full, '#').c_str(), std::string(width - full, ' ').c_str(),
               unsigned(std::min(done, total) * 100 / total));
  std::fflush(stderr);
}

}  // namespace skerry::tools
