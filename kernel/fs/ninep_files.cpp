#include "kernel/fs/ninep_files.h"

#include <algorithm>

namespace skerry::kernel {

using wasi::Errno;
using wasi::FdFlag;
using wasi::FdFlags;
using wasi::FileType;
using wasi::HostResult;
using wasi::NewTime;
using wasi::OpenFlag;
using Access = wasi::Directory::Access;

namespace {

// Of Linux, as the protocol has them.
enum OpenBit : u32 {
  ReadOnly = 0, WriteOnly = 1, ReadWrite = 2, CreateBit = 0100, ExclusiveBit = 0200, TruncateBit = 01000,
  AppendBit = 02000, NonblockBit = 04000, DataSyncBit = 010000, LargeBit = 0100000, DirectoryBit = 0200000,
  NoFollowBit = 0400000, SyncBit = 04010000,
};
constexpr u32 remove_directory_flag = 0x200;
constexpr u32 no_group = ~u32{0};
// As if by a umask of 022, which the server leaves to us.
constexpr u32 file_mode = 0644, folder_mode = 0755;
constexpr usize longest_name = 255, longest_target = 4096;

enum SetBit : u32 { SetSize = 8, SetAccessed = 0x10, SetModified = 0x20, SetAccessedAt = 0x80, SetModifiedAt = 0x100 };
constexpr u64 basic_attributes = 0x7ff;

constexpr u64 second = 1'000'000'000;

wasi::Timestamp time_of(u64 seconds, u64 nanoseconds) {
  if (i64(seconds) < 0) return 0;
  if (seconds >= ~u64{0} / second) return ~u64{0};
  return seconds * second + std::min(nanoseconds, second - 1);
}

FileType type_of_mode(u32 mode) {
  switch (mode & 0170000) {
    case 0040000: return FileType::Directory;
    case 0100000: return FileType::RegularFile;
    case 0120000: return FileType::SymbolicLink;
    case 0020000: return FileType::CharacterDevice;
    case 0060000: return FileType::BlockDevice;
    case 0140000: return FileType::SocketStream;
    default: return FileType::Unknown;
  }
}

// Of a directory's entry; as much as the server knows.
FileType type_of_entry(u8 type, const NinepQid& qid) {
  switch (type) {
    case 4: return FileType::Directory;
    case 8: return FileType::RegularFile;
    case 10: return FileType::SymbolicLink;
    case 2: return FileType::CharacterDevice;
    case 6: return FileType::BlockDevice;
    case 12: return FileType::SocketStream;
    case 0:
      if (qid.is_directory()) return FileType::Directory;
      return qid.is_symlink() ? FileType::SymbolicLink : FileType::Unknown;
    default: return FileType::Unknown;
  }
}

HostResult<void> check_name(std::string_view name) {
  if (name.size() > longest_name) return fail(Errno::Nametoolong);
  return {};
}

struct Attributes {
  wasi::FileStat stat;
  NinepQid qid;
};

HostResult<Attributes> attributes(const NinepFid& fid, u64 device) {
  NinepCall call(fid.client(), Ninep::GetAttributes);
  NinepReader reply = TRY(call.put32(fid.number()).put64(basic_attributes).run());
  Attributes result;
  reply.get64();  // which are valid: the basic ones are of every file
  result.qid = reply.qid();
  u32 mode = reply.get32();
  reply.bytes(8);  // owner and group
  result.stat.device = device;
  result.stat.inode = result.qid.path;
  result.stat.type = type_of_mode(mode);
  result.stat.links = reply.get64();
  reply.get64();  // a device's number
  result.stat.size = reply.get64();
  reply.bytes(16);  // blocks
  for (wasi::Timestamp* time : {&result.stat.accessed, &result.stat.modified, &result.stat.changed}) {
    u64 seconds = reply.get64();
    *time = time_of(seconds, reply.get64());
  }
  reply.bytes(32);  // birth, generation, version
  if (!reply.whole()) return fail(fid.client().violation());
  // Two ways of saying what it is are one.
  bool agree = (result.stat.type == FileType::Directory) == result.qid.is_directory() &&
               (result.stat.type == FileType::SymbolicLink) == result.qid.is_symlink();
  if (!agree || result.stat.size > u64(INT64_MAX)) return fail(Errno::Io);
  return result;
}

struct Change {
  u32 what = 0;
  u64 size = 0;
  wasi::Timestamp accessed = 0, modified = 0;
};

HostResult<void> set_attributes(const NinepFid& fid, const Change& change) {
  NinepCall call(fid.client(), Ninep::SetAttributes);
  call.put32(fid.number()).put32(change.what).put32(0).put32(0).put32(0).put64(change.size);
  for (wasi::Timestamp time : {change.accessed, change.modified}) call.put64(time / second).put64(time % second);
  return call.finish();
}

HostResult<void> set_times_of(const NinepFid& fid, NewTime accessed, NewTime modified) {
  Change change = {.accessed = accessed.at, .modified = modified.at};
  if (accessed.kind != NewTime::Kind::Keep) change.what |= SetAccessed;
  if (accessed.kind == NewTime::Kind::At) change.what |= SetAccessedAt;
  if (modified.kind != NewTime::Kind::Keep) change.what |= SetModified;
  if (modified.kind == NewTime::Kind::At) change.what |= SetModifiedAt;
  return change.what ? set_attributes(fid, change) : HostResult<void>();
}

HostResult<NinepQid> open_fid(const NinepFid& fid, u32 how) {
  NinepCall call(fid.client(), Ninep::Open);
  NinepReader reply = TRY(call.put32(fid.number()).put32(how | NoFollowBit | LargeBit).run());
  NinepQid qid = reply.qid();
  reply.get32();  // what one transfer should carry: at most a message, which we keep to
  if (!reply.whole()) return fail(fid.client().violation());
  return qid;
}

HostResult<void> sync_fid(const NinepFid& fid, u32 data_only) {
  return NinepCall(fid.client(), Ninep::Sync).put32(fid.number()).put32(data_only).finish();
}

u32 open_bits(Access access, FdFlags flags) {
  u32 bits = access == Access::Read ? ReadOnly : access == Access::Write ? WriteOnly : ReadWrite;
  if (flags.has(FdFlag::Append)) bits |= AppendBit;
  if (flags.has(FdFlag::Dsync)) bits |= DataSyncBit;
  if (flags.has_any(FdFlag::Sync | FdFlag::Rsync)) bits |= SyncBit;
  return bits;
}

// ---------------------------------------------------------------------------------------- Files

// Its lock is held across requests: what is done to one open file is done in turn.
class NinepFile final : public wasi::File {
 public:
  NinepFile(NinepFid fid, Access access, FdFlags flags, Attributes attributes)
      : File(FileType::RegularFile, flags), fid_(std::move(fid)), access_(access),
        qid_(attributes.qid), last_(attributes.stat) {}

