// The signals by which the kernel tells a thread that it may not write: into a pipe without a reader (SIGPIPE), past
// the limit on the sizes of files (SIGXFSZ). Both end the process by default, and the error of the call says the same.

#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include <cerrno>
#include <optional>

namespace skerry::platform {

// Keeps them from this thread while it lives.
class NoWriteSignals {
 public:
  NoWriteSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGPIPE);
    sigaddset(&signals_, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  }
  ~NoWriteSignals() {
    int saved = errno;
    if (saved == EPIPE) take(SIGPIPE);
    if (saved == EFBIG) take(SIGXFSZ);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = saved;
  }
  NoWriteSignals(const NoWriteSignals&) = delete;
  NoWriteSignals& operator=(const NoWriteSignals&) = delete;

 private:
  // One that was held back before us is for who did that.
  void take(int signal) {
    if (sigismember(&before_, signal)) return;
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal);
    timespec now = {0, 0};
    while (sigtimedwait(&one, nullptr, &now) < 0 && errno == EINTR) {}
  }

  sigset_t signals_, before_;
};

// For writes to a file: where the process began with no limit on their sizes there is nothing to keep away.
class NoFileSizeSignal {
 public:
  NoFileSizeSignal() {
    static const bool is_limited = [] {
      rlimit limit;
      return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY;
    }();
    if (is_limited) signals_.emplace();
  }

 private:
  std::optional<NoWriteSignals> signals_;
};

}  // namespace skerry::platform
