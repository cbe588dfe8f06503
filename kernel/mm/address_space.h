// The address space of engine and guests: reservations, what of them is committed, and images.
//
//   reservation   |. . . . . [ span ][ span ] . . . . . . . . . . . . .|
//   span          access, and what its pages begin as: zeros, or an image from some page on
//   page          mapped at the first access: a frame of its own, or the image's own frame until
//                 it is written
//
// A span promises its frames (mm/frames.h) when it is committed. Everything between the spans of a
// reservation faults. The functions are those of platform.h, without its preconditions' prose.

#pragma once

#include <span>

#include "base/result.h"
#include "kernel/arch/arch.h"
#include "kernel/mm/frames.h"

namespace skerry::kernel {

using platform::Access;

// Reservations lie from here on, up to arch::address_limit(); the heap below them.
constexpr u64 reservations_begin = 0x20'0000'0000;

Result<u8*> reserve(u64 size);
// For a thread; what it then reserves of home_memory's size lies just behind, where addresses are many, and shares the
// tables of pages.
Result<u8*> reserve_stack(u64 size);
constexpr u64 home_memory = 6 * GiB;  // a 32-bit memory with its guard
// Nobody may touch it any more. Where there are several harts its frames, what was promised for it, and its addresses
// come back some time later, with those of others: what is unmapped is waited for by all harts.
void release(u8* address, u64 size);
// At once, of all that is released: for who counts what is left, or is refused.
void take_down_released();
Result<void> commit(u8* address, u64 size, Access access, For whom = For::Guest);
Result<void> protect(u8* address, u64 size, Access access);
// Zeros for reading and writing whose frames, but for the first few, are promised page by page, when they are touched:
// for stacks, which are large in case. A thread that touches one when nothing is left to promise gets it still, and is
// ended (out_of_memory). Released whole.
Result<void> commit_stack(u8* address, u64 size);
// Of a stack, promised from the beginning: what a process touches until it runs.
constexpr u64 promised_stack_pages = 6;
// How many of its pages have been touched.
u64 stack_pages(u8* address);
void decommit(u8* address, u64 size);
Result<void> zero(u8* address, u64 size);
// Into committed pages of zeros that can be executed, and not be written at their addresses.
void write_code(u8* address, std::span<const u8> code);

// Content for many mappings; pages of zeros take no frame. Lives until it is dropped by its
// creator (drop_image) and by every span that it is mapped in.
class Image {
 public:
  static Result<Image*> create(std::span<const u8> content);

  u64 page_count() const { return page_count_; }
  static constexpr u64 zeros = ~u64{0};
  u64 frame(u64 page) const { return frames_[page]; }
  // Under the address space's lock.
  void hold() { ++references_; }
  void drop();

 private:
  Image(u64* frames, u64 page_count) : frames_(frames), page_count_(page_count) {}
  ~Image();

  u64* frames_;
  u64 page_count_;
  u64 references_ = 1;
};
void drop_image(Image* image);
// From here on by one thread, which may go from hart to hart: what a page becomes when it is written first, other
// threads may see too late.
Result<void> map_image(Image* image, u8* address);
void restore_image(const Image& image, u8* address);

// What the kernel does of it: the running thread gets more than there is, and is to end. From threads and from handlers
// of exceptions, under no lock.
void out_of_memory();

// What the scheduler does of it: pages that only the running thread uses were mapped anew, or may be written no longer,
// and the harts that it ran on before may know them as they were. They forget it before the thread runs there again.
void note_changed_pages();
// Whether there are such harts.
bool several_harts();

// What arch::page_fault does for addresses of reservations.
bool fault_in_reservation(u64 address, arch::FaultAccess access);

}  // namespace skerry::kernel
