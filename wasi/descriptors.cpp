#include "wasi/descriptors.h"

#include <algorithm>
#include <utility>

#include "platform/platform.h"

namespace skerry::wasi {

Errno Descriptor::refusal(Rights needed) const {
  if (tree == Mutability::ReadOnly && needed.has_any(mutating_rights)) return Errno::Rofs;
  return needed.without(base).has_any(Right::FdRead | Right::FdWrite) ? Errno::Badf : Errno::Notcapable;
}

Descriptor make_descriptor(Opened node, Rights asked, Rights inherited, Mutability tree) {
  if (node.directory) return {std::move(node), directory_rights & inherited, inherited, tree, std::nullopt};
  FileType type = node.file->type();
  bool socket = type == FileType::SocketStream || type == FileType::SocketDatagram;
  Rights rights = (socket ? socket_rights : file_rights) & inherited;
  constexpr Rights modes = Right::FdRead | Right::FdWrite;
  rights = rights.without(modes.without(asked));
  // A C library takes a character device that cannot seek for a terminal.
  if (!socket && !node.file->seek(0, Whence::Current)) rights = rights.without(Right::FdSeek | Right::FdTell);
  Rights inheriting = socket ? rights : Rights();  // what accept gives
  return {std::move(node), rights, inheriting, tree, std::nullopt};
}

HostResult<DescriptorTable::InDirectory> DescriptorTable::directory(u32 fd, Rights needed) const {
  const Descriptor& descriptor = *TRY(find(fd, {}));
  if (!descriptor.is_directory()) return fail(Errno::Notdir);
  TRY(descriptor.allow(needed));
  return InDirectory{descriptor.node.directory, descriptor.inheriting, descriptor.tree};
}

// A process begins with its standard files and a directory.
constexpr usize usual = 4;

HostResult<void> DescriptorTable::full() const {
  if (count_ >= limit_) return fail(Errno::Mfile);
  return {};
}

HostResult<u32> DescriptorTable::insert(Descriptor descriptor) {
  TRY(full());
  u32 fd = first_free_;
  while (fd < slots_.size() && slots_[fd].is_open()) ++fd;
  if (fd == slots_.size()) {
    if (slots_.empty()) slots_.reserve(usual);
    u64 grown = 2 * slots_.capacity() * sizeof slots_[0];
    if (slots_.size() == slots_.capacity() && platform::available_memory() < grown) return fail(Errno::Nomem);
    slots_.push_back(std::move(descriptor));
  } else {
    slots_[fd] = std::move(descriptor);
  }
  first_free_ = fd + 1;
  ++count_;
  return fd;
}

HostResult<void> DescriptorTable::close(u32 fd) {
  TRY(find(fd, {}));
  slots_[fd] = {};
  first_free_ = std::min(first_free_, fd);
  --count_;
  return {};
}

HostResult<void> DescriptorTable::renumber(u32 from, u32 to) {
  TRY(find(from, {}));
  TRY(find(to, {}));
  if (from == to) return {};
  slots_[to] = std::exchange(slots_[from], {});
  first_free_ = std::min(first_free_, from);
  --count_;
  return {};
}

HostResult<void> DescriptorTable::restrict(u32 fd, Rights base, Rights inheriting) {
  TRY(find(fd, {}));
  Descriptor& descriptor = slots_[fd];
  if (!descriptor.base.has(base) || !descriptor.inheriting.has(inheriting)) return fail(Errno::Notcapable);
  descriptor.base = base;
  descriptor.inheriting = inheriting;
  return {};
}

}  // namespace skerry::wasi
