// kernel/fs/ninep.h and ninep_files.h against a server in this file: one that keeps to the protocol, and the same one
// with its replies damaged.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>
#include <set>

#include "kernel/fs/ninep_files.h"
#include "wasi/walk.h"

namespace skerry::kernel {
namespace {

using wasi::Directory;
using wasi::Errno;
using wasi::FdFlag;
using wasi::FileType;
using wasi::OpenFlag;
using Access = wasi::Directory::Access;
using Use = wasi::Directory::Use;

template <class T>
Errno error(const wasi::HostResult<T>& result) {
  return result ? Errno::Success : result.error();
}

std::span<const u8> bytes(std::string_view text) { return {reinterpret_cast<const u8*>(text.data()), text.size()}; }

// ------------------------------------------------------------------------------------ The server

struct Node {
  u32 mode;
  u64 inode;
  std::string text;  // content or target
  std::map<std::string, std::shared_ptr<Node>> names = {};
  u64 accessed = 1, modified = 2;
  bool is_directory() const { return (mode & 0170000) == 0040000; }
  bool is_link() const { return (mode & 0170000) == 0120000; }
};
using NodePointer = std::shared_ptr<Node>;

class Server {
 public:
  Server() { root = make(0040755); }

  NodePointer make(u32 mode, std::string text = {}) {
    return std::make_shared<Node>(mode, ++last_inode_, std::move(text));
  }

  // The reply to a request. Fids that it does not know, and the like, are the client's mistakes.
  std::vector<u8> answer(std::span<const u8> request) {
    NinepReader in(request);
    type_ = request[4];
    expect(in.get32() == request.size());
    u8 type = in.get8();
    tag_ = in.get16();
    out_.assign(7, 0);
    u32 failed = handle(Ninep(type), in);
    expect(failed || in.whole());
    if (failed) {
      out_.assign(7, 0);
      put(failed, 4);
      type = u8(Ninep::Error);
    }
    for (u32 i = 0; i < 4; ++i) out_[i] = u8(out_.size() >> (8 * i));
    out_[4] = u8(type + 1);
    out_[5] = u8(tag_);
    out_[6] = u8(tag_ >> 8);
    return out_;
  }

  NodePointer root;
  std::map<u32, NodePointer> fids;
  std::set<u32> opened;
  u32 most = 1 << 20;
  bool is_strict = true;  // a client that knows what it was told makes no mistakes
  u32 short_by = 0;  // bytes that a read or write does less than it could

 private:
  enum : u32 { Noent = 2, Exist = 17, Notdir = 20, Isdir = 21, Inval = 22, Notempty = 39 };

  void expect(bool holds) const { EXPECT_TRUE(holds || !is_strict) << "in a request of type " << int(type_); }
  void put(u64 value, u32 count) {
    for (u32 i = 0; i < count; ++i) out_.push_back(i < 8 ? u8(value >> (8 * i)) : u8(0));
  }
  void put(std::string_view text) {
    put(text.size(), 2);
    out_.insert(out_.end(), text.begin(), text.end());
  }
  void put_qid(const Node& node) {
    put(node.is_directory() ? 0x80 : node.is_link() ? 2 : 0, 1);
    put(0, 4);
    put(node.inode, 8);
  }
  NodePointer& node(u32 fid) {
    expect(fids.contains(fid));
    NodePointer& found = fids[fid];
    if (!found) found = make(0100644);
    return found;
  }

