// /proc: what goes on in the machine, as files to read. Each is made when it is opened, of that instant.
//
//   version  uptime  meminfo  mounts     of the machine
//   self                                 a link to the reader's own folder
//   N/status  N/cmdline                  of the process with this number, as long as it has not ended
//
// docs/system-interface.md has the formats. Nothing in them is an address, and nothing tells what a process works on:
// no environment, no descriptors, no memory.

#pragma once

#include <memory>

#include "kernel/fs/mounts.h"
#include "kernel/proc/process.h"

namespace skerry::kernel {

std::shared_ptr<wasi::Directory> make_process_files(u64 device, wasi::Timestamp since, Processes& all,
                                                    const Mounts& mounts);

}  // namespace skerry::kernel