  HostResult<wasi::FileStat> stat() override {
    platform::MutexGuard guard(lock_);
    return stat_now();
  }
  HostResult<void> set_times(NewTime accessed, NewTime modified) override {
    platform::MutexGuard guard(lock_);
    return set_times_of(fid_, accessed, modified);
  }
  HostResult<void> datasync() override {
    platform::MutexGuard guard(lock_);
    return sync_fid(fid_, 1);
  }
  HostResult<void> sync() override {
    platform::MutexGuard guard(lock_);
    return sync_fid(fid_, 0);
  }
  HostResult<u64> read(std::span<u8> into) override {
    platform::MutexGuard guard(lock_);
    u64 at = TRY(position());
    u64 size = TRY(read_from(into, at));
    position_ = at + size;
    return size;
  }
  HostResult<u64> write(std::span<const u8> from) override {
    platform::MutexGuard guard(lock_);
    if (flags().has(FdFlag::Append)) {
      u64 size = TRY(write_from(from, 0));
      is_at_end_ = true;
      return size;
    }
    u64 at = TRY(position());
    u64 size = TRY(write_from(from, at));
    position_ = at + size;
    return size;
  }
  HostResult<u64> read_at(std::span<u8> into, u64 offset) override {
    platform::MutexGuard guard(lock_);
    return read_from(into, offset);
  }
  HostResult<u64> write_at(std::span<const u8> from, u64 offset) override {
    platform::MutexGuard guard(lock_);
    return write_from(from, offset);
  }
  HostResult<u64> seek(i64 offset, wasi::Whence whence) override {
    platform::MutexGuard guard(lock_);
    u64 from = 0;
    if (whence == wasi::Whence::Current) from = TRY(position());
    if (whence == wasi::Whence::End) from = TRY(stat_now()).size;
    i64 to;
    if (__builtin_add_overflow(i64(from), offset, &to) || to < 0) return fail(Errno::Inval);
    is_at_end_ = false;
    return position_ = u64(to);
  }

