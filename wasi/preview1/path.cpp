// path_*: what is done to names. walk.h finds the directory and the name in it; here is what
// to do there, and what a trailing slash or a path that ends in '.' or '..' means for it:
//
//                        name is '.' or '..'   trailing slash
//   open                 the directory         must be a directory; Isdir with Create
//   filestat_get/_set    the directory         must be a directory
//   readlink             Inval                 must be a directory, so Inval
//   create_directory     Exist                 no matter
//   remove_directory     Inval                 no matter (what is removed must be a directory)
//   unlink_file          Isdir                 Isdir for a directory, else Notdir
//   rename, from         Busy                  must be a directory
//   rename, to           Busy                  what is renamed must be a directory
//   link, from           Perm                  must be a directory, so Perm
//   link, symlink: to    Exist                 Exist for a directory, Notdir, Noent

#include "base/utf8.h"
#include "wasi/convert.h"
#include "wasi/entry.h"
#include "wasi/preview1/calls.h"
#include "wasi/walk.h"

namespace skerry::wasi::preview1 {
namespace {

// A copy of the guest's string: Nametoolong, Inval for a NUL in it, Ilseq for what is not UTF-8.
Outcome<std::string> copy_string(Caller& c, Bytes string) {
  Pinned bytes = TRY(c.memory.pin(string));
  if (bytes.size() > c.context.limits.path_bytes) return fail(Errno::Nametoolong);
  std::string copy(bytes.begin(), bytes.end());
  if (copy.find('\0') != copy.npos) return fail(Errno::Inval);
  if (!utf8_valid(copy)) return fail(Errno::Ilseq);
  return copy;
}

// Where the path leads from descriptor `fd`, which must be a directory with these rights.
Outcome<Place> find(Caller& c, u32 fd, Rights needed, Bytes path, Last last) {
  auto from = TRY(c.context.files.directory(fd, needed));
  std::string copy = TRY(copy_string(c, path));
  return TRY(walk(from.directory, copy, last));
}

Last last_of(LookupFlags lookup) { return lookup.has(LookupFlag::SymlinkFollow) ? Last::Follow : Last::Keep; }

// Of what a place names. Notdir where a slash follows what is no directory.
HostResult<FileStat> stat_place(const Place& place) {
  if (place.is_directory_itself()) return place.directory->stat();
  FileStat stat = TRY(place.directory->stat_at(place.name));
  if (place.slash == Slash::Trailing && stat.type != FileType::Directory) return fail(Errno::Notdir);
  return stat;
}

// Whether a link or file may be made there.
HostResult<void> check_new_name(const Place& place) {
  if (place.is_directory_itself()) return fail(Errno::Exist);
  if (place.slash == Slash::None) return {};
  TRY(stat_place(place));
  return fail(Errno::Exist);
}

}  // namespace

Outcome<> path_create_directory(Caller& c, u32 fd, Bytes path) {
  Place place = TRY(find(c, fd, Right::PathCreateDirectory, path, Last::Entry));
  if (place.is_directory_itself()) return fail(Errno::Exist);
  TRY(place.directory->create_directory(place.name));
  return {};
}

Outcome<Filestat> path_filestat_get(Caller& c, u32 fd, LookupFlags lookup, Bytes path) {
  Place place = TRY(find(c, fd, Right::PathFilestatGet, path, last_of(lookup)));
  return filestat(TRY(stat_place(place)));
}

Outcome<> path_filestat_set_times(Caller& c, u32 fd, LookupFlags lookup, Bytes path, Timestamp accessed,
                                  Timestamp modified, TimeFlags which) {
  Place place = TRY(find(c, fd, Right::PathFilestatSetTimes, path, last_of(lookup)));
  NewTimes times = TRY(new_times(accessed, modified, which));
  if (place.is_directory_itself()) {
    TRY(place.directory->set_times(times.accessed, times.modified));
    return {};
  }
  if (place.slash == Slash::Trailing) TRY(stat_place(place));
  TRY(place.directory->set_times_at(place.name, times.accessed, times.modified));
  return {};
}

Outcome<> path_link(Caller& c, u32 fd, LookupFlags lookup, Bytes path, u32 new_fd, Bytes new_path) {
  Place from = TRY(find(c, fd, Right::PathLinkSource, path, last_of(lookup)));
  Place to = TRY(find(c, new_fd, Right::PathLinkTarget, new_path, Last::Entry));
  if (from.is_directory_itself()) return fail(Errno::Perm);
  if (from.slash == Slash::Trailing) TRY(stat_place(from));
  TRY(check_new_name(to));
  TRY(from.directory->link(from.name, *to.directory, to.name));
  return {};
}

// Opens a file or directory and gives it a descriptor.
//
// Of the rights asked for, FdRead and FdWrite choose how a file is opened, and are Notcapable
// if the directory's descriptor does not let them inherit. All other rights are what fits the
// kind of file and is inherited, asked for or not: programs built for engines that never
// looked at rights ask for too few. No descriptor has a right that its directory withholds.
Outcome<u32> path_open(Caller& c, u32 fd, LookupFlags lookup, Bytes path, OpenFlags how, Rights base, Rights,
                       FdFlags flags) {
  Rights needed = Right::PathOpen;
  if (how.has(OpenFlag::Create)) needed = needed | Right::PathCreateFile;
  if (how.has(OpenFlag::Truncate)) needed = needed | Right::PathFilestatSetSize;
  auto from = TRY(c.context.files.directory(fd, needed));
  bool reads = base.has(Right::FdRead), writes = base.has(Right::FdWrite);
  if (how.has(OpenFlag::Create | OpenFlag::Directory)) return fail(Errno::Inval);
  // An exclusive creation is of the name itself, link or not.
  Last last = how.has(OpenFlag::Create | OpenFlag::Exclusive) ? Last::Entry : last_of(lookup);
  Place place = TRY(walk(from.directory, TRY(copy_string(c, path)), last));
  TRY(c.context.files.full());

  Opened opened;
  if (place.is_directory_itself()) {
    if (how.has(OpenFlag::Create | OpenFlag::Exclusive)) return fail(Errno::Exist);
    if (writes || how.has_any(OpenFlag::Create | OpenFlag::Truncate)) return fail(Errno::Isdir);
    opened.directory = TRY(place.directory->reopen(Directory::Use::List));
  } else {
    if (place.slash == Slash::Trailing) {
      if (how.has(OpenFlag::Create)) return fail(Errno::Isdir);
      how = how | OpenFlag::Directory;
    }
    if (writes && from.tree == Mutability::ReadOnly) return fail(Errno::Rofs);
    Rights modes = base & (Right::FdRead | Right::FdWrite);
    if (!how.has(OpenFlag::Directory) && !from.inheriting.has(modes)) return fail(Errno::Notcapable);
    using Access = Directory::Access;
    Access access = !writes ? Access::Read : reads ? Access::ReadWrite : Access::Write;
    opened = TRY(place.directory->open(place.name, how, access, flags));
  }
  return TRY(c.context.files.insert(make_descriptor(std::move(opened), base, from.inheriting, from.tree)));
}

Outcome<Size> path_readlink(Caller& c, u32 fd, Bytes path, Bytes into) {
  Place place = TRY(find(c, fd, Right::PathReadlink, path, Last::Keep));
  Pinned bytes = TRY(c.memory.pin(into));
  if (place.is_directory_itself()) return fail(Errno::Inval);
  if (place.slash == Slash::Trailing) TRY(stat_place(place));
  std::string target = TRY(place.directory->read_link(place.name));
  usize size = std::min(target.size(), bytes.size());
  if (size != 0) std::memcpy(bytes.data(), target.data(), size);
  return Size(size);
}

Outcome<> path_remove_directory(Caller& c, u32 fd, Bytes path) {
  Place place = TRY(find(c, fd, Right::PathRemoveDirectory, path, Last::Entry));
  if (place.is_directory_itself()) return fail(Errno::Inval);
  TRY(place.directory->remove_directory(place.name));
  return {};
}

Outcome<> path_rename(Caller& c, u32 fd, Bytes path, u32 new_fd, Bytes new_path) {
  Place from = TRY(find(c, fd, Right::PathRenameSource, path, Last::Entry));
  Place to = TRY(find(c, new_fd, Right::PathRenameTarget, new_path, Last::Entry));
  if (from.is_directory_itself() || to.is_directory_itself()) return fail(Errno::Busy);
  if (from.slash == Slash::Trailing || to.slash == Slash::Trailing) {
    FileStat stat = TRY(from.directory->stat_at(from.name));
    if (stat.type != FileType::Directory) return fail(Errno::Notdir);
  }
  TRY(from.directory->rename(from.name, *to.directory, to.name));
  return {};
}

// The target may name what is not there, or lie above the directory: where it leads is decided
// when it is followed. An absolute one could never be followed, and is Perm.
Outcome<> path_symlink(Caller& c, Bytes target, u32 fd, Bytes path) {
  Place place = TRY(find(c, fd, Right::PathSymlink, path, Last::Entry));
  std::string copy = TRY(copy_string(c, target));
  if (copy.empty()) return fail(Errno::Noent);
  if (copy.front() == '/') return fail(Errno::Perm);
  TRY(check_new_name(place));
  TRY(place.directory->symlink(copy, place.name));
  return {};
}

Outcome<> path_unlink_file(Caller& c, u32 fd, Bytes path) {
  Place place = TRY(find(c, fd, Right::PathUnlinkFile, path, Last::Entry));
  if (place.is_directory_itself()) return fail(Errno::Isdir);
  if (place.slash == Slash::Trailing) {
    TRY(stat_place(place));
    return fail(Errno::Isdir);
  }
  TRY(place.directory->unlink(place.name));
  return {};
}

}  // namespace skerry::wasi::preview1

namespace skerry::wasi {
WASI_ENTRY(preview1::path_create_directory)
WASI_ENTRY(preview1::path_filestat_get)
WASI_ENTRY(preview1::path_filestat_set_times)
WASI_ENTRY(preview1::path_link)
WASI_ENTRY(preview1::path_open)
WASI_ENTRY(preview1::path_readlink)
WASI_ENTRY(preview1::path_remove_directory)
WASI_ENTRY(preview1::path_rename)
WASI_ENTRY(preview1::path_symlink)
WASI_ENTRY(preview1::path_unlink_file)
}  // namespace skerry::wasi
