#include "kernel/wasi_host.h"

#include <algorithm>

#include "base/check.h"
#include "kernel/sched/news.h"
#include "kernel/sched/thread.h"

namespace skerry::kernel {

using wasi::ClockId;
using wasi::Errno;
using wasi::FdFlag;
using wasi::FdFlags;
using wasi::FileType;
using wasi::HostResult;
using wasi::Timestamp;

namespace {

class KernelClock final : public wasi::Clock {
 public:
  explicit KernelClock(Channel& channel) : channel_(channel) {}

  HostResult<Timestamp> now(ClockId clock) override {
    u64 running = arch::monotonic_ns();
    if (clock != ClockId::Realtime) return running;
    u64 start = start_.load(std::memory_order_relaxed);
    if (start == 0) {
      platform::MutexGuard guard(mutex_);
      u64 time = channel_.started() ? channel_.host_time_ns() : arch::wall_clock_ns();
      running = arch::monotonic_ns();
      // Who asks at the same time has the same answer.
      if ((start = start_.load(std::memory_order_relaxed)) == 0) start_ = start = time - running;
    }
    return start + running;
  }
  HostResult<Timestamp> resolution(ClockId) override { return u64{1}; }

 private:
  Channel& channel_;
  platform::Mutex mutex_;
  std::atomic<u64> start_ = 0;  // the time when the kernel began; 0: not asked for yet
};

class KernelRandom final : public wasi::Random {
 public:
  // In pieces, so that gigabytes of it can be interrupted.
  HostResult<void> fill(std::span<u8> bytes) override {
    constexpr usize piece = 256 * KiB;
    while (!bytes.empty()) {
      if (KernelInterruption::current().raised()) return fail(Errno::Canceled);
      auto part = bytes.first(std::min(bytes.size(), piece));
      arch::fill_entropy(part);
      bytes = bytes.subspan(part.size());
    }
    return {};
  }
};

// A standard file. The host has the position, if there is one, so it is a stream here.
class Stream : public Waitable {
 public:
  Stream(FileType type, Channel& channel) : Waitable(type), channel_(channel) {}

 protected:
  // Waits for the channel until `ready` says so. Again where waiting is not wanted; Canceled.
  template <class Ready>
  HostResult<void> wait_until(Ready&& ready) {
    for (;;) {
      u32 seen = news();
      if (ready()) return {};
      if (KernelInterruption::current().raised()) return fail(Errno::Canceled);
      if (flags().has(FdFlag::Nonblock)) return fail(Errno::Again);
      wait_for_news(seen, never);
    }
  }

  Channel& channel_;
};

class Input final : public Stream {
 public:
  using Stream::Stream;

  HostResult<u64> read(std::span<u8> into) override {
    if (into.empty()) return u64{0};
    if (flags().has(FdFlag::Nonblock) && channel_.input_ready().state == ReadyState::Waits) return fail(Errno::Again);
    std::optional<usize> size;
    bool told = false;
    TRY(wait_until([&] {
      if ((size = channel_.take_input(into))) return true;
      channel_.ask_input(u32(std::min<usize>(into.size(), Channel::most_input)));  // a read that was given up has asked
      return told = KernelInterruption::current().take_told();
    }));
    if (told) return fail(Errno::Intr);
    return u64(*size);
  }

  void poll(wasi::PollItem& item) override {
    if (item.interest == wasi::Interest::Write) return;
    auto [state, bytes] = channel_.input_ready();
    item.ready = state != ReadyState::Waits;
    item.hangup = state == ReadyState::Hangup;
    item.size = bytes;
  }
};

class Output final : public Stream {
 public:
  Output(ToHost kind, FileType type, Channel& channel) : Stream(type, channel), kind_(kind) {}

  HostResult<u64> write(std::span<const u8> from) override {
    for (u64 done = 0; done < from.size();) {
      if (channel_.is_closed(kind_)) return fail(Errno::Pipe);
      auto room = wait_until([&] { return channel_.can_send(); });
      if (!room && done == 0) return fail(room.error());
      if (!room) return done;
      auto part = from.subspan(done, std::min<usize>(from.size() - done, Channel::most_output));
      channel_.send(kind_, part);
      done += part.size();
    }
    return u64(from.size());
  }

  void poll(wasi::PollItem& item) override {
    if (item.interest == wasi::Interest::Read) return;
    item.hangup = channel_.is_closed(kind_);
    item.ready = item.hangup || channel_.can_send();
  }

 private:
  ToHost kind_;
};

class Console final : public Waitable {
 public:
  explicit Console(Channel& channel)
      : Waitable(FileType::CharacterDevice), input_(FileType::CharacterDevice, channel),
        output_(ToHost::Output, FileType::CharacterDevice, channel) {}

  HostResult<u64> read(std::span<u8> into) override { return input_.read(into); }
  HostResult<u64> write(std::span<const u8> from) override { return output_.write(from); }
  HostResult<void> set_flags(FdFlags flags) override {
    TRY(input_.set_flags(flags));
    TRY(output_.set_flags(flags));
    return Waitable::set_flags(flags);
  }
  void poll(wasi::PollItem& item) override {
    if (item.interest == wasi::Interest::Read) input_.poll(item);
    else output_.poll(item);
  }

 private:
  Input input_;
  Output output_;
};

class KernelPoller final : public wasi::Poller {
 public:
  HostResult<void> wait(std::span<wasi::PollItem> items, std::optional<Timestamp> deadline) override {
    u32 seen = news();
    bool ready = false;
    for (wasi::PollItem& item : items) {
      if (item.file->wait_handle()) static_cast<Waitable*>(item.file)->poll(item);
      else item.ready = true;
      ready |= item.ready;
    }
    if (KernelInterruption::current().raised()) return fail(Errno::Canceled);
    if (!ready) wait_for_news(seen, deadline.value_or(never));
    return {};
  }
  void yield() override { yield_thread(); }
};

thread_local KernelInterruption* current_interruption;

}  // namespace

KernelInterruption& KernelInterruption::current() {
  CHECK(current_interruption);
  return *current_interruption;
}

void KernelInterruption::make_current() {
  thread_.store(&current_thread(), std::memory_order_release);
  current_interruption = this;
}

void KernelInterruption::raise() {
  raised_.store(true);
  if (Thread* waits = thread()) wake_thread(*waits);
}

void KernelInterruption::tell() {
  told_.store(true);
  if (Thread* waits = thread()) wake_thread(*waits);
}

std::shared_ptr<wasi::Clock> kernel_clock(Channel& channel) { return std::make_shared<KernelClock>(channel); }

wasi::Host kernel_wasi_host(std::shared_ptr<wasi::Clock> clock) {
  return {.clock = std::move(clock), .random = std::make_shared<KernelRandom>(), .poller = std::make_shared<KernelPoller>()};
}

std::shared_ptr<wasi::File> standard_file(u32 number, FileType type, Channel& channel) {
  if (number == 0) return std::make_shared<Input>(type, channel);
  return std::make_shared<Output>(number == 1 ? ToHost::Output : ToHost::Error, type, channel);
}

std::shared_ptr<wasi::File> console_file(Channel& channel) { return std::make_shared<Console>(channel); }

}  // namespace skerry::kernel
