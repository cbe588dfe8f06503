// What WASI asks of the system below it: files, directories, clocks, entropy, waiting.
//
// platform/linux/wasi_*.h implements these classes over Linux, the kernel over its own
// file systems, and an embedder over whatever it likes (a file that collects output, say).
// wasi/ is written over them alone; together with platform/platform.h they are a port.
//
// Ownership. A descriptor of the guest owns its File or Directory through a shared_ptr; the
// host's objects close what they hold when they go. Nothing here is an owning raw pointer.
//
// Errors are WASI's own (types.h): an implementation translates its system's. Errno::Canceled
// is reserved: it says that Interruption ended a wait, and the guest never sees it. A function
// that the object cannot do answers Notsup (or Spipe, Notsock where those are the custom).
//
// Threads. The guest's threads may call any of these at the same time on the same object.
//
// Paths. No class here sees one. Directory's functions take single names, and walk.h is the
// only code that splits paths, follows symbolic links and understands `..`; it never asks a
// Directory for its parent. So a port cannot get confinement wrong, provided that no function
// of Directory follows a symbolic link: the last component may become one at any instant.

#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wasi/types.h"

namespace skerry::wasi {

// A change of one of a file's times.
struct NewTime {
  enum class Kind : u8 { Keep, Now, At };
  Kind kind = Kind::Keep;
  Timestamp at = 0;  // for At
};

// What a file and a directory have in common.
class Node {
 public:
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node() = default;

  virtual HostResult<FileStat> stat() = 0;
  virtual HostResult<void> set_times(NewTime accessed, NewTime modified) = 0;
  // Data only, or data and metadata, to stable storage; success where there is none.
  virtual HostResult<void> datasync() = 0;
  virtual HostResult<void> sync() = 0;

 protected:
  Node() = default;
};

class File : public Node {
 public:
  // Known without asking the system, and the same for the object's whole life.
  FileType type() const { return type_; }

  // At the file's position, which moves. Waits where nothing is there, unless Nonblock is
  // set (Again then). 0 bytes read is the end of the file, for a buffer that is not empty.
  // Less than asked for may be done.
  virtual HostResult<u64> read(std::span<u8> into) = 0;
  // A reader that has gone is Errno::Pipe, never a signal.
  virtual HostResult<u64> write(std::span<const u8> from) = 0;
  // At `offset`; the position stays. Spipe where there is no position.
  virtual HostResult<u64> read_at(std::span<u8> into, u64 offset) = 0;
  virtual HostResult<u64> write_at(std::span<const u8> from, u64 offset) = 0;
  // The new position from the start. Inval if it would be negative or not fit 63 bits.
  virtual HostResult<u64> seek(i64 offset, Whence whence) = 0;

  virtual HostResult<void> allocate(u64 offset, u64 size) = 0;
  virtual HostResult<void> set_size(u64 size) = 0;
  virtual HostResult<void> advise(u64 offset, u64 size, Advice advice) = 0;

  // Changes of Dsync, Rsync and Sync after opening may be refused (Notsup). They are the object's, so that all
  // descriptors of it see a change.
  FdFlags flags() const { return FdFlags::truncate(flags_.load(std::memory_order_relaxed)); }
  virtual HostResult<void> set_flags(FdFlags flags) = 0;

  // What the host's Poller waits on for this file. None: always ready, both ways.
  virtual std::optional<u64> wait_handle() const { return std::nullopt; }

  // Sockets; all others keep these answers.
  struct Received {
    u64 size;
    bool truncated;
  };
  enum class Receive : u8 { Take, Peek };
  enum class WaitFor : u8 { Some, All };
  virtual HostResult<std::shared_ptr<File>> accept(FdFlags) { return fail(Errno::Notsock); }
  virtual HostResult<Received> receive(std::span<u8>, Receive, WaitFor) { return fail(Errno::Notsock); }
  virtual HostResult<u64> send(std::span<const u8>) { return fail(Errno::Notsock); }
  enum class Shutdown : u8 { Read = 1, Write = 2, Both = 3 };
  virtual HostResult<void> shutdown(Shutdown) { return fail(Errno::Notsock); }

 protected:
  // Both are here and not asked of the class, since programs ask for them often.
  explicit File(FileType type, FdFlags flags = {}) : type_(type), flags_(flags.bits()) {}
  void keep_flags(FdFlags flags) { flags_.store(flags.bits(), std::memory_order_relaxed); }

 private:
  const FileType type_;
  std::atomic<u16> flags_;
};

struct DirectoryEntry {
  u64 next;  // the cookie of the entry behind this one; never 0
  u64 inode;
  FileType type;
  std::string name;
};

class Directory;

// What opening a name gave: exactly one of the two.
struct Opened {
  std::shared_ptr<File> file;
  std::shared_ptr<Directory> directory;
};

// A directory, and the names directly in it.
//
// A `Name` has at least one byte, no '/' and no NUL, and is neither "." nor ".."; it is UTF-8
// as the guest wrote it or bytes from a link's target. No function follows a symbolic link.
class Directory : public Node {
 public:
  using Name = std::string_view;

