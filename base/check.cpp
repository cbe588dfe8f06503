#include "base/check.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/types.h"

// The two functions of the platform seam (platform/platform.h) that a failed CHECK needs. They are
// declared here because base stands above platform.
namespace skerry::platform {
void write_diagnostic(std::string_view text);
[[noreturn]] void abort_process();
}  // namespace skerry::platform

namespace skerry {
namespace {

// A line of text put together without the heap, which may be what is broken; a longer one is cut.
class Line {
 public:
  void append(std::string_view text) {
    usize n = std::min(text.size(), sizeof text_ - size_);
    std::memcpy(text_ + size_, text.data(), n);
    size_ += n;
  }
  void append(u32 number) {
    if (number >= 10) append(number / 10);
    char digit = char('0' + number % 10);
    append(std::string_view(&digit, 1));
  }
  std::string_view text() const { return {text_, size_}; }

 private:
  char text_[512];
  usize size_ = 0;
};

}  // namespace

void check_failed(const char* file, int line, const char* what) {
  Line message;
  message.append(file);
  message.append(":");
  message.append(u32(line));
  message.append(": check failed: ");
  message.append(what);
  message.append("\n");
  platform::write_diagnostic(message.text());
  platform::abort_process();
}

}  // namespace skerry
