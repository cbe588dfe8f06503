// fd_readdir: a directory's entries, packed into the guest's buffer.
//
// An entry is a Dirent and the name behind it, without a NUL and without padding. What does
// not fit is cut off, wherever that is: a buffer that was filled to its last byte tells the
// guest that there is more, and it asks again with the cookie of the last entry that it has
// whole. Cookies are the host's own, so that they hold while entries come and go.

#include <algorithm>

#include "wasi/entry.h"
#include "wasi/preview1/calls.h"

namespace skerry::wasi::preview1 {
namespace {

constexpr u32 batch = 64;  // entries asked of the host at a time

// Appends as much as fits.
class Packer {
 public:
  explicit Packer(Pinned into) : into_(into) {}
  void put(const void* bytes, usize size) {
    usize fits = std::min(size, into_.size() - used_);
    if (fits != 0) std::memcpy(into_.data() + used_, bytes, fits);
    used_ += fits;
  }
  bool full() const { return used_ == into_.size(); }
  Size used() const { return Size(used_); }

 private:
  Pinned into_;
  usize used_ = 0;
};

}  // namespace

Outcome<Size> fd_readdir(Caller& c, u32 fd, Bytes into, u64 cookie) {
  auto directory = TRY(c.context.files.directory(fd, Right::FdReaddir)).directory;
  Packer packer(TRY(c.memory.pin(into)));
  u64 own_inode = TRY(directory->stat()).inode;
  while (!packer.full()) {
    auto entries = TRY(directory->entries(cookie, batch));
    if (entries.empty()) break;
    for (const DirectoryEntry& entry : entries) {
      // What is above the directory is none of the guest's business.
      u64 inode = entry.name == ".." ? own_inode : entry.inode;
      Dirent header{.next = entry.next, .inode = inode, .name_size = u32(entry.name.size()), .type = u8(entry.type)};
      packer.put(&header, sizeof(header));
      packer.put(entry.name.data(), entry.name.size());
      cookie = entry.next;
    }
  }
  return packer.used();
}

}  // namespace skerry::wasi::preview1

namespace skerry::wasi {
WASI_ENTRY(preview1::fd_readdir)
}  // namespace skerry::wasi
