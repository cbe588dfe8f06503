// What the classes over Linux share: an owned descriptor of the kernel, errors, metadata,
// and waits that can be interrupted.

#pragma once

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <utility>

#include "wasi/host.h"

namespace skerry::platform {

class Handle {
 public:
  explicit Handle(int fd) : fd_(fd) {}
  Handle(Handle&& other) : fd_(std::exchange(other.fd_, -1)) {}
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (fd_ >= 0) close(fd_);  // closed even where that was interrupted: never again
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// The WASI error of a system call that failed, from errno.
wasi::Errno error_from_errno(int error);
inline Failure<wasi::Errno> system_failure() { return fail(error_from_errno(errno)); }

// Runs a system call again while a signal breaks it off.
template <class Call>
auto retry(Call&& call) {
  for (;;) {
    auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}
// A system call that answers 0 or fails.
template <class Call>
wasi::HostResult<void> checked(Call&& call) {
  if (retry(std::forward<Call>(call)) < 0) return system_failure();
  return {};
}

wasi::FileStat stat_from_linux(const struct stat& stat);
wasi::FileType type_from_mode(mode_t mode);
// The pair that utimensat takes.
struct Times {
  timespec pair[2];
};
Times times_for_linux(wasi::NewTime accessed, wasi::NewTime modified);

// An event of the kernel that is set once and seen by every wait that includes it.
class LinuxInterruption final : public wasi::Interruption {
 public:
  explicit LinuxInterruption(Handle event) : event_(std::move(event)) {}
  void raise() override;
  void clear() override;
  bool raised() const override { return raised_.load(std::memory_order_acquire); }
  int handle() const { return event_.get(); }

 private:
  std::atomic<bool> raised_ = false;
  Handle event_;
};

// Waits until `fd` has one of the events of poll(2). Canceled.
wasi::HostResult<void> wait_for(int fd, short events, const LinuxInterruption& interruption);

}  // namespace skerry::platform
