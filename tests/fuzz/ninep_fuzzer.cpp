// A server of 9P that says anything (lying_server.h), to a guest that does anything. Both are read from one input: an
// action, and for each request that it makes a reply. What guests are told is fit for them, and places are given back.

#include <memory>

#include "base/check.h"
#include "kernel/fs/ninep_files.h"
#include "tests/fuzz/lying_server.h"
#include "tests/fuzz/random.h"
#include "tests/fuzz/target.h"
#include "wasi/walk.h"

namespace skerry::fuzz {
namespace {

using namespace kernel;
using wasi::Directory;
using wasi::Errno;
using wasi::HostResult;

void check_stat(const HostResult<wasi::FileStat>& stat) {
  if (!stat) return;
  CHECK(stat->size <= u64(INT64_MAX));
  CHECK(stat->device == 5);
}

void act(Feed& feed, const std::shared_ptr<Directory>& root) {
  using enum wasi::Directory::Access;
  static constexpr std::string_view names[] = {"a", "b", "folder", "link"};
  static constexpr std::string_view paths[] = {"a", "link/b", "folder/../a", "link/../link", "../x", "folder//b/"};
  static constexpr Directory::Access accesses[] = {Read, Write, ReadWrite};
  std::shared_ptr<Directory> at = root;
  std::shared_ptr<wasi::File> file;
  for (u32 done = 0; done < 100 && !feed.empty(); ++done) {
    u8 what = feed.get8();
    std::string_view name = names[what / 32 % std::size(names)];
    wasi::NewTime time = {what & 64 ? wasi::NewTime::Kind::Now : wasi::NewTime::Kind::At, what};
    switch (what % 24) {
      case 0: if (auto next = at->open_directory(name, Directory::Use::List)) at = *next; break;
      case 1: check_stat(at->stat()); break;
      case 2: check_stat(at->stat_at(name)); break;
      case 3: {
        u32 limit = 1 + feed.get8();
        auto entries = at->entries(feed.get8() % 4, limit);
        if (!entries) break;
        CHECK(entries->size() <= limit);
        for (const wasi::DirectoryEntry& entry : *entries) {
          CHECK(entry.next != 0 && !entry.name.empty() && entry.name.size() <= 255);
          CHECK(entry.name.find_first_of(std::string_view("/\0", 2)) == entry.name.npos);
        }
        break;
      }
      case 4: (void)at->create_directory(name); break;
      case 5: (void)at->remove_directory(name); break;
      case 6: (void)at->unlink(name); break;
      case 7: (void)at->rename(name, *root, "b"); break;
      case 8: (void)at->link(name, *root, "b"); break;
      case 9: (void)at->symlink(name, "link"); break;
      case 10:
        if (auto target = at->read_link(name)) CHECK(!target->empty() && target->find('\0') == target->npos);
        break;
      case 11: (void)wasi::walk(at, paths[feed.get8() % std::size(paths)], wasi::Last::Follow); break;
      case 12: (void)at->set_times_at(name, time, {}); break;
      case 13: (void)at->sync(); break;
      case 14: if (auto again = at->reopen(Directory::Use::List)) at = *again; break;
      case 15: at = root; break;
      case 16: if (file) check_stat(file->stat()); break;
      case 17:
      case 18: {
        if (!file) break;
        std::vector<u8> buffer(feed.get16() % 20'000);
        u64 offset = feed.get8();
        auto size = what % 24 == 17 ? what & 128 ? file->read(buffer) : file->read_at(buffer, offset)
                    : what & 128    ? file->write(buffer)
                                    : file->write_at(buffer, offset << (offset % 64));
        if (size) CHECK(*size <= buffer.size());
        break;
      }
      case 19: if (file) (void)file->seek(i64(feed.get64()), wasi::Whence(what / 32 % 3)); break;
      case 20:
        if (file) (void)(what & 32 ? file->set_size(feed.get64()) : file->allocate(feed.get16(), feed.get64()));
        break;
      case 21: if (file) (void)file->set_flags(wasi::FdFlags::truncate(what / 32)); break;
      case 22: if (file) (void)file->set_times(time, time); break;
      default: {
        u8 how = feed.get8();
        auto opened = at->open(name, wasi::OpenFlags::truncate(how), accesses[how / 16 % 3],
                               wasi::FdFlags::truncate(how / 64));
        if (!opened) break;
        CHECK(bool(opened->file) != bool(opened->directory));
        if (opened->file) {
          file = opened->file;
          CHECK(file->type() == wasi::FileType::RegularFile);
        }
      }
    }
  }
}

void run(std::span<const u8> bytes) {
  Feed feed(bytes);
  LyingServer server(feed);
  u32 taken = 0;
  if (auto root = open_ninep(std::make_unique<LyingTransport>(server, taken), 5)) act(feed, *root);
  CHECK(taken == 0);
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  for (u32 seed = 1; seed <= 40; ++seed) {
    Random random(seed);
    Bytes bytes;
    for (u32 size = seed * 10; size > 0; --size) bytes.push_back(u8(random.next() % (seed % 3 ? 0xd0 : 0x100)));
    all.push_back(std::move(bytes));
  }
  return all;
}

}  // namespace

const Target ninep_target = {"ninep", 2'000, run, seeds};

}  // namespace skerry::fuzz
