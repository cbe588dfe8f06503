// /dev: what is not a file, under the name of one.
//
//   console, tty   what the caller gives: the machine's own terminal
//   null           takes everything and has nothing
//   zero           zeros without end; takes everything
//   full           zeros without end; has room for nothing
//   random, urandom  random bytes without end; takes everything

#pragma once

#include <functional>
#include <memory>

#include "wasi/host.h"

namespace skerry::kernel {

// `console` makes a file on the terminal each time that it is called.
std::shared_ptr<wasi::Directory> make_devices(u64 device, wasi::Timestamp since, std::shared_ptr<wasi::Random> random,
                                              std::function<std::shared_ptr<wasi::File>()> console);

}  // namespace skerry::kernel
