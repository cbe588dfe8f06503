// Clocks, entropy and waiting of WASI over Linux, and the doors to files (wasi_host.h).

#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/random.h>

#include <algorithm>

#include "platform/linux/wasi_file.h"
#include "platform/linux/wasi_host.h"

namespace skerry::platform {

using wasi::ClockId;
using wasi::Errno;
using wasi::HostResult;
using wasi::Timestamp;

namespace {

constexpr u64 second = 1'000'000'000;

class LinuxClock final : public wasi::Clock {
 public:
  HostResult<Timestamp> now(ClockId clock) override { return ask(clock, clock_gettime); }
  HostResult<Timestamp> resolution(ClockId clock) override { return ask(clock, clock_getres); }

 private:
  static HostResult<Timestamp> ask(ClockId clock, int (*what)(clockid_t, timespec*) noexcept) {
    constexpr clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
    if (usize(clock) >= std::size(clocks)) return fail(Errno::Inval);
    timespec time;
    if (what(clocks[usize(clock)], &time) < 0) return system_failure();
    if (time.tv_sec < 0) return fail(Errno::Overflow);  // the clock is set before 1970
    return u64(time.tv_sec) * second + u64(time.tv_nsec);
  }
};

class LinuxRandom final : public wasi::Random {
 public:
  explicit LinuxRandom(std::shared_ptr<LinuxInterruption> interruption) : interruption_(std::move(interruption)) {}
  // In pieces, so that gigabytes of it can be interrupted.
  HostResult<void> fill(std::span<u8> bytes) override {
    while (!bytes.empty()) {
      if (interruption_->raised()) return fail(Errno::Canceled);
      ssize_t got = retry([&] { return getrandom(bytes.data(), std::min<usize>(bytes.size(), MiB), 0); });
      if (got < 0) return system_failure();
      bytes = bytes.subspan(usize(got));
    }
    return {};
  }

 private:
  std::shared_ptr<LinuxInterruption> interruption_;
};

class LinuxPoller final : public wasi::Poller {
 public:
  explicit LinuxPoller(std::shared_ptr<LinuxInterruption> interruption) : interruption_(std::move(interruption)) {}

  HostResult<void> wait(std::span<wasi::PollItem> items, std::optional<Timestamp> deadline) override {
    std::vector<pollfd> waits = {{interruption_->handle(), POLLIN, 0}};
    for (wasi::PollItem& item : items) {
      auto handle = item.file->wait_handle();
      item.ready = !handle;
      if (!handle) deadline = 0;
      // A descriptor of -1 is passed over by the kernel.
      waits.push_back({handle ? int(*handle) : -1, short(item.interest == wasi::Interest::Read ? POLLIN : POLLOUT), 0});
    }
    timespec left;
    if (retry([&] { return ppoll(waits.data(), waits.size(), remaining(deadline, left), nullptr); }) < 0) {
      return system_failure();
    }
    if (waits[0].revents != 0) return fail(Errno::Canceled);
    for (usize i = 0; i < items.size(); ++i) answer(items[i], waits[i + 1]);
    return {};
  }

  void yield() override { sched_yield(); }

 private:
  // Computed anew for each try: a signal must not make the wait longer.
  static const timespec* remaining(std::optional<Timestamp> deadline, timespec& left) {
    if (!deadline) return nullptr;
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    u64 reads = u64(now.tv_sec) * second + u64(now.tv_nsec);
    u64 wait = *deadline > reads ? *deadline - reads : 0;
    left = {time_t(wait / second), long(wait % second)};
    return &left;
  }

  static void answer(wasi::PollItem& item, const pollfd& wait) {
    if (wait.fd < 0 || wait.revents == 0) return;
    item.ready = true;
    item.hangup = (wait.revents & POLLHUP) != 0;
    if (wait.revents & POLLNVAL) item.error = Errno::Badf;
    int size = 0;
    if (item.interest == wasi::Interest::Read && ioctl(wait.fd, FIONREAD, &size) == 0 && size > 0) item.size = u64(size);
  }

  std::shared_ptr<LinuxInterruption> interruption_;
};

}  // namespace

HostResult<std::shared_ptr<LinuxInterruption>> wasi_interruption() {
  Handle event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (event.get() < 0) return system_failure();
  return std::make_shared<LinuxInterruption>(std::move(event));
}

wasi::Host wasi_host(std::shared_ptr<LinuxInterruption> interruption) {
  return {.clock = std::make_shared<LinuxClock>(), .random = std::make_shared<LinuxRandom>(interruption),
          .poller = std::make_shared<LinuxPoller>(interruption), .interruption = interruption};
}

HostResult<std::shared_ptr<wasi::File>> wasi_standard_file(int fd, std::shared_ptr<LinuxInterruption> interruption) {
  Handle copy(fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (copy.get() < 0) return system_failure();
  int set = fcntl(copy.get(), F_GETFL);
  wasi::FdFlags flags = set >= 0 && (set & O_APPEND) ? wasi::FdFlags(wasi::FdFlag::Append) : wasi::FdFlags();
  return std::shared_ptr<wasi::File>(
      TRY(LinuxFile::create(std::move(copy), Description::Inherited, flags, std::move(interruption))));
}

}  // namespace skerry::platform
