// The tree of names that a system's programs see: file systems, each mounted at a place.
//
//   Mounts tree;
//   tree.mount("/", root, Mutability::ReadWrite, "ram");
//   tree.mount("/bin", programs, Mutability::ReadOnly, "ram");
//   std::shared_ptr<wasi::Directory> preopened = tree.open();   // of "/"
//
// What `open` gives is one more Directory over those of the file systems, which know nothing of each other: a
// directory in which, or below which, something else is mounted shows it and leads into it, whatever the file system
// has under that name. The place itself is Busy: it cannot be removed, renamed or replaced. A place need not be there
// in the file system that it lies in; what is missing on the way is shown as a folder that is empty and stays so.
// Renames and links from one file system to another are Xdev. In a file system that is mounted ReadOnly all that would
// change something is Rofs, through the files that were opened there as well.
//
// There is no way from a directory to the one above it (wasi/host.h): who is given a part of the tree, by a descriptor
// on a directory in it, sees that part alone, with what is mounted in it.
//
// All mounting comes before the first `open`. From then on nothing here changes, and no lock is needed; the
// directories that are open refer to the tree, which must outlive them.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wasi/descriptors.h"
#include "wasi/host.h"

namespace skerry::kernel {

struct Mount {
  std::string path;  // from "/" on, plain
  std::string kind;  // of file system, for people
  wasi::Mutability tree;
  std::shared_ptr<wasi::Directory> root;
};

class Mounts {
 public:
  // What the tree knows of a directory in which or below which something is mounted.
  struct Point {
    const Mount* mount = nullptr;  // that begins here; null: it is one of the file system above
    std::map<std::string, std::unique_ptr<Point>, std::less<>> below;
  };

  // "/" comes first. Where something is mounted already it is hidden. Inval for a path with "..", Notdir where
  // the way leads through what is no directory.
  wasi::HostResult<void> mount(std::string_view path, std::shared_ptr<wasi::Directory> root, wasi::Mutability tree,
                               std::string kind);
  // What is at "/".
  wasi::HostResult<std::shared_ptr<wasi::Directory>> open() const;

  // By the order of mounting; what is hidden is among them.
  const std::vector<std::unique_ptr<Mount>>& all() const { return all_; }

 private:
  std::vector<std::unique_ptr<Mount>> all_;
  Point root_;
};

}  // namespace skerry::kernel
