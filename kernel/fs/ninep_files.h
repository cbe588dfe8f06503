// Files and directories of a 9P server (ninep.h) as WASI's host classes.
//
// Nothing is kept here of what a file holds: what a guest writes is the server's before the call returns, and what
// the server's other users write is seen at the next read. Directories are walked one name at a time, and what is no
// directory is not walked through, so that links are followed by wasi/walk.h alone; they are opened with the order
// to follow none. Only regular files and directories are opened: a pipe or device of the server's is Notsup.
//
// What a server says of a file is believed for that file alone: types, sizes, times and names are made fit for guests
// (a name with a slash, a cookie of 0 or a link of megabytes is Io), and a file that became another between two
// requests of one call is Io.

#pragma once

#include <memory>

#include "kernel/fs/ninep.h"
#include "wasi/host.h"

namespace skerry::kernel {

// The directory that the server exports. `device` is what its files are told apart by from those of other file
// systems.
wasi::HostResult<std::shared_ptr<wasi::Directory>> open_ninep(std::unique_ptr<NinepTransport> transport, u64 device);

}  // namespace skerry::kernel
