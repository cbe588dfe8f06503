// kernel/fs/mounts.h and made.h: file systems in one tree, walked as guests do (wasi/walk.h).

#include "kernel/fs/mounts.h"

#include <gtest/gtest.h>

#include <set>

#include "kernel/fs/devices.h"
#include "kernel/fs/made.h"
#include "kernel/fs/ram.h"
#include "wasi/walk.h"

namespace skerry::kernel {
namespace {

using wasi::Directory;
using wasi::Errno;
using wasi::FileType;
using wasi::Mutability;
using wasi::OpenFlag;
using Access = wasi::Directory::Access;

class StepClock final : public wasi::Clock {
 public:
  wasi::HostResult<wasi::Timestamp> now(wasi::ClockId) override { return ++time_; }
  wasi::HostResult<wasi::Timestamp> resolution(wasi::ClockId) override { return u64{1}; }

 private:
  u64 time_ = 1000;
};

class Sevens final : public wasi::Random {
 public:
  wasi::HostResult<void> fill(std::span<u8> bytes) override {
    std::ranges::fill(bytes, u8(7));
    return {};
  }
};

template <class T>
Errno error(const wasi::HostResult<T>& result) {
  return result ? Errno::Success : result.error();
}

std::span<const u8> bytes(std::string_view text) { return {reinterpret_cast<const u8*>(text.data()), text.size()}; }

class MountsTest : public testing::Test {
 protected:
  MountsTest() {
    add(*root_tree, "etc/name", "root");
    add(*root_tree, "bin/hidden", "hidden");
    add(*bin_tree, "tool", "tool");
    add(*bin_tree, "deep/er/leaf", "leaf");
    add(*work_tree, "file", "work");
    EXPECT_EQ(error(mounts.mount("/", files.open(root_tree), Mutability::ReadWrite, "ram")), Errno::Success);
    EXPECT_EQ(error(mounts.mount("/bin", files.open(bin_tree), Mutability::ReadOnly, "ram")), Errno::Success);
    EXPECT_EQ(error(mounts.mount("home/me/work", files.open(work_tree), Mutability::ReadWrite, "ram")), Errno::Success);
    auto inner = files.open(inner_tree);
    EXPECT_EQ(error(mounts.mount("/bin/deep/er", inner, Mutability::ReadWrite, "ram")), Errno::Success);
    root = mounts.open().take_value();
  }

  void add(RamNode& tree, std::string_view path, std::string_view content) {
    ASSERT_TRUE(bool(files.add(tree, path, FileType::RegularFile, bytes(content), 5, path)));
  }
  wasi::Place place(std::string_view path, const std::shared_ptr<Directory>& from = nullptr) {
    auto found = wasi::walk(from ? from : root, path, wasi::Last::Follow);
    EXPECT_TRUE(bool(found)) << path;
    return found ? *found : wasi::Place{root, "none", wasi::Slash::None};
  }
  Errno walk_error(std::string_view path, const std::shared_ptr<Directory>& from = nullptr) {
    return error(wasi::walk(from ? from : root, path, wasi::Last::Follow));
  }
  wasi::HostResult<wasi::Opened> open(std::string_view path, wasi::OpenFlags how = {}, Access access = Access::Read) {
    wasi::Place at = place(path);
    return at.directory->open(at.name, how, access, {});
  }
  std::string content(std::string_view path) {
    auto opened = open(path);
    if (!opened || !opened->file) return "?";
    std::string text(opened->file->stat()->size, '?');
    EXPECT_EQ(*opened->file->read({reinterpret_cast<u8*>(text.data()), text.size()}), text.size());
    return text;
  }
  static std::multiset<std::string> names(Directory& directory, u32 limit) {
    std::multiset<std::string> all;
    for (u64 cookie = 0;;) {
      auto some = directory.entries(cookie, limit);
      if (!some || some->empty()) return all;
      EXPECT_LE(some->size(), limit);
      for (const auto& entry : *some) all.insert(entry.name);
      cookie = some->back().next;
    }
  }
  std::multiset<std::string> names(std::string_view path, u32 limit = 64) {
    return names(*place(std::string(path) + "/.").directory, limit);
  }

