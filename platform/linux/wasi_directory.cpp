#include "platform/linux/wasi_directory.h"

#include <dirent.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>

#include <cstddef>

#include "platform/linux/wasi_file.h"

namespace skerry::platform {

using wasi::Errno;
using wasi::FdFlag;
using wasi::FileType;
using wasi::HostResult;
using wasi::OpenFlag;

namespace {

constexpr int host_identity = 0;  // its address says that a Directory is a LinuxDirectory

int directory_flags(wasi::Directory::Use use) {
  constexpr int common = O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
  return use == wasi::Directory::Use::Walk ? common | O_PATH : common | O_RDONLY;
}

// A directory below `fd` by a path that the kernel walks, confined.
int open_beneath(int fd, const char* path) {
  open_how how = {};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return int(syscall(SYS_openat2, fd, path, &how, sizeof(how)));
}

FileType type_from_dirent(u8 type) { return type_from_mode(DTTOIF(type)); }

}  // namespace

const void* LinuxDirectory::host() const { return &host_identity; }

std::shared_ptr<wasi::Directory> LinuxDirectory::make(Handle handle) const {
  return std::make_shared<LinuxDirectory>(std::move(handle), walking_, interruption_);
}

HostResult<wasi::FileStat> LinuxDirectory::stat() {
  struct stat stat;
  if (fstat(fd(), &stat) < 0) return system_failure();
  return stat_from_linux(stat);
}

// By name, since a descriptor for walking alone cannot be changed through.
HostResult<void> LinuxDirectory::set_times(wasi::NewTime accessed, wasi::NewTime modified) {
  Times times = times_for_linux(accessed, modified);
  return checked([&] { return utimensat(fd(), ".", times.pair, 0); });
}

HostResult<void> LinuxDirectory::datasync() {
  return checked([&] { return fdatasync(fd()); });
}

HostResult<void> LinuxDirectory::sync() {
  return checked([&] { return fsync(fd()); });
}

HostResult<std::shared_ptr<wasi::Directory>> LinuxDirectory::open_directory(Name name, Use use) {
  std::string path(name);
  Handle handle(retry([&] { return openat(fd(), path.c_str(), directory_flags(use)); }));
  if (handle.get() < 0) return system_failure();
  return make(std::move(handle));
}

HostResult<std::shared_ptr<wasi::Directory>> LinuxDirectory::reopen(Use use) {
  Handle handle(retry([&] { return openat(fd(), ".", directory_flags(use)); }));
  if (handle.get() < 0) return system_failure();
  return make(std::move(handle));
}

HostResult<wasi::Opened> LinuxDirectory::open(Name name, wasi::OpenFlags how, Access access, wasi::FdFlags flags) {
  // O_NONBLOCK: opening a named pipe or a device waits for nobody either (wasi_file.h).
  int mode = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  mode |= access == Access::Read ? O_RDONLY : access == Access::Write ? O_WRONLY : O_RDWR;
  if (how.has(OpenFlag::Create)) mode |= O_CREAT;
  if (how.has(OpenFlag::Exclusive)) mode |= O_EXCL;
  if (how.has(OpenFlag::Truncate)) mode |= O_TRUNC;
  if (how.has(OpenFlag::Directory)) mode |= O_DIRECTORY;
  if (flags.has(FdFlag::Append)) mode |= O_APPEND;
  if (flags.has(FdFlag::Dsync)) mode |= O_DSYNC;
  if (flags.has_any(FdFlag::Sync | FdFlag::Rsync)) mode |= O_SYNC;
  std::string path(name);
  Handle handle(retry([&] { return openat(fd(), path.c_str(), mode, 0666); }));
  if (handle.get() < 0) return system_failure();
  struct stat stat;
  if (fstat(handle.get(), &stat) < 0) return system_failure();
  if (S_ISDIR(stat.st_mode)) return wasi::Opened{nullptr, make(std::move(handle))};
  return wasi::Opened{TRY(LinuxFile::create(std::move(handle), Description::Own, flags, interruption_)), nullptr};
}

HostResult<wasi::FileStat> LinuxDirectory::stat_at(Name name) {
  std::string path(name);
  struct stat stat;
  if (fstatat(fd(), path.c_str(), &stat, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0) return system_failure();
  return stat_from_linux(stat);
}

HostResult<void> LinuxDirectory::set_times_at(Name name, wasi::NewTime accessed, wasi::NewTime modified) {
  std::string path(name);
  Times times = times_for_linux(accessed, modified);
  return checked([&] { return utimensat(fd(), path.c_str(), times.pair, AT_SYMLINK_NOFOLLOW); });
}

HostResult<void> LinuxDirectory::create_directory(Name name) {
  std::string path(name);
  return checked([&] { return mkdirat(fd(), path.c_str(), 0777); });
}

HostResult<void> LinuxDirectory::remove_directory(Name name) {
  std::string path(name);
  return checked([&] { return unlinkat(fd(), path.c_str(), AT_REMOVEDIR); });
}

HostResult<void> LinuxDirectory::unlink(Name name) {
  std::string path(name);
  return checked([&] { return unlinkat(fd(), path.c_str(), 0); });
}

HostResult<void> LinuxDirectory::rename(Name name, wasi::Directory& target, Name new_name) {
  if (target.host() != host()) return fail(Errno::Xdev);
  std::string from(name), to(new_name);
  return checked([&] { return renameat(fd(), from.c_str(), static_cast<LinuxDirectory&>(target).fd(), to.c_str()); });
}

HostResult<void> LinuxDirectory::link(Name name, wasi::Directory& target, Name new_name) {
  if (target.host() != host()) return fail(Errno::Xdev);
  std::string from(name), to(new_name);
  return checked([&] { return linkat(fd(), from.c_str(), static_cast<LinuxDirectory&>(target).fd(), to.c_str(), 0); });
}

HostResult<void> LinuxDirectory::symlink(std::string_view target, Name name) {
  std::string content(target), path(name);
  return checked([&] { return symlinkat(content.c_str(), fd(), path.c_str()); });
}

HostResult<std::string> LinuxDirectory::read_link(Name name) {
  std::string path(name);
  char target[PATH_MAX];
  ssize_t size = readlinkat(fd(), path.c_str(), target, sizeof(target));
  if (size < 0) return system_failure();
  if (usize(size) == sizeof(target)) return fail(Errno::Nametoolong);
  return std::string(target, usize(size));
}

// The kernel's own cookies: the position behind an entry, by which the directory can be read
// on later. File systems keep them good while entries come and go.
HostResult<std::vector<wasi::DirectoryEntry>> LinuxDirectory::entries(u64 cookie, u32 limit) {
  if (cookie > u64(INT64_MAX)) return fail(Errno::Inval);
  std::lock_guard lock(listing_);
  // A descriptor for walking alone is all that was to be had of one that may not be read.
  if (lseek(fd(), off_t(cookie), SEEK_SET) < 0) return fail(errno == EBADF ? Errno::Acces : error_from_errno(errno));
  alignas(dirent64) char buffer[8192];
  ssize_t size = retry([&] { return syscall(SYS_getdents64, fd(), buffer, sizeof(buffer)); });
  if (size < 0 && errno == ENOENT) return std::vector<wasi::DirectoryEntry>();  // removed meanwhile: empty
  if (size < 0) return system_failure();
  std::vector<wasi::DirectoryEntry> entries;
  for (ssize_t at = 0; at < size && entries.size() < limit;) {
    auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
    at += entry->d_reclen;
    FileType type = type_from_dirent(entry->d_type);
    if (entry->d_type == DT_UNKNOWN) {
      auto stat = stat_at(entry->d_name);
      if (stat) type = stat->type;
    }
    entries.push_back({.next = u64(entry->d_off), .inode = entry->d_ino, .type = type, .name = entry->d_name});
  }
  return entries;
}

HostResult<std::shared_ptr<wasi::Directory>> LinuxDirectory::descend(std::string_view path) {
  if (walking_ == Walking::Components) return fail(Errno::Nosys);
  std::string copy(path);
  Handle handle(retry([&] { return open_beneath(fd(), copy.c_str()); }));
  if (handle.get() >= 0) return make(std::move(handle));
  switch (errno) {
    case EXDEV: return fail(Errno::Perm);    // it would have left the directory
    case EAGAIN: return fail(Errno::Nosys);  // a rename came between: step by step that does no harm
    default: return system_failure();
  }
}

HostResult<std::shared_ptr<wasi::Directory>> wasi_directory(const char* path,
                                                            std::shared_ptr<LinuxInterruption> interruption,
                                                            Walking walking) {
  // A directory that may be passed but not listed is a directory still.
  Handle readable(retry([&] { return ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (readable.get() < 0 && errno != EACCES) return system_failure();
  Handle handle = readable.get() >= 0 ? std::move(readable) : Handle(::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (handle.get() < 0) return system_failure();
  if (walking == Walking::Openat2 && Handle(open_beneath(handle.get(), ".")).get() < 0) walking = Walking::Components;
  return std::shared_ptr<wasi::Directory>(
      std::make_shared<LinuxDirectory>(std::move(handle), walking, std::move(interruption)));
}

}  // namespace skerry::platform
