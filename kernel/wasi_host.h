// WASI's host classes (wasi/host.h) over the kernel: clocks, entropy, waiting, and the three
// standard files over the channel. Directories are kernel/fs.

#pragma once

#include <atomic>
#include <memory>

#include "kernel/channel.h"
#include "kernel/sched/thread.h"
#include "wasi/context.h"

namespace skerry::kernel {

// Ends the waits of one process, which has one thread. Raised by whoever knows that the thread is there.
class KernelInterruption final : public wasi::Interruption {
 public:
  // Of the process whose thread calls. One must have been made so.
  static KernelInterruption& current();
  // From here on the caller's thread is this process's.
  void make_current();

  // Null before it is known.
  Thread* thread() const { return thread_.load(std::memory_order_acquire); }

  void raise() override;
  void clear() override { raised_.store(false, std::memory_order_relaxed); }
  bool raised() const override { return raised_.load(std::memory_order_relaxed); }

  // Of a process that sees to Ctrl-C itself: its wait for input or for children, or the next one, fails with Intr.
  void tell();
  // Whether it was told since the last call.
  bool take_told() { return told_.exchange(false, std::memory_order_relaxed); }

 private:
  std::atomic<Thread*> thread_ = nullptr;
  std::atomic<bool> raised_ = false, told_ = false;
};

// A file that a process may have to wait for, as streams and pipes are. It has no position.
class Waitable : public wasi::File {
 public:
  explicit Waitable(wasi::FileType type = wasi::FileType::Unknown) : File(type) {}

  wasi::HostResult<wasi::FileStat> stat() override { return wasi::FileStat{.type = type(), .links = 1}; }
  wasi::HostResult<void> set_times(wasi::NewTime, wasi::NewTime) override { return fail(wasi::Errno::Notsup); }
  wasi::HostResult<void> datasync() override { return {}; }
  wasi::HostResult<void> sync() override { return {}; }

  wasi::HostResult<u64> read(std::span<u8>) override { return fail(wasi::Errno::Badf); }
  wasi::HostResult<u64> write(std::span<const u8>) override { return fail(wasi::Errno::Badf); }
  wasi::HostResult<u64> read_at(std::span<u8>, u64) override { return fail(wasi::Errno::Spipe); }
  wasi::HostResult<u64> write_at(std::span<const u8>, u64) override { return fail(wasi::Errno::Spipe); }
  wasi::HostResult<u64> seek(i64, wasi::Whence) override { return fail(wasi::Errno::Spipe); }
  wasi::HostResult<void> allocate(u64, u64) override { return fail(wasi::Errno::Spipe); }
  wasi::HostResult<void> set_size(u64) override { return fail(wasi::Errno::Inval); }
  wasi::HostResult<void> advise(u64, u64, wasi::Advice) override { return fail(wasi::Errno::Spipe); }
  wasi::HostResult<void> set_flags(wasi::FdFlags flags) override {
    keep_flags(flags);
    return {};
  }
  std::optional<u64> wait_handle() const override { return u64{0}; }

  // What a Poller wants to know. `news` changes when the answer may have.
  virtual void poll(wasi::PollItem& item) = 0;
};

// The clocks: since the kernel began, and the host's own time, which is asked for once. Without a
// channel the board's clock serves.
std::shared_ptr<wasi::Clock> kernel_clock(Channel& channel);

wasi::Host kernel_wasi_host(std::shared_ptr<wasi::Clock> clock);

// Standard input, output or error (0, 1, 2), which is of this type on the host.
std::shared_ptr<wasi::File> standard_file(u32 number, wasi::FileType type, Channel& channel);
// Standard input to read and standard output to write.
std::shared_ptr<wasi::File> console_file(Channel& channel);

}  // namespace skerry::kernel
