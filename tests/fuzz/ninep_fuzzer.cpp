// A server of 9P that says anything, to a guest that does anything. Both are read from one input: an action, and for
// each request that it makes a reply. Most replies are of the form that their request asks for, with fields from the
// input (a server that lies), some are damaged or any bytes (one that is broken). What guests are told is fit for them,
// and places are given back.

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "base/check.h"
#include "kernel/fs/ninep_files.h"
#include "tests/fuzz/feed.h"
#include "tests/fuzz/random.h"
#include "tests/fuzz/target.h"
#include "wasi/walk.h"

namespace skerry::fuzz {
namespace {

using namespace kernel;
using wasi::Directory;
using wasi::Errno;
using wasi::HostResult;

constexpr u32 message_bytes = 8192, places = 4;

class LyingServer {
 public:
  explicit LyingServer(Feed& feed) : feed_(feed) {}

  std::vector<u8> answer(std::span<const u8> request) {
    NinepReader in(request);
    in.get32();
    u8 type = in.get8();
    u16 tag = in.get16();
    CHECK(in.fits());
    out_.clear();
    put(0, 4);
    put(type + 1u, 1);
    put(tag, 2);
    u8 how = feed_.get8();
    if (how >= 0xf8) {
      std::span<const u8> any = feed_.bytes(feed_.get8());
      out_.insert(out_.begin() + 7, any.begin(), any.end());
    } else if (how >= 0xe8) {
      out_[4] = 7;
      put(feed_.get8(), 4);
    } else {
      reply(Ninep(type), in);
      if (how >= 0xe0) out_[feed_.get16() % out_.size()] = feed_.get8();
      if (how >= 0xd8 && how < 0xe0) out_.resize(feed_.get16() % (message_bytes + 100));
    }
    if (how != 0xd7) set_size();
    return std::move(out_);
  }

 private:
  struct File {
    u8 type = 0;
    u8 path = 0;
  };

  void put(u64 value, u32 count) {
    for (u32 i = 0; i < count; ++i) out_.push_back(i < 8 ? u8(value >> (8 * i)) : u8(0));
  }
  void put(std::string_view text) {
    put(text.size(), 2);
    out_.insert(out_.end(), text.begin(), text.end());
  }
  void put_qid(File file) {
    put(file.type, 1);
    put(0, 4);
    put(file.path, 8);
  }
  void set_size() {
    for (u32 i = 0; i < 4 && i < out_.size(); ++i) out_[i] = u8(out_.size() >> (8 * i));
  }

  // A file of a type that there is, mostly.
  File any_file() {
    static constexpr u8 types[] = {0, 0x80, 0, 2, 0x80};
    u8 number = feed_.get8();
    return {number < 0xf0 ? types[number % std::size(types)] : number, number};
  }
  // What was last said of it, mostly.
  File& file(u32 fid) {
    if (feed_.get8() >= 0xf0) files_[fid] = any_file();
    return files_[fid];
  }
  static u32 mode_of(File file) { return file.type == 0x80 ? 0040755 : file.type == 2 ? 0120777 : 0100644; }
  std::string name() {
    static constexpr std::string_view names[] = {"a", "b", ".", "..", "folder", "link", "a/b", ""};
    u8 number = feed_.get8();
    return number < 0xf0 ? std::string(names[number % std::size(names)]) : std::string(feed_.get8() * 2u, 'n');
  }

