// The nouns of WASI preview 1, in the words of its witx files (wasi_snapshot_preview1):
// errors, kinds of files, rights, flags. Enumerators have the values that guests see.
//
// Structures that cross guest memory are in preview1/layout.h; these here are what the
// host's classes (host.h) speak as well.

#pragma once

#include "base/result.h"
#include "base/types.h"

namespace skerry::wasi {

// One errno a line: name, value, the sentence for people.
enum class Errno : u16 {
#define WASI_ERRNO(name, value, text) name = value,
#include "wasi/errno.def"
#undef WASI_ERRNO
};

const char* errno_text(Errno error);

template <class T>
using HostResult = Result<T, Errno>;

using Timestamp = u64;  // nanoseconds

enum class ClockId : u32 { Realtime, Monotonic, ProcessCpu, ThreadCpu };

enum class FileType : u8 {
  Unknown,
  BlockDevice,
  CharacterDevice,
  Directory,
  RegularFile,
  SocketDatagram,
  SocketStream,
  SymbolicLink,
};

enum class Whence : u8 { Set, Current, End };

enum class Advice : u8 { Normal, Sequential, Random, WillNeed, DontNeed, NoReuse };

// A set of bits of one kind: `Flags<OpenFlag>`. Bits outside the kind's `mask` never enter
// by from_bits, which is how a guest's number becomes a set.
template <class Bit>
class Flags {
 public:
  using Raw = std::underlying_type_t<Bit>;

  constexpr Flags() = default;
  constexpr Flags(Bit bit) : bits_(Raw(bit)) {}
  static constexpr Flags all() { return Flags(Raw(Bit::Mask)); }
  static constexpr Flags truncate(u64 bits) { return Flags(Raw(bits & u64(Bit::Mask))); }
  static constexpr bool knows(u64 bits) { return (bits & ~u64(Bit::Mask)) == 0; }
  // Inval where a bit is set that means nothing.
  static HostResult<Flags> from_bits(u64 bits) {
    if (!knows(bits)) return fail(Errno::Inval);
    return Flags(Raw(bits));
  }

  constexpr Raw bits() const { return bits_; }
  constexpr bool has(Flags other) const { return (bits_ & other.bits_) == other.bits_; }
  constexpr bool has_any(Flags other) const { return (bits_ & other.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr Flags operator|(Flags other) const { return Flags(Raw(bits_ | other.bits_)); }
  constexpr Flags operator&(Flags other) const { return Flags(Raw(bits_ & other.bits_)); }
  constexpr Flags without(Flags other) const { return Flags(Raw(bits_ & Raw(~other.bits_))); }
  constexpr bool operator==(const Flags&) const = default;

 private:
  constexpr explicit Flags(Raw bits) : bits_(bits) {}
  Raw bits_ = 0;
};

enum class Right : u64 {
  FdDatasync = 1u << 0,
  FdRead = 1u << 1,
  FdSeek = 1u << 2,
  FdFdstatSetFlags = 1u << 3,
  FdSync = 1u << 4,
  FdTell = 1u << 5,
  FdWrite = 1u << 6,
  FdAdvise = 1u << 7,
  FdAllocate = 1u << 8,
  PathCreateDirectory = 1u << 9,
  PathCreateFile = 1u << 10,
  PathLinkSource = 1u << 11,
  PathLinkTarget = 1u << 12,
  PathOpen = 1u << 13,
  FdReaddir = 1u << 14,
  PathReadlink = 1u << 15,
  PathRenameSource = 1u << 16,
  PathRenameTarget = 1u << 17,
  PathFilestatGet = 1u << 18,
  PathFilestatSetSize = 1u << 19,
  PathFilestatSetTimes = 1u << 20,
  FdFilestatGet = 1u << 21,
  FdFilestatSetSize = 1u << 22,
  FdFilestatSetTimes = 1u << 23,
  PathSymlink = 1u << 24,
  PathRemoveDirectory = 1u << 25,
  PathUnlinkFile = 1u << 26,
  PollFdReadwrite = 1u << 27,
  SockShutdown = 1u << 28,
  SockAccept = 1u << 29,
  Mask = (1u << 30) - 1,
};
using Rights = Flags<Right>;
constexpr Rights operator|(Right a, Right b) { return Rights(a) | b; }

enum class FdFlag : u16 { Append = 1, Dsync = 2, Nonblock = 4, Rsync = 8, Sync = 16, Mask = 31 };
using FdFlags = Flags<FdFlag>;
constexpr FdFlags operator|(FdFlag a, FdFlag b) { return FdFlags(a) | b; }

enum class OpenFlag : u16 { Create = 1, Directory = 2, Exclusive = 4, Truncate = 8, Mask = 15 };
using OpenFlags = Flags<OpenFlag>;
constexpr OpenFlags operator|(OpenFlag a, OpenFlag b) { return OpenFlags(a) | b; }

enum class LookupFlag : u32 { SymlinkFollow = 1, Mask = 1 };
using LookupFlags = Flags<LookupFlag>;

enum class TimeFlag : u16 { Access = 1, AccessNow = 2, Modify = 4, ModifyNow = 8, Mask = 15 };
using TimeFlags = Flags<TimeFlag>;
constexpr TimeFlags operator|(TimeFlag a, TimeFlag b) { return TimeFlags(a) | b; }

enum class ReceiveFlag : u16 { Peek = 1, WaitAll = 2, Mask = 3 };
using ReceiveFlags = Flags<ReceiveFlag>;

// What is known of a file or directory without opening it.
struct FileStat {
  u64 device = 0;
  u64 inode = 0;
  FileType type = FileType::Unknown;
  u64 links = 0;
  u64 size = 0;
  Timestamp accessed = 0;
  Timestamp modified = 0;
  Timestamp changed = 0;
};

}  // namespace skerry::wasi
