// The fault handler: faults and interruptions in compiled code -> traps.

#pragma once

#include "base/result.h"

namespace skerry::runtime {

// Once in a process, however often it is called.
Result<void> install_fault_handler();

}  // namespace skerry::runtime
