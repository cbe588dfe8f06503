// What a program left in its directories, as an archive for the host (archive.h).

#pragma once

#include <functional>
#include <span>
#include <string>

#include "kernel/fs/ram.h"

namespace skerry::kernel {

struct ChangedTree {
  std::string prefix;  // the names' beginning: "dirs/N"
  RamNode* root;
};

// Gives the archive in pieces. Names longer than a host takes and files of 4 GB and more are left
// out; answers how many.
u64 write_changes(std::span<const ChangedTree> trees, const std::function<void(std::span<const u8>)>& emit);

}  // namespace skerry::kernel