  HostResult<void> allocate(u64 offset, u64 size) override {
    platform::MutexGuard guard(lock_);
    if (access_ == Access::Read) return fail(Errno::Badf);
    if (size == 0) return fail(Errno::Inval);
    if (offset > u64(INT64_MAX) || size > u64(INT64_MAX) - offset) return fail(Errno::Fbig);
    return offset + size > TRY(stat_now()).size ? resize(offset + size) : HostResult<void>();
  }
  HostResult<void> set_size(u64 size) override {
    platform::MutexGuard guard(lock_);
    if (access_ == Access::Read || size > u64(INT64_MAX)) return fail(Errno::Inval);
    return resize(size);
  }
  HostResult<void> advise(u64, u64, wasi::Advice) override { return {}; }

  // To append or not is the server's to do, of a fid that was opened so.
  HostResult<void> set_flags(FdFlags flags) override {
    platform::MutexGuard guard(lock_);
    constexpr FdFlags fixed = FdFlag::Dsync | FdFlag::Rsync | FdFlag::Sync;
    FdFlags now = this->flags();
    if ((flags & fixed) != (now & fixed)) return fail(Errno::Notsup);
    if (flags.has(FdFlag::Append) != now.has(FdFlag::Append)) {
      u64 at = TRY(position());
      NinepFid other = TRY(fid_.client().clone(fid_));
      NinepQid qid = TRY(open_fid(other, open_bits(access_, flags)));
      if (!(qid == qid_)) return fail(Errno::Io);
      fid_ = std::move(other);
      position_ = at;
      is_at_end_ = false;
    }
    keep_flags(flags);
    return {};
  }

 private:
  HostResult<wasi::FileStat> stat_now() {
    auto now = attributes(fid_, last_.device);
    if (now && !(now->qid == qid_)) return fail(Errno::Io);
    // A server may know files by their paths alone, and this one's is gone: all but its size is as it was.
    if (!now && now.error() == Errno::Noent) {
      last_.links = 0;
      return last_;
    }
    if (!now) return fail(now.error());
    return last_ = now->stat;
  }

  HostResult<u64> position() {
    if (is_at_end_) {
      position_ = TRY(stat_now()).size;
      is_at_end_ = false;
    }
    return position_;
  }

  HostResult<void> resize(u64 size) {
    TRY(set_attributes(fid_, {.what = SetSize, .size = size}));
    last_.size = size;
    return {};
  }

  HostResult<u64> read_from(std::span<u8> into, u64 offset) {
    if (access_ == Access::Write) return fail(Errno::Badf);
    if (offset > u64(INT64_MAX)) return fail(Errno::Inval);
    u64 done = 0;
    while (done < into.size()) {
      auto part = read_once(into.subspan(done), offset + done);
      if (!part && done == 0) return fail(part.error());
      if (!part || *part == 0) break;
      done += *part;
    }
    return done;
  }

  HostResult<u64> read_once(std::span<u8> into, u64 offset) {
    NinepClient& client = fid_.client();
    u32 wanted = u32(std::min<u64>(into.size(), client.most_data()));
    NinepCall call(client, Ninep::Read);
    NinepReader reply = TRY(call.put32(fid_.number()).put64(offset).put32(wanted).run());
    u32 size = reply.get32();
    std::span<const u8> bytes = reply.bytes(size);
    if (!reply.whole() || size > wanted) return fail(client.violation());
    std::ranges::copy(bytes, into.begin());
    return u64(size);
  }