  StepClock clock;
  RamFiles files{clock, 64 * MiB, 12345};
  std::shared_ptr<RamNode> root_tree = files.create_tree(), bin_tree = files.create_tree(),
                           work_tree = files.create_tree(), inner_tree = files.create_tree();
  Mounts mounts;
  std::shared_ptr<Directory> root;
};

using Names = std::multiset<std::string>;

TEST_F(MountsTest, WhatIsMountedIsSeenAndWalked) {
  EXPECT_EQ(content("etc/name"), "root");
  EXPECT_EQ(content("bin/tool"), "tool");
  EXPECT_EQ(content("home/me/work/file"), "work");
  EXPECT_EQ(content("home/me/../../bin/./deep/../tool"), "tool");
  EXPECT_EQ(error(open("bin/hidden")), Errno::Noent);
  EXPECT_EQ(error(open("bin/deep/er/leaf")), Errno::Noent);  // hidden as well
  for (u32 limit : {1, 2, 3, 64}) {
    EXPECT_EQ(names(".", limit), (Names{".", "..", "bin", "etc", "home"})) << limit;
    EXPECT_EQ(names("bin", limit), (Names{".", "..", "deep", "tool"})) << limit;
    EXPECT_EQ(names("home", limit), (Names{".", "..", "me"})) << limit;
    EXPECT_EQ(names("home/me/work", limit), (Names{".", "..", "file"})) << limit;
  }
  EXPECT_EQ(root->stat_at("bin")->inode, bin_tree->number);
  EXPECT_EQ(root->stat_at("bin")->type, FileType::Directory);
}

TEST_F(MountsTest, NobodyLeavesAtTheTop) {
  EXPECT_EQ(walk_error(".."), Errno::Perm);
  EXPECT_EQ(walk_error("bin/../.."), Errno::Perm);
  EXPECT_EQ(walk_error("home/me/work/../../../../etc"), Errno::Perm);
  // Who has a part of the tree has what is mounted in it, and nothing above.
  auto home = *root->open_directory("home", Directory::Use::List);
  EXPECT_EQ(walk_error("me/work/file", home), Errno::Success);
  EXPECT_EQ(walk_error("me/../..", home), Errno::Perm);
  auto work = *place("home/me/.").directory->open_directory("work", Directory::Use::List);
  EXPECT_EQ(walk_error("../x", work), Errno::Perm);
  // A link is followed from where it lies, across mounts, and no farther.
  ASSERT_TRUE(bool(work->symlink("../../../bin/tool", "link")));
  EXPECT_EQ(content("home/me/work/link"), "tool");
  EXPECT_EQ(walk_error("link", work), Errno::Perm);
}

TEST_F(MountsTest, PlacesStayWhereTheyAre) {
  for (std::string_view name : {"bin", "home"}) {
    EXPECT_EQ(error(root->remove_directory(name)), Errno::Busy);
    EXPECT_EQ(error(root->rename(name, *root, "other")), Errno::Busy);
    EXPECT_EQ(error(root->rename("etc", *root, name)), Errno::Busy);
    EXPECT_EQ(error(root->create_directory(name)), Errno::Exist);
    EXPECT_EQ(error(root->symlink("etc", name)), Errno::Exist);
    EXPECT_EQ(error(root->unlink(name)), Errno::Isdir);
    EXPECT_EQ(error(root->read_link(name)), Errno::Inval);
    EXPECT_EQ(error(root->open(name, OpenFlag::Create, Access::Write, {})), Errno::Isdir);
    EXPECT_EQ(error(root->open(name, OpenFlag::Create | OpenFlag::Exclusive, Access::Write, {})), Errno::Exist);
    EXPECT_TRUE(root->open(name, {}, Access::Read, {})->directory);
  }
  auto etc = *root->open_directory("etc", Directory::Use::Walk);
  EXPECT_EQ(error(etc->link("name", *root, "bin")), Errno::Exist);
  EXPECT_EQ(error(root->open("home", {}, Access::Read, {})->directory->create_directory("x")), Errno::Rofs);
}

TEST_F(MountsTest, OneFileSystemDoesNotReachIntoAnother) {
  auto etc = *root->open_directory("etc", Directory::Use::Walk);
  auto work = place("home/me/work/.").directory, bin = place("bin/.").directory;
  EXPECT_EQ(error(etc->rename("name", *work, "name")), Errno::Xdev);
  EXPECT_EQ(error(etc->link("name", *work, "name")), Errno::Xdev);
  EXPECT_EQ(error(work->rename("file", *bin, "file")), Errno::Xdev);
  EXPECT_EQ(error(etc->rename("name", *root, "moved")), Errno::Success);
  EXPECT_EQ(content("moved"), "root");
  EXPECT_EQ(error(etc->rename("name", *files.open(work_tree), "name")), Errno::Xdev);  // not of the tree at all
}

TEST_F(MountsTest, AReadOnlyMountIsNotChanged) {
  auto bin = place("bin/.").directory;
  wasi::NewTime now = {wasi::NewTime::Kind::Now};
  EXPECT_EQ(error(bin->create_directory("d")), Errno::Rofs);
  EXPECT_EQ(error(bin->unlink("tool")), Errno::Rofs);
  EXPECT_EQ(error(bin->rename("tool", *bin, "t")), Errno::Rofs);
  EXPECT_EQ(error(bin->link("tool", *bin, "t")), Errno::Rofs);
  EXPECT_EQ(error(bin->symlink("tool", "t")), Errno::Rofs);
  EXPECT_EQ(error(bin->set_times(now, now)), Errno::Rofs);
  EXPECT_EQ(error(bin->set_times_at("tool", now, now)), Errno::Rofs);
  EXPECT_EQ(error(open("bin/tool", OpenFlag::Truncate)), Errno::Rofs);
  EXPECT_EQ(error(open("bin/tool", {}, Access::ReadWrite)), Errno::Rofs);
  EXPECT_EQ(error(open("bin/new", OpenFlag::Create)), Errno::Rofs);
  auto file = open("bin/tool")->file;
  EXPECT_EQ(error(file->write(bytes("x"))), Errno::Rofs);
  EXPECT_EQ(error(file->write_at(bytes("x"), 0)), Errno::Rofs);
  EXPECT_EQ(error(file->set_size(0)), Errno::Rofs);
  EXPECT_EQ(error(file->set_times(now, now)), Errno::Rofs);
  EXPECT_EQ(error(file->allocate(0, 100)), Errno::Rofs);
  EXPECT_EQ(content("bin/tool"), "tool");
  EXPECT_EQ(error(place("bin/deep/.").directory->create_directory("d")), Errno::Rofs);
  // But what is mounted below it may be.
  EXPECT_EQ(error(place("bin/deep/er/.").directory->create_directory("d")), Errno::Success);
}

TEST_F(MountsTest, PathsOfMountsArePlain) {
  auto other = files.open(files.create_tree());
  EXPECT_EQ(error(mounts.mount("/a/../b", other, Mutability::ReadOnly, "ram")), Errno::Inval);
  EXPECT_EQ(error(mounts.mount("/etc/name/x", other, Mutability::ReadOnly, "ram")), Errno::Notdir);
  EXPECT_EQ(error(Mounts().mount("/a", other, Mutability::ReadOnly, "ram")), Errno::Noent);
  EXPECT_EQ(error(mounts.mount("//etc/./", other, Mutability::ReadOnly, "ram")), Errno::Success);
  EXPECT_EQ(mounts.all().back()->path, "/etc");
  EXPECT_EQ(names("etc"), (Names{".", ".."}));
}

TEST_F(MountsTest, DevicesDoWhatTheyAreNamedFor) {
  u32 opened = 0;
  auto console = [&] {
    ++opened;
    return made_file("typed", 9, 9, 0);
  };
  auto devices = make_devices(7, 1000, std::make_shared<Sevens>(), console);
  EXPECT_EQ(names(*devices, 2), (Names{".", "..", "console", "tty", "null", "zero", "full", "random", "urandom"}));
  auto device = [&](std::string_view name) {
    return devices->open(name, OpenFlag::Create | OpenFlag::Truncate, Access::ReadWrite, {}).take_value().file;
  };
  std::vector<u8> buffer(100, 1);
  EXPECT_EQ(*device("null")->read(buffer), 0u);
  EXPECT_EQ(*device("null")->write(buffer), 100u);
  EXPECT_EQ(*device("zero")->read(buffer), 100u);
  EXPECT_EQ(buffer, std::vector<u8>(100, 0));
  EXPECT_EQ(*device("urandom")->read_at(buffer, 5), 100u);
  EXPECT_EQ(buffer, std::vector<u8>(100, 7));
  EXPECT_EQ(error(device("full")->write(buffer)), Errno::Nospc);
  std::vector<u8> much(3 * MiB);
  EXPECT_EQ(*device("zero")->read(much), 1 * MiB);
  for (std::string_view name : {"null", "zero", "random"}) {
    EXPECT_EQ(device(name)->type(), FileType::CharacterDevice);
    EXPECT_EQ(*device(name)->seek(10, wasi::Whence::Set), 0u);  // so it is no terminal for a C library
    EXPECT_EQ(devices->stat_at(name)->inode, device(name)->stat()->inode);
  }
  EXPECT_EQ(opened, 0u);
  EXPECT_EQ(*devices->open("tty", {}, Access::Read, {})->file->read(buffer), 5u);
  EXPECT_EQ(opened, 1u);

  EXPECT_EQ(error(devices->open("new", OpenFlag::Create, Access::Write, {})), Errno::Perm);
  EXPECT_EQ(error(devices->open("new", {}, Access::Write, {})), Errno::Noent);
  EXPECT_EQ(error(devices->open("null", OpenFlag::Directory, Access::Read, {})), Errno::Notdir);
  EXPECT_EQ(error(devices->unlink("null")), Errno::Perm);
  EXPECT_EQ(error(devices->unlink("new")), Errno::Noent);
  EXPECT_EQ(error(devices->rename("null", *devices, "zero")), Errno::Perm);
  EXPECT_EQ(error(devices->create_directory("d")), Errno::Perm);
  EXPECT_EQ(error(devices->symlink("null", "zero")), Errno::Exist);
}

// A text is of the instant when it was opened.
class Counting final : public MadeDirectory {
 public:
  Counting() : MadeDirectory(1, 1, 0) {}
  wasi::HostResult<std::shared_ptr<Directory>> reopen(Use) override { return fail(Errno::Notsup); }

