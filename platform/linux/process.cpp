// Clock, entropy, diagnostics, the end.

#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

#include "platform/platform.h"

namespace skerry::platform {

u64 available_memory() { return ~u64{0}; }
u64 monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return u64(now.tv_sec) * 1'000'000'000 + u64(now.tv_nsec);
}

void fill_entropy(std::span<u8> bytes) {
  while (!bytes.empty()) {
    ssize_t n = getrandom(bytes.data(), bytes.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    CHECK(n > 0);
    bytes = bytes.subspan(usize(n));
  }
}

void write_diagnostic(std::string_view text) {
  while (!text.empty()) {
    ssize_t n = write(STDERR_FILENO, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    text.remove_prefix(usize(n));
  }
}

void abort_process() { std::abort(); }

}  // namespace skerry::platform
