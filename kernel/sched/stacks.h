// Stacks of threads: a guard, then pages that are there once they are touched (mm/address_space.h).
//
// A few that were given back are kept with the pages at their top, since most threads touch no others, and a page costs a
// fault when it comes and a flush when it goes. What is on them is the kernel's and compiled code's own, which reads
// nothing that it has not written; no address of a guest leads there.

#pragma once

#include "base/result.h"

namespace skerry::kernel {

constexpr u64 stack_size = 8 * MiB;
constexpr u64 stack_guard = 64 * KiB;

// The guard's first address.
Result<u8*> take_stack();
void give_stack(u8* stack);
void drop_kept_stacks();

}  // namespace skerry::kernel
