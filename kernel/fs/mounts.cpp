#include "kernel/fs/mounts.h"

#include <algorithm>

#include "base/check.h"

namespace skerry::kernel {

using wasi::Errno;
using wasi::FdFlags;
using wasi::FileType;
using wasi::HostResult;
using wasi::Mutability;
using wasi::NewTime;
using wasi::OpenFlag;

namespace {

// A file of a file system that is mounted read-only. It was not opened to be written; this is for what a file's
// reader may change as well.
class ReadOnlyFile final : public wasi::File {
 public:
  explicit ReadOnlyFile(std::shared_ptr<wasi::File> file) : File(file->type(), file->flags()), file_(std::move(file)) {}

  HostResult<wasi::FileStat> stat() override { return file_->stat(); }
  HostResult<void> set_times(NewTime, NewTime) override { return fail(Errno::Rofs); }
  HostResult<void> datasync() override { return file_->datasync(); }
  HostResult<void> sync() override { return file_->sync(); }
  HostResult<u64> read(std::span<u8> into) override { return file_->read(into); }
  HostResult<u64> write(std::span<const u8>) override { return fail(Errno::Rofs); }
  HostResult<u64> read_at(std::span<u8> into, u64 offset) override { return file_->read_at(into, offset); }
  HostResult<u64> write_at(std::span<const u8>, u64) override { return fail(Errno::Rofs); }
  HostResult<u64> seek(i64 offset, wasi::Whence whence) override { return file_->seek(offset, whence); }
  HostResult<void> allocate(u64, u64) override { return fail(Errno::Rofs); }
  HostResult<void> set_size(u64) override { return fail(Errno::Rofs); }
  HostResult<void> advise(u64 offset, u64 size, wasi::Advice advice) override {
    return file_->advise(offset, size, advice);
  }
  HostResult<void> set_flags(FdFlags flags) override {
    TRY(file_->set_flags(flags));
    keep_flags(file_->flags());
    return {};
  }

 private:
  std::shared_ptr<wasi::File> file_;
};

// A place that something is mounted below, and that the file system above does not have.
class EmptyDirectory final : public wasi::Directory {
 public:
  HostResult<wasi::FileStat> stat() override { return wasi::FileStat{.type = FileType::Directory, .links = 1}; }
  HostResult<void> set_times(NewTime, NewTime) override { return fail(Errno::Rofs); }
  HostResult<void> datasync() override { return {}; }
  HostResult<void> sync() override { return {}; }
  HostResult<std::shared_ptr<Directory>> open_directory(Name, Use) override { return fail(Errno::Noent); }
  HostResult<std::shared_ptr<Directory>> reopen(Use) override {
    return std::shared_ptr<Directory>(std::make_shared<EmptyDirectory>());
  }
  HostResult<wasi::Opened> open(Name, wasi::OpenFlags how, Access, FdFlags) override {
    return fail(how.has(OpenFlag::Create) ? Errno::Rofs : Errno::Noent);
  }
  HostResult<wasi::FileStat> stat_at(Name) override { return fail(Errno::Noent); }
  HostResult<void> set_times_at(Name, NewTime, NewTime) override { return fail(Errno::Noent); }
  HostResult<void> create_directory(Name) override { return fail(Errno::Rofs); }
  HostResult<void> remove_directory(Name) override { return fail(Errno::Noent); }
  HostResult<void> unlink(Name) override { return fail(Errno::Noent); }
  HostResult<void> rename(Name, Directory&, Name) override { return fail(Errno::Noent); }
  HostResult<void> link(Name, Directory&, Name) override { return fail(Errno::Noent); }
  HostResult<void> symlink(std::string_view, Name) override { return fail(Errno::Rofs); }
  HostResult<std::string> read_link(Name) override { return fail(Errno::Noent); }
  HostResult<std::vector<wasi::DirectoryEntry>> entries(u64 cookie, u32 limit) override {
    std::vector<wasi::DirectoryEntry> result;
    if (cookie <= 0 && limit > 0) result.push_back({1, 0, FileType::Directory, "."});
    if (cookie <= 1 && result.size() < limit) result.push_back({2, 0, FileType::Directory, ".."});
    return result;
  }
  const void* host() const override { return &host_identity; }

 private:
  static constexpr int host_identity = 0;
};

// A directory of a mounted file system, with what is mounted in it.
class MountedDirectory final : public wasi::Directory {
 public:
  using Point = Mounts::Point;

