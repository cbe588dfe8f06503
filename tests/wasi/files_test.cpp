// Files and directories: what calls do where nothing is hostile, and every call on a number
// that is no descriptor.

#include <set>

#include "tests/wasi/guest.h"

namespace skerry::wasi::test {
namespace {

using Kind = CallResult::Kind;
constexpr Rights read_write = Right::FdRead | Right::FdWrite;

TEST(Files, EveryCallOnADescriptorThatIsClosed) {
  Folder folder;
  Guest guest;
  guest.add_folder(folder.path());
  for (u32 fd : {1u, 2u, 3u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    using namespace preview1;
    EXPECT_EQ(guest.errno_of<&fd_advise>(fd, u64(0), u64(0), 0u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&fd_allocate>(fd, u64(0), u64(1)), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&fd_close>(fd), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&fd_datasync>(fd), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&fd_sync>(fd), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&fd_fdstat_get>(fd, 64u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&fd_fdstat_set_flags>(fd, 0u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&fd_fdstat_set_rights>(fd, u64(0), u64(0)), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&preview1::fd_filestat_get>(fd, 64u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&unstable::fd_filestat_get>(fd, 64u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&fd_filestat_set_size>(fd, u64(0)), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&fd_filestat_set_times>(fd, u64(0), u64(0), 0u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&fd_pread>(fd, 64u, 0u, u64(0), 64u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&fd_pwrite>(fd, 64u, 0u, u64(0), 64u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&fd_read>(fd, 64u, 0u, 64u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&fd_write>(fd, 64u, 0u, 64u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&fd_readdir>(fd, 64u, 100u, u64(0), 64u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&preview1::fd_seek>(fd, u64(0), 0u, 64u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&unstable::fd_seek>(fd, u64(0), 0u, 64u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&fd_tell>(fd, 64u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&sock_accept>(fd, 0u, 64u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&sock_recv>(fd, 64u, 0u, 0u, 64u, 68u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&sock_send>(fd, 64u, 0u, 0u, 64u), Errno::Badf);
    EXPECT_EQ(guest.errno_of<&sock_shutdown>(fd, 1u), Errno::Badf);
  }
}

TEST(Files, ADirectoryIsNoFile) {
  Folder folder;
  Guest guest;
  u32 fd = guest.add_folder(folder.path());
  using namespace preview1;
  EXPECT_EQ(guest.errno_of<&fd_read>(fd, 64u, 0u, 64u), Errno::Isdir);
  EXPECT_EQ(guest.errno_of<&fd_write>(fd, 64u, 0u, 64u), Errno::Isdir);
  EXPECT_EQ(guest.errno_of<&fd_pread>(fd, 64u, 0u, u64(0), 64u), Errno::Isdir);
  EXPECT_EQ(guest.errno_of<&preview1::fd_seek>(fd, u64(0), 1u, 64u), Errno::Isdir);
  EXPECT_EQ(guest.errno_of<&fd_tell>(fd, 64u), Errno::Isdir);
  EXPECT_EQ(guest.errno_of<&fd_allocate>(fd, u64(0), u64(1)), Errno::Isdir);
  EXPECT_EQ(guest.errno_of<&fd_filestat_set_size>(fd, u64(0)), Errno::Isdir);
  EXPECT_EQ(guest.errno_of<&fd_advise>(fd, u64(0), u64(0), 0u), Errno::Isdir);
  EXPECT_EQ(guest.errno_of<&sock_shutdown>(fd, 1u), Errno::Notsock);
  EXPECT_EQ(guest.errno_of<&fd_sync>(fd), Errno::Success);
  EXPECT_EQ(guest.errno_of<&fd_datasync>(fd), Errno::Success);
  EXPECT_EQ(guest.errno_of<&fd_fdstat_set_flags>(fd, u32(FdFlag::Nonblock)), Errno::Success);
  EXPECT_EQ(guest.errno_of<&fd_fdstat_set_flags>(fd, u32(FdFlag::Append)), Errno::Inval);
  EXPECT_EQ(guest.open(fd, ".", {.how = OpenFlag::Directory, .rights = read_write}), Errno::Isdir);
  EXPECT_EQ(guest.open(fd, ".", {.flags = FdFlag::Nonblock}), Errno::Success);
  u32 file = guest.must_open(fd, "file", {.how = OpenFlag::Create});
  EXPECT_EQ(guest.open(file, "x", {}), Errno::Notdir);
  EXPECT_EQ(guest.open(fd, "file", {.how = OpenFlag::Directory}), Errno::Notdir);
}

TEST(Files, ReadWriteSeek) {
  Folder folder;
  Guest guest;
  u32 fd = guest.must_open(guest.add_folder(folder.path()), "file", {.how = OpenFlag::Create, .rights = read_write});
  u32 count = 0;
  EXPECT_EQ(guest.write(fd, "hello, world", &count), Errno::Success);
  EXPECT_EQ(count, 12u);
  auto seek = [&](i64 offset, Whence whence) -> HostResult<u64> {
    Errno error = guest.errno_of<&preview1::fd_seek>(fd, u64(offset), u32(whence), 64u);
    if (error != Errno::Success) return fail(error);
    return guest.get<u64>(64);
  };
  EXPECT_EQ(value_or_fail(seek(0, Whence::Current)), 12u);
  EXPECT_EQ(value_or_fail(seek(-5, Whence::End)), 7u);
  std::string content;
  EXPECT_EQ(guest.read(fd, 100, &content), Errno::Success);
  EXPECT_EQ(content, "world");
  EXPECT_EQ(guest.read(fd, 100, &content), Errno::Success);
  EXPECT_EQ(content, "");
  EXPECT_EQ(value_or_fail(seek(2, Whence::Set)), 2u);
  EXPECT_EQ(seek(-3, Whence::Current).error(), Errno::Inval);
  EXPECT_EQ(seek(INT64_MAX, Whence::Current).error(), Errno::Inval);
  EXPECT_EQ(seek(INT64_MIN, Whence::Current).error(), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::fd_tell>(fd, 64u), Errno::Success);
  EXPECT_EQ(guest.get<u64>(64), 2u);
  // Positioned transfers leave the position, over several buffers.
  Iovec vectors[3] = {{256, 3}, {0, 0}, {300, 100}};
  std::memcpy(guest.memory() + 128, vectors, sizeof(vectors));
  EXPECT_EQ(guest.errno_of<&preview1::fd_pread>(fd, 128u, 3u, u64(4), 64u), Errno::Success);
  EXPECT_EQ(guest.get<u32>(64), 8u);
  EXPECT_EQ(guest.text(256, 3) + guest.text(300, 5), "o, world");
  std::memcpy(guest.memory() + 128, vectors, sizeof(vectors));
  EXPECT_EQ(guest.errno_of<&preview1::fd_pwrite>(fd, 128u, 1u, u64(9), 64u), Errno::Success);
  EXPECT_EQ(read_file(folder / "file"), "hello, woo, ");
  EXPECT_EQ(guest.errno_of<&preview1::fd_pread>(fd, 128u, 1u, u64(1) << 63, 64u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::fd_pwrite>(fd, 128u, 1u, ~u64(0), 64u), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::fd_tell>(fd, 64u), Errno::Success);
  EXPECT_EQ(guest.get<u64>(64), 2u);
}

TEST(Files, SizesAndAllocation) {
  Folder folder;
  Guest guest;
  u32 fd = guest.must_open(guest.add_folder(folder.path()), "file", {.how = OpenFlag::Create, .rights = read_write});
  EXPECT_EQ(guest.errno_of<&preview1::fd_filestat_set_size>(fd, u64(100)), Errno::Success);
  EXPECT_EQ(fs::file_size(folder / "file"), 100u);
  EXPECT_EQ(guest.errno_of<&preview1::fd_filestat_set_size>(fd, u64(1) << 63), Errno::Inval);
  Errno error = guest.errno_of<&preview1::fd_allocate>(fd, u64(90), u64(20));
  EXPECT_TRUE(error == Errno::Success || error == Errno::Notsup);
  if (error == Errno::Success) EXPECT_EQ(fs::file_size(folder / "file"), 110u);
  EXPECT_EQ(guest.errno_of<&preview1::fd_allocate>(fd, ~u64(0), u64(20)), Errno::Inval);
  EXPECT_EQ(guest.errno_of<&preview1::fd_allocate>(fd, u64(0), u64(0)), Errno::Inval);
  for (u32 advice = 0; advice < 6; ++advice) {
    EXPECT_EQ(guest.errno_of<&preview1::fd_advise>(fd, u64(10), u64(50), advice), Errno::Success);
  }
}

TEST(Files, FlagsAreKept) {
  Folder folder;
  Guest guest;
  u32 root = guest.add_folder(folder.path());
  u32 fd = guest.must_open(root, "file", {.how = OpenFlag::Create, .rights = read_write, .flags = FdFlag::Append | FdFlag::Sync});
  auto flags = [&](u32 of) {
    EXPECT_EQ(guest.errno_of<&preview1::fd_fdstat_get>(of, 64u), Errno::Success);
    return FdFlags::truncate(guest.get<Fdstat>(64).flags);
  };
  EXPECT_EQ(flags(fd), FdFlag::Append | FdFlag::Sync);
  EXPECT_EQ(guest.write(fd, "one"), Errno::Success);
  EXPECT_EQ(guest.errno_of<&preview1::fd_seek>(fd, u64(0), 0u, 64u), Errno::Success);
  EXPECT_EQ(guest.write(fd, "two"), Errno::Success);
  EXPECT_EQ(read_file(folder / "file"), "onetwo");
  EXPECT_EQ(guest.errno_of<&preview1::fd_fdstat_set_flags>(fd, u32(FdFlag::Append)), Errno::Notsup);  // Sync stays
  EXPECT_EQ(guest.errno_of<&preview1::fd_fdstat_set_flags>(fd, u32(FdFlag::Sync)), Errno::Success);
  EXPECT_EQ(guest.errno_of<&preview1::fd_seek>(fd, u64(0), 0u, 64u), Errno::Success);
  EXPECT_EQ(guest.write(fd, "ONE"), Errno::Success);
  EXPECT_EQ(read_file(folder / "file"), "ONEtwo");
  EXPECT_EQ(flags(fd), FdFlags(FdFlag::Sync));
}

TEST(Files, TimesAreSetOneByOne) {
  Folder folder;
  Guest guest;
  u32 root = guest.add_folder(folder.path());
  u32 fd = guest.must_open(root, "file", {.how = OpenFlag::Create, .rights = read_write});
  auto set = [&](u64 accessed, u64 modified, TimeFlags which) {
    return guest.errno_of<&preview1::fd_filestat_set_times>(fd, accessed, modified, u32(which.bits()));
  };
  auto stat = [&] {
    EXPECT_EQ(guest.errno_of<&preview1::fd_filestat_get>(fd, 64u), Errno::Success);
    return guest.get<Filestat>(64);
  };
  EXPECT_EQ(set(1'000'000'001, 2'000'000'002, TimeFlag::Access | TimeFlag::Modify), Errno::Success);
  EXPECT_EQ(stat().accessed, 1'000'000'001u);
  EXPECT_EQ(stat().modified, 2'000'000'002u);
  EXPECT_EQ(set(7, 3'000'000'003, TimeFlag::Modify), Errno::Success);
  EXPECT_EQ(stat().accessed, 1'000'000'001u);
  EXPECT_EQ(stat().modified, 3'000'000'003u);
  EXPECT_EQ(set(7, 7, TimeFlag::AccessNow), Errno::Success);
  EXPECT_GT(stat().accessed, 1'600'000'000'000'000'000u);
  EXPECT_EQ(stat().modified, 3'000'000'003u);
  EXPECT_EQ(set(7, 7, {}), Errno::Success);
  EXPECT_EQ(set(7, 7, TimeFlag::Access | TimeFlag::AccessNow), Errno::Inval);
  EXPECT_EQ(set(7, 7, TimeFlag::Modify | TimeFlag::ModifyNow), Errno::Inval);
  EXPECT_EQ(stat().modified, 3'000'000'003u);
  EXPECT_EQ(stat().type, u8(FileType::RegularFile));
  EXPECT_EQ(stat().links, 1u);
}

TEST(Files, PreopenedFoldersTellTheirNames) {
  Folder folder;
  Guest guest;
  auto directory = value_or_fail(platform::wasi_directory(folder.path().c_str(), guest.interruption));
  u32 fd = value_or_fail(guest.context.add_directory(directory, "/data", Mutability::ReadWrite));
  EXPECT_EQ(guest.errno_of<&preview1::fd_prestat_get>(fd, 64u), Errno::Success);
  EXPECT_EQ(guest.get<Prestat>(64).tag, 0u);
  EXPECT_EQ(guest.get<Prestat>(64).name_size, 5u);
  EXPECT_EQ(guest.errno_of<&preview1::fd_prestat_dir_name>(fd, 128u, 4u), Errno::Nametoolong);
  EXPECT_EQ(guest.errno_of<&preview1::fd_prestat_dir_name>(fd, 128u, 5u), Errno::Success);
  EXPECT_EQ(guest.text(128, 6), std::string("/data\0", 6));
  EXPECT_EQ(guest.errno_of<&preview1::fd_prestat_dir_name>(fd, 128u, 4000u), Errno::Success);
  EXPECT_EQ(guest.call<&preview1::fd_prestat_dir_name>(fd, Guest::memory_size - 4, 5u).kind, Kind::Fault);
  u32 inner = guest.must_open(fd, ".", {.rights = {}});
  EXPECT_EQ(guest.errno_of<&preview1::fd_prestat_get>(inner, 64u), Errno::Badf);
}

TEST(Files, TheOlderLayouts) {
  Folder folder;
  write_file(folder / "file", "0123456789");
  Guest guest;
  u32 root = guest.add_folder(folder.path());
  u32 fd = guest.must_open(root, "file");
  std::memset(guest.memory() + 64, 0xee, 128);
  EXPECT_EQ(guest.errno_of<&unstable::fd_filestat_get>(fd, 64u), Errno::Success);
  auto older = guest.get<unstable::Filestat>(64);
  EXPECT_EQ(guest.get<u64>(64 + 56), 0xeeeeeeeeeeeeeeee);  // 56 bytes and no more
  EXPECT_EQ(older.links, 1u);
  EXPECT_EQ(older.size, 10u);
  EXPECT_EQ(guest.get<u32>(64 + 20), 1u);
  EXPECT_EQ(guest.get<u64>(64 + 24), 10u);
  EXPECT_EQ(guest.errno_of<&preview1::fd_filestat_get>(fd, 64u), Errno::Success);
  EXPECT_EQ(guest.get<u64>(64 + 24), 1u);
  EXPECT_EQ(guest.get<u64>(64 + 32), 10u);
  // Current, End, Set.
  auto seek = [&](i64 offset, u32 whence) {
    EXPECT_EQ(guest.errno_of<&unstable::fd_seek>(fd, u64(offset), whence, 64u), Errno::Success);
    return guest.get<u64>(64);
  };
  EXPECT_EQ(seek(3, 2), 3u);
  EXPECT_EQ(seek(2, 0), 5u);
  EXPECT_EQ(seek(-1, 1), 9u);
  EXPECT_EQ(guest.errno_of<&unstable::fd_seek>(fd, u64(0), 3u, 64u), Errno::Inval);
}

struct Listed {
  u64 next, inode;
  u8 type;
  std::string name;
};

// Reads a directory as C libraries do, with a buffer of this size.
std::vector<Listed> list(Guest& guest, u32 fd, u32 size, u64 cookie = 0) {
  std::vector<Listed> all;
  for (int calls = 0; calls < 100'000; ++calls) {
    guest.clear();
    u32 buffer = guest.space(size), out = guest.space(4);
    EXPECT_EQ(guest.errno_of<&preview1::fd_readdir>(fd, buffer, size, cookie, out), Errno::Success);
    u32 used = guest.get<u32>(out);
    EXPECT_LE(used, size);
    u32 at = 0;
    bool progress = false;
    while (at + sizeof(Dirent) <= used) {
      auto entry = guest.get<Dirent>(buffer + at);
      if (at + sizeof(Dirent) + entry.name_size > used) break;
      EXPECT_NE(entry.next, 0u);
      all.push_back({entry.next, entry.inode, entry.type, guest.text(buffer + at + sizeof(Dirent), entry.name_size)});
      cookie = entry.next;
      at += u32(sizeof(Dirent)) + entry.name_size;
      progress = true;
    }
    if (used < size || !progress) break;
  }
  return all;
}

TEST(Readdir, AnyBufferGivesEveryEntryOnce) {
  Folder folder;
  fs::create_directory(folder / "dir");
  std::set<std::string> names = {".", ".."};
  for (int i = 0; i < 300; ++i) {
    std::string name = "file" + std::string(usize(i % 100), 'x') + std::to_string(i);
    write_file(folder / ("dir/" + name), "");
    names.insert(name);
  }
  Guest guest;
  u32 root = guest.add_folder(folder.path());
  u32 fd = guest.must_open(root, "dir", {.rights = {}});
  Filestat own;
  EXPECT_EQ(guest.stat(root, "dir", follow, &own), Errno::Success);
  for (u32 size : {131u, 132u, 150u, 256u, 1000u, 4096u, 30000u}) {
    std::multiset<std::string> seen;
    for (auto& entry : list(guest, fd, size)) {
      seen.insert(entry.name);
      bool dots = entry.name == "." || entry.name == "..";
      EXPECT_EQ(entry.type, u8(dots ? FileType::Directory : FileType::RegularFile));
      if (dots) EXPECT_EQ(entry.inode, own.inode);
    }
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()), names) << size;
    EXPECT_EQ(seen.size(), names.size()) << size;
  }
  // Too small for a header, or for a name: filled to the last byte, and the guest makes it larger.
  for (u32 size : {0u, 1u, 23u, 24u}) {
    EXPECT_EQ(guest.errno_of<&preview1::fd_readdir>(fd, 64u, size, u64(0), 4096u), Errno::Success);
    EXPECT_EQ(guest.get<u32>(4096), size);
  }
  EXPECT_EQ(guest.errno_of<&preview1::fd_readdir>(fd, 64u, 100u, ~u64(0), 4096u), Errno::Inval);
}

TEST(Readdir, CookiesHoldWhileEntriesComeAndGo) {
  Folder folder;
  for (int i = 0; i < 60; ++i) write_file(folder / ("old" + std::to_string(i)), "");
  Guest guest;
  u32 fd = guest.add_folder(folder.path());
  auto all = list(guest, fd, 4096);
  ASSERT_EQ(all.size(), 62u);
  // From each cookie on come the same entries as before.
  for (usize i = 0; i < all.size(); i += 7) {
    auto rest = list(guest, fd, 4096, all[i].next);
    ASSERT_EQ(rest.size(), all.size() - i - 1);
    for (usize j = 0; j < rest.size(); ++j) EXPECT_EQ(rest[j].name, all[i + 1 + j].name);
  }
  // What was passed goes, new ones come: those ahead that stay come once each.
  for (usize i = 0; i < 30; ++i) {
    if (all[i].name[0] != '.') fs::remove(folder / all[i].name);
  }
  for (int i = 0; i < 20; ++i) write_file(folder / ("new" + std::to_string(i)), "");
  std::multiset<std::string> seen;
  for (auto& entry : list(guest, fd, 300, all[29].next)) seen.insert(entry.name);
  for (usize i = 30; i < all.size(); ++i) EXPECT_EQ(seen.count(all[i].name), 1u) << all[i].name;
}

TEST(Files, OpeningAPipeWaitsForNobody) {
  Folder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  Guest guest;
  u32 root = guest.add_folder(folder.path());
  u32 reader = guest.must_open(root, "pipe", {.rights = Right::FdRead, .flags = FdFlag::Nonblock});
  std::string content;
  EXPECT_EQ(guest.read(reader, 10, &content), Errno::Again);  // no writer yet: not the end
  u32 writer = guest.must_open(root, "pipe", {.rights = Right::FdWrite});
  EXPECT_EQ(guest.write(writer, "through"), Errno::Success);
  EXPECT_EQ(guest.read(reader, 100, &content), Errno::Success);
  EXPECT_EQ(content, "through");
  EXPECT_EQ(guest.close(writer), Errno::Success);
  EXPECT_EQ(guest.read(reader, 100, &content), Errno::Success);
  EXPECT_EQ(content, "");
  EXPECT_EQ(guest.errno_of<&preview1::fd_seek>(reader, u64(5), 0u, 64u), Errno::Spipe);
  EXPECT_EQ(guest.errno_of<&preview1::fd_tell>(reader, 64u), Errno::Spipe);
  EXPECT_EQ(guest.errno_of<&preview1::fd_pread>(reader, 64u, 0u, u64(0), 64u), Errno::Spipe);
}

}  // namespace
}  // namespace skerry::wasi::test