  HostResult<u64> write_from(std::span<const u8> from, u64 offset) {
    if (access_ == Access::Read) return fail(Errno::Badf);
    if (offset > u64(INT64_MAX)) return fail(Errno::Inval);
    if (from.size() > u64(INT64_MAX) - offset) return fail(Errno::Fbig);
    u64 done = 0;
    while (done < from.size()) {
      auto part = write_once(from.subspan(done), offset + done);
      if (!part && done == 0) return fail(part.error());
      if (!part) break;
      done += *part;
    }
    last_.size = flags().has(FdFlag::Append) ? last_.size + done : std::max(last_.size, offset + done);
    return done;
  }

  HostResult<u64> write_once(std::span<const u8> from, u64 offset) {
    NinepClient& client = fid_.client();
    from = from.first(std::min<u64>(from.size(), client.most_data()));
    NinepCall call(client, Ninep::Write);
    call.put32(fid_.number()).put64(offset).put32(u32(from.size())).put(from);
    NinepReader reply = TRY(call.run());
    u32 size = reply.get32();
    if (!reply.whole() || size > from.size()) return fail(client.violation());
    if (size == 0) return fail(Errno::Io);  // nothing would come of trying again
    return u64(size);
  }

  mutable platform::Mutex lock_;
  NinepFid fid_;
  const Access access_;
  const NinepQid qid_;
  wasi::FileStat last_;  // what was last known of it
  u64 position_ = 0;
  bool is_at_end_ = false;  // the position is where the file ends
};

// ---------------------------------------------------------------------------------- Directories

class NinepDirectory final : public wasi::Directory {
 public:
  NinepDirectory(NinepFid fid, NinepQid qid, u64 device) : fid_(std::move(fid)), qid_(qid), device_(device) {}

  HostResult<wasi::FileStat> stat() override {
    Attributes now = TRY(attributes(fid_, device_));
    if (!(now.qid == qid_)) return fail(Errno::Io);
    return now.stat;
  }
  HostResult<void> set_times(NewTime accessed, NewTime modified) override {
    return set_times_of(fid_, accessed, modified);
  }
  HostResult<void> datasync() override { return sync_fid(*TRY(listing()), 1); }
  HostResult<void> sync() override { return sync_fid(*TRY(listing()), 0); }

  HostResult<std::shared_ptr<Directory>> open_directory(Name name, Use) override {
    NinepClient::Found found = TRY(walk(name));
    if (found.qid.is_symlink()) return fail(Errno::Loop);
    if (!found.qid.is_directory()) return fail(Errno::Notdir);
    return as_directory(std::move(found));
  }
  HostResult<std::shared_ptr<Directory>> reopen(Use) override {
    return as_directory({TRY(fid_.client().clone(fid_)), qid_});
  }

  HostResult<wasi::Opened> open(Name name, wasi::OpenFlags how, Access access, FdFlags flags) override {
    // Somebody else may make or remove the file between our two looks: then all is new.
    constexpr u32 most_looks = 8;
    for (u32 look = 0; look < most_looks; ++look) {
      auto found = walk(name);
      if (found) {
        if (how.has(OpenFlag::Create | OpenFlag::Exclusive)) return fail(Errno::Exist);
        return open_found(*std::move(found), how, access, flags);
      }
      if (found.error() != Errno::Noent || !how.has(OpenFlag::Create)) return fail(found.error());
      if (how.has(OpenFlag::Directory)) return fail(Errno::Inval);
      auto made = create(name, access, flags);
      if (made || made.error() != Errno::Exist || how.has(OpenFlag::Exclusive)) return made;
    }
    return fail(Errno::Again);
  }

  HostResult<wasi::FileStat> stat_at(Name name) override {
    NinepClient::Found found = TRY(walk(name));
    Attributes now = TRY(attributes(found.fid, device_));
    if (!(now.qid == found.qid)) return fail(Errno::Io);
    return now.stat;
  }
  HostResult<void> set_times_at(Name name, NewTime accessed, NewTime modified) override {
    NinepClient::Found found = TRY(walk(name));
    return set_times_of(found.fid, accessed, modified);
  }

