// 9P2000.L: files of a server, by messages (diod's protocol.md; the messages as QEMU's 9pfs has them). This is the
// client's lower half: messages, tags and fids. ninep_files.h makes files and directories of it.
//
// A message is size[4] type[1] tag[2] and the type's fields, little-endian; a string is size[2] and bytes. A reply has
// the request's tag and its type + 1, or is an error with a number of Linux.
//
// The server is not trusted. A reply's size, tag and type are compared with what was asked, each of its fields lies
// within it and it has nothing behind them; numbers and names that it gives are checked where they are read. A server
// that does not keep to this, or does not answer in time, is not spoken to again: from then on everything on its
// files is Errno::Io. What it can do is to have its own files say what it likes.
//
// A fid is a number that we choose for a file of the server's. It belongs to a Fid, which gives it back.
//
// Several threads may have requests under way at once. Requests are not cancelled: who is killed while one is under
// way ends when it is answered, or late.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/platform.h"
#include "wasi/types.h"

namespace skerry::kernel {

// The way to the server and back: a number of places, each with room for a request and its reply.
class NinepTransport {
 public:
  virtual ~NinepTransport() = default;

  struct Place {
    u32 number = 0;           // its tag
    std::span<u8> request;
    std::span<const u8> reply;  // never written to while nothing is under way
  };
  // All requests and replies have this much room.
  virtual u32 room() const = 0;
  // Waits for a free place. Io where the server is given up.
  virtual wasi::HostResult<Place> begin() = 0;
  // Sends so many bytes of the request and waits for the reply, whose bytes it tells. Io where none came in time:
  // the server is given up, and the place is not used again.
  virtual wasi::HostResult<u32> exchange(const Place& place, u32 bytes) = 0;
  virtual void end(const Place& place) = 0;
  // The server is not to be spoken to again.
  virtual void give_up() = 0;
  virtual bool is_given_up() const = 0;
};

// Types of requests; a reply's is the request's + 1.
enum class Ninep : u8 {
  Error = 6, Open = 12, Create = 14, Symlink = 16, ReadLink = 22, GetAttributes = 24, SetAttributes = 26,
  ReadDirectory = 40, Sync = 50, Link = 70, MakeDirectory = 72, Rename = 74, Unlink = 76, Version = 100, Attach = 104,
  Walk = 110, Read = 116, Write = 118, Clunk = 120,
};

// What the server says that a file is: `path` differs for all its files.
struct NinepQid {
  enum Type : u8 { Directory = 0x80, Symlink = 0x02 };
  u8 type = 0;
  u32 version = 0;
  u64 path = 0;
  bool is_directory() const { return type & Directory; }
  bool is_symlink() const { return type & Symlink; }
  bool operator==(const NinepQid& other) const { return type == other.type && path == other.path; }
};

// The fields of a reply, one after another. Past its end everything is zero and `whole` is false.
class NinepReader {
 public:
  NinepReader() = default;
  explicit NinepReader(std::span<const u8> bytes) : rest_(bytes) {}

  u8 get8() { return u8(get(1)); }
  u16 get16() { return u16(get(2)); }
  u32 get32() { return u32(get(4)); }
  u64 get64() { return get(8); }
  NinepQid qid();
  std::span<const u8> bytes(u64 count);
  std::string_view string();

  usize left() const { return rest_.size(); }
  bool fits() const { return !failed_; }                    // so far
  bool whole() const { return !failed_ && rest_.empty(); }  // and nothing is left

 private:
  u64 get(u32 bytes);

  std::span<const u8> rest_;
  bool failed_ = false;
};

class NinepClient;

// A request that is being written, then its reply, in one of the transport's places.
class NinepCall {
 public:
  NinepCall(NinepClient& client, Ninep type);
  ~NinepCall();
  NinepCall(const NinepCall&) = delete;
  NinepCall& operator=(const NinepCall&) = delete;

  NinepCall& put8(u8 value) { return put(value, 1); }
  NinepCall& put32(u32 value) { return put(value, 4); }
  NinepCall& put64(u64 value) { return put(value, 8); }
  NinepCall& put(std::string_view text);
  NinepCall& put(std::span<const u8> bytes);

  // Sends it. The reply is good as long as this object.
  wasi::HostResult<NinepReader> run();
  // The same, of a reply without fields.
  wasi::HostResult<void> finish();

 private:
  friend class NinepClient;
  NinepCall& put(u64 value, u32 bytes);

  NinepClient& client_;
  const Ninep type_;
  bool has_place_ = false;
  wasi::Errno error_ = wasi::Errno::Success;  // of what came before it could be sent
  NinepTransport::Place place_;
  u32 size_ = 0;
  u16 tag_ = 0;
};

// A file of the server's. Gone, it is forgotten by the server.
class NinepFid {
 public:
  NinepFid() = default;
  NinepFid(std::shared_ptr<NinepClient> client, u32 number) : client_(std::move(client)), number_(number) {}
  NinepFid(NinepFid&& other) noexcept : client_(std::move(other.client_)), number_(other.number_) {}
  NinepFid& operator=(NinepFid&& other) noexcept;
  ~NinepFid();

  explicit operator bool() const { return client_ != nullptr; }
  u32 number() const { return number_; }
  NinepClient& client() const { return *client_; }
  const std::shared_ptr<NinepClient>& shared_client() const { return client_; }

 private:
  std::shared_ptr<NinepClient> client_;
  u32 number_ = 0;
};

class NinepClient : public std::enable_shared_from_this<NinepClient> {
 public:
  // Agrees with the server on version and sizes. Protonosupport where it speaks another language.
  static wasi::HostResult<std::shared_ptr<NinepClient>> connect(std::unique_ptr<NinepTransport> transport);

  struct Found {
    NinepFid fid;
    NinepQid qid;
  };
  // What the server exports, a directory.
  wasi::HostResult<Found> attach();
  // What `name` is in the directory; a link is not followed.
  wasi::HostResult<Found> walk(const NinepFid& directory, std::string_view name);
  // The same file once more.
  wasi::HostResult<NinepFid> clone(const NinepFid& fid);

  // Bytes that one read or write carries at most.
  u32 most_data() const { return most_message_ - header_of_data; }

  // The server broke the protocol: it is given up. Io.
  wasi::Errno violation();
  NinepTransport& transport() { return *transport_; }

 private:
  friend class NinepCall;
  friend class NinepFid;
  static constexpr u32 header_of_data = 24, least_message = 4096, most_fids = 1 << 16;
  static constexpr u32 no_fid = ~u32{0}, no_user = ~u32{0};

  explicit NinepClient(std::unique_ptr<NinepTransport> transport)
      : transport_(std::move(transport)), most_message_(transport_->room()) {}

  wasi::HostResult<u32> take_number();
  void give_number(u32 number);
  void forget(u32 number);

  const std::unique_ptr<NinepTransport> transport_;
  u32 most_message_;  // after connect the same for ever

  platform::Mutex lock_;
  std::vector<u32> free_;  // numbers of fids below next_
  u32 next_ = 0;
};

// What an error number of Linux is in WASI; Io for those that are unknown.
wasi::Errno errno_of_linux(u32 number);

}  // namespace skerry::kernel
