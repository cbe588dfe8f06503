// What the kernel is there for.

#pragma once

#include "base/types.h"
#include "kernel/channel.h"
#include "kernel/dev/virtio_9p.h"
#include "kernel/terminal.h"

namespace skerry::kernel {

// Runs the program that the archive holds and gives its exit code. On the first thread.
u8 run_program(const BootInfo& info, Channel& channel, Terminal& terminal, Virtio9pDevices& servers);

}  // namespace skerry::kernel
