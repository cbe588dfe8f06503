#include "platform/linux/wasi_file.h"

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>

#include "platform/linux/write_signals.h"

namespace skerry::platform {

using wasi::Errno;
using wasi::FdFlag;
using wasi::FdFlags;
using wasi::FileType;
using wasi::HostResult;

namespace {

HostResult<u64> transferred(ssize_t result) {
  if (result < 0) return system_failure();
  return u64(result);
}

FileType socket_type(int fd) {
  int type = 0;
  socklen_t size = sizeof(type);
  getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
  return type == SOCK_DGRAM ? FileType::SocketDatagram : FileType::SocketStream;
}

// Offsets and sizes of files have 63 bits.
HostResult<off_t> file_offset(u64 offset) {
  if (offset > u64(INT64_MAX)) return fail(Errno::Inval);
  return off_t(offset);
}

}  // namespace

LinuxFile::LinuxFile(Handle handle, Description description, Kind kind, FileType type, FdFlags flags,
                     std::shared_ptr<LinuxInterruption> interruption)
    : File(type, flags), handle_(std::move(handle)), description_(description), kind_(kind),
      interruption_(std::move(interruption)) {}

HostResult<std::shared_ptr<LinuxFile>> LinuxFile::create(Handle handle, Description description, FdFlags flags,
                                                         std::shared_ptr<LinuxInterruption> interruption) {
  struct stat stat;
  if (fstat(handle.get(), &stat) < 0) return system_failure();
  FileType type = type_from_mode(stat.st_mode);
  Kind kind = Kind::Device;
  if (S_ISREG(stat.st_mode) || S_ISBLK(stat.st_mode)) kind = Kind::Storage;
  if (S_ISFIFO(stat.st_mode)) kind = Kind::Pipe;
  if (S_ISSOCK(stat.st_mode)) {
    kind = Kind::Socket;
    type = socket_type(handle.get());
  }
  return std::shared_ptr<LinuxFile>(
      new LinuxFile(std::move(handle), description, kind, type, flags, std::move(interruption)));
}

HostResult<wasi::FileStat> LinuxFile::stat() {
  struct stat stat;
  if (fstat(fd(), &stat) < 0) return system_failure();
  wasi::FileStat result = stat_from_linux(stat);
  result.type = type();
  return result;
}

HostResult<void> LinuxFile::set_times(wasi::NewTime accessed, wasi::NewTime modified) {
  Times times = times_for_linux(accessed, modified);
  return checked([&] { return futimens(fd(), times.pair); });
}

// EINVAL: a file without storage behind it, which has nothing to wait for.
HostResult<void> LinuxFile::datasync() {
  if (retry([&] { return fdatasync(fd()); }) < 0 && errno != EINVAL) return system_failure();
  return {};
}

HostResult<void> LinuxFile::sync() {
  if (retry([&] { return fsync(fd()); }) < 0 && errno != EINVAL) return system_failure();
  return {};
}

bool LinuxFile::polls_ready(short events) const {
  pollfd wait = {fd(), events, 0};
  return retry([&] { return poll(&wait, 1, 0); }) > 0;
}

template <class Attempt>
HostResult<u64> LinuxFile::waiting(short events, Attempt&& attempt) {
  for (;;) {
    ssize_t result = retry(attempt);
    if (result >= 0) return u64(result);
    if (errno != EAGAIN) return system_failure();
    if (flags().has(FdFlag::Nonblock)) return fail(Errno::Again);
    TRY(wait_for(fd(), events, *interruption_));
  }
}

// A read of a stream that fails with EAGAIN rather than wait.
ssize_t LinuxFile::read_now(std::span<u8> into) {
  iovec buffer = {into.data(), into.size()};
  if (kind_ == Kind::Socket) return recv(fd(), into.data(), into.size(), MSG_DONTWAIT);
  if (description_ == Description::Own) {
    // A named pipe that no writer has opened yet reads as if at its end; poll knows better.
    if (kind_ == Kind::Pipe && !polls_ready(POLLIN)) return errno = EAGAIN, -1;
    return ::read(fd(), into.data(), into.size());
  }
  if (nowait_.load(std::memory_order_relaxed)) {
    ssize_t result = preadv2(fd(), &buffer, 1, -1, RWF_NOWAIT);
    if (result >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL && errno != ESPIPE)) return result;
    nowait_.store(false, std::memory_order_relaxed);
  }
  if (!polls_ready(POLLIN)) return errno = EAGAIN, -1;
  return ::read(fd(), into.data(), into.size());
}

ssize_t LinuxFile::write_now(std::span<const u8> from) {
  iovec buffer = {const_cast<u8*>(from.data()), from.size()};
  if (kind_ == Kind::Socket) return ::send(fd(), from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  std::optional<NoWriteSignals> no_signal;
  if (kind_ == Kind::Pipe) no_signal.emplace();
  if (description_ == Description::Own) return ::write(fd(), from.data(), from.size());
  if (nowait_.load(std::memory_order_relaxed)) {
    ssize_t result = pwritev2(fd(), &buffer, 1, -1, RWF_NOWAIT);
    if (result >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL && errno != ESPIPE)) return result;
    nowait_.store(false, std::memory_order_relaxed);
  }
  if (!polls_ready(POLLOUT)) return errno = EAGAIN, -1;
  return ::write(fd(), from.data(), std::min<usize>(from.size(), PIPE_BUF));
}

HostResult<u64> LinuxFile::read(std::span<u8> into) {
  if (kind_ == Kind::Storage) return transferred(retry([&] { return ::read(fd(), into.data(), into.size()); }));
  return waiting(POLLIN, [&] { return read_now(into); });
}

