// What files and directories have in common: descriptors themselves, their rights and flags,
// metadata, and the directories that a process starts with.

#include "wasi/convert.h"
#include "wasi/entry.h"
#include "wasi/preview1/calls.h"

namespace skerry::wasi::preview1 {

Outcome<> fd_close(Caller& c, u32 fd) {
  TRY(c.context.files.close(fd));
  return {};
}

Outcome<> fd_datasync(Caller& c, u32 fd) {
  const Descriptor& descriptor = *TRY(c.context.files.find(fd, Right::FdDatasync));
  TRY(descriptor.object().datasync());
  return {};
}

Outcome<> fd_sync(Caller& c, u32 fd) {
  const Descriptor& descriptor = *TRY(c.context.files.find(fd, Right::FdSync));
  TRY(descriptor.object().sync());
  return {};
}

Outcome<Fdstat> fd_fdstat_get(Caller& c, u32 fd) {
  const Descriptor& descriptor = *TRY(c.context.files.find(fd, Rights()));
  bool directory = descriptor.is_directory();
  return Fdstat{.type = u8(directory ? FileType::Directory : descriptor.node.file->type()),
                .flags = directory ? u16(0) : descriptor.node.file->flags().bits(),
                .rights_base = descriptor.base.bits(),
                .rights_inheriting = descriptor.inheriting.bits()};
}

Outcome<> fd_fdstat_set_flags(Caller& c, u32 fd, FdFlags flags) {
  const Descriptor& descriptor = *TRY(c.context.files.find(fd, Right::FdFdstatSetFlags));
  // Nothing waits at a directory, and nothing is appended to one.
  if (descriptor.is_directory() && !flags.without(FdFlag::Nonblock).empty()) return fail(Errno::Inval);
  if (!descriptor.is_directory()) TRY(descriptor.node.file->set_flags(flags));
  return {};
}

Outcome<> fd_fdstat_set_rights(Caller& c, u32 fd, Rights base, Rights inheriting) {
  TRY(c.context.files.restrict(fd, base, inheriting));
  return {};
}

Outcome<Filestat> fd_filestat_get(Caller& c, u32 fd) {
  const Descriptor& descriptor = *TRY(c.context.files.find(fd, Right::FdFilestatGet));
  return filestat(TRY(descriptor.object().stat()));
}

Outcome<> fd_filestat_set_times(Caller& c, u32 fd, Timestamp accessed, Timestamp modified, TimeFlags which) {
  const Descriptor& descriptor = *TRY(c.context.files.find(fd, Right::FdFilestatSetTimes));
  NewTimes times = TRY(new_times(accessed, modified, which));
  TRY(descriptor.object().set_times(times.accessed, times.modified));
  return {};
}

// A C library asks from 3 upwards until it gets Badf, so everything else is Badf too.
Outcome<Prestat> fd_prestat_get(Caller& c, u32 fd) {
  const Descriptor& descriptor = *TRY(c.context.files.find(fd, Rights()));
  if (!descriptor.preopen) return fail(Errno::Badf);
  return Prestat{.tag = 0, .name_size = Size(descriptor.preopen->size())};
}

Outcome<> fd_prestat_dir_name(Caller& c, u32 fd, Bytes into) {
  const Descriptor& descriptor = *TRY(c.context.files.find(fd, Rights()));
  if (!descriptor.preopen) return fail(Errno::Badf);
  const std::string& name = *descriptor.preopen;
  if (into.count < name.size()) return fail(Errno::Nametoolong);
  Pinned bytes = TRY(c.memory.pin({into.address, Size(name.size())}));
  std::memcpy(bytes.data(), name.data(), name.size());
  return {};
}

Outcome<> fd_renumber(Caller& c, u32 from, u32 to) {
  TRY(c.context.files.renumber(from, to));
  return {};
}

}  // namespace skerry::wasi::preview1

namespace skerry::wasi {
WASI_ENTRY(preview1::fd_close)
WASI_ENTRY(preview1::fd_datasync)
WASI_ENTRY(preview1::fd_sync)
WASI_ENTRY(preview1::fd_fdstat_get)
WASI_ENTRY(preview1::fd_fdstat_set_flags)
WASI_ENTRY(preview1::fd_fdstat_set_rights)
WASI_ENTRY(preview1::fd_filestat_get)
WASI_ENTRY(preview1::fd_filestat_set_times)
WASI_ENTRY(preview1::fd_prestat_get)
WASI_ENTRY(preview1::fd_prestat_dir_name)
WASI_ENTRY(preview1::fd_renumber)
}  // namespace skerry::wasi
