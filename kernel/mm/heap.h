// The kernel's heap, what operator new takes from. Engine and kernel share it; never called by
// interrupt handlers.
//
//   window:  | block table | 16 KB block | 16 KB block | ...
//
// A block holds objects of one size class, or belongs to an extent: 2^k blocks for one large object, at a multiple of their
// size, of which only what the object needs is promised. Free objects of a block are a list through themselves, behind
// which is the rest that was never used; blocks of a class that have room are a list. A block without objects goes
// back, but for one of each class. Of a freed extent the frames go back, small ones' many at a time, and a few of these are
// kept: what is not used is there for guests, and all harts are told of it seldom. Without frames it waits in a list by k,
// one with its neighbour where that is free as well.

#pragma once

#include "kernel/mm/frames.h"

namespace skerry::kernel {

constexpr u64 heap_begin = 0x10'0000'0000;
constexpr u64 heap_size = 64 * GiB;

// Null if memory is short for whom it is. Aligned to 16 bytes.
void* heap_allocate(usize size, For whom = For::Heap);
// `alignment` is a power of two up to 16 KB.
void* heap_allocate_aligned(usize size, usize alignment, For whom = For::Heap);
// Null is nothing.
void heap_free(void* object);

// Gives back what holds no object, and is kept for the next ones.
void drop_free_blocks();

// What arch::page_fault does for addresses in the heap's window.
bool fault_in_heap(u64 address, arch::FaultAccess access);

}  // namespace skerry::kernel