  void reply(Ninep type, NinepReader& in) {
    switch (type) {
      case Ninep::Version: {
        u32 most = in.get32();
        u8 number = feed_.get8();
        put(number < 0xf0 ? most : number < 0xf8 ? 4096 : feed_.get32(), 4);
        put(in.string());
        break;
      }
      case Ninep::Attach: put_qid(files_[in.get32()] = {0x80, 1}); break;
      case Ninep::Walk: {
        u32 from = in.get32(), to = in.get32(), count = in.get16();
        files_[to] = count == 0 ? files_[from] : any_file();
        put(count, 2);
        if (count != 0) put_qid(files_[to]);
        break;
      }
      case Ninep::Open:
        put_qid(file(in.get32()));
        put(0, 4);
        break;
      case Ninep::Create:
        put_qid(files_[in.get32()] = any_file());
        put(0, 4);
        break;
      case Ninep::Symlink:
      case Ninep::MakeDirectory: put_qid(any_file()); break;
      case Ninep::Read: {
        in.get32();
        in.get64();
        u32 count = std::min<u32>(in.get32(), feed_.get16());
        put(count, 4);
        out_.insert(out_.end(), count, 'r');
        break;
      }
      case Ninep::Write: {
        in.get32();
        in.get64();
        put(std::min<u32>(in.get32(), feed_.get16()), 4);
        break;
      }
      case Ninep::GetAttributes: {
        File about = file(in.get32());
        put(0x7ff, 8);
        put_qid(about);
        u8 number = feed_.get8();
        put(number < 0xf0 ? mode_of(about) : feed_.get16(), 4);
        put(0, 8);
        put(1, 8);
        put(0, 8);
        put(number < 0xe0 ? number : feed_.get64(), 8);
        put(0, 16);
        for (u32 i = 0; i < 3; ++i) {
          put(number < 0xd0 ? number : feed_.get64(), 8);
          put(number, 8);
        }
        put(0, 32);
        break;
      }
      case Ninep::ReadDirectory: {
        std::vector<u8> head = std::exchange(out_, {});
        for (u32 count = feed_.get8() % 8; count > 0; --count) {
          File entry = any_file();
          put_qid(entry);
          u8 cookie = feed_.get8();
          put(cookie < 0xf0 ? ++last_cookie_ : cookie - 0xf0u, 8);
          put(entry.type == 0x80 ? 4 : entry.type == 2 ? 10 : entry.path % 16, 1);
          put(name());
        }
        std::vector<u8> list = std::exchange(out_, std::move(head));
        put(list.size(), 4);
        out_.insert(out_.end(), list.begin(), list.end());
        break;
      }
      case Ninep::ReadLink: put(name()); break;
      default: break;
    }
  }

  Feed& feed_;
  std::vector<u8> out_;
  std::map<u32, File> files_;
  u64 last_cookie_ = 0;
};

class Wire final : public NinepTransport {
 public:
  // `taken`: how many places are; outlives the wire.
  Wire(LyingServer& server, u32& taken) : server_(server), taken_(taken) {}

  u32 room() const override { return message_bytes; }
  HostResult<Place> begin() override {
    if (given_up_) return fail(Errno::Io);
    for (u32 i = 0; i < places; ++i) {
      if (requests_[i]) continue;
      // Allocated anew, so that the address sanitizer sees who keeps one.
      requests_[i].reset(new u8[message_bytes]);
      replies_[i].reset(new u8[message_bytes]);
      ++taken_;
      return Place{i, {requests_[i].get(), message_bytes}, {replies_[i].get(), message_bytes}};
    }
    UNREACHABLE("places are held across requests");
  }
  HostResult<u32> exchange(const Place& place, u32 bytes) override {
    if (given_up_) return fail(Errno::Io);
    std::vector<u8> reply = server_.answer(place.request.first(bytes));
    std::copy_n(reply.begin(), std::min<usize>(reply.size(), message_bytes), replies_[place.number].get());
    return u32(reply.size());
  }
  void end(const Place& place) override {
    requests_[place.number].reset();
    replies_[place.number].reset();
    --taken_;
  }
  void give_up() override { given_up_ = true; }
  bool is_given_up() const override { return given_up_; }

 private:
  LyingServer& server_;
  u32& taken_;
  std::unique_ptr<u8[]> requests_[places], replies_[places];
  bool given_up_ = false;
};

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
  if (auto root = open_ninep(std::make_unique<Wire>(server, taken), 5)) act(feed, *root);
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
