#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace skerry::platform {

void write_diagnostic(std::string_view text) {
  while (!text.empty()) {
    ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
    if (n <= 0) return;
    text.remove_prefix(size_t(n));
  }
}

void abort_process() { std::abort(); }

}  // namespace skerry::platform
