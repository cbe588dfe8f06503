// Pipes: bytes from one process to another, in order, at most `capacity` of them waiting.
//
// An end lives as long as a descriptor of any process stands for it. Reading gives what is there, waits while there
// is nothing, and is at the end of the file once no writing end is left. Writing waits for room, and is Errno::Pipe
// once no reading end is left.

#pragma once

#include <memory>

#include "wasi/host.h"

namespace skerry::kernel {

struct PipeEnds {
  std::shared_ptr<wasi::File> reading;
  std::shared_ptr<wasi::File> writing;
};
PipeEnds make_pipe();

}  // namespace skerry::kernel
