#include "kernel/wasi_host.h"

#include <algorithm>

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
    if (start_ == 0) {
      u64 time = channel_.started() ? channel_.host_time_ns() : arch::wall_clock_ns();
      running = arch::monotonic_ns();
      start_ = time - running;
    }
    return start_ + running;
  }
  HostResult<Timestamp> resolution(ClockId) override { return u64{1}; }

 private:
  Channel& channel_;
  u64 start_ = 0;  // the time when the kernel began; 0: not asked for yet
};

class KernelRandom final : public wasi::Random {
 public:
  explicit KernelRandom(std::shared_ptr<KernelInterruption> interruption) : interruption_(std::move(interruption)) {}

  // In pieces, so that gigabytes of it can be interrupted.
  HostResult<void> fill(std::span<u8> bytes) override {
    constexpr usize piece = 256 * KiB;
    while (!bytes.empty()) {
      if (interruption_->raised()) return fail(Errno::Canceled);
      auto part = bytes.first(std::min(bytes.size(), piece));
      arch::fill_entropy(part);
      bytes = bytes.subspan(part.size());
    }
    return {};
  }

 private:
  std::shared_ptr<KernelInterruption> interruption_;
};

// A standard file. The host has the position, if there is one, so it is a stream here.
class Stream : public wasi::File {
 public:
  Stream(FileType type, Channel& channel, std::shared_ptr<KernelInterruption> interruption)
      : channel_(channel), interruption_(std::move(interruption)), type_(type) {}

  HostResult<wasi::FileStat> stat() override { return wasi::FileStat{.type = type_, .links = 1}; }
  HostResult<void> set_times(wasi::NewTime, wasi::NewTime) override { return fail(Errno::Notsup); }
  HostResult<void> datasync() override { return {}; }
  HostResult<void> sync() override { return {}; }

  FileType type() const override { return type_; }
  HostResult<u64> read(std::span<u8>) override { return fail(Errno::Badf); }
  HostResult<u64> write(std::span<const u8>) override { return fail(Errno::Badf); }
  HostResult<u64> read_at(std::span<u8>, u64) override { return fail(Errno::Spipe); }
  HostResult<u64> write_at(std::span<const u8>, u64) override { return fail(Errno::Spipe); }
  HostResult<u64> seek(i64, wasi::Whence) override { return fail(Errno::Spipe); }
  HostResult<void> allocate(u64, u64) override { return fail(Errno::Spipe); }
  HostResult<void> set_size(u64) override { return fail(Errno::Inval); }
  HostResult<void> advise(u64, u64, wasi::Advice) override { return fail(Errno::Spipe); }
  FdFlags flags() const override { return flags_; }
  HostResult<void> set_flags(FdFlags flags) override {
    flags_ = flags;
    return {};
  }
  std::optional<u64> wait_handle() const override { return u64{0}; }

  // What a Poller wants to know.
  virtual void poll(wasi::PollItem& item) = 0;

 protected:
  // Waits for the channel until `ready` says so. Again where waiting is not wanted; Canceled.
  template <class Ready>
  HostResult<void> wait_until(Ready&& ready) {
    for (;;) {
      u32 news = *channel_.news();
      if (ready()) return {};
      if (interruption_->raised()) return fail(Errno::Canceled);
      if (flags_.has(FdFlag::Nonblock)) return fail(Errno::Again);
      wait_for_word(channel_.news(), news, never);
    }
  }

  Channel& channel_;
  std::shared_ptr<KernelInterruption> interruption_;

 private:
  FileType type_;
  FdFlags flags_;
};

class Input final : public Stream {
 public:
  using Stream::Stream;

  HostResult<u64> read(std::span<u8> into) override {
    if (into.empty()) return u64{0};
    if (flags().has(FdFlag::Nonblock) && channel_.input_ready().state == ReadyState::Waits) return fail(Errno::Again);
    // A read that was interrupted has asked already.
    if (!channel_.input_asked() && !channel_.input_arrived()) {
      channel_.ask_input(u32(std::min<usize>(into.size(), Channel::most_input)));
    }
    TRY(wait_until([&] { return channel_.input_arrived(); }));
    return u64(channel_.take_input(into));
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
  Output(ToHost kind, FileType type, Channel& channel, std::shared_ptr<KernelInterruption> interruption)
      : Stream(type, channel, std::move(interruption)), kind_(kind) {}

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

class KernelPoller final : public wasi::Poller {
 public:
  KernelPoller(Channel& channel, std::shared_ptr<KernelInterruption> interruption)
      : channel_(channel), interruption_(std::move(interruption)) {}

  HostResult<void> wait(std::span<wasi::PollItem> items, std::optional<Timestamp> deadline) override {
    u32 news = *channel_.news();
    bool ready = false;
    for (wasi::PollItem& item : items) {
      // Files with something to wait for are the streams, and nothing else.
      if (item.file->wait_handle()) static_cast<Stream*>(item.file)->poll(item);
      else item.ready = true;
      ready |= item.ready;
    }
    if (interruption_->raised()) return fail(Errno::Canceled);
    if (!ready) wait_for_word(channel_.news(), news, deadline.value_or(never));
    return {};
  }
  void yield() override { yield_thread(); }

 private:
  Channel& channel_;
  std::shared_ptr<KernelInterruption> interruption_;
};

}  // namespace

void KernelInterruption::raise() {
  raised_.store(true, std::memory_order_relaxed);
  channel_.make_news();
}

std::shared_ptr<wasi::Clock> kernel_clock(Channel& channel) { return std::make_shared<KernelClock>(channel); }

wasi::Host kernel_wasi_host(std::shared_ptr<wasi::Clock> clock, Channel& channel,
                            std::shared_ptr<KernelInterruption> interruption) {
  return {.clock = std::move(clock), .random = std::make_shared<KernelRandom>(interruption),
          .poller = std::make_shared<KernelPoller>(channel, interruption)};
}

std::shared_ptr<wasi::File> standard_file(u32 number, FileType type, Channel& channel,
                                          std::shared_ptr<KernelInterruption> interruption) {
  if (number == 0) return std::make_shared<Input>(type, channel, std::move(interruption));
  return std::make_shared<Output>(number == 1 ? ToHost::Output : ToHost::Error, type, channel, std::move(interruption));
}

}  // namespace skerry::kernel
