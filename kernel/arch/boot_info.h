// How the ISAs fill a BootInfo.

#pragma once

#include <span>

#include "kernel/arch/arch.h"

namespace skerry::kernel {

// Adds the whole pages of a range of memory that lie in none of the ranges `taken`.
void add_ram(BootInfo& info, PhysicalRange range, std::span<const PhysicalRange> taken);
// Afterwards: ascending. Ranges that a loader named twice are there once.
void sort_ram(BootInfo& info);

// An archive that is part of the kernel's own image (tools/dev/image.py); empty if there is none.
PhysicalRange archive_in_image();

}  // namespace skerry::kernel
