// WASI's host classes (wasi/host.h) over Linux: what an embedder on Linux gives to a process.
//
//   auto interruption = TRY(wasi_interruption());
//   wasi::Context context(wasi_host(interruption), wasi::Limits{});
//   context.add_file(TRY(wasi_standard_file(0, interruption)), wasi::Right::FdRead);
//   context.add_directory(TRY(wasi_directory("/srv/data", interruption)), "/", wasi::Mutability::ReadWrite);
//
// An Interruption serves one process of WASI: its files and its Poller wait on it as well.
// Linux of 3.17 or later; 5.6 walks paths faster (openat2).

#pragma once

#include <memory>

#include "platform/linux/wasi_handle.h"
#include "wasi/context.h"

namespace skerry::platform {

wasi::HostResult<std::shared_ptr<LinuxInterruption>> wasi_interruption();

// Clocks, entropy and waiting.
wasi::Host wasi_host(std::shared_ptr<LinuxInterruption> interruption);

// A copy of a descriptor of ours: the guest may close it, or set its flags, and ours stays as
// it was. Badf where it is closed.
wasi::HostResult<std::shared_ptr<wasi::File>> wasi_standard_file(int fd,
                                                                std::shared_ptr<LinuxInterruption> interruption);

// How the directories of a path are passed. Both are confined; Openat2 is one system call, and
// is replaced by Components on a kernel or in a jail that has it not.
enum class Walking : u8 { Openat2, Components };

// The directory at a path of ours, which is followed wherever it leads.
wasi::HostResult<std::shared_ptr<wasi::Directory>> wasi_directory(const char* path,
                                                                  std::shared_ptr<LinuxInterruption> interruption,
                                                                  Walking walking = Walking::Openat2);

}  // namespace skerry::platform