  u32 handle(Ninep type, NinepReader& in) {
    switch (type) {
      case Ninep::Version:
        fids.clear();
        opened.clear();
        expect(tag_ == 0xffff);
        put(std::min(in.get32(), most), 4);
        put(in.string());
        return 0;
      case Ninep::Attach: {
        u32 fid = in.get32();
        in.get32();
        in.string();
        in.string();
        in.get32();
        expect(!fids.contains(fid));
        fids[fid] = root;
        put_qid(*root);
        return 0;
      }
      case Ninep::Walk: {
        NodePointer at = node(in.get32());
        u32 fid = in.get32();
        u16 count = in.get16();
        expect(!fids.contains(fid));
        expect(count <= 1);
        if (count == 1) {
          std::string name(in.string());
          expect(name != "." && name != ".." && name.find('/') == name.npos);
          if (!at->names.contains(name)) return Noent;
          at = at->names[name];
        }
        fids[fid] = at;
        put(count, 2);
        if (count == 1) put_qid(*at);
        return 0;
      }
      case Ninep::Clunk: {
        u32 fid = in.get32();
        expect(fids.erase(fid));
        opened.erase(fid);
        return 0;
      }
      case Ninep::Open: {
        u32 fid = in.get32(), flags = in.get32();
        NodePointer at = node(fid);
        expect(opened.insert(fid).second);
        expect(flags & 0400000);
        if (flags & 02000) appending_.insert(fid);
        else appending_.erase(fid);
        if (flags & 01000) at->text.clear();
        put_qid(*at);
        put(0, 4);
        return 0;
      }
      case Ninep::Create: {
        u32 fid = in.get32();
        std::string name(in.string());
        u32 flags = in.get32(), mode = in.get32();
        in.get32();
        NodePointer directory = node(fid);
        if (directory->names.contains(name)) return Exist;
        expect(flags & 0200);
        directory->names[name] = fids[fid] = make(0100000 | mode);
        expect(opened.insert(fid).second);
        put_qid(*fids[fid]);
        put(0, 4);
        return 0;
      }
      case Ninep::Read: {
        u32 fid = in.get32();
        u64 offset = in.get64();
        u32 count = in.get32();
        const std::string& text = node(fid)->text;
        expect(opened.contains(fid));
        u64 size = offset < text.size() ? std::min<u64>(count, text.size() - offset) : 0;
        if (size > short_by) size -= short_by;
        put(size, 4);
        out_.insert(out_.end(), text.begin() + i64(size ? offset : 0), text.begin() + i64(size ? offset + size : 0));
        return 0;
      }
      case Ninep::Write: {
        u32 fid = in.get32();
        u64 offset = in.get64();
        u32 count = in.get32();
        std::span<const u8> data = in.bytes(count);
        std::string& text = node(fid)->text;
        expect(opened.contains(fid));
        if (appending_.contains(fid)) offset = text.size();
        if (data.size() > short_by) data = data.first(data.size() - short_by);
        if (offset + data.size() > MiB) return 28;
        if (text.size() < offset + data.size()) text.resize(offset + data.size(), '\0');
        std::copy(data.begin(), data.end(), text.begin() + i64(offset));
        put(data.size(), 4);
        return 0;
      }
      case Ninep::GetAttributes: {
        const Node& at = *node(in.get32());
        in.get64();
        put(0x7ff, 8);
        put_qid(at);
        put(at.mode, 4);
        put(0, 8);
        put(1, 8);
        put(0, 8);
        put(at.text.size(), 8);
        put(0, 16);
        for (u64 time : {at.accessed, at.modified, at.modified}) {
          put(time / 1'000'000'000, 8);
          put(time % 1'000'000'000, 8);
        }
        out_.insert(out_.end(), 32, 0);
        return 0;
      }
      case Ninep::SetAttributes: {
        Node& at = *node(in.get32());
        u32 what = in.get32();
        in.bytes(12);
        u64 size = in.get64();
        u64 times[4];
        for (u64& time : times) time = in.get64();
        if (what & 8) at.text.resize(std::min<u64>(size, MiB));
        if (what & 0x10) at.accessed = what & 0x80 ? times[0] * 1'000'000'000 + times[1] : 77;
        if (what & 0x20) at.modified = what & 0x100 ? times[2] * 1'000'000'000 + times[3] : 77;
        return 0;
      }
      case Ninep::ReadDirectory: {
        Node& at = *node(in.get32());
        u64 offset = in.get64();
        u32 count = in.get32();
        std::vector<u8> head = std::exchange(out_, {});
        u64 place = 0;
        auto add = [&](const std::string& name, const Node& entry) {
          if (++place <= offset || out_.size() + 24 + name.size() > count) return;
          put_qid(entry);
          put(place, 8);
          put(entry.is_directory() ? 4 : entry.is_link() ? 10 : 8, 1);
          put(name);
        };
        add(".", at);
        add("..", at);
        for (const auto& [name, entry] : at.names) add(name, *entry);
        std::vector<u8> list = std::exchange(out_, std::move(head));
        put(list.size(), 4);
        out_.insert(out_.end(), list.begin(), list.end());
        return 0;
      }
      case Ninep::MakeDirectory: {
        Node& at = *node(in.get32());
        std::string name(in.string());
        u32 mode = in.get32();
        in.get32();
        if (at.names.contains(name)) return Exist;
        put_qid(*(at.names[name] = make(0040000 | mode)));
        return 0;
      }
      case Ninep::Symlink: {
        Node& at = *node(in.get32());
        std::string name(in.string()), target(in.string());
        in.get32();
        if (at.names.contains(name)) return Exist;
        put_qid(*(at.names[name] = make(0120777, target)));
        return 0;
      }
      case Ninep::ReadLink: put(node(in.get32())->text); return 0;
      case Ninep::Link: {
        Node& at = *node(in.get32());
        NodePointer target = node(in.get32());
        std::string name(in.string());
        if (at.names.contains(name)) return Exist;
        at.names[name] = target;
        return 0;
      }
      case Ninep::Rename: {
        Node& at = *node(in.get32());
        std::string name(in.string());
        Node& to = *node(in.get32());
        std::string new_name(in.string());
        if (!at.names.contains(name)) return Noent;
        NodePointer moved = at.names[name];
        at.names.erase(name);
        to.names[new_name] = moved;
        return 0;
      }
      case Ninep::Unlink: {
        Node& at = *node(in.get32());
        std::string name(in.string());
        bool directory = in.get32() & 0x200;
        if (!at.names.contains(name)) return Noent;
        if (at.names[name]->is_directory() != directory) return directory ? Notdir : Isdir;
        if (!at.names[name]->names.empty()) return Notempty;
        at.names.erase(name);
        return 0;
      }
      case Ninep::Sync: in.get32(); in.get32(); return 0;
      default: expect(false); return Inval;
    }
  }

  u64 last_inode_ = 0;
  u16 tag_ = 0;
  u8 type_ = 0;
  std::vector<u8> out_;
  std::set<u32> appending_;
};

// Carries messages to a server and back; `damage` may change a reply.
class Wire final : public NinepTransport {
 public:
  static constexpr u32 places = 4, bytes_of_message = 8192;

  Wire(Server& server, std::function<void(std::vector<u8>&)> damage = [](std::vector<u8>&) {})
      : server_(server), damage_(std::move(damage)) {}

  u32 room() const override { return bytes_of_message; }
  wasi::HostResult<Place> begin() override {
    if (given_up_) return fail(Errno::Io);
    for (u32 i = 0; i < places; ++i) {
      if (taken_[i]) continue;
      taken_[i] = true;
      return Place{i, requests_[i], replies_[i]};
    }
    ADD_FAILURE() << "places are held across requests";
    return fail(Errno::Again);
  }
  wasi::HostResult<u32> exchange(const Place& place, u32 bytes) override {
    ++exchanges;
    if (given_up_) return fail(Errno::Io);
    std::vector<u8> reply = server_.answer(place.request.first(bytes));
    damage_(reply);
    if (dies_after != 0 && exchanges >= dies_after) give_up();
    if (given_up_) return fail(Errno::Io);
    std::copy_n(reply.begin(), std::min<usize>(reply.size(), bytes_of_message), replies_[place.number].begin());
    return u32(reply.size());
  }
  void end(const Place& place) override { taken_[place.number] = false; }
  void give_up() override { given_up_ = true; }
  bool is_given_up() const override { return given_up_; }

  static inline u32 exchanges = 0;
  u32 dies_after = 0;

 private:
  Server& server_;
  std::function<void(std::vector<u8>&)> damage_;
  bool taken_[places] = {};
  std::vector<u8> requests_[places] = {std::vector<u8>(bytes_of_message), std::vector<u8>(bytes_of_message),
                                       std::vector<u8>(bytes_of_message), std::vector<u8>(bytes_of_message)};
  std::vector<u8> replies_[places] = {std::vector<u8>(bytes_of_message), std::vector<u8>(bytes_of_message),
                                      std::vector<u8>(bytes_of_message), std::vector<u8>(bytes_of_message)};
  bool given_up_ = false;
};

class NinepTest : public testing::Test {
 protected:
  NinepTest() {
    server.root->names["file"] = server.make(0100644, "content");
    server.root->names["folder"] = server.make(0040755);
    server.root->names["folder"]->names["leaf"] = server.make(0100644, "leaf");
    server.root->names["link"] = server.make(0120777, "folder/leaf");
    server.root->names["pipe"] = server.make(0010644);
  }

  std::shared_ptr<Directory> connect(std::function<void(std::vector<u8>&)> damage = [](std::vector<u8>&) {}) {
    auto opened = open_ninep(std::make_unique<Wire>(server, std::move(damage)), 20);
    return opened ? *opened : nullptr;
  }
  static std::shared_ptr<wasi::File> open(Directory& in, std::string_view name, wasi::OpenFlags how = {},
                                          Access access = Access::ReadWrite, wasi::FdFlags flags = {}) {
    auto opened = in.open(name, how, access, flags);
    return opened ? opened->file : nullptr;
  }
  static std::string content(wasi::File& file) {
    std::string text(1000, '?');
    auto size = file.read_at({reinterpret_cast<u8*>(text.data()), text.size()}, 0);
    return size ? text.substr(0, *size) : "error";
  }
  static std::multiset<std::string> names(Directory& directory, u32 limit) {
    std::multiset<std::string> all;
    for (u64 cookie = 0;;) {
      auto some = directory.entries(cookie, limit);
      if (!some || some->empty()) return all;
      for (const auto& entry : *some) all.insert(entry.name);
      cookie = some->back().next;
    }
  }

  Server server;
};

TEST_F(NinepTest, FilesAreReadAndWritten) {
  auto root = connect();
  auto file = open(*root, "file");
  ASSERT_TRUE(file);
  EXPECT_EQ(content(*file), "content");
  EXPECT_EQ(file->stat()->size, 7u);
  EXPECT_EQ(file->stat()->device, 20u);
  EXPECT_EQ(*file->write(bytes("CON")), 3u);
  EXPECT_EQ(*file->write_at(bytes("more"), 10), 4u);
  EXPECT_EQ(server.root->names["file"]->text, std::string("CONtent\0\0\0more", 14));  // at once
  EXPECT_EQ(*file->seek(-4, wasi::Whence::End), 10u);
  u8 buffer[10];
  EXPECT_EQ(*file->read(buffer), 4u);
  EXPECT_EQ(*file->read(buffer), 0u);
  ASSERT_TRUE(bool(file->set_size(3)));
  EXPECT_EQ(content(*file), "CON");
  EXPECT_EQ(error(file->seek(-1, wasi::Whence::Set)), Errno::Inval);
  auto reading = open(*root, "file", {}, Access::Read);
  EXPECT_EQ(error(reading->write(bytes("x"))), Errno::Badf);
  EXPECT_EQ(error(reading->set_size(0)), Errno::Inval);

  // More than a message carries, and a server that does less than it is asked for.
  std::string large(50'000, 'l');
  for (u32 i = 0; i < large.size(); ++i) large[i] = char('a' + i % 23);
  server.short_by = 1000;
  auto made = open(*root, "large", OpenFlag::Create);
  EXPECT_EQ(*made->write(bytes(large)), large.size());
  EXPECT_EQ(server.root->names["large"]->text, large);
  std::vector<u8> back(60'000);
  EXPECT_EQ(*made->read_at(back, 0), large.size());
  EXPECT_TRUE(std::equal(large.begin(), large.end(), back.begin(), [](char a, u8 b) { return u8(a) == b; }));
}

TEST_F(NinepTest, AppendingCanBeginAndEnd) {
  auto root = connect();
  auto file = open(*root, "file", {}, Access::ReadWrite, FdFlag::Append);
  EXPECT_EQ(*file->write(bytes("+")), 1u);
  EXPECT_EQ(*file->seek(0, wasi::Whence::Current), 8u);
  ASSERT_TRUE(bool(file->set_flags({})));
  ASSERT_TRUE(bool(file->seek(0, wasi::Whence::Set)));
  EXPECT_EQ(*file->write(bytes("C")), 1u);
  ASSERT_TRUE(bool(file->set_flags(FdFlag::Append)));
  EXPECT_EQ(*file->seek(0, wasi::Whence::Current), 1u);
  EXPECT_EQ(*file->write(bytes("+")), 1u);
  EXPECT_EQ(content(*file), "Content++");
  EXPECT_EQ(error(file->set_flags(FdFlag::Sync)), Errno::Notsup);
}

TEST_F(NinepTest, OpeningFollowsTheRules) {
  auto root = connect();
  auto open_error = [&](std::string_view name, wasi::OpenFlags how, Access access = Access::Read) {
    return error(root->open(name, how, access, {}));
  };
  EXPECT_EQ(open_error("none", {}), Errno::Noent);
  EXPECT_EQ(open_error("file", OpenFlag::Create | OpenFlag::Exclusive), Errno::Exist);
  EXPECT_EQ(open_error("link", OpenFlag::Create | OpenFlag::Exclusive), Errno::Exist);
  EXPECT_EQ(open_error("link", {}), Errno::Loop);
  EXPECT_EQ(open_error("file", OpenFlag::Directory), Errno::Notdir);
  EXPECT_EQ(open_error("folder", {}, Access::Write), Errno::Isdir);
  EXPECT_EQ(open_error("folder", OpenFlag::Truncate), Errno::Isdir);
  EXPECT_EQ(open_error("pipe", {}), Errno::Notsup);
  EXPECT_TRUE(root->open("folder", {}, Access::Read, {})->directory);
  EXPECT_EQ(error(root->open_directory("file", Use::Walk)), Errno::Notdir);
  EXPECT_EQ(error(root->open_directory("link", Use::Walk)), Errno::Loop);
  EXPECT_EQ(error(root->stat_at(std::string(256, 'n'))), Errno::Nametoolong);
  EXPECT_EQ(open_error("file", OpenFlag::Truncate, Access::Write), Errno::Success);
  EXPECT_EQ(server.root->names["file"]->text, "");
  EXPECT_EQ(root->stat_at("link")->type, FileType::SymbolicLink);
  EXPECT_EQ(root->stat_at("pipe")->type, FileType::Unknown);
}

TEST_F(NinepTest, NamesComeAndGo) {
  auto root = connect();
  auto folder = *root->open_directory("folder", Use::List);
  EXPECT_EQ(error(root->create_directory("new")), Errno::Success);
  EXPECT_EQ(error(root->create_directory("file")), Errno::Exist);
  EXPECT_EQ(error(root->remove_directory("folder")), Errno::Notempty);
  EXPECT_EQ(error(root->remove_directory("file")), Errno::Notdir);
  EXPECT_EQ(error(root->unlink("new")), Errno::Isdir);
  EXPECT_EQ(error(root->remove_directory("new")), Errno::Success);
  EXPECT_EQ(error(root->rename("file", *folder, "moved")), Errno::Success);
  EXPECT_EQ(error(folder->link("moved", *root, "again")), Errno::Success);
  EXPECT_EQ(error(root->link("folder", *root, "other")), Errno::Perm);
  EXPECT_EQ(error(root->symlink("some/where", "pointer")), Errno::Success);
  EXPECT_EQ(*root->read_link("pointer"), "some/where");
  EXPECT_EQ(error(root->read_link("again")), Errno::Inval);
  EXPECT_EQ(error(root->unlink("pipe")), Errno::Success);
  for (u32 limit : {1, 3, 100}) {
    EXPECT_EQ(names(*root, limit), (std::multiset<std::string>{".", "..", "again", "folder", "link", "pointer"}));
    EXPECT_EQ(names(*folder, limit), (std::multiset<std::string>{".", "..", "leaf", "moved"}));
  }
  wasi::NewTime at = {wasi::NewTime::Kind::At, 12'345'678'901}, now = {wasi::NewTime::Kind::Now};
  EXPECT_EQ(error(root->set_times_at("again", at, now)), Errno::Success);
  EXPECT_EQ(root->stat_at("again")->accessed, 12'345'678'901u);
  EXPECT_EQ(root->stat_at("again")->modified, 77u);
  EXPECT_EQ(error(folder->sync()), Errno::Success);

  Server other;
  auto elsewhere = open_ninep(std::make_unique<Wire>(other), 21);
  EXPECT_EQ(error(root->rename("again", **elsewhere, "x")), Errno::Xdev);
}

TEST_F(NinepTest, PathsAreOursToWalk) {
  auto root = connect();
  server.root->names["up"] = server.make(0120777, "../../etc/passwd");
  server.root->names["absolute"] = server.make(0120777, "/etc/passwd");
  server.root->names["folder"]->names["back"] = server.make(0120777, "../file");
  auto walk_error = [&](std::string_view path) { return error(wasi::walk(root, path, wasi::Last::Follow)); };
  EXPECT_EQ(walk_error("up"), Errno::Perm);
  EXPECT_EQ(walk_error("absolute"), Errno::Perm);
  EXPECT_EQ(walk_error("folder/../.."), Errno::Perm);
  auto place = wasi::walk(root, "folder/back", wasi::Last::Follow);
  ASSERT_TRUE(bool(place));
  EXPECT_EQ(content(*open(*place->directory, place->name)), "content");
}

TEST_F(NinepTest, EveryFidIsGivenBack) {
  {
    auto root = connect();
    for (u32 round = 0; round < 3; ++round) {
      auto file = open(*root, "file");
      auto made = open(*root, "new" + std::to_string(round), OpenFlag::Create);
      (void)root->open("none", {}, Access::Read, {});
      (void)root->open("link", {}, Access::Read, {});
      (void)root->open("pipe", {}, Access::Read, {});
      (void)root->open_directory("file", Use::Walk);
      (void)names(*root, 2);
      (void)root->read_link("link");
      (void)file->set_flags(FdFlag::Append);
    }
    EXPECT_LE(server.fids.size(), 2u);
  }
  EXPECT_TRUE(server.fids.empty());
}

// What a hostile server may say to one kind of request, and what comes of it.
TEST_F(NinepTest, RepliesThatCannotBeAreIo) {
  struct Case {
    const char* what;
    Ninep type;
    std::function<void(std::vector<u8>&)> damage;
    bool given_up;
  };
  auto set = [](std::vector<u8>& reply, usize at, u64 value, u32 count) {
    for (u32 i = 0; i < count && at + i < reply.size(); ++i) reply[at + i] = u8(value >> (8 * i));
  };
  auto resize = [set](std::vector<u8>& reply, usize size) {
    reply.resize(size);
    set(reply, 0, size, 4);
  };
  const Case cases[] = {
      {"no header", Ninep::Walk, [](auto& r) { r.resize(3); }, true},
      {"another tag", Ninep::Walk, [set](auto& r) { set(r, 5, 77, 2); }, true},
      {"another type", Ninep::Walk, [set](auto& r) { set(r, 4, 117, 1); }, true},
      {"a request's type", Ninep::Walk, [set](auto& r) { set(r, 4, 110, 1); }, true},
      {"too large a size", Ninep::Walk, [set](auto& r) { set(r, 0, ~u64{0}, 4); }, true},
      {"more than there is room for", Ninep::Read, [resize](auto& r) { resize(r, 9000); }, true},
      {"something behind", Ninep::Walk, [resize](auto& r) { resize(r, r.size() + 1); }, true},
      {"something missing", Ninep::Walk, [resize](auto& r) { resize(r, r.size() - 1); }, true},
      {"two steps of one", Ninep::Walk, [set](auto& r) { set(r, 7, 2, 2); }, true},
      {"no step of one", Ninep::Walk, [set, resize](auto& r) { set(r, 7, 0, 2); resize(r, 9); }, true},
      {"an error without a number", Ninep::Walk, [set, resize](auto& r) { resize(r, 7); set(r, 4, 7, 1); }, true},
      {"another file is opened", Ninep::Open, [set](auto& r) { set(r, 12, 999, 8); }, false},
      {"another file's attributes", Ninep::GetAttributes, [set](auto& r) { set(r, 20, 999, 8); }, false},
      {"a mode of a directory", Ninep::GetAttributes, [set](auto& r) { set(r, 28, 0040755, 4); }, false},
      {"a negative size", Ninep::GetAttributes, [set](auto& r) { set(r, 56, ~u64{0}, 8); }, false},
      {"more read than asked for", Ninep::Read, [set](auto& r) { set(r, 7, 5000, 4); }, true},
      {"a count with nothing behind", Ninep::Read, [set, resize](auto& r) { set(r, 7, 7, 4); resize(r, 11); }, true},
      {"more written than sent", Ninep::Write, [set](auto& r) { set(r, 7, 5000, 4); }, true},
      {"nothing written", Ninep::Write, [set](auto& r) { set(r, 7, 0, 4); }, false},
      {"a list past its end", Ninep::ReadDirectory, [set](auto& r) { set(r, 7, 1 << 20, 4); }, true},
      {"an entry cut off", Ninep::ReadDirectory, [set, resize](auto& r) { resize(r, 30); set(r, 7, 19, 4); }, true},
      {"a cookie of 0", Ninep::ReadDirectory, [set](auto& r) { set(r, 24, 0, 8); }, false},
      {"a name with a slash", Ninep::ReadDirectory, [set](auto& r) { set(r, 35, '/', 1); }, false},
      {"a name with a zero byte", Ninep::ReadDirectory, [set](auto& r) { set(r, 35, 0, 1); }, false},
      {"a target past its end", Ninep::ReadLink, [set](auto& r) { set(r, 7, 0xffff, 2); }, true},
      {"no target", Ninep::ReadLink, [set, resize](auto& r) { resize(r, 9); set(r, 7, 0, 2); }, false},
  };
  for (const Case& c : cases) {
    bool armed = false;
    u32 hits = 0;
    auto root = connect([&](std::vector<u8>& reply) {
      if (!armed || reply[4] != u8(c.type) + 1) return;
      ++hits;
      c.damage(reply);
    });
    ASSERT_TRUE(root);
    std::shared_ptr<wasi::File> file;
    if (c.type == Ninep::Read || c.type == Ninep::Write) file = open(*root, "file");
    armed = true;
    Errno got;
    u8 buffer[100];
    switch (c.type) {
      case Ninep::Read: got = error(file->read(buffer)); break;
      case Ninep::Write: got = error(file->write(bytes("x"))); break;
      case Ninep::ReadDirectory: got = error(root->entries(0, 10)); break;
      case Ninep::ReadLink: got = error(root->read_link("link")); break;
      default: got = error(root->open("file", {}, Access::Read, {})); break;
    }
    armed = false;
    EXPECT_EQ(hits, 1u) << c.what;
    EXPECT_EQ(got, Errno::Io) << c.what;
    EXPECT_EQ(error(root->stat()), c.given_up ? Errno::Io : Errno::Success) << c.what;
  }
}

TEST_F(NinepTest, AServerMustSpeakTheLanguage) {
  auto connect_error = [&](std::function<void(std::vector<u8>&)> damage) {
    return error(open_ninep(std::make_unique<Wire>(server, std::move(damage)), 1));
  };
  auto on_version = [](auto change) {
    return [change](std::vector<u8>& reply) {
      if (reply[4] == u8(Ninep::Version) + 1) change(reply);
    };
  };
  EXPECT_EQ(connect_error(on_version([](auto& r) { r.back() = 'u'; })), Errno::Protonosupport);
  EXPECT_EQ(connect_error(on_version([](auto& r) { r[8] = 0xff; })), Errno::Io);   // larger than we offered
  EXPECT_EQ(connect_error(on_version([](auto& r) { r[7] = r[8] = 0; })), Errno::Io);  // smaller than is of use
  EXPECT_EQ(connect_error([](auto& r) {
    if (r[4] == u8(Ninep::Attach) + 1) r[7] = 0;  // no directory
  }), Errno::Io);
  server.most = 4096;
  EXPECT_TRUE(connect());
}

// Guests do what they do while replies are damaged at random: nothing but errors comes of it.
TEST_F(NinepTest, DamagedRepliesAreErrors) {
  std::mt19937 random(5);
  server.is_strict = false;
  u32 failures = 0, successes = 0;
  for (u32 round = 0; round < 4'000; ++round) {
    u32 until = random() % 30, replies = 0;
    auto damage = [&](std::vector<u8>& reply) {
      if (++replies <= until || random() % 4 != 0) return;
      switch (random() % 5) {
        case 0: reply.resize(random() % 12000); break;
        case 1: reply[random() % reply.size()] = u8(random()); break;
        case 2: reply[random() % reply.size()] ^= u8(1 << random() % 8); break;
        case 3: for (usize i = 7; i < 15 && i < reply.size(); ++i) reply[i] = 0xff; break;
        default: for (usize i = 7; i < reply.size(); ++i) reply[i] = u8(random()); break;
      }
      if (random() % 2) {
        for (u32 i = 0; i < 4 && i < reply.size(); ++i) reply[i] = u8(reply.size() >> (8 * i));
      }
    };
    auto connected = open_ninep(std::make_unique<Wire>(server, damage), 1);
    if (!connected) continue;
    auto count = [&](Errno e) { ++(e == Errno::Success ? successes : failures); };
    std::shared_ptr<Directory> at = *connected;
    std::shared_ptr<wasi::File> file;
    std::vector<u8> buffer(3000);
    for (u32 step = 0; step < 20; ++step) {
      std::string name = std::string(random() % 2 ? "file" : "folder") + (random() % 3 ? "" : "x");
      switch (random() % 12) {
        case 0: if (auto next = at->open_directory(name, Use::List)) at = *next; break;
        case 1: count(error(at->stat())); break;
        case 2: count(error(at->entries(random() % 3, 1 + random() % 5))); break;
        case 3: count(error(at->create_directory(name))); break;
        case 4: count(error(at->rename(name, **connected, name + "y"))); break;
        case 5: count(error(at->read_link("link"))); break;
        case 6: count(error(wasi::walk(at, "link/../" + name, wasi::Last::Follow))); break;
        case 7: if (file) count(error(file->read(buffer))); break;
        case 8: if (file) count(error(file->write(std::span(buffer).first(random() % 3000)))); break;
        case 9: if (file) count(error(file->stat())); break;
        case 10: count(error(at->set_times_at(name, {}, {wasi::NewTime::Kind::Now}))); break;
        default: {
          auto opened = at->open(name, random() % 2 ? OpenFlag::Create : wasi::OpenFlags(), Access::ReadWrite, {});
          if (opened && opened->file) file = opened->file;
          count(error(opened));
        }
      }
    }
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_GT(failures, 10'000u);
  EXPECT_GT(successes, 3'000u);
}

}  // namespace
}  // namespace skerry::kernel