// All of it, so that a guest's output does not come out in pieces, unless that would have to
// wait without being allowed to.
HostResult<u64> LinuxFile::write(std::span<const u8> from) {
  if (kind_ == Kind::Storage) {
    NoFileSizeSignal no_signal;
    return transferred(retry([&] { return ::write(fd(), from.data(), from.size()); }));
  }
  u64 done = 0;
  do {
    auto written = waiting(POLLOUT, [&] { return write_now(from.subspan(done)); });
    if (!written) return done != 0 ? HostResult<u64>(done) : written;
    done += *written;
  } while (done < from.size() && type() != FileType::SocketDatagram);
  return done;
}

HostResult<u64> LinuxFile::read_at(std::span<u8> into, u64 offset) {
  off_t at = TRY(file_offset(offset));
  return transferred(retry([&] { return pread(fd(), into.data(), into.size(), at); }));
}

HostResult<u64> LinuxFile::write_at(std::span<const u8> from, u64 offset) {
  off_t at = TRY(file_offset(offset));
  NoFileSizeSignal no_signal;
  return transferred(retry([&] { return pwrite(fd(), from.data(), from.size(), at); }));
}

HostResult<u64> LinuxFile::seek(i64 offset, wasi::Whence whence) {
  int from = whence == wasi::Whence::Set ? SEEK_SET : whence == wasi::Whence::Current ? SEEK_CUR : SEEK_END;
  off_t result = lseek(fd(), offset, from);
  if (result >= 0) return u64(result);
  return fail(errno == EOVERFLOW ? Errno::Inval : error_from_errno(errno));
}

HostResult<void> LinuxFile::allocate(u64 offset, u64 size) {
  off_t at = TRY(file_offset(offset)), length = TRY(file_offset(size));
  NoFileSizeSignal no_signal;
  return checked([&] { return fallocate(fd(), 0, at, length); });
}

HostResult<void> LinuxFile::set_size(u64 size) {
  off_t length = TRY(file_offset(size));
  NoFileSizeSignal no_signal;
  return checked([&] { return ftruncate(fd(), length); });
}

HostResult<void> LinuxFile::advise(u64 offset, u64 size, wasi::Advice advice) {
  constexpr int advices[] = {POSIX_FADV_NORMAL, POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                             POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED, POSIX_FADV_NOREUSE};
  off_t at = TRY(file_offset(offset)), length = TRY(file_offset(size));
  int error = posix_fadvise(fd(), at, length, advices[u8(advice)]);
  if (error != 0) return fail(error_from_errno(error));
  return {};
}

HostResult<void> LinuxFile::set_flags(FdFlags wanted) {
  FdFlags now = flags();
  constexpr FdFlags synchronous = FdFlag::Dsync | FdFlag::Rsync | FdFlag::Sync;
  if ((wanted & synchronous) != (now & synchronous)) return fail(Errno::Notsup);
  if (wanted.has(FdFlag::Append) != now.has(FdFlag::Append)) {
    if (description_ == Description::Inherited) return fail(Errno::Notsup);
    int set = fcntl(fd(), F_GETFL);
    if (set < 0) return system_failure();
    set = wanted.has(FdFlag::Append) ? set | O_APPEND : set & ~O_APPEND;
    if (fcntl(fd(), F_SETFL, set) < 0) return system_failure();
  }
  keep_flags(wanted);
  return {};
}

std::optional<u64> LinuxFile::wait_handle() const {
  if (kind_ == Kind::Storage) return std::nullopt;
  return u64(fd());
}

HostResult<std::shared_ptr<wasi::File>> LinuxFile::accept(FdFlags flags) {
  if (kind_ != Kind::Socket) return fail(Errno::Notsock);
  u64 accepted = TRY(waiting(POLLIN, [&]() -> ssize_t {
    // The listener may be blocking, and shared: accept only what is there.
    if (!polls_ready(POLLIN)) return errno = EAGAIN, -1;
    return accept4(fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  }));
  return std::shared_ptr<wasi::File>(TRY(create(Handle(int(accepted)), Description::Own, flags, interruption_)));
}

HostResult<wasi::File::Received> LinuxFile::receive(std::span<u8> into, Receive take, WaitFor wait) {
  if (kind_ != Kind::Socket) return fail(Errno::Notsock);
  bool whole = wait == WaitFor::All && take == Receive::Take && type() == FileType::SocketStream;
  Received received = {0, false};
  do {
    iovec buffer = {into.data() + received.size, into.size() - received.size};
    msghdr message = {};
    message.msg_iov = &buffer;
    message.msg_iovlen = 1;
    int flags = MSG_DONTWAIT | (take == Receive::Peek ? MSG_PEEK : 0);
    auto size = waiting(POLLIN, [&] { return recvmsg(fd(), &message, flags); });
    if (!size && received.size == 0) return fail(size.error());
    if (!size || *size == 0) break;
    received.size += *size;
    received.truncated = (message.msg_flags & MSG_TRUNC) != 0;
  } while (whole && received.size < into.size());
  return received;
}

HostResult<u64> LinuxFile::send(std::span<const u8> from) {
  if (kind_ != Kind::Socket) return fail(Errno::Notsock);
  return write(from);
}

HostResult<void> LinuxFile::shutdown(Shutdown how) {
  if (kind_ != Kind::Socket) return fail(Errno::Notsock);
  int which = how == Shutdown::Read ? SHUT_RD : how == Shutdown::Write ? SHUT_WR : SHUT_RDWR;
  return checked([&] { return ::shutdown(fd(), which); });
}

}  // namespace skerry::platform