  HostResult<void> create_directory(Name name) override {
    TRY(check_name(name));
    NinepCall call(fid_.client(), Ninep::MakeDirectory);
    NinepReader reply = TRY(call.put32(fid_.number()).put(name).put32(folder_mode).put32(no_group).run());
    reply.qid();
    if (!reply.whole()) return fail(fid_.client().violation());
    return {};
  }
  HostResult<void> remove_directory(Name name) override { return remove(name, remove_directory_flag); }
  HostResult<void> unlink(Name name) override { return remove(name, 0); }

  HostResult<void> rename(Name name, Directory& target, Name new_name) override {
    NinepDirectory& to = *TRY(same_server(target));
    TRY(check_name(name));
    TRY(check_name(new_name));
    NinepCall call(fid_.client(), Ninep::Rename);
    return call.put32(fid_.number()).put(name).put32(to.fid_.number()).put(new_name).finish();
  }
  HostResult<void> link(Name name, Directory& target, Name new_name) override {
    NinepDirectory& to = *TRY(same_server(target));
    TRY(check_name(new_name));
    NinepClient::Found found = TRY(walk(name));
    if (found.qid.is_directory()) return fail(Errno::Perm);
    NinepCall call(fid_.client(), Ninep::Link);
    return call.put32(to.fid_.number()).put32(found.fid.number()).put(new_name).finish();
  }
  HostResult<void> symlink(std::string_view target, Name name) override {
    TRY(check_name(name));
    NinepCall call(fid_.client(), Ninep::Symlink);
    NinepReader reply = TRY(call.put32(fid_.number()).put(name).put(target).put32(no_group).run());
    reply.qid();
    if (!reply.whole()) return fail(fid_.client().violation());
    return {};
  }
  HostResult<std::string> read_link(Name name) override {
    NinepClient::Found found = TRY(walk(name));
    if (!found.qid.is_symlink()) return fail(Errno::Inval);
    NinepCall call(fid_.client(), Ninep::ReadLink);
    NinepReader reply = TRY(call.put32(found.fid.number()).run());
    std::string target(reply.string());
    if (!reply.whole()) return fail(fid_.client().violation());
    if (target.empty() || target.size() > longest_target || target.find('\0') != target.npos) return fail(Errno::Io);
    return target;
  }

  HostResult<std::vector<wasi::DirectoryEntry>> entries(u64 cookie, u32 limit) override {
    constexpr u32 bytes_of_usual_entry = 64, bytes_of_longest = 24 + 255;
    const NinepFid& fid = *TRY(listing());
    NinepClient& client = fid.client();
    u64 guess = std::max<u64>(u64{limit} * bytes_of_usual_entry, bytes_of_longest);
    u32 wanted = u32(std::min<u64>(guess, client.most_data()));
    NinepCall call(client, Ninep::ReadDirectory);
    NinepReader reply = TRY(call.put32(fid.number()).put64(cookie).put32(wanted).run());
    u32 size = reply.get32();
    NinepReader list(reply.bytes(size));
    if (!reply.whole() || size > wanted) return fail(client.violation());

    std::vector<wasi::DirectoryEntry> result;
    while (list.left() != 0 && result.size() < limit) {
      NinepQid qid = list.qid();
      u64 next = list.get64();
      u8 type = list.get8();
      std::string_view name = list.string();
      if (!list.fits()) return fail(client.violation());
      // A listing goes on, by names that there can be.
      bool is_name = !name.empty() && name.size() <= longest_name && name.find('/') == name.npos &&
                     name.find('\0') == name.npos;
      if (!is_name || next == 0 || next == cookie) return fail(Errno::Io);
      cookie = next;
      result.push_back({next, qid.path, type_of_entry(type, qid), std::string(name)});
    }
    return result;
  }

  const void* host() const override { return &host_identity; }

 private:
  static constexpr int host_identity = 0;

  HostResult<NinepClient::Found> walk(Name name) const {
    TRY(check_name(name));
    return fid_.client().walk(fid_, name);
  }
  std::shared_ptr<Directory> as_directory(NinepClient::Found found) const {
    return std::make_shared<NinepDirectory>(std::move(found.fid), found.qid, device_);
  }

