// Address space, images and code pages over mmap.
//
// A reservation is an anonymous private mapping without access and without a claim on swap
// (MAP_NORESERVE), so that many of 6 GiB fit beside each other. An image is a sealed memfd,
// which every memory maps privately: a page costs memory once it is written. Code pages are a memfd that is mapped
// twice, and has no descriptor any more then.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/string.h"
#include "platform/linux/machine.h"
#include "platform/linux/write_signals.h"
#include "platform/platform.h"

namespace skerry::platform {
namespace {

int protection(Access access) {
  switch (access) {
    case Access::None: return PROT_NONE;
    case Access::Read: return PROT_READ;
    case Access::ReadWrite: return PROT_READ | PROT_WRITE;
    case Access::ReadExecute: return PROT_READ | PROT_EXEC;
  }
  UNREACHABLE("an access that is none");
}

Failure<Error> refused(std::string_view what, u64 size) {
  return fail(ErrorCode::Environment, concat("the system refused to ", what, " ", size, " bytes: ", strerror(errno)));
}

bool is_page_range(const u8* address, usize size) {
  return (reinterpret_cast<usize>(address) | size) % page_size() == 0;
}

}  // namespace

class Image {
 public:
  int file;
  usize size;
};

class CodePages {
 public:
  u8* address;
  usize size;
  u8* view;
  pid_t owner;
};

// A number that a process and those that are forked from it do not share. It is kept on a page that the system empties
// in those, since it is asked for with each function that is compiled; elsewhere the system tells it each time.
static pid_t this_process() {
  static pid_t* const kept = [] {
    void* page = mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return static_cast<pid_t*>(nullptr);
    if (madvise(page, page_size(), MADV_WIPEONFORK) == 0) return static_cast<pid_t*>(page);
    munmap(page, page_size());
    return static_cast<pid_t*>(nullptr);
  }();
  if (!kept) return getpid();
  std::atomic_ref known(*kept);
  pid_t process = known.load(std::memory_order_relaxed);
  if (process == 0) known.store(process = getpid(), std::memory_order_relaxed);
  return process;
}

usize page_size() {
  static const usize size = usize(sysconf(_SC_PAGESIZE));
  return size;
}

Result<u8*> reserve(usize size) {
  CHECK(size % page_size() == 0);
  void* address = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) return refused("reserve address space of", size);
  return static_cast<u8*>(address);
}

// A process may have so many mappings and no more, and to take out a part of what the kernel merged makes one more.
// Then the memory goes back nevertheless, and the addresses are lost.
void release(u8* address, usize size) {
  if (munmap(address, size) != 0) madvise(address, size, MADV_DONTNEED);
}

Result<void> commit(u8* address, usize size, Access access) { return protect(address, size, access); }
Result<void> commit_for_code(u8* address, usize size) { return commit(address, size, Access::ReadWrite); }

Result<void> protect(u8* address, usize size, Access access) {
  CHECK(is_page_range(address, size));
  if (size != 0 && mprotect(address, size, protection(access)) != 0) return refused("make usable", size);
  return {};
}

Result<void> decommit(u8* address, usize size) {
  CHECK(is_page_range(address, size));
  if (size == 0) return {};
  // A new mapping over the old one: it also takes the place of an image.
  void* mapped = mmap(address, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  if (mapped == MAP_FAILED) return refused("take back", size);
  return {};
}

Result<void> zero(u8* address, usize size) {
  CHECK(is_page_range(address, size));
  // Below some pages, writing is cheaper than the page faults that follow upon a discard.
  if (size <= 4 * page_size()) {
    std::memset(address, 0, size);
  } else if (madvise(address, size, MADV_DONTNEED) != 0) {
    return refused("clear", size);
  }
  return {};
}

Result<Image*> create_image(std::span<const u8> content) {
  usize size = align_up(content.size(), page_size());
  NoFileSizeSignal no_signal;
  int file = memfd_create("skerry-image", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0) return refused("make an image of", size);
  auto give_up = [&] {
    auto failure = refused("fill an image of", size);
    close(file);
    return failure;
  };
  if (ftruncate(file, off_t(size)) != 0) return give_up();
  for (usize at = 0; at < content.size();) {
    ssize_t n = pwrite(file, content.data() + at, content.size() - at, off_t(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return give_up();
    at += usize(n);
  }
  if (fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) return give_up();
  return new Image{file, size};
}

void destroy_image(Image* image) {
  close(image->file);
  delete image;
}

Result<void> map_image(const Image* image, u8* address) {
  CHECK(is_page_range(address, image->size));
  if (image->size == 0) return {};
  void* mapped = mmap(address, image->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED,
                      image->file, 0);
  if (mapped == MAP_FAILED) return refused("map an image of", image->size);
  return {};
}

Result<void> restore_image(const Image* image, u8* address) {
  // The private copies of written pages go, and the image shows again.
  if (image->size != 0 && madvise(address, image->size, MADV_DONTNEED) != 0) return refused("restore", image->size);
  return {};
}

Result<void> publish_code(u8* address, usize size) {
  TRY(protect(address, size, Access::ReadExecute));
  synchronise_instructions(address, size);
  return {};
}

// Opening and closing them are six calls, publishing pages is two.
usize least_code_pages() { return align_up(64 * KiB, page_size()); }

Result<CodePages*> open_code_pages(u8* address, usize size) {
  CHECK(is_page_range(address, size) && size > 0);
  NoFileSizeSignal no_signal;
  int file = memfd_create("skerry-code", MFD_CLOEXEC);
  if (file < 0) return nullptr;
  void* view = MAP_FAILED;
  bool is_mapped = fallocate(file, 0, 0, off_t(size)) == 0 &&
                   (view = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0)) != MAP_FAILED &&
                   // The process that is forked later has a copy of everything else, but these pages are ours.
                   madvise(view, size, MADV_DONTFORK) == 0 &&
                   mmap(address, size, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED | MAP_POPULATE, file, 0) != MAP_FAILED;
  if (!is_mapped && view != MAP_FAILED) munmap(view, size);
  close(file);
  if (!is_mapped) return nullptr;
  return new CodePages{address, size, static_cast<u8*>(view), this_process()};
}

bool can_write(const CodePages* pages) { return pages->owner == this_process(); }

void write_code(CodePages* pages, u8* address, std::span<const u8> code) {
  usize offset = usize(address - pages->address);
  CHECK(offset <= pages->size && code.size() <= pages->size - offset);
  std::memcpy(pages->view + offset, code.data(), code.size());
  synchronise_instructions(address, code.size());
}

void close_code_pages(CodePages* pages) {
  if (can_write(pages)) munmap(pages->view, pages->size);
  delete pages;
}

}  // namespace skerry::platform
