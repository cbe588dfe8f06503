// All that WASI knows of one process: its arguments, environment and descriptors, and the
// capabilities that the embedder gave it. Nothing of the host is reachable past these.
//
//   Context context({.clock = ..., .random = ..., .poller = ...}, Limits{});
//   context.arguments = {"prog", "-v"};
//   context.environment = {"HOME=/"};
//   context.add_file(std::move(standard_input), Right::FdRead);   // 0, 1 and 2, in this order
//   context.add_directory(std::move(directory), "/data", Mutability::ReadOnly);
//
// One thread of the guest is in a call at a time; so what a call found in the table of descriptors stays there until
// the call itself changes it.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "wasi/descriptors.h"
#include "wasi/host.h"

namespace skerry::wasi {

// The capabilities of a process. None may be null, and none has a default.
struct Host {
  std::shared_ptr<Clock> clock;
  std::shared_ptr<Random> random;
  std::shared_ptr<Poller> poller;
  // What ends the process's waits when its store is interrupted (define.h); null: the embedder sees to that.
  std::shared_ptr<Interruption> interruption = nullptr;
};

struct Limits {
  u32 descriptors = 16'384;   // open at once, preopened ones included
  u32 path_bytes = 4'096;     // of a path that the guest gives, and of a link's target
  u32 iovecs = 1'024;         // buffers of one call (IOV_MAX of C libraries for WASI)
  u32 subscriptions = 4'096;  // of one poll_oneoff
};

struct Context {
  Context(Host host, Limits limits);

  // The number that it got, the lowest free one. Mfile.
  HostResult<u32> add_file(std::shared_ptr<File> file, Rights access);
  HostResult<u32> add_directory(std::shared_ptr<Directory> directory, std::string guest_name, Mutability tree);

  Host host;
  Limits limits;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;  // NAME=VALUE
  DescriptorTable files;
  bool listens = false;  // whether `host.interruption` hears of the store's
};

}  // namespace skerry::wasi
