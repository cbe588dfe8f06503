// The import module "skerry_process": processes and pipes for guests (docs/system-interface.md).

#pragma once

#include "skerry/skerry.h"

namespace skerry::kernel {

class Process;
class Processes;

// For instances of one process, which is `self`.
void define_process_calls(Linker& linker, Processes& all, Process& self);

}  // namespace skerry::kernel