  // Walk: only for passing through, so no right to list is needed. List: for the guest.
  enum class Use : u8 { Walk, List };
  // Loop or Notdir for a symbolic link, Notdir for any other file, Noent.
  virtual HostResult<std::shared_ptr<Directory>> open_directory(Name name, Use use) = 0;
  // This directory once more, as a new object.
  virtual HostResult<std::shared_ptr<Directory>> reopen(Use use) = 0;

  // Opens a file or directory: Loop for a symbolic link. Create makes a regular file where
  // nothing is; Exclusive (with Create): Exist where something is, a symbolic link included;
  // Truncate empties a regular file; Directory: Notdir for all else. With Access::Write
  // or ReadWrite, or Truncate, a directory is Isdir.
  enum class Access : u8 { Read, Write, ReadWrite };
  virtual HostResult<Opened> open(Name name, OpenFlags how, Access access, FdFlags flags) = 0;

  virtual HostResult<FileStat> stat_at(Name name) = 0;  // of the link itself
  virtual HostResult<void> set_times_at(Name name, NewTime accessed, NewTime modified) = 0;
  virtual HostResult<void> create_directory(Name name) = 0;  // Exist
  virtual HostResult<void> remove_directory(Name name) = 0;  // Notdir, Notempty, Noent
  virtual HostResult<void> unlink(Name name) = 0;            // Isdir, Noent
  // Puts what is at `name` at `new_name` of `target`, replacing what a rename of POSIX would
  // replace. Xdev where `target` is not of the same host. Also Inval for a directory moved
  // below itself, Isdir, Notdir, Notempty, Exist.
  virtual HostResult<void> rename(Name name, Directory& target, Name new_name) = 0;
  // Another name for a file, or for a symbolic link itself. Perm for a directory; Exist; Xdev.
  virtual HostResult<void> link(Name name, Directory& target, Name new_name) = 0;
  // A symbolic link at `name`; the target is kept as given. Exist, a link there included.
  virtual HostResult<void> symlink(std::string_view target, Name name) = 0;
  virtual HostResult<std::string> read_link(Name name) = 0;  // Inval where it is no link

  // At most `limit` entries from the one with this cookie on (0: from the start); none at the
  // end. "." and ".." are among them. A cookie stays good while entries come and go: every
  // entry that is there throughout comes exactly once.
  virtual HostResult<std::vector<DirectoryEntry>> entries(u64 cookie, u32 limit) = 0;

  // Opens a directory by many components at once, links and `..` followed as walk.h would and
  // as confined, where the system has such a call. Perm for a path that leaves this directory.
  // Nosys: walk component by component. The path is not empty and has no NUL.
  virtual HostResult<std::shared_ptr<Directory>> descend(std::string_view) { return fail(Errno::Nosys); }

  // An address that equals another directory's where the two are of the same class of the same
  // host: then, and only then, rename and link may cast `target` to that class.
  virtual const void* host() const = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  // Inval for a clock that the host has not.
  virtual HostResult<Timestamp> now(ClockId clock) = 0;
  virtual HostResult<Timestamp> resolution(ClockId clock) = 0;
};

class Random {
 public:
  virtual ~Random() = default;
  virtual HostResult<void> fill(std::span<u8> bytes) = 0;
};

// Ends the waits of one process, from outside. While it is raised every wait of that
// process, begun or to come, ends with Errno::Canceled; what does not wait goes on.
class Interruption {
 public:
  virtual ~Interruption() = default;
  virtual void raise() = 0;  // any thread; allocates nothing and takes no lock
  virtual void clear() = 0;
  virtual bool raised() const = 0;
};

enum class Interest : u8 { Read, Write };

// One file that somebody waits for, and what came of it.
struct PollItem {
  File* file;
  Interest interest;
  bool ready = false;
  bool hangup = false;  // the other side has gone
  u64 size = 0;         // bytes to be had (Read) or room (Write), as far as known
  Errno error = Errno::Success;  // ready, and in error
};

class Poller {
 public:
  virtual ~Poller() = default;
  // Waits until an item is ready, or the monotonic clock is at `deadline` (none: for ever; in
  // the past: looks only), or the process is interrupted (Canceled). May return early with
  // nothing ready. Fills the items' answers.
  virtual HostResult<void> wait(std::span<PollItem> items, std::optional<Timestamp> deadline) = 0;
  // Lets others run.
  virtual void yield() = 0;
};

}  // namespace skerry::wasi
