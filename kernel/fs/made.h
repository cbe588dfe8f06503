// Directories that no disk and no archive holds: their entries are made by the kernel (devices.h, proc/files.h).
//
// Names come and go as the kernel pleases, and by no call of a guest: whatever would change one is Perm, as it is on
// a Linux system's /proc. A file that only tells something is a text, made when it is opened: its reader sees one
// instant, however slowly it reads.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "wasi/host.h"

namespace skerry::kernel {

// An entry, and how to come by what it stands for: exactly one of the functions is there.
struct MadeEntry {
  std::string name;
  u64 inode;  // unlike any other of the same device
  wasi::FileType type;
  std::function<std::shared_ptr<wasi::File>()> file = nullptr;
  std::function<std::string()> text = nullptr;                        // of a file that only tells something
  std::function<std::shared_ptr<wasi::Directory>()> directory = nullptr;
  std::function<std::string()> target = nullptr;                      // of a symbolic link
};

class MadeDirectory : public wasi::Directory {
 public:
  // `device` and `inode` are what it says of itself.
  MadeDirectory(u64 device, u64 inode, wasi::Timestamp since) : device_(device), inode_(inode), since_(since) {}

  wasi::HostResult<wasi::FileStat> stat() override;
  wasi::HostResult<void> set_times(wasi::NewTime, wasi::NewTime) override { return fail(wasi::Errno::Perm); }
  wasi::HostResult<void> datasync() override { return {}; }
  wasi::HostResult<void> sync() override { return {}; }

  wasi::HostResult<std::shared_ptr<Directory>> open_directory(Name name, Use use) override;
  wasi::HostResult<wasi::Opened> open(Name name, wasi::OpenFlags how, Access access, wasi::FdFlags flags) override;
  wasi::HostResult<wasi::FileStat> stat_at(Name name) override;
  wasi::HostResult<void> set_times_at(Name name, wasi::NewTime, wasi::NewTime) override;
  wasi::HostResult<void> create_directory(Name name) override;
  wasi::HostResult<void> remove_directory(Name name) override;
  wasi::HostResult<void> unlink(Name name) override;
  wasi::HostResult<void> rename(Name name, Directory& target, Name new_name) override;
  wasi::HostResult<void> link(Name name, Directory& target, Name new_name) override;
  wasi::HostResult<void> symlink(std::string_view target, Name name) override;
  wasi::HostResult<std::string> read_link(Name name) override;
  wasi::HostResult<std::vector<wasi::DirectoryEntry>> entries(u64 cookie, u32 limit) override;
  const void* host() const override;

 protected:
  // At most so many entries, by rising inode, from one on. A cookie is made of inodes, so it keeps its meaning.
  virtual std::vector<MadeEntry> list(u64 from_inode, u32 most) const = 0;
  // Noent. Goes through the list, where that is not long.
  virtual wasi::HostResult<MadeEntry> find(Name name) const;

  u64 device() const { return device_; }
  wasi::Timestamp since() const { return since_; }

 private:
  // Perm where it is there, else Noent.
  wasi::HostResult<void> refuse(Name name) const;

  u64 device_, inode_;
  wasi::Timestamp since_;
};

// A text as a file that can be read, and no more.
std::shared_ptr<wasi::File> made_file(std::string text, u64 device, u64 inode, wasi::Timestamp since);

}  // namespace skerry::kernel