  // `point` is null where nothing is mounted in it or below.
  MountedDirectory(std::shared_ptr<Directory> inner, const Mount& mount, const Point* point)
      : inner_(std::move(inner)), mount_(mount), point_(point) {}

  HostResult<wasi::FileStat> stat() override { return inner_->stat(); }
  HostResult<void> set_times(NewTime accessed, NewTime modified) override {
    TRY(may_change());
    return inner_->set_times(accessed, modified);
  }
  HostResult<void> datasync() override { return inner_->datasync(); }
  HostResult<void> sync() override { return inner_->sync(); }

  HostResult<std::shared_ptr<Directory>> open_directory(Name name, Use use) override {
    const Point* below = point_at(name);
    if (below && below->mount) return wrap(TRY(below->mount->root->reopen(use)), *below->mount, below);
    return wrap(TRY(inner_->open_directory(name, use)), mount_, below);
  }
  HostResult<std::shared_ptr<Directory>> reopen(Use use) override {
    return wrap(TRY(inner_->reopen(use)), mount_, point_);
  }

  HostResult<wasi::Opened> open(Name name, wasi::OpenFlags how, Access access, FdFlags flags) override {
    if (point_at(name)) {
      if (how.has(OpenFlag::Create | OpenFlag::Exclusive)) return fail(Errno::Exist);
      if (access != Access::Read || how.has_any(OpenFlag::Create | OpenFlag::Truncate)) return fail(Errno::Isdir);
      return wasi::Opened{nullptr, TRY(open_directory(name, Use::List))};
    }
    if (access != Access::Read || how.has_any(OpenFlag::Create | OpenFlag::Truncate)) TRY(may_change());
    wasi::Opened opened = TRY(inner_->open(name, how, access, flags));
    if (opened.directory) opened.directory = wrap(std::move(opened.directory), mount_, nullptr);
    else if (is_read_only()) opened.file = std::make_shared<ReadOnlyFile>(std::move(opened.file));
    return opened;
  }

  HostResult<wasi::FileStat> stat_at(Name name) override {
    const Point* below = point_at(name);
    return below && below->mount ? below->mount->root->stat() : inner_->stat_at(name);
  }
  HostResult<void> set_times_at(Name name, NewTime accessed, NewTime modified) override {
    if (point_at(name)) return TRY(open_directory(name, Use::Walk))->set_times(accessed, modified);
    TRY(may_change());
    return inner_->set_times_at(name, accessed, modified);
  }

  HostResult<void> create_directory(Name name) override {
    if (point_at(name)) return fail(Errno::Exist);
    TRY(may_change());
    return inner_->create_directory(name);
  }
  HostResult<void> remove_directory(Name name) override {
    TRY(may_remove(name));
    return inner_->remove_directory(name);
  }
  HostResult<void> unlink(Name name) override {
    if (point_at(name)) return fail(Errno::Isdir);
    TRY(may_change());
    return inner_->unlink(name);
  }

  HostResult<void> rename(Name name, Directory& target, Name new_name) override {
    MountedDirectory& to = *TRY(same_mount(target));
    TRY(may_remove(name));
    TRY(to.may_remove(new_name));
    return inner_->rename(name, *to.inner_, new_name);
  }
  HostResult<void> link(Name name, Directory& target, Name new_name) override {
    MountedDirectory& to = *TRY(same_mount(target));
    if (point_at(name)) return fail(Errno::Perm);
    if (to.point_at(new_name)) return fail(Errno::Exist);
    TRY(may_change());
    return inner_->link(name, *to.inner_, new_name);
  }
  HostResult<void> symlink(std::string_view target, Name name) override {
    if (point_at(name)) return fail(Errno::Exist);
    TRY(may_change());
    return inner_->symlink(target, name);
  }
  HostResult<std::string> read_link(Name name) override {
    if (point_at(name)) return fail(Errno::Inval);
    return inner_->read_link(name);
  }

