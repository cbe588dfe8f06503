// Frames: pages of physical memory, and the count of those that are promised.
//
// Memory is promised before it is used: who commits pages charges them first, so that a later
// fault finds a frame. Tables of pages are charged one or two for each reservation, and beyond that live from a reserve
// of 1/64 of the memory that is never charged, and another is for what cannot be refused (For::Ended). Frames that were
// never used are handed out in ascending order, so that an emulator backs no more of the memory than is
// wanted; freed ones are reused first, by the hart that freed them, and beyond some of each hart's by all. From any
// context; the locks are the last in the order.

#pragma once

#include <atomic>
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

// Promises frames: false if so many are not left.
//
//   Guest   what guests ask for, and can be refused: leaves some to the heap, so that they are refused before it is
//   Heap    operator new, which cannot be refused. Who is about to take much asks platform::available_memory
//           before, which leaves half of this to the others
//   Ended   the same, and pages of stacks, when all of that is gone: for a thread that is ended for it (out_of_memory)
enum class For : u8 { Guest, Heap, Ended };
bool charge_frames(u64 count, For whom);
void uncharge_frames(u64 count);
// Whether so many could be promised now.
bool is_left(u64 count, For whom);
// Whether guests get no more: what they ask of the kernel's heap, files and pipes and processes, is refused as well.
bool is_memory_short();

// For who looks what happens then (docs/testing.md): the n-th promise or heap allocation from now on is refused, once;
// 0: none. Answers what was left of the n before: 0 if that has been refused. At boot n is `refuse=` of the command
// line.
u64 refuse_memory(u64 n);
// Whether it is this one's turn. Of heap_allocate.
extern std::atomic<u64> refused_after;
bool count_towards_refusal(For whom);
inline bool is_refused(For whom) { return refused_after.load(std::memory_order_relaxed) && count_towards_refusal(whom); }

struct FrameCounts {
  u64 total;    // that can be charged, but for Ended
  u64 charged;
  u64 used;     // handed out, tables included
};
FrameCounts frame_counts();

}  // namespace skerry::kernel
