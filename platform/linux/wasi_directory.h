// Directories of WASI over descriptors of Linux.
//
// Every function is one system call relative to the directory's descriptor, with one component
// that holds no slash, and none follows a link (O_NOFOLLOW, AT_SYMLINK_NOFOLLOW): nothing that
// another process does meanwhile can lead a call out of the directory. `descend` alone takes
// a path; the kernel confines it (RESOLVE_BENEATH), and refuses the links of /proc.

#pragma once

#include <mutex>

#include "platform/linux/wasi_handle.h"
#include "platform/linux/wasi_host.h"

namespace skerry::platform {

class LinuxDirectory final : public wasi::Directory {
 public:
  LinuxDirectory(Handle handle, Walking walking, std::shared_ptr<LinuxInterruption> interruption)
      : handle_(std::move(handle)), walking_(walking), interruption_(std::move(interruption)) {}

  wasi::HostResult<wasi::FileStat> stat() override;
  wasi::HostResult<void> set_times(wasi::NewTime accessed, wasi::NewTime modified) override;
  wasi::HostResult<void> datasync() override;
  wasi::HostResult<void> sync() override;

  wasi::HostResult<std::shared_ptr<wasi::Directory>> open_directory(Name name, Use use) override;
  wasi::HostResult<std::shared_ptr<wasi::Directory>> reopen(Use use) override;
  wasi::HostResult<wasi::Opened> open(Name name, wasi::OpenFlags how, Access access, wasi::FdFlags flags) override;
  wasi::HostResult<wasi::FileStat> stat_at(Name name) override;
  wasi::HostResult<void> set_times_at(Name name, wasi::NewTime accessed, wasi::NewTime modified) override;
  wasi::HostResult<void> create_directory(Name name) override;
  wasi::HostResult<void> remove_directory(Name name) override;
  wasi::HostResult<void> unlink(Name name) override;
  wasi::HostResult<void> rename(Name name, wasi::Directory& target, Name new_name) override;
  wasi::HostResult<void> link(Name name, wasi::Directory& target, Name new_name) override;
  wasi::HostResult<void> symlink(std::string_view target, Name name) override;
  wasi::HostResult<std::string> read_link(Name name) override;
  wasi::HostResult<std::vector<wasi::DirectoryEntry>> entries(u64 cookie, u32 limit) override;
  wasi::HostResult<std::shared_ptr<wasi::Directory>> descend(std::string_view path) override;
  const void* host() const override;

 private:
  int fd() const { return handle_.get(); }
  std::shared_ptr<wasi::Directory> make(Handle handle) const;

  Handle handle_;
  const Walking walking_;
  std::shared_ptr<LinuxInterruption> interruption_;
  std::mutex listing_;  // over the descriptor's position, which `entries` sets and uses
};

}  // namespace skerry::platform
