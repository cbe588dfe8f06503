// The seam's address space and code, over kernel/mm.

#include "kernel/mm/address_space.h"
#include "kernel/mm/frames.h"
#include "kernel/sched/reclaim.h"
#include "platform/platform.h"

namespace skerry::platform {

usize page_size() { return kernel::page_size; }
// Some is left to who cannot be refused. Where it is not much, what is only kept is given back first.
u64 available_memory() {
  kernel::reclaim_memory(kernel::frame_counts().total / 8);
  kernel::FrameCounts counts = kernel::frame_counts();
  u64 most = counts.total - counts.total / 32;
  return most > counts.charged ? (most - counts.charged) * kernel::page_size : 0;
}

static u64 pages_of(usize size) { return size / kernel::page_size; }

Result<u8*> reserve(usize size) {
  constexpr u64 most_tables = 2;
  return kernel::ask_twice(most_tables, [&] { return kernel::reserve(size); });
}
void release(u8* address, usize size) { kernel::release(address, size); }
Result<void> commit(u8* address, usize size, Access access) {
  return kernel::ask_twice(pages_of(size), [&] { return kernel::commit(address, size, access); });
}
Result<void> protect(u8* address, usize size, Access access) { return kernel::protect(address, size, access); }
Result<void> decommit(u8* address, usize size) {
  kernel::decommit(address, size);
  return {};
}
Result<void> zero(u8* address, usize size) { return kernel::zero(address, size); }

// An Image of the seam is one of the kernel's.
static kernel::Image* of(const Image* image) { return reinterpret_cast<kernel::Image*>(const_cast<Image*>(image)); }

Result<Image*> create_image(std::span<const u8> content) {
  auto created = kernel::ask_twice(pages_of(align_up(content.size(), kernel::page_size)),
                                   [&] { return kernel::Image::create(content); });
  return reinterpret_cast<Image*>(TRY(std::move(created)));
}
void destroy_image(Image* image) { kernel::drop_image(of(image)); }
Result<void> map_image(const Image* image, u8* address) {
  return kernel::ask_twice(of(image)->page_count(), [&] { return kernel::map_image(of(image), address); });
}
Result<void> restore_image(const Image* image, u8* address) {
  kernel::restore_image(*of(image), address);
  return {};
}

Result<void> commit_for_code(u8* address, usize size) {
  return kernel::commit(address, size, Access::ReadWrite, kernel::For::Heap);
}
Result<void> publish_code(u8* address, usize size) {
  TRY(kernel::protect(address, size, Access::ReadExecute));
  kernel::arch::agree_on_code();
  return {};
}

// The other name is the direct map's.
class CodePages {
 public:
  u8* address;
  usize size;
};

usize least_code_pages() { return kernel::page_size; }

Result<CodePages*> open_code_pages(u8* address, usize size) {
  TRY(kernel::commit(address, size, Access::ReadExecute, kernel::For::Heap));
  return new CodePages{address, size};
}

bool can_write(const CodePages*) { return true; }

void write_code(CodePages* pages, u8* address, std::span<const u8> code) {
  usize offset = usize(address - pages->address);
  CHECK(offset <= pages->size && code.size() <= pages->size - offset);
  kernel::write_code(address, code);
  kernel::arch::agree_on_code();
}

void close_code_pages(CodePages* pages) { delete pages; }

}  // namespace skerry::platform
