#include "kernel/fs/made.h"

#include <algorithm>
#include <atomic>

namespace skerry::kernel {

using wasi::Errno;
using wasi::FdFlags;
using wasi::FileType;
using wasi::HostResult;
using wasi::OpenFlag;

namespace {

wasi::FileStat stat_of(u64 device, u64 inode, FileType type, u64 size, wasi::Timestamp since) {
  return {.device = device, .inode = inode, .type = type, .links = 1, .size = size,
          .accessed = since, .modified = since, .changed = since};
}

class MadeFile final : public wasi::File {
 public:
  MadeFile(std::string text, u64 device, u64 inode, wasi::Timestamp since)
      : File(FileType::RegularFile), text_(std::move(text)), device_(device), inode_(inode), since_(since) {}

  HostResult<wasi::FileStat> stat() override {
    return stat_of(device_, inode_, FileType::RegularFile, text_.size(), since_);
  }
  HostResult<void> set_times(wasi::NewTime, wasi::NewTime) override { return fail(Errno::Perm); }
  HostResult<void> datasync() override { return {}; }
  HostResult<void> sync() override { return {}; }

  HostResult<u64> read(std::span<u8> into) override {
    u64 size = TRY(read_at(into, position_));
    position_ += size;
    return size;
  }
  HostResult<u64> write(std::span<const u8>) override { return fail(Errno::Badf); }
  HostResult<u64> read_at(std::span<u8> into, u64 offset) override {
    if (offset > u64(INT64_MAX)) return fail(Errno::Inval);
    if (offset >= text_.size()) return u64{0};
    usize size = std::min<usize>(into.size(), text_.size() - offset);
    std::copy_n(text_.begin() + std::ptrdiff_t(offset), size, into.begin());
    return u64(size);
  }
  HostResult<u64> write_at(std::span<const u8>, u64) override { return fail(Errno::Badf); }
  HostResult<u64> seek(i64 offset, wasi::Whence whence) override {
    u64 from = whence == wasi::Whence::Current ? position_.load() : whence == wasi::Whence::End ? text_.size() : 0;
    i64 to;
    if (__builtin_add_overflow(i64(from), offset, &to) || to < 0) return fail(Errno::Inval);
    position_ = u64(to);
    return u64(to);
  }
  HostResult<void> allocate(u64, u64) override { return fail(Errno::Perm); }
  HostResult<void> set_size(u64) override { return fail(Errno::Perm); }
  HostResult<void> advise(u64, u64, wasi::Advice) override { return {}; }
  HostResult<void> set_flags(FdFlags flags) override {
    keep_flags(flags);
    return {};
  }

 private:
  const std::string text_;
  const u64 device_, inode_;
  const wasi::Timestamp since_;
  std::atomic<u64> position_ = 0;
};

constexpr int host_identity = 0;

}  // namespace

std::shared_ptr<wasi::File> made_file(std::string text, u64 device, u64 inode, wasi::Timestamp since) {
  return std::make_shared<MadeFile>(std::move(text), device, inode, since);
}

HostResult<MadeEntry> MadeDirectory::find(Name name) const {
  for (MadeEntry& entry : list(0, ~u32{0})) {
    if (entry.name == name) return std::move(entry);
  }
  return fail(Errno::Noent);
}

HostResult<void> MadeDirectory::refuse(Name name) const {
  TRY(find(name));
  return fail(Errno::Perm);
}

HostResult<wasi::FileStat> MadeDirectory::stat() { return stat_of(device_, inode_, FileType::Directory, 0, since_); }

HostResult<std::shared_ptr<wasi::Directory>> MadeDirectory::open_directory(Name name, Use) {
  MadeEntry entry = TRY(find(name));
  if (entry.directory) return entry.directory();
  return fail(entry.target ? Errno::Loop : Errno::Notdir);
}

HostResult<wasi::Opened> MadeDirectory::open(Name name, wasi::OpenFlags how, Access access, FdFlags flags) {
  auto found = find(name);
  if (!found) return fail(how.has(OpenFlag::Create) && found.error() == Errno::Noent ? Errno::Perm : found.error());
  MadeEntry& entry = *found;
  if (how.has(OpenFlag::Create | OpenFlag::Exclusive)) return fail(Errno::Exist);
  if (entry.target) return fail(Errno::Loop);
  if (entry.directory) {
    if (access != Access::Read || how.has_any(OpenFlag::Create | OpenFlag::Truncate)) return fail(Errno::Isdir);
    return wasi::Opened{nullptr, entry.directory()};
  }
  if (how.has(OpenFlag::Directory)) return fail(Errno::Notdir);
  if (entry.text && (access != Access::Read || how.has(OpenFlag::Truncate))) return fail(Errno::Perm);
  std::shared_ptr<wasi::File> file = entry.text ? made_file(entry.text(), device_, entry.inode, since_) : entry.file();
  TRY(file->set_flags(flags));
  return wasi::Opened{std::move(file), nullptr};
}

HostResult<wasi::FileStat> MadeDirectory::stat_at(Name name) {
  MadeEntry entry = TRY(find(name));
  u64 size = entry.text ? entry.text().size() : entry.target ? entry.target().size() : 0;
  return stat_of(device_, entry.inode, entry.type, size, since_);
}

HostResult<void> MadeDirectory::set_times_at(Name name, wasi::NewTime, wasi::NewTime) { return refuse(name); }

HostResult<void> MadeDirectory::create_directory(Name name) {
  return fail(find(name) ? Errno::Exist : Errno::Perm);
}

HostResult<void> MadeDirectory::remove_directory(Name name) { return refuse(name); }

HostResult<void> MadeDirectory::unlink(Name name) { return refuse(name); }

HostResult<void> MadeDirectory::rename(Name name, Directory& target, Name) {
  if (target.host() != host()) return fail(Errno::Xdev);
  return refuse(name);
}

HostResult<void> MadeDirectory::link(Name name, Directory& target, Name) {
  if (target.host() != host()) return fail(Errno::Xdev);
  return refuse(name);
}

HostResult<void> MadeDirectory::symlink(std::string_view, Name name) {
  return fail(find(name) ? Errno::Exist : Errno::Perm);
}

HostResult<std::string> MadeDirectory::read_link(Name name) {
  MadeEntry entry = TRY(find(name));
  if (!entry.target) return fail(Errno::Inval);
  return entry.target();
}

// A cookie is 1 behind ".", 2 behind "..", and 3 + its inode behind an entry.
HostResult<std::vector<wasi::DirectoryEntry>> MadeDirectory::entries(u64 cookie, u32 limit) {
  std::vector<wasi::DirectoryEntry> result;
  if (cookie <= 0 && limit > 0) result.push_back({1, inode_, FileType::Directory, "."});
  if (cookie <= 1 && result.size() < limit) result.push_back({2, inode_, FileType::Directory, ".."});
  if (result.size() == limit) return result;
  u64 from = cookie < 3 ? 0 : cookie - 2;
  for (MadeEntry& entry : list(from, limit - u32(result.size()))) {
    result.push_back({entry.inode + 3, entry.inode, entry.type, std::move(entry.name)});
  }
  return result;
}

const void* MadeDirectory::host() const { return &host_identity; }

}  // namespace skerry::kernel
