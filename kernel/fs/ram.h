// A file system in memory: WASI's files and directories (wasi/host.h) over nodes.
//
//   RamFiles files(clock, budget);
//   std::shared_ptr<RamNode> tree = files.create_tree();
//   files.add(tree, "a/b.txt", ...);                     // from an archive
//   std::shared_ptr<wasi::Directory> preopened = files.open(tree);
//
// A node is what a name stands for: a file, a directory or a symbolic link. Directories own the
// nodes that they name, open files and directories theirs. One lock is over each file system: open files and
// directories take it, and drop their nodes under it; nodes leave it to them.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/fs/content.h"
#include "platform/platform.h"
#include "wasi/host.h"

namespace skerry::kernel {

class RamFiles;
struct RamNode;

// A name in a directory. Its id is what cookies are made of.
struct RamEntry {
  u64 id;
  std::string name;
  std::shared_ptr<RamNode> node;
};

// A guest chooses names, and must not choose them so that all of them meet in one bucket.
struct NameHash {
  u64 secret;
  usize operator()(std::string_view name) const;
};

struct RamNode {
  RamNode(RamFiles& files, wasi::FileType type, std::span<const u8> original = {});
  ~RamNode();
  RamNode(const RamNode&) = delete;
  RamNode& operator=(const RamNode&) = delete;

  wasi::FileStat stat() const;
  void touch_modified();

  RamFiles& files;
  const u64 number;
  const wasi::FileType type;
  u64 links = 0;  // names
  wasi::Timestamp accessed, modified, changed;

  Content content;     // of a file
  std::string target;  // of a symbolic link

  // Of a directory, by rising id. Removed entries leave a null until there are many.
  struct Slot {
    u64 id;
    std::unique_ptr<RamEntry> entry;
  };
  std::vector<Slot> slots;
  std::unordered_map<std::string_view, RamEntry*, NameHash> names;  // the views are of the entries' own names
  u64 next_id = first_id;
  RamNode* parent = nullptr;  // null for the root and for what was removed

  // Where it came from, while it is as it was there; else empty.
  std::string_view origin;

  static constexpr u64 first_id = 2;  // behind "." and ".."

  RamEntry* find(std::string_view name) const;
  // The name is not there yet. Nospc; Nametoolong; Noent in a directory that was removed.
  wasi::HostResult<void> can_insert(std::string_view name) const;
  wasi::HostResult<void> insert(std::string_view name, std::shared_ptr<RamNode> node);
  void remove(RamEntry* entry);
};

class RamFiles {
 public:
  // `secret` is random.
  RamFiles(wasi::Clock& clock, Budget budget, u64 secret) : secret(secret), clock_(clock), budget_(budget) {}

  std::shared_ptr<RamNode> create_tree();
  std::shared_ptr<wasi::Directory> open(std::shared_ptr<RamNode> tree);

  // Puts a node at a path of plain names, directories on the way made where they are missing.
  // `content` (a file's bytes or a link's target) and `origin` must outlive the file system. Inval
  // for a path with an empty name, "." or ".."; Exist; Notdir; Nospc.
  wasi::HostResult<void> add(RamNode& tree, std::string_view path, wasi::FileType type, std::span<const u8> content,
                             wasi::Timestamp modified, std::string_view origin);

  // How often anything was changed since the last `add`.
  u64 changes() const { return changes_; }
  void note_change() { ++changes_; }

  wasi::Timestamp now();
  u64 next_number() { return ++last_number_; }
  Budget& budget() { return budget_; }

  // For who looks at nodes or changes them.
  platform::MutexGuard exclude() { return platform::MutexGuard(mutex_); }

  const u64 secret;

 private:
  platform::Mutex mutex_;  // guards all that is below
  wasi::Clock& clock_;
  Budget budget_;
  u64 last_number_ = 0;
  u64 changes_ = 0;
};

}  // namespace skerry::kernel