  HostResult<wasi::Opened> open_found(NinepClient::Found found, wasi::OpenFlags how, Access access, FdFlags flags) {
    if (found.qid.is_symlink()) return fail(Errno::Loop);
    if (found.qid.is_directory()) {
      if (access != Access::Read || how.has_any(OpenFlag::Create | OpenFlag::Truncate)) return fail(Errno::Isdir);
      return wasi::Opened{nullptr, as_directory(std::move(found))};
    }
    if (how.has(OpenFlag::Directory)) return fail(Errno::Notdir);
    // What it is comes before it is opened, which can be an act of its own.
    Attributes about = TRY(attributes(found.fid, device_));
    if (!(about.qid == found.qid)) return fail(Errno::Io);
    if (about.stat.type != FileType::RegularFile) return fail(Errno::Notsup);
    u32 bits = open_bits(access, flags) | NonblockBit;
    if (how.has(OpenFlag::Truncate)) {
      bits |= TruncateBit;
      about.stat.size = 0;
    }
    NinepQid opened = TRY(open_fid(found.fid, bits));
    if (!(opened == found.qid)) return fail(Errno::Io);
    return wasi::Opened{std::make_shared<NinepFile>(std::move(found.fid), access, flags, about), nullptr};
  }

  // A new file. Exist where somebody was faster.
  HostResult<wasi::Opened> create(Name name, Access access, FdFlags flags) {
    NinepFid fid = TRY(fid_.client().clone(fid_));  // becomes the file's
    NinepQid qid;
    {
      NinepCall call(fid.client(), Ninep::Create);
      u32 bits = open_bits(access, flags) | CreateBit | ExclusiveBit | NoFollowBit | LargeBit;
      NinepReader reply = TRY(call.put32(fid.number()).put(name).put32(bits).put32(file_mode).put32(no_group).run());
      qid = reply.qid();
      reply.get32();
      if (!reply.whole()) return fail(fid.client().violation());
    }
    Attributes about = TRY(attributes(fid, device_));
    if (!(about.qid == qid) || about.stat.type != FileType::RegularFile) return fail(Errno::Io);
    return wasi::Opened{std::make_shared<NinepFile>(std::move(fid), access, flags, about), nullptr};
  }

  HostResult<void> remove(Name name, u32 flags) {
    TRY(check_name(name));
    return NinepCall(fid_.client(), Ninep::Unlink).put32(fid_.number()).put(name).put32(flags).finish();
  }

  // What is opened to be listed cannot be walked from, so it is a fid of its own.
  HostResult<const NinepFid*> listing() {
    {
      platform::MutexGuard guard(lock_);
      if (listing_) return &listing_;
    }
    NinepFid fid = TRY(fid_.client().clone(fid_));
    NinepQid qid = TRY(open_fid(fid, ReadOnly | DirectoryBit));
    if (!(qid == qid_)) return fail(Errno::Io);
    platform::MutexGuard guard(lock_);
    if (!listing_) std::swap(listing_, fid);  // else somebody was faster; and ours goes when nobody waits for us
    return &listing_;
  }

  HostResult<NinepDirectory*> same_server(Directory& target) const {
    if (target.host() != host()) return fail(Errno::Xdev);
    auto* to = static_cast<NinepDirectory*>(&target);
    if (&to->fid_.client() != &fid_.client()) return fail(Errno::Xdev);
    return to;
  }

  const NinepFid fid_;
  const NinepQid qid_;
  const u64 device_;
  platform::Mutex lock_;
  NinepFid listing_;  // once it is there it stays
};

}  // namespace

HostResult<std::shared_ptr<wasi::Directory>> open_ninep(std::unique_ptr<NinepTransport> transport, u64 device) {
  auto client = TRY(NinepClient::connect(std::move(transport)));
  NinepClient::Found found = TRY(client->attach());
  return std::shared_ptr<wasi::Directory>(std::make_shared<NinepDirectory>(std::move(found.fid), found.qid, device));
}

}  // namespace skerry::kernel
