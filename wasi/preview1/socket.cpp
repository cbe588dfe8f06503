// sock_*: for sockets that the embedder gave, and those accepted from them.
//
// What is no socket is Notsock, before its rights are looked at. A message of a datagram
// socket is one buffer's content.

#include "wasi/entry.h"
#include "wasi/preview1/calls.h"
#include "wasi/transfer.h"

namespace skerry::wasi::preview1 {
namespace {

HostResult<File*> socket(Caller& c, u32 fd, Rights needed) {
  const Descriptor& descriptor = *TRY(c.context.files.find(fd, Rights()));
  if (descriptor.is_directory()) return fail(Errno::Notsock);
  FileType type = descriptor.node.file->type();
  if (type != FileType::SocketStream && type != FileType::SocketDatagram) return fail(Errno::Notsock);
  TRY(descriptor.allow(needed));
  return descriptor.node.file.get();
}

}  // namespace

Outcome<u32> sock_accept(Caller& c, u32 fd, FdFlags flags) {
  if (!flags.without(FdFlag::Nonblock).empty()) return fail(Errno::Inval);
  auto listener = TRY(socket(c, fd, Right::SockAccept));
  Rights inheriting = TRY(c.context.files.find(fd, Rights()))->inheriting;
  TRY(c.context.files.full());
  Opened opened{TRY(listener->accept(flags)), nullptr};
  return TRY(c.context.files.insert(
      make_descriptor(std::move(opened), Right::FdRead | Right::FdWrite, inheriting, Mutability::ReadWrite)));
}

Outcome<std::pair<Size, u16>> sock_recv(Caller& c, u32 fd, Buffers into, ReceiveFlags flags) {
  auto file = TRY(socket(c, fd, Right::FdRead));
  auto take = flags.has(ReceiveFlag::Peek) ? File::Receive::Peek : File::Receive::Take;
  auto wait = flags.has(ReceiveFlag::WaitAll) ? File::WaitFor::All : File::WaitFor::Some;
  bool truncated = false;
  Size size = TRY(transfer(c, into, Gather::First, [&](Pinned bytes, u64) -> HostResult<u64> {
    File::Received received = TRY(file->receive(bytes, take, wait));
    truncated = received.truncated;
    return received.size;
  }));
  return std::pair(size, truncated ? recv_data_truncated : u16(0));
}

Outcome<Size> sock_send(Caller& c, u32 fd, Buffers from, u32 flags) {
  if (flags != 0) return fail(Errno::Inval);
  auto file = TRY(socket(c, fd, Right::FdWrite));
  return transfer(c, from, Gather::All, [&](Pinned bytes, u64) { return file->send(bytes); });
}

Outcome<> sock_shutdown(Caller& c, u32 fd, u32 how) {
  auto file = TRY(socket(c, fd, Right::SockShutdown));
  if (how < u32(File::Shutdown::Read) || how > u32(File::Shutdown::Both)) return fail(Errno::Inval);
  TRY(file->shutdown(File::Shutdown(how)));
  return {};
}

}  // namespace skerry::wasi::preview1

namespace skerry::wasi {
WASI_ENTRY(preview1::sock_accept)
WASI_ENTRY(preview1::sock_recv)
WASI_ENTRY(preview1::sock_send)
WASI_ENTRY(preview1::sock_shutdown)
}  // namespace skerry::wasi
