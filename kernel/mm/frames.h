// Frames: pages of physical memory, and the count of those that are promised.
//
// Memory is promised before it is used: who commits pages charges them first, so that a later
// fault finds a frame. Tables of pages live from a reserve of 1/64 of the memory that is never
// charged, and another is for what cannot be refused (overdraw_frame). Frames that were never
// used are handed out in ascending order, so that an emulator backs no more of the memory than is
// wanted; freed ones are reused first, linked through themselves. From any context; the lock is the last in the order.

#pragma once

#include <optional>

#include "kernel/arch/arch.h"

namespace skerry::kernel {

// Once, with all free memory.
void start_frames(const BootInfo& info);

// A frame of unspecified content.
std::optional<u64> allocate_frame();
// Adjacent frames that were never used, for devices. Of unspecified content.
std::optional<u64> allocate_adjacent_frames(u64 count);
void free_frame(u64 frame);

// Promises frames: false if so many are not left. What guests ask for leaves some to the kernel's heap, so that they
// are refused before it is.
enum class For : u8 { Guest, Heap };
bool charge_frames(u64 count, For whom);
// One more, though none is left to promise: from what is kept for threads that are ended for it. False if that is
// used up as well.
bool overdraw_frame();
void uncharge_frames(u64 count);

struct FrameCounts {
  u64 total;    // that can be charged
  u64 charged;
  u64 used;     // handed out, tables included
};
FrameCounts frame_counts();

}  // namespace skerry::kernel
