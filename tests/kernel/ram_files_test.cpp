// kernel/fs/ram.h: files and directories in memory, compared with a plain model and with POSIX.

#include "kernel/fs/ram.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace skerry::kernel {
namespace {

using wasi::Directory;
using wasi::Errno;
using wasi::FileType;
using wasi::OpenFlag;
using Access = wasi::Directory::Access;
using Use = wasi::Directory::Use;

class StepClock final : public wasi::Clock {
 public:
  wasi::HostResult<wasi::Timestamp> now(wasi::ClockId) override { return ++time_; }
  wasi::HostResult<wasi::Timestamp> resolution(wasi::ClockId) override { return u64{1}; }

 private:
  u64 time_ = 1000;
};

std::span<const u8> bytes(std::string_view text) { return {reinterpret_cast<const u8*>(text.data()), text.size()}; }

class RamFilesTest : public testing::Test {
 protected:
  StepClock clock;
  RamFiles files{clock, 64 * MiB, 12345};
  std::shared_ptr<RamNode> tree = files.create_tree();
  std::shared_ptr<Directory> root = files.open(tree);

  std::shared_ptr<wasi::File> open(Directory& in, std::string_view name, wasi::OpenFlags how,
                                   wasi::FdFlags flags = {}) {
    auto opened = in.open(name, how, Access::ReadWrite, flags);
    return opened ? opened->file : nullptr;
  }
  Errno open_error(std::string_view name, wasi::OpenFlags how, Access access = Access::Read) {
    auto opened = root->open(name, how, access, {});
    return opened ? Errno::Success : opened.error();
  }
  template <class T>
  static Errno error(const wasi::HostResult<T>& result) {
    return result ? Errno::Success : const_cast<wasi::HostResult<T>&>(result).error();
  }
  std::string content(std::string_view name) {
    auto file = root->open(name, {}, Access::Read, {})->file;
    std::string text(file->stat()->size, '?');
    EXPECT_EQ(*file->read_at({reinterpret_cast<u8*>(text.data()), text.size()}, 0), text.size());
    return text;
  }
  std::set<std::string> names(Directory& directory) {
    std::set<std::string> all;
    u64 cookie = 0;
    for (;;) {
      auto some = directory.entries(cookie, 3);
      if (some->empty()) return all;
      for (const auto& entry : *some) EXPECT_TRUE(all.insert(entry.name).second);
      cookie = some->back().next;
    }
  }
};

TEST_F(RamFilesTest, ContentIsAsAModelOfIt) {
  std::string original(10'000, 'o');
  ASSERT_TRUE(bool(files.add(*tree, "f", FileType::RegularFile, bytes(original), 7, "f")));
  auto file = open(*root, "f", {});
  std::string model = original;
  std::mt19937 random(2);
  std::vector<u8> buffer(20'000);
  for (u32 round = 0; round < 3'000; ++round) {
    u64 at = random() % 40'000, size = random() % 3 ? random() % 100 : random() % 9'000;
    switch (random() % 4) {
      case 0: {
        std::string data(size, char('a' + round % 26));
        ASSERT_EQ(*file->write_at(bytes(data), at), size);
        if (size == 0) break;
        if (model.size() < at + size) model.resize(at + size, '\0');
        model.replace(at, size, data);
        break;
      }
      case 1:
        ASSERT_TRUE(bool(file->set_size(at)));
        model.resize(at, '\0');
        break;
      default: {
        u64 got = *file->read_at({buffer.data(), size}, at);
        u64 expected = at < model.size() ? std::min(size, model.size() - at) : 0;
        ASSERT_EQ(got, expected);
        std::string read(buffer.begin(), buffer.begin() + std::ptrdiff_t(got));
        ASSERT_EQ(read, model.substr(std::min(at, model.size()), got));
      }
    }
    ASSERT_EQ(file->stat()->size, model.size());
  }
  EXPECT_EQ(original, std::string(10'000, 'o'));  // the archive's own bytes
}

TEST_F(RamFilesTest, PositionsAndAppending) {
  auto file = open(*root, "f", OpenFlag::Create);
  EXPECT_EQ(*file->write(bytes("hello")), 5u);
  EXPECT_EQ(*file->seek(-2, wasi::Whence::End), 3u);
  EXPECT_EQ(*file->write(bytes("PPP")), 3u);
  EXPECT_EQ(content("f"), "helPPP");
  EXPECT_EQ(error(file->seek(-1, wasi::Whence::Set)), Errno::Inval);
  EXPECT_EQ(error(file->seek(INT64_MAX, wasi::Whence::Current)), Errno::Inval);
  auto appending = open(*root, "f", {}, wasi::FdFlag::Append);
  EXPECT_EQ(*appending->write(bytes("!")), 1u);
  EXPECT_EQ(*appending->seek(0, wasi::Whence::Current), 7u);
  EXPECT_EQ(content("f"), "helPPP!");
  EXPECT_EQ(error(file->write_at(bytes("x"), u64{1} << 62)), Errno::Fbig);
  EXPECT_EQ(error(file->allocate(0, u64{1} << 62)), Errno::Fbig);
}

TEST_F(RamFilesTest, OpeningFollowsTheRules) {
  ASSERT_TRUE(bool(root->create_directory("d")));
  ASSERT_TRUE(bool(root->symlink("f", "l")));
  ASSERT_TRUE(open(*root, "f", OpenFlag::Create));
  EXPECT_EQ(open_error("none", {}), Errno::Noent);
  EXPECT_EQ(open_error("f", OpenFlag::Create | OpenFlag::Exclusive), Errno::Exist);
  EXPECT_EQ(open_error("l", OpenFlag::Create | OpenFlag::Exclusive), Errno::Exist);
  EXPECT_EQ(open_error("l", {}), Errno::Loop);
  EXPECT_EQ(open_error("f", OpenFlag::Directory), Errno::Notdir);
  EXPECT_EQ(open_error("d", {}, Access::Write), Errno::Isdir);
  EXPECT_EQ(open_error("d", OpenFlag::Truncate), Errno::Isdir);
  EXPECT_EQ(open_error("d", {}), Errno::Success);
  EXPECT_EQ(error(root->open_directory("f", Use::Walk)), Errno::Notdir);
  EXPECT_EQ(error(root->open_directory("l", Use::Walk)), Errno::Notdir);
  EXPECT_EQ(*root->read_link("l"), "f");
  EXPECT_EQ(error(root->read_link("f")), Errno::Inval);
  EXPECT_EQ(error(root->create_directory("l")), Errno::Exist);
  EXPECT_EQ(error(root->symlink("x", "d")), Errno::Exist);
  EXPECT_EQ(error(root->unlink("d")), Errno::Isdir);
  EXPECT_EQ(error(root->remove_directory("f")), Errno::Notdir);
  EXPECT_EQ(error(root->create_directory(std::string(256, 'n'))), Errno::Nametoolong);
  ASSERT_TRUE(bool((*root->open_directory("d", Use::Walk))->create_directory("e")));
  EXPECT_EQ(error(root->remove_directory("d")), Errno::Notempty);
}

TEST_F(RamFilesTest, RenamesAsPosixDoes) {
  for (std::string_view name : {"d", "e", "full"}) ASSERT_TRUE(bool(root->create_directory(name)));
  auto d = *root->open_directory("d", Use::Walk), full = *root->open_directory("full", Use::Walk);
  for (std::string_view name : {"f", "g"}) ASSERT_TRUE(open(*root, name, OpenFlag::Create));
  ASSERT_TRUE(open(*full, "x", OpenFlag::Create));
  ASSERT_TRUE(bool(open(*root, "f", {})->write(bytes("F"))));

  EXPECT_EQ(error(root->rename("none", *root, "x")), Errno::Noent);
  EXPECT_EQ(error(root->rename("f", *root, "d")), Errno::Isdir);
  EXPECT_EQ(error(root->rename("d", *root, "f")), Errno::Notdir);
  EXPECT_EQ(error(root->rename("d", *root, "full")), Errno::Notempty);
  EXPECT_EQ(error(root->rename("d", *d, "below")), Errno::Inval);
  EXPECT_EQ(error(root->rename("full", *root, "full")), Errno::Success);
  EXPECT_EQ(error(root->rename("f", *root, "g")), Errno::Success);
  EXPECT_EQ(content("g"), "F");
  EXPECT_EQ(error(root->rename("g", *d, "moved")), Errno::Success);
  EXPECT_EQ(error(root->rename("d", *root, "e")), Errno::Success);  // an empty directory is replaced
  EXPECT_EQ(error(root->rename("e", *full, "deep")), Errno::Success);
  EXPECT_EQ(names(*root), (std::set<std::string>{".", "..", "full"}));
  EXPECT_EQ(names(*d), (std::set<std::string>{".", "..", "moved"}));  // the handle followed
  EXPECT_EQ(error(root->rename("full", *d, "y")), Errno::Inval);      // now below it

  // Two names of one file stay two.
  ASSERT_TRUE(bool(full->link("x", *root, "y")));
  EXPECT_EQ(root->stat_at("y")->links, 2u);
  EXPECT_EQ(error(root->rename("y", *full, "x")), Errno::Success);
  EXPECT_EQ(root->stat_at("y")->links, 2u);
  EXPECT_EQ(error(root->link("full", *root, "z")), Errno::Perm);
  EXPECT_EQ(error(full->unlink("x")), Errno::Success);
  EXPECT_EQ(root->stat_at("y")->links, 1u);

  StepClock other_clock;
  RamFiles other(other_clock, MiB, 1);
  EXPECT_EQ(error(root->rename("y", *other.open(other.create_tree()), "y")), Errno::Success);  // one host, two trees
}

TEST_F(RamFilesTest, WhatWasRemovedStaysUsableAndEmpty) {
  ASSERT_TRUE(bool(root->create_directory("d")));
  auto d = *root->open_directory("d", Use::List);
  auto file = open(*root, "f", OpenFlag::Create);
  ASSERT_TRUE(bool(root->unlink("f")));
  ASSERT_TRUE(bool(root->remove_directory("d")));
  EXPECT_EQ(*file->write(bytes("still")), 5u);
  EXPECT_EQ(file->stat()->links, 0u);
  EXPECT_EQ(names(*d), (std::set<std::string>{".", ".."}));
  EXPECT_EQ(error(d->create_directory("x")), Errno::Noent);
  EXPECT_EQ(error(d->open("x", OpenFlag::Create, Access::Write, {})), Errno::Noent);
}

// Every entry that is there throughout comes exactly once, whatever comes and goes meanwhile.
TEST_F(RamFilesTest, CookiesSurviveChanges) {
  std::mt19937 random(3);
  std::set<std::string> steady;
  for (u32 i = 0; i < 300; ++i) {
    std::string name = "s" + std::to_string(i);
    ASSERT_TRUE(open(*root, name, OpenFlag::Create));
    steady.insert(name);
  }
  std::multiset<std::string> seen;
  std::set<std::string> passing;
  u64 cookie = 0;
  for (u32 round = 0;; ++round) {
    auto some = root->entries(cookie, 1 + random() % 7);
    if (some->empty()) break;
    for (const auto& entry : *some) seen.insert(entry.name);
    cookie = some->back().next;
    std::string name = "p" + std::to_string(round);
    if (round < 100 && open(*root, name, OpenFlag::Create)) passing.insert(name);
    if (!passing.empty() && random() % 2) {
      ASSERT_TRUE(bool(root->unlink(*passing.begin())));
      passing.erase(passing.begin());
    }
  }
  for (const std::string& name : steady) EXPECT_EQ(seen.count(name), 1u) << name;
  EXPECT_EQ(seen.count("."), 1u);
}

TEST_F(RamFilesTest, AFullFileSystemSaysSo) {
  auto file = open(*root, "f", OpenFlag::Create);
  std::vector<u8> megabyte(MiB, 1);
  u64 written = 0;
  Errno last = Errno::Success;
  for (u32 i = 0; i < 100 && last == Errno::Success; ++i) {
    auto result = file->write(megabyte);
    last = error(result);
    if (result) written += *result;
  }
  EXPECT_EQ(last, Errno::Nospc);
  EXPECT_EQ(file->stat()->size, written);
  EXPECT_GT(written, 60 * MiB);
  u32 made = 0;
  while (root->create_directory(std::to_string(made))) ++made;
  EXPECT_EQ(error(root->create_directory("d")), Errno::Nospc);
  EXPECT_EQ(error(root->symlink(std::string(4000, 't'), "l")), Errno::Nospc);
  ASSERT_TRUE(bool(file->set_size(0)));
  EXPECT_EQ(error(root->create_directory("d")), Errno::Success);
  while (root->create_directory(std::to_string(made))) ++made;
  EXPECT_GT(made, 10'000u);
  for (u32 i = 0; i < made; ++i) ASSERT_TRUE(bool(root->remove_directory(std::to_string(i))));
  EXPECT_EQ(*file->write(megabyte), MiB);
}

TEST_F(RamFilesTest, TheArchiveMayNotLeaveItsTree) {
  auto add = [&](std::string_view path, FileType type = FileType::RegularFile) {
    return error(files.add(*tree, path, type, bytes("c"), 9, path));
  };
  for (std::string_view path : {"", "/", "a/", "/a", "a//b", ".", "..", "a/../b", "a/."}) {
    EXPECT_EQ(add(path), Errno::Inval) << path;
  }
  EXPECT_EQ(add("x/y/z"), Errno::Success);
  EXPECT_EQ(add("x/y/z"), Errno::Exist);
  EXPECT_EQ(add("x/y/z/w"), Errno::Notdir);
  EXPECT_EQ(add("x", FileType::Directory), Errno::Success);
  EXPECT_EQ(add("l", FileType::SymbolicLink), Errno::Success);
  EXPECT_EQ(*root->read_link("l"), "c");
  EXPECT_EQ(files.changes(), 0u);
  EXPECT_EQ(tree->find("l")->node->origin, "l");
  EXPECT_EQ(root->stat_at("l")->modified, 9u);
  ASSERT_TRUE(bool(root->create_directory("n")));
  EXPECT_NE(files.changes(), 0u);
}

// A folder that held many names kept room for them, some 100 KB for ten thousand, for as long as it was there.
TEST_F(RamFilesTest, FoldersThatAreEmptyAgainKeepNoRoom) {
  usize few = tree->names.bucket_count();
  for (u32 round = 0; round < 2; ++round) {
    for (u32 i = 0; i < 10'000; ++i) ASSERT_TRUE(bool(root->create_directory(std::to_string(i))));
    EXPECT_EQ(names(*root).size(), 10'002u);
    for (u32 i = 0; i < 10'000; ++i) ASSERT_TRUE(bool(root->remove_directory(std::to_string(i))));
    EXPECT_EQ(tree->slots.capacity(), 0u);
    EXPECT_EQ(tree->names.bucket_count(), few);
    EXPECT_EQ(names(*root).size(), 2u);
  }
}

// A tree deeper than any stack goes without recursion.
TEST(RamFilesDeep, TreesFallFlat) {
  StepClock clock;
  RamFiles files(clock, 1 * GiB, 1);
  std::shared_ptr<RamNode> tree = files.create_tree();
  std::shared_ptr<Directory> directory = files.open(tree);
  for (u32 i = 0; i < 200'000; ++i) {
    ASSERT_TRUE(bool(directory->create_directory("d")));
    directory = *directory->open_directory("d", Use::Walk);
  }
  tree.reset();
  directory.reset();
}

}  // namespace
}  // namespace skerry::kernel
