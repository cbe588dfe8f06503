// WASI's host classes (wasi/host.h) over the kernel: clocks, entropy, waiting, and the three
// standard files over the channel. Directories are kernel/fs.

#pragma once

#include <atomic>
#include <memory>

#include "kernel/channel.h"
#include "wasi/context.h"

namespace skerry::kernel {

// Ends the waits of the one process. Raised by interrupt handlers as well as threads.
class KernelInterruption final : public wasi::Interruption {
 public:
  explicit KernelInterruption(Channel& channel) : channel_(channel) {}
  void raise() override;
  void clear() override { raised_.store(false, std::memory_order_relaxed); }
  bool raised() const override { return raised_.load(std::memory_order_relaxed); }

 private:
  Channel& channel_;
  std::atomic<bool> raised_ = false;
};

// The clocks: since the kernel began, and the host's own time, which is asked for once. Without a
// channel the board's clock serves.
std::shared_ptr<wasi::Clock> kernel_clock(Channel& channel);

wasi::Host kernel_wasi_host(std::shared_ptr<wasi::Clock> clock, Channel& channel,
                            std::shared_ptr<KernelInterruption> interruption);

// Standard input, output or error (0, 1, 2), which is of this type on the host.
std::shared_ptr<wasi::File> standard_file(u32 number, wasi::FileType type, Channel& channel,
                                          std::shared_ptr<KernelInterruption> interruption);

}  // namespace skerry::kernel
