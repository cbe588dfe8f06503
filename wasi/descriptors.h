// A process's descriptors: numbers that stand for files and directories, with what may be
// done to them.
//
// Every look-up takes the rights that its caller needs and gives the object or the error, so
// that there is no object without a check. What may be done has two parts:
//
// * Rights, as preview 1 has them. They start as all that fit the kind of file and were
//   inherited from the directory that it was opened in; a guest can drop them, never add.
//   The base rights are for the descriptor, the inheriting ones bound what is opened in it.
// * The tree's mutability, the embedder's: in a read-only tree whatever changes a file, a
//   directory or their metadata is Rofs, whatever the rights say. It passes to all that is
//   opened in the tree, and nothing can change it.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wasi/host.h"

namespace skerry::wasi {

// Rights by kind of file.
inline constexpr Rights directory_rights =
    Right::PathCreateDirectory | Right::PathCreateFile | Right::PathLinkSource | Right::PathLinkTarget |
    Right::PathOpen | Right::FdReaddir | Right::PathReadlink | Right::PathRenameSource | Right::PathRenameTarget |
    Right::PathFilestatGet | Right::PathFilestatSetSize | Right::PathFilestatSetTimes | Right::FdFilestatGet |
    Right::FdFilestatSetTimes | Right::PathSymlink | Right::PathRemoveDirectory | Right::PathUnlinkFile |
    Right::FdSync | Right::FdDatasync | Right::FdFdstatSetFlags;
inline constexpr Rights file_rights =
    Right::FdDatasync | Right::FdRead | Right::FdSeek | Right::FdFdstatSetFlags | Right::FdSync | Right::FdTell |
    Right::FdWrite | Right::FdAdvise | Right::FdAllocate | Right::FdFilestatGet | Right::FdFilestatSetSize |
    Right::FdFilestatSetTimes | Right::PollFdReadwrite;
inline constexpr Rights socket_rights =
    Right::FdRead | Right::FdFdstatSetFlags | Right::FdWrite | Right::FdFilestatGet | Right::PollFdReadwrite |
    Right::SockShutdown | Right::SockAccept;

// What changes a file system, its contents or its metadata.
inline constexpr Rights mutating_rights =
    Right::FdWrite | Right::FdAllocate | Right::PathCreateDirectory | Right::PathCreateFile | Right::PathLinkSource |
    Right::PathLinkTarget | Right::PathRenameSource | Right::PathRenameTarget | Right::PathFilestatSetSize |
    Right::PathFilestatSetTimes | Right::FdFilestatSetSize | Right::FdFilestatSetTimes | Right::PathSymlink |
    Right::PathRemoveDirectory | Right::PathUnlinkFile;

enum class Mutability : u8 { ReadOnly, ReadWrite };

struct Descriptor {
  Opened node;
  Rights base;
  Rights inheriting;
  Mutability tree;
  std::optional<std::string> preopen;  // the guest's name for a directory that was given

  // Whether it stands for something: a number that is free has an empty one.
  bool is_open() const { return node.file || node.directory; }
  bool is_directory() const { return node.directory != nullptr; }
  Node& object() const { return node.directory ? static_cast<Node&>(*node.directory) : *node.file; }
  bool allows(Rights needed) const {
    return base.has(needed) && (tree == Mutability::ReadWrite || !needed.has_any(mutating_rights));
  }
  // Rofs, Badf for reading or writing what was not opened for it, else Notcapable.
  HostResult<void> allow(Rights needed) const {
    if (!allows(needed)) [[unlikely]] return fail(refusal(needed));
    return {};
  }

 private:
  [[gnu::cold]] Errno refusal(Rights needed) const;
};

// The descriptor of what was opened in a directory whose descriptors inherit `inherited`.
// `asked` counts for FdRead and FdWrite alone; see path_open.
Descriptor make_descriptor(Opened node, Rights asked, Rights inherited, Mutability tree);

class DescriptorTable {
 public:
  explicit DescriptorTable(u32 limit) : limit_(limit) {}

  // Badf where the number stands for nothing. Good until the table changes: by this call, or by nobody, since one
  // thread of the guest is in a call at a time (context.h), waits included.
  HostResult<const Descriptor*> find(u32 fd, Rights needed) const {
    // As slots_.size() says, without the division in it.
    u64 offset = u64{fd} * sizeof(Descriptor);
    const char* begin = reinterpret_cast<const char*>(slots_.data());
    if (offset >= u64(reinterpret_cast<const char*>(slots_.data() + slots_.size()) - begin)) [[unlikely]] {
      return fail(Errno::Badf);
    }
    const Descriptor* descriptor = reinterpret_cast<const Descriptor*>(begin + offset);
    if (!descriptor->is_open()) [[unlikely]] return fail(Errno::Badf);
    TRY(descriptor->allow(needed));
    return descriptor;
  }
  HostResult<File*> file(u32 fd, Rights needed) const {  // also Isdir
    const Descriptor* descriptor = TRY(find(fd, {}));
    if (descriptor->is_directory()) [[unlikely]] return fail(Errno::Isdir);
    TRY(descriptor->allow(needed));
    return descriptor->node.file.get();
  }
  // With copies, which outlive a change of the table.
  struct InDirectory {
    std::shared_ptr<Directory> directory;
    Rights inheriting;
    Mutability tree;
  };
  HostResult<InDirectory> directory(u32 fd, Rights needed) const;  // also Notdir

  // The lowest free number. Mfile at the limit, Nomem; `full` asks before something is opened.
  HostResult<u32> insert(Descriptor descriptor);
  HostResult<void> full() const;
  HostResult<void> close(u32 fd);
  // `to`, which must be open, is closed and becomes what `from` was; `from` is free then.
  HostResult<void> renumber(u32 from, u32 to);
  // Notcapable where a right would be added.
  HostResult<void> restrict(u32 fd, Rights base, Rights inheriting);

  u32 count() const { return count_; }

 private:
  u32 limit_;
  u32 count_ = 0;
  u32 first_free_ = 0;  // no number below it is free
  std::vector<Descriptor> slots_;  // by number
};

}  // namespace skerry::wasi
