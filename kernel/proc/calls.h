// The import module "skerry_process": processes and pipes for guests (docs/system-interface.md).

#pragma once

#include "skerry/skerry.h"

namespace skerry::wasi {
struct Context;
}

namespace skerry::kernel {

class Process;
class Processes;

// For instances of every process, whose store's data is a ProcessOfStore.
struct ProcessOfStore {
  wasi::Context* wasi;  // wasi/define.h
  Process* process;
};
void define_process_calls(Linker& linker, Processes& all);

}  // namespace skerry::kernel