  // The file system's own entries, then those that are mounted, whose cookies have the highest bit set and a place
  // in the list.
  HostResult<std::vector<wasi::DirectoryEntry>> entries(u64 cookie, u32 limit) override {
    if (!point_) return inner_->entries(cookie, limit);
    std::vector<wasi::DirectoryEntry> result;
    usize hidden = 0;
    while (limit > 0 && !(cookie & mounted)) {
      auto own = TRY(inner_->entries(cookie, limit));
      if (own.empty()) cookie = mounted;
      for (wasi::DirectoryEntry& entry : own) {
        if (entry.next & mounted) return fail(Errno::Overflow);
        cookie = entry.next;
        if (!point_->below.contains(entry.name)) result.push_back(std::move(entry));
        else if (++hidden > point_->below.size()) return fail(Errno::Io);  // a name comes once, or this had no end
      }
      if (!result.empty()) return result;
    }
    u64 at = 0;
    for (const auto& [name, below] : point_->below) {
      if (at++ < (cookie & ~mounted)) continue;
      if (result.size() == limit) break;
      auto stat = stat_at(name);
      result.push_back({mounted | at, stat ? stat->inode : 0, FileType::Directory, name});
    }
    return result;
  }

  const void* host() const override { return &host_identity; }

 private:
  static constexpr int host_identity = 0;
  static constexpr u64 mounted = u64{1} << 63;

  static std::shared_ptr<Directory> wrap(std::shared_ptr<Directory> inner, const Mount& mount, const Point* point) {
    if (point && point->below.empty()) point = nullptr;
    return std::make_shared<MountedDirectory>(std::move(inner), mount, point);
  }

  const Point* point_at(Name name) const {
    if (!point_) return nullptr;
    auto found = point_->below.find(name);
    return found == point_->below.end() ? nullptr : found->second.get();
  }
  bool is_read_only() const { return mount_.tree == Mutability::ReadOnly; }
  HostResult<void> may_change() const {
    if (is_read_only()) return fail(Errno::Rofs);
    return {};
  }
  HostResult<void> may_remove(Name name) const {
    if (point_at(name)) return fail(Errno::Busy);
    return may_change();
  }
  HostResult<MountedDirectory*> same_mount(Directory& target) const {
    if (target.host() != host()) return fail(Errno::Xdev);
    auto* to = static_cast<MountedDirectory*>(&target);
    if (&to->mount_ != &mount_) return fail(Errno::Xdev);
    return to;
  }

  std::shared_ptr<Directory> inner_;
  const Mount& mount_;
  const Point* point_;
};

}  // namespace

HostResult<void> Mounts::mount(std::string_view path, std::shared_ptr<wasi::Directory> root, Mutability tree,
                               std::string kind) {
  using Use = wasi::Directory::Use;
  std::vector<std::string_view> names;
  while (!path.empty()) {
    std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    if (name == "..") return fail(Errno::Inval);
    if (!name.empty() && name != ".") names.push_back(name);
  }
  if (!names.empty() && !root_.mount) return fail(Errno::Noent);

  // How many of the names on the way are there.
  usize there = 0;
  const Point* known = &root_;
  std::shared_ptr<wasi::Directory> here = names.empty() ? nullptr : root_.mount->root;
  for (; there + 1 < names.size(); ++there) {
    auto below = known ? known->below.find(names[there]) : root_.below.end();
    bool is_known = known && below != known->below.end();
    known = is_known ? below->second.get() : nullptr;
    auto next = is_known && known->mount ? known->mount->root->reopen(Use::Walk)
                                         : here->open_directory(names[there], Use::Walk);
    if (!next && next.error() == Errno::Noent) break;
    if (!next) return fail(next.error());
    here = *std::move(next);
  }

  Point* point = &root_;
  std::string plain;
  for (usize i = 0; i < names.size(); ++i) {
    plain += '/';
    plain += names[i];
    auto& below = point->below[std::string(names[i])];
    if (!below) below = std::make_unique<Point>();
    point = below.get();
    if (i < there || i + 1 == names.size() || point->mount) continue;
    auto empty = std::make_shared<EmptyDirectory>();
    all_.push_back(std::make_unique<Mount>(plain, "empty", Mutability::ReadOnly, std::move(empty)));
    point->mount = all_.back().get();
  }
  all_.push_back(std::make_unique<Mount>(plain.empty() ? "/" : plain, std::move(kind), tree, std::move(root)));
  point->mount = all_.back().get();
  return {};
}

HostResult<std::shared_ptr<wasi::Directory>> Mounts::open() const {
  CHECK(root_.mount);
  auto inner = TRY(root_.mount->root->reopen(wasi::Directory::Use::List));
  return std::shared_ptr<wasi::Directory>(std::make_shared<MountedDirectory>(std::move(inner), *root_.mount, &root_));
}

}  // namespace skerry::kernel
