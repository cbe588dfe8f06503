// A server of 9P that says anything, fed with what it says: for each request a reply. Most are of the form that their request
// asks for, with fields from the feed (a server that lies: folders are links at the next look, names lead out, counts are
// what they cannot be), some are damaged or any bytes (one that is broken). What the fuzzer and the kernel's tests share.

#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "kernel/fs/ninep.h"
#include "tests/fuzz/feed.h"

namespace skerry::fuzz {

using kernel::Ninep;
using kernel::NinepReader;

class LyingServer {
 public:
  static constexpr u32 message_bytes = 8192;  // of the largest

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

class LyingTransport final : public kernel::NinepTransport {
 public:
  // `taken`: how many places are; outlives the transport, as the server does.
  LyingTransport(LyingServer& server, u32& taken) : server_(server), taken_(taken) {}

  u32 room() const override { return message_bytes; }
  wasi::HostResult<Place> begin() override {
    if (given_up_) return fail(wasi::Errno::Io);
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
  wasi::HostResult<u32> exchange(const Place& place, u32 bytes) override {
    if (given_up_) return fail(wasi::Errno::Io);
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
  static constexpr u32 places = 4, message_bytes = LyingServer::message_bytes;

  LyingServer& server_;
  u32& taken_;
  std::unique_ptr<u8[]> requests_[places], replies_[places];
  bool given_up_ = false;
};

}  // namespace skerry::fuzz
