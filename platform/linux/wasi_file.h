// Files of WASI over descriptors of Linux.
//
// Nothing here blocks in a read or write: that would be beyond interruption. Regular files and
// block devices never wait for somebody, so their calls are plain. For all others ("streams")
// a call that would wait fails instead, and the waiting is a poll that includes the
// process's Interruption. How a call is kept from waiting depends on whose the open file
// description is: those that we opened have O_NONBLOCK; inherited ones are shared with other
// programs, who would not like to find it set, so each call asks for itself (RWF_NOWAIT), or,
// where the kernel cannot, polls first and moves no more than a pipe takes at once.

#pragma once

#include <atomic>

#include "platform/linux/wasi_handle.h"

namespace skerry::platform {

enum class Description : u8 { Own, Inherited };

class LinuxFile final : public wasi::File {
 public:
  // `handle` is open; for Description::Own it has O_NONBLOCK. What it is comes from fstat.
  static wasi::HostResult<std::shared_ptr<LinuxFile>> create(Handle handle, Description description,
                                                             wasi::FdFlags flags,
                                                             std::shared_ptr<LinuxInterruption> interruption);

  wasi::HostResult<wasi::FileStat> stat() override;
  wasi::HostResult<void> set_times(wasi::NewTime accessed, wasi::NewTime modified) override;
  wasi::HostResult<void> datasync() override;
  wasi::HostResult<void> sync() override;

  wasi::HostResult<u64> read(std::span<u8> into) override;
  wasi::HostResult<u64> write(std::span<const u8> from) override;
  wasi::HostResult<u64> read_at(std::span<u8> into, u64 offset) override;
  wasi::HostResult<u64> write_at(std::span<const u8> from, u64 offset) override;
  wasi::HostResult<u64> seek(i64 offset, wasi::Whence whence) override;
  wasi::HostResult<void> allocate(u64 offset, u64 size) override;
  wasi::HostResult<void> set_size(u64 size) override;
  wasi::HostResult<void> advise(u64 offset, u64 size, wasi::Advice advice) override;
  wasi::HostResult<void> set_flags(wasi::FdFlags flags) override;
  std::optional<u64> wait_handle() const override;

  wasi::HostResult<std::shared_ptr<wasi::File>> accept(wasi::FdFlags flags) override;
  wasi::HostResult<Received> receive(std::span<u8> into, Receive take, WaitFor wait) override;
  wasi::HostResult<u64> send(std::span<const u8> from) override;
  wasi::HostResult<void> shutdown(Shutdown how) override;

 private:
  enum class Kind : u8 { Storage, Pipe, Socket, Device };
  LinuxFile(Handle handle, Description description, Kind kind, wasi::FileType type, wasi::FdFlags flags,
            std::shared_ptr<LinuxInterruption> interruption);
  int fd() const { return handle_.get(); }
  // Repeats `attempt` over waits until it does not answer that it would have to wait.
  template <class Attempt>
  wasi::HostResult<u64> waiting(short events, Attempt&& attempt);
  ssize_t read_now(std::span<u8> into);
  ssize_t write_now(std::span<const u8> from);
  bool polls_ready(short events) const;

  Handle handle_;
  const Description description_;
  const Kind kind_;
  std::atomic<bool> nowait_ = true;  // the kernel may know RWF_NOWAIT for this file
  std::shared_ptr<LinuxInterruption> interruption_;
};

}  // namespace skerry::platform
