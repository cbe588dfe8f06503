// HAZARDS rows 31 to 33: read-only trees, rights, renumbering, and processes without folders.

#include <dirent.h>

#include <functional>

#include "tests/wasi/guest.h"

namespace skerry::wasi::test {
namespace {

void make_tree(const fs::path& root) {
  fs::create_directories(root / "dir/sub");
  write_file(root / "file", "content");
  write_file(root / "dir/file", "content");
  fs::create_symlink("file", root / "link");
}

// One way to change a tree through descriptor `fd` of its root, and the rights that it needs:
// of the directory, and that the directory lets inherit.
struct Mutation {
  const char* name;
  Rights base;
  Rights inherited;
  std::function<Errno(Guest&, u32 fd)> act;
};

// Opens, then acts on what was opened; the first error.
Errno on_open(Guest& guest, u32 fd, Open how, const std::function<Errno(u32)>& act) {
  u32 opened;
  Errno error = guest.open(fd, "file", how, &opened);
  if (error != Errno::Success) return error;
  error = act(opened);
  guest.close(opened);
  return error;
}

const std::vector<Mutation> mutations = {
    {"create a directory", Right::PathCreateDirectory, {},
     [](Guest& g, u32 fd) { return g.at_path<&preview1::path_create_directory>(fd, "new"); }},
    {"remove a directory", Right::PathRemoveDirectory, {},
     [](Guest& g, u32 fd) { return g.at_path<&preview1::path_remove_directory>(fd, "dir/sub"); }},
    {"unlink a file", Right::PathUnlinkFile, {},
     [](Guest& g, u32 fd) { return g.at_path<&preview1::path_unlink_file>(fd, "file"); }},
    {"symlink", Right::PathSymlink, {}, [](Guest& g, u32 fd) { return g.symlink("file", fd, "new"); }},
    {"link", Right::PathLinkSource | Right::PathLinkTarget, {},
     [](Guest& g, u32 fd) { return g.link(fd, "file", fd, "new"); }},
    {"rename", Right::PathRenameSource | Right::PathRenameTarget, {},
     [](Guest& g, u32 fd) { return g.rename(fd, "file", fd, "new"); }},
    {"set times", Right::PathFilestatSetTimes, {}, [](Guest& g, u32 fd) { return g.set_times(fd, "file", follow, 7); }},
    {"set times of a link", Right::PathFilestatSetTimes, {},
     [](Guest& g, u32 fd) { return g.set_times(fd, "link", no_follow, 7); }},
    {"set times of the directory", Right::PathFilestatSetTimes, {},
     [](Guest& g, u32 fd) { return g.set_times(fd, ".", follow, 7); }},
    {"set times of the descriptor", Right::FdFilestatSetTimes, {},
     [](Guest& g, u32 fd) {
       return g.errno_of<&preview1::fd_filestat_set_times>(fd, u64(0), u64(7), u32(TimeFlag::Modify));
     }},
    {"create a file", Right::PathOpen | Right::PathCreateFile, {},
     [](Guest& g, u32 fd) { return g.open(fd, "new", {.how = OpenFlag::Create, .rights = {}}); }},
    {"truncate", Right::PathOpen | Right::PathFilestatSetSize, {},
     [](Guest& g, u32 fd) { return g.open(fd, "file", {.how = OpenFlag::Truncate, .rights = {}}); }},
    {"write", Right::PathOpen, Right::FdWrite,
     [](Guest& g, u32 fd) {
       return on_open(g, fd, {.rights = Right::FdWrite}, [&](u32 file) { return g.write(file, "x"); });
     }},
    {"pwrite", Right::PathOpen, Right::FdWrite | Right::FdSeek,
     [](Guest& g, u32 fd) {
       return on_open(g, fd, {.rights = Right::FdWrite}, [&](u32 file) {
         g.clear();
         Iovec vector{g.put("x"), 1};
         u32 vectors = g.put(&vector, sizeof(vector));
         return g.errno_of<&preview1::fd_pwrite>(file, vectors, 1u, u64(3), g.space(4));
       });
     }},
    {"allocate", Right::PathOpen, Right::FdWrite | Right::FdAllocate,
     [](Guest& g, u32 fd) {
       return on_open(g, fd, {.rights = Right::FdWrite},
                      [&](u32 file) { return g.errno_of<&preview1::fd_allocate>(file, u64(0), u64(100)); });
     }},
    {"set the size", Right::PathOpen, Right::FdWrite | Right::FdFilestatSetSize,
     [](Guest& g, u32 fd) {
       return on_open(g, fd, {.rights = Right::FdWrite},
                      [&](u32 file) { return g.errno_of<&preview1::fd_filestat_set_size>(file, u64(2)); });
     }},
    {"set the size of what was opened to read", Right::PathOpen, Right::Mask,
     [](Guest& g, u32 fd) {
       return on_open(g, fd, {.rights = Right::FdRead}, [&](u32 file) {
         Errno error = g.errno_of<&preview1::fd_filestat_set_size>(file, u64(2));
         return error == Errno::Success ? g.errno_of<&preview1::fd_allocate>(file, u64(0), u64(100)) : error;
       });
     }},
    {"set times of an open file", Right::PathOpen, Right::FdFilestatSetTimes,
     [](Guest& g, u32 fd) {
       return on_open(g, fd, {.rights = {}}, [&](u32 file) {
         return g.errno_of<&preview1::fd_filestat_set_times>(file, u64(0), u64(7), u32(TimeFlag::Modify));
       });
     }},
};

TEST(Hazard31, AReadOnlyTreeStaysAsItIsUnderEverySetOfRights) {
  Folder folder;
  make_tree(folder.path());
  auto before = snapshot(folder.path());
  std::vector<Rights> sets = {Rights::all(), Rights()};
  for (int bit = 0; bit < 30; ++bit) {
    sets.push_back(Rights::truncate(u64(1) << bit));
    sets.push_back(Rights::all().without(Rights::truncate(u64(1) << bit)));
  }
  for (Rights set : sets) {
    for (const Mutation& mutation : mutations) {
      Guest guest;
      u32 root = guest.add_folder(folder.path(), Mutability::ReadOnly);
      auto descriptor = *value_or_fail(guest.context.files.find(root, Rights()));
      u32 reopened = guest.must_open(root, ".", {.rights = {}});
      u32 nested = guest.must_open(root, "dir", {.rights = {}});
      for (u32 fd : {root, reopened, nested}) {
        EXPECT_EQ(guest.errno_of<&preview1::fd_fdstat_set_rights>(fd, (descriptor.base & set).bits(),
                                                                  (descriptor.inheriting & set).bits()),
                  Errno::Success);
        EXPECT_NE(mutation.act(guest, fd), Errno::Success) << mutation.name;
      }
      if (set == Rights::all() && mutation.inherited != Rights::all()) {
        EXPECT_EQ(mutation.act(guest, root), Errno::Rofs) << mutation.name;
      }
    }
    EXPECT_EQ(snapshot(folder.path()), before) << set.bits();
  }
}

// Nothing gets out of a read-only tree into one where it could be changed, and nothing in.
TEST(Hazard31, LinksAndRenamesAcrossTreesRespectBoth) {
  Folder folder;
  make_tree(folder / "fixed");
  make_tree(folder / "free");
  Guest guest;
  u32 fixed = guest.add_folder(folder / "fixed", Mutability::ReadOnly);
  u32 free = guest.add_folder(folder / "free", Mutability::ReadWrite);
  auto before = snapshot(folder.path());
  EXPECT_EQ(guest.link(fixed, "file", free, "new"), Errno::Rofs);
  EXPECT_EQ(guest.link(free, "file", fixed, "new"), Errno::Rofs);
  EXPECT_EQ(guest.rename(fixed, "file", free, "new"), Errno::Rofs);
  EXPECT_EQ(guest.rename(free, "file", fixed, "new"), Errno::Rofs);
  EXPECT_EQ(snapshot(folder.path()), before);
  EXPECT_EQ(guest.link(free, "file", free, "new"), Errno::Success);
  EXPECT_EQ(guest.rename(free, "new", free, "newer"), Errno::Success);
}

// What is read-only can still be read, in every way.
TEST(Hazard31, AReadOnlyTreeCanBeRead) {
  Folder folder;
  make_tree(folder.path());
  Guest guest;
  u32 fd = guest.add_folder(folder.path(), Mutability::ReadOnly);
  EXPECT_EQ(guest.stat(fd, "link", follow), Errno::Success);
  EXPECT_EQ(guest.readlink(fd, "link"), Errno::Success);
  std::string content;
  u32 file = guest.must_open(fd, "dir/../link", {.lookup = follow});
  EXPECT_EQ(guest.read(file, 100, &content), Errno::Success);
  EXPECT_EQ(content, "content");
  EXPECT_EQ(guest.write(file, "x"), Errno::Rofs);
}

// Each right is needed by what it is for: without it nothing happens, and no other is needed.
TEST(Hazard31, ADroppedRightIsMissed) {
  for (const Mutation& mutation : mutations) {
    if (mutation.inherited == Rights::all()) continue;
    auto act_with = [&](Rights base, Rights inheriting, bool succeeds) {
      Folder folder;
      make_tree(folder.path());
      auto before = snapshot(folder.path());
      Guest guest;
      u32 fd = guest.add_folder(folder.path());
      EXPECT_EQ(guest.errno_of<&preview1::fd_fdstat_set_rights>(fd, base.bits(), inheriting.bits()), Errno::Success);
      Errno error = mutation.act(guest, fd);
      if (succeeds) {
        EXPECT_EQ(error, Errno::Success) << mutation.name;
      } else {
        EXPECT_TRUE(error == Errno::Notcapable || error == Errno::Badf) << mutation.name << " " << error;
        EXPECT_EQ(snapshot(folder.path()), before) << mutation.name;
      }
    };
    act_with(mutation.base, mutation.inherited, true);
    Rights all = directory_rights | file_rights;
    for (int bit = 0; bit < 30; ++bit) {
      Rights right = Rights::truncate(u64(1) << bit);
      if (mutation.base.has(right)) act_with(directory_rights.without(right), all, false);
      if (mutation.inherited.has(right)) act_with(directory_rights, all.without(right), false);
    }
  }
}

TEST(Rights, CanBeDroppedAndNeverAdded) {
  Folder folder;
  make_tree(folder.path());
  Guest guest;
  u32 fd = guest.add_folder(folder.path());
  auto set = [&](u32 of, Rights base, Rights inheriting) {
    return guest.errno_of<&preview1::fd_fdstat_set_rights>(of, base.bits(), inheriting.bits());
  };
  auto descriptor = *value_or_fail(guest.context.files.find(fd, Rights()));
  EXPECT_EQ(set(fd, descriptor.base | Right::FdRead, descriptor.inheriting), Errno::Notcapable);
  EXPECT_EQ(set(fd, descriptor.base, descriptor.inheriting | Right::SockAccept), Errno::Notcapable);
  EXPECT_EQ(guest.errno_of<&preview1::fd_fdstat_set_rights>(fd, ~u64(0), u64(0)), Errno::Inval);
  Rights fewer = descriptor.inheriting.without(Right::FdWrite);
  EXPECT_EQ(set(fd, descriptor.base, fewer), Errno::Success);
  EXPECT_EQ(set(fd, descriptor.base, descriptor.inheriting), Errno::Notcapable);
  // What is opened there has not more, nor has what is opened in that.
  EXPECT_EQ(guest.open(fd, "file", {.rights = Right::FdRead | Right::FdWrite}), Errno::Notcapable);
  u32 dir = guest.must_open(fd, "dir", {.rights = {}});
  EXPECT_EQ(value_or_fail(guest.context.files.find(dir, Rights()))->inheriting, fewer);
  EXPECT_EQ(guest.open(dir, "file", {.rights = Right::FdWrite}), Errno::Notcapable);
  u32 file = guest.must_open(dir, "file", {.rights = Right::FdRead});
  EXPECT_EQ(guest.write(file, "x"), Errno::Badf);
  EXPECT_EQ(set(file, Right::FdRead | Right::FdWrite, Rights()), Errno::Notcapable);
  EXPECT_EQ(set(file, Rights(), Rights()), Errno::Success);
  std::string content;
  EXPECT_EQ(guest.read(file, 1, &content), Errno::Badf);
  EXPECT_EQ(guest.errno_of<&preview1::fd_filestat_get>(file, 64u), Errno::Notcapable);
}

int open_descriptors() {
  int count = 0;
  DIR* directory = opendir("/proc/self/fd");
  while (readdir(directory)) ++count;
  closedir(directory);
  return count;
}

TEST(Hazard32, RenumberMovesADescriptor) {
  Folder folder;
  make_tree(folder.path());
  Guest guest;
  u32 root = guest.add_folder(folder.path());
  u32 file = guest.must_open(root, "file");
  u32 other = guest.must_open(root, "dir/file");
  auto renumber = [&](u32 from, u32 to) { return guest.errno_of<&preview1::fd_renumber>(from, to); };
  int count = open_descriptors();
  EXPECT_EQ(renumber(file, file), Errno::Success);  // to itself: nothing
  EXPECT_EQ(guest.context.files.count(), 3u);
  for (u32 closed : {other + 1, other + 2, 1000u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    EXPECT_EQ(renumber(file, closed), Errno::Badf);
    EXPECT_EQ(renumber(closed, file), Errno::Badf);
    EXPECT_EQ(renumber(closed, closed), Errno::Badf);
  }
  EXPECT_EQ(open_descriptors(), count);
  EXPECT_EQ(renumber(file, other), Errno::Success);
  EXPECT_EQ(open_descriptors(), count - 1);
  EXPECT_EQ(guest.close(file), Errno::Badf);
  EXPECT_EQ(renumber(file, other), Errno::Badf);
  EXPECT_EQ(renumber(other, file), Errno::Badf);
  // Over a folder that was given: it is one no longer.
  EXPECT_EQ(renumber(other, root), Errno::Success);
  EXPECT_EQ(guest.errno_of<&preview1::fd_prestat_get>(root, 64u), Errno::Badf);
  EXPECT_EQ(guest.stat(root, "file", follow), Errno::Notdir);
  EXPECT_EQ(guest.close(root), Errno::Success);
  EXPECT_EQ(guest.context.files.count(), 0u);
}

TEST(Hazard32, AMillionRenumberingsLeaveTheCountAsItIs) {
  Folder folder;
  make_tree(folder.path());
  Guest guest({.descriptors = 8});
  u32 root = guest.add_folder(folder.path());
  u32 file = guest.must_open(root, "file");
  int before = open_descriptors();
  for (int i = 0; i < 500'000; ++i) {
    ASSERT_EQ(guest.call<&preview1::fd_renumber>(file, file).value, 0u);
    ASSERT_EQ(guest.call<&preview1::fd_renumber>(file, 5u + u32(i)).value, u32(Errno::Badf));
  }
  for (int i = 0; i < 20'000; ++i) {
    u32 next = guest.must_open(root, "file");
    ASSERT_EQ(guest.call<&preview1::fd_renumber>(next, file).value, 0u);
  }
  EXPECT_EQ(guest.context.files.count(), 2u);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Descriptors, AreTheLowestFreeAndAsManyAsTheLimitSays) {
  Folder folder;
  make_tree(folder.path());
  Guest guest({.descriptors = 10});
  u32 root = guest.add_folder(folder.path());
  EXPECT_EQ(root, 0u);
  for (u32 i = 1; i < 10; ++i) EXPECT_EQ(guest.must_open(root, "file"), i);
  int before = open_descriptors();
  EXPECT_EQ(guest.open(root, "file", {}), Errno::Mfile);
  EXPECT_EQ(guest.open(root, "created", {.how = OpenFlag::Create}), Errno::Mfile);
  EXPECT_FALSE(fs::exists(folder / "created"));
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(guest.close(7), Errno::Success);
  EXPECT_EQ(guest.close(3), Errno::Success);
  EXPECT_EQ(guest.must_open(root, "file"), 3u);
  EXPECT_EQ(guest.must_open(root, "file"), 7u);
  EXPECT_EQ(guest.close(10), Errno::Badf);
}

// Every path call on numbers that are no folder, from a current directory where they would
// find something.
TEST(Hazard33, WithoutFoldersNoPathLeadsAnywhere) {
  Folder folder;
  make_tree(folder.path());
  auto before = snapshot(folder.path());
  int here = ::open(".", O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(chdir(folder.path().c_str()), 0);
  Guest guest;
  for (int fd = 0; fd < 3; ++fd) guest.add_descriptor(fd, Right::FdRead | Right::FdWrite);
  for (u32 fd : {0u, 1u, 2u, 3u, 4u, 100u, u32(AT_FDCWD), 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    Errno expected = fd < 3 ? Errno::Notdir : Errno::Badf;
    for (std::string path : {"file", "dir", ".", "/", "", "dir/file", "new"}) {
      for (LookupFlags lookup : {follow, no_follow}) {
        EXPECT_EQ(guest.stat(fd, path, lookup), expected);
        EXPECT_EQ(guest.set_times(fd, path, lookup, 7), expected);
        EXPECT_EQ(guest.open(fd, path, {.lookup = lookup}), expected);
        EXPECT_EQ(guest.open(fd, path, {.lookup = lookup, .how = OpenFlag::Create}), expected);
        EXPECT_EQ(guest.link(fd, path, fd, "new", lookup), expected);
      }
      EXPECT_EQ(guest.at_path<&preview1::path_create_directory>(fd, path), expected);
      EXPECT_EQ(guest.at_path<&preview1::path_remove_directory>(fd, path), expected);
      EXPECT_EQ(guest.at_path<&preview1::path_unlink_file>(fd, path), expected);
      EXPECT_EQ(guest.readlink(fd, path), expected);
      EXPECT_EQ(guest.rename(fd, path, fd, "new"), expected);
      EXPECT_EQ(guest.symlink("file", fd, path), expected);
    }
    EXPECT_EQ(guest.errno_of<&preview1::fd_readdir>(fd, 64u, 100u, u64(0), 200u), expected);
    EXPECT_EQ(guest.errno_of<&preview1::fd_prestat_get>(fd, 64u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&preview1::fd_prestat_dir_name>(fd, 64u, 100u), Errno::Badf);
  }
  EXPECT_EQ(fchdir(here), 0);
  close(here);
  EXPECT_EQ(snapshot(folder.path()), before);
}

}  // namespace
}  // namespace skerry::wasi::test