 protected:
  std::vector<MadeEntry> list(u64 from, u32 most) const override {
    std::vector<MadeEntry> all;
    auto text = [this] { return std::to_string(++count_); };
    auto target = [] { return std::string("count"); };
    if (from <= 2 && most > 0) all.push_back({"count", 2, FileType::RegularFile, nullptr, text});
    MadeEntry link = {.name = "link", .inode = 9, .type = FileType::SymbolicLink, .target = target};
    if (from <= 9 && all.size() < most) all.push_back(link);
    return all;
  }

 private:
  mutable u32 count_ = 100;
};

TEST_F(MountsTest, TextsAreMadeWhenOpened) {
  Counting made;
  auto first = made.open("count", {}, Access::Read, {})->file, second = made.open("count", {}, Access::Read, {})->file;
  u8 digits[8];
  for (u32 round = 0; round < 2; ++round) {
    EXPECT_EQ(*first->read_at(digits, 0), 3u);
    EXPECT_EQ(digits[2], '1');
  }
  EXPECT_EQ(*second->read(digits), 3u);
  EXPECT_EQ(digits[2], '2');
  EXPECT_EQ(*second->read(digits), 0u);
  EXPECT_EQ(*second->seek(-1, wasi::Whence::End), 2u);
  EXPECT_EQ(*second->read(digits), 1u);
  EXPECT_EQ(error(made.open("count", {}, Access::Write, {})), Errno::Perm);
  EXPECT_EQ(error(made.open("link", {}, Access::Read, {})), Errno::Loop);
  EXPECT_EQ(*made.read_link("link"), "count");
  EXPECT_EQ(names(made, 1), (Names{".", "..", "count", "link"}));
}

}  // namespace
}  // namespace skerry::kernel
