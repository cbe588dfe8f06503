// Reading, writing and positions of files. Arrays of buffers: transfer.h.

#include "wasi/entry.h"
#include "wasi/preview1/calls.h"
#include "wasi/transfer.h"

namespace skerry::wasi::preview1 {
namespace {

// A file that has no position has not the rights to one either; it says Spipe, as C expects.
HostResult<File*> with_position(Caller& c, u32 fd, Rights needed) {
  auto file = c.context.files.file(fd, needed);
  if (file || file.error() != Errno::Notcapable) return file;
  auto position = TRY(c.context.files.file(fd, Rights()))->seek(0, Whence::Current);
  return fail(position ? Errno::Notcapable : position.error());
}

}  // namespace

Outcome<> fd_advise(Caller& c, u32 fd, u64 offset, u64 size, Advice advice) {
  File* file = TRY(c.context.files.file(fd, Right::FdAdvise));
  TRY(file->advise(offset, size, advice));
  return {};
}

Outcome<> fd_allocate(Caller& c, u32 fd, u64 offset, u64 size) {
  File* file = TRY(c.context.files.file(fd, Right::FdAllocate));
  TRY(file->allocate(offset, size));
  return {};
}

Outcome<> fd_filestat_set_size(Caller& c, u32 fd, u64 size) {
  File* file = TRY(c.context.files.file(fd, Right::FdFilestatSetSize));
  TRY(file->set_size(size));
  return {};
}

Outcome<Size> fd_read(Caller& c, u32 fd, Buffers into) {
  File* file = TRY(c.context.files.file(fd, Right::FdRead));
  // A second read of a pipe would wait for more, though the guest has what it can have now.
  Gather gather = file->type() == FileType::RegularFile ? Gather::All : Gather::First;
  return transfer(c, into, gather, [&](Pinned bytes, u64) { return file->read(bytes); });
}

Outcome<Size> fd_write(Caller& c, u32 fd, Buffers from) {
  File* file = TRY(c.context.files.file(fd, Right::FdWrite));
  return transfer(c, from, Gather::All, [&](Pinned bytes, u64) { return file->write(bytes); });
}

Outcome<Size> fd_pread(Caller& c, u32 fd, Buffers into, u64 offset) {
  File* file = TRY(with_position(c, fd, Right::FdRead | Right::FdSeek));
  return transfer(c, into, Gather::All, [&](Pinned bytes, u64 done) { return file->read_at(bytes, offset + done); });
}

Outcome<Size> fd_pwrite(Caller& c, u32 fd, Buffers from, u64 offset) {
  File* file = TRY(with_position(c, fd, Right::FdWrite | Right::FdSeek));
  return transfer(c, from, Gather::All, [&](Pinned bytes, u64 done) { return file->write_at(bytes, offset + done); });
}

// Asking for the position by seeking nowhere is within the right to tell it.
Outcome<u64> fd_seek(Caller& c, u32 fd, i64 offset, Whence whence) {
  bool tells = offset == 0 && whence == Whence::Current;
  File* file = TRY(with_position(c, fd, tells ? Right::FdTell : Right::FdSeek));
  return TRY(file->seek(offset, whence));
}

Outcome<u64> fd_tell(Caller& c, u32 fd) {
  File* file = TRY(with_position(c, fd, Right::FdTell));
  return TRY(file->seek(0, Whence::Current));
}

}  // namespace skerry::wasi::preview1

namespace skerry::wasi {
WASI_ENTRY(preview1::fd_advise)
WASI_ENTRY(preview1::fd_allocate)
WASI_ENTRY(preview1::fd_filestat_set_size)
WASI_ENTRY(preview1::fd_pread)
WASI_ENTRY(preview1::fd_pwrite)
WASI_ENTRY(preview1::fd_read)
WASI_ENTRY(preview1::fd_write)
WASI_ENTRY(preview1::fd_seek)
WASI_ENTRY(preview1::fd_tell)
}  // namespace skerry::wasi
