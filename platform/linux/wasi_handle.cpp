#include "platform/linux/wasi_handle.h"

#include <poll.h>

namespace skerry::platform {

using wasi::Errno;
using wasi::FileType;
using wasi::HostResult;

Errno error_from_errno(int error) {
  switch (error) {
    case E2BIG: return Errno::Toobig;
    case EACCES: return Errno::Acces;
    case EADDRINUSE: return Errno::Addrinuse;
    case EADDRNOTAVAIL: return Errno::Addrnotavail;
    case EAFNOSUPPORT: return Errno::Afnosupport;
    case EAGAIN: return Errno::Again;
    case EALREADY: return Errno::Already;
    case EBADF: return Errno::Badf;
    case EBADMSG: return Errno::Badmsg;
    case EBUSY: return Errno::Busy;
    case ECONNABORTED: return Errno::Connaborted;
    case ECONNREFUSED: return Errno::Connrefused;
    case ECONNRESET: return Errno::Connreset;
    case EDEADLK: return Errno::Deadlk;
    case EDESTADDRREQ: return Errno::Destaddrreq;
    case EDOM: return Errno::Dom;
    case EDQUOT: return Errno::Dquot;
    case EEXIST: return Errno::Exist;
    case EFAULT: return Errno::Fault;
    case EFBIG: return Errno::Fbig;
    case EHOSTUNREACH: return Errno::Hostunreach;
    case EILSEQ: return Errno::Ilseq;
    case EINPROGRESS: return Errno::Inprogress;
    case EINTR: return Errno::Intr;
    case EINVAL: return Errno::Inval;
    case EISCONN: return Errno::Isconn;
    case EISDIR: return Errno::Isdir;
    case ELOOP: return Errno::Loop;
    case EMFILE: return Errno::Mfile;
    case EMLINK: return Errno::Mlink;
    case EMSGSIZE: return Errno::Msgsize;
    case ENAMETOOLONG: return Errno::Nametoolong;
    case ENETDOWN: return Errno::Netdown;
    case ENETRESET: return Errno::Netreset;
    case ENETUNREACH: return Errno::Netunreach;
    case ENFILE: return Errno::Nfile;
    case ENOBUFS: return Errno::Nobufs;
    case ENODEV: return Errno::Nodev;
    case ENOENT: return Errno::Noent;
    case ENOLCK: return Errno::Nolck;
    case ENOMEM: return Errno::Nomem;
    case ENOPROTOOPT: return Errno::Noprotoopt;
    case ENOSPC: return Errno::Nospc;
    case ENOSYS: return Errno::Nosys;
    case ENOTCONN: return Errno::Notconn;
    case ENOTDIR: return Errno::Notdir;
    case ENOTEMPTY: return Errno::Notempty;
    case ENOTSOCK: return Errno::Notsock;
    case ENOTSUP: return Errno::Notsup;  // EOPNOTSUPP is the same number
    case ENOTTY: return Errno::Notty;
    case ENXIO: return Errno::Nxio;
    case EOVERFLOW: return Errno::Overflow;
    case EPERM: return Errno::Perm;
    case EPIPE: return Errno::Pipe;
    case EPROTO: return Errno::Proto;
    case ERANGE: return Errno::Range;
    case EROFS: return Errno::Rofs;
    case ESPIPE: return Errno::Spipe;
    case ESTALE: return Errno::Stale;
    case ETIMEDOUT: return Errno::Timedout;
    case ETXTBSY: return Errno::Txtbsy;
    case EXDEV: return Errno::Xdev;
    default: return Errno::Io;
  }
}

FileType type_from_mode(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFBLK: return FileType::BlockDevice;
    case S_IFCHR: return FileType::CharacterDevice;
    case S_IFDIR: return FileType::Directory;
    case S_IFREG: return FileType::RegularFile;
    case S_IFLNK: return FileType::SymbolicLink;
    case S_IFSOCK: return FileType::SocketStream;
    default: return FileType::Unknown;  // a pipe: preview 1 has no name for it
  }
}

namespace {

constexpr u64 second = 1'000'000'000;

// Times before 1970 are 1970; those past the 64 bits (in 2554) are the last.
wasi::Timestamp timestamp(const timespec& time) {
  if (time.tv_sec < 0) return 0;
  u64 result;
  if (__builtin_mul_overflow(u64(time.tv_sec), second, &result)) return UINT64_MAX;
  return __builtin_add_overflow(result, u64(time.tv_nsec), &result) ? UINT64_MAX : result;
}

timespec time_for_linux(wasi::NewTime time) {
  switch (time.kind) {
    case wasi::NewTime::Kind::Keep: return {0, UTIME_OMIT};
    case wasi::NewTime::Kind::Now: return {0, UTIME_NOW};
    case wasi::NewTime::Kind::At: return {time_t(time.at / second), long(time.at % second)};
  }
  UNREACHABLE("a NewTime has one of three kinds");
}

}  // namespace

wasi::FileStat stat_from_linux(const struct stat& stat) {
  return {.device = stat.st_dev, .inode = stat.st_ino, .type = type_from_mode(stat.st_mode), .links = stat.st_nlink,
          .size = u64(stat.st_size), .accessed = timestamp(stat.st_atim), .modified = timestamp(stat.st_mtim),
          .changed = timestamp(stat.st_ctim)};
}

Times times_for_linux(wasi::NewTime accessed, wasi::NewTime modified) {
  return {{time_for_linux(accessed), time_for_linux(modified)}};
}

void LinuxInterruption::raise() {
  raised_.store(true, std::memory_order_release);
  int saved = errno;  // we may be in a signal handler
  u64 one = 1;
  [[maybe_unused]] auto written = write(event_.get(), &one, sizeof(one));  // fails only where it is set already
  errno = saved;
}

void LinuxInterruption::clear() {
  u64 count;
  [[maybe_unused]] auto got = read(event_.get(), &count, sizeof(count));
  raised_.store(false, std::memory_order_release);
}

HostResult<void> wait_for(int fd, short events, const LinuxInterruption& interruption) {
  pollfd waits[2] = {{fd, events, 0}, {interruption.handle(), POLLIN, 0}};
  if (retry([&] { return poll(waits, 2, -1); }) < 0) return system_failure();
  if (waits[1].revents != 0) return fail(Errno::Canceled);
  return {};
}

}  // namespace skerry::platform
