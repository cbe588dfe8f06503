#include "wasi/descriptors.h"

#include <algorithm>

namespace skerry::wasi {

HostResult<void> Descriptor::allow(Rights needed) const {
  if (tree == Mutability::ReadOnly && needed.has_any(mutating_rights)) return fail(Errno::Rofs);
  Rights missing = needed.without(base);
  if (missing.empty()) return {};
  return fail(missing.has_any(Right::FdRead | Right::FdWrite) ? Errno::Badf : Errno::Notcapable);
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

HostResult<void> DescriptorTable::check(u32 fd) const {
  if (fd >= slots_.size() || !slots_[fd]) return fail(Errno::Badf);
  return {};
}

HostResult<Descriptor> DescriptorTable::find(u32 fd, Rights needed) const {
  TRY(check(fd));
  TRY(slots_[fd]->allow(needed));
  return *slots_[fd];
}

HostResult<std::shared_ptr<File>> DescriptorTable::file(u32 fd, Rights needed) const {
  TRY(check(fd));
  const Descriptor& descriptor = *slots_[fd];
  if (descriptor.is_directory()) return fail(Errno::Isdir);
  TRY(descriptor.allow(needed));
  return descriptor.node.file;
}

HostResult<DescriptorTable::InDirectory> DescriptorTable::directory(u32 fd, Rights needed) const {
  TRY(check(fd));
  const Descriptor& descriptor = *slots_[fd];
  if (!descriptor.is_directory()) return fail(Errno::Notdir);
  TRY(descriptor.allow(needed));
  return InDirectory{descriptor.node.directory, descriptor.inheriting, descriptor.tree};
}

HostResult<void> DescriptorTable::full() const {
  if (count_ >= limit_) return fail(Errno::Mfile);
  return {};
}

HostResult<u32> DescriptorTable::insert(Descriptor descriptor) {
  TRY(full());
  u32 fd = first_free_;
  while (fd < slots_.size() && slots_[fd]) ++fd;
  if (fd == slots_.size()) slots_.emplace_back();
  slots_[fd] = std::move(descriptor);
  first_free_ = fd + 1;
  ++count_;
  return fd;
}

HostResult<void> DescriptorTable::close(u32 fd) {
  TRY(check(fd));
  slots_[fd].reset();
  first_free_ = std::min(first_free_, fd);
  --count_;
  return {};
}

HostResult<void> DescriptorTable::renumber(u32 from, u32 to) {
  TRY(check(from));
  TRY(check(to));
  if (from == to) return {};
  slots_[to] = std::move(slots_[from]);
  slots_[from].reset();
  first_free_ = std::min(first_free_, from);
  --count_;
  return {};
}

HostResult<void> DescriptorTable::restrict(u32 fd, Rights base, Rights inheriting) {
  TRY(check(fd));
  Descriptor& descriptor = *slots_[fd];
  if (!descriptor.base.has(base) || !descriptor.inheriting.has(inheriting)) return fail(Errno::Notcapable);
  descriptor.base = base;
  descriptor.inheriting = inheriting;
  return {};
}

}  // namespace skerry::wasi
