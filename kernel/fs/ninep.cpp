#include "kernel/fs/ninep.h"

#include <algorithm>

namespace skerry::kernel {

using wasi::Errno;
using wasi::HostResult;

namespace {

constexpr u16 no_tag = 0xffff;
constexpr std::string_view version = "9P2000.L";

}  // namespace

// -------------------------------------------------------------------------------------- Replies

u64 NinepReader::get(u32 count) {
  std::span<const u8> from = bytes(count);
  u64 value = 0;
  for (usize i = 0; i < from.size(); ++i) value |= u64{from[i]} << (8 * i);
  return value;
}

std::span<const u8> NinepReader::bytes(u64 count) {
  if (count > rest_.size()) {
    failed_ = true;
    rest_ = {};
    return {};
  }
  std::span<const u8> taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

std::string_view NinepReader::string() {
  std::span<const u8> text = bytes(get16());
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

NinepQid NinepReader::qid() {
  NinepQid qid;
  qid.type = get8();
  qid.version = get32();
  qid.path = get64();
  return qid;
}

// ------------------------------------------------------------------------------------- Requests

NinepCall::NinepCall(NinepClient& client, Ninep type) : client_(client), type_(type) {
  auto place = client.transport_->begin();
  if (!place) {
    error_ = place.error();
    return;
  }
  has_place_ = true;
  place_ = *place;
  tag_ = type == Ninep::Version ? no_tag : u16(place_.number);
  put(u64{0}, 4);  // the size, later
  put8(u8(type));
  put(tag_, 2);
}

NinepCall::~NinepCall() {
  if (has_place_) client_.transport_->end(place_);
}

NinepCall& NinepCall::put(u64 value, u32 bytes) {
  u8 encoded[8];
  for (u32 i = 0; i < bytes; ++i) encoded[i] = u8(value >> (8 * i));
  return put(std::span<const u8>(encoded, bytes));
}

NinepCall& NinepCall::put(std::string_view text) {
  if (text.size() > 0xffff && error_ == Errno::Success) error_ = Errno::Nametoolong;
  put(u16(text.size()), 2);
  return put(std::span(reinterpret_cast<const u8*>(text.data()), text.size()));
}

NinepCall& NinepCall::put(std::span<const u8> bytes) {
  usize room = std::min<usize>(place_.request.size(), client_.most_message_);
  if (error_ == Errno::Success && bytes.size() > room - size_) error_ = Errno::Nametoolong;
  if (error_ != Errno::Success) return *this;
  std::ranges::copy(bytes, place_.request.begin() + size_);
  size_ += u32(bytes.size());
  return *this;
}

HostResult<NinepReader> NinepCall::run() {
  if (error_ != Errno::Success) return fail(error_);
  for (u32 i = 0; i < 4; ++i) place_.request[i] = u8(size_ >> (8 * i));
  u32 bytes = TRY(client_.transport_->exchange(place_, size_));
  if (bytes > place_.reply.size() || bytes > client_.most_message_) return fail(client_.violation());
  NinepReader reply(place_.reply.first(bytes));
  u32 size = reply.get32();
  u8 type = reply.get8();
  u16 tag = reply.get16();
  if (!reply.fits() || size != bytes || tag != tag_) return fail(client_.violation());
  if (type == u8(Ninep::Error) + 1) {
    u32 number = reply.get32();
    if (!reply.whole()) return fail(client_.violation());
    return fail(errno_of_linux(number));
  }
  if (type != u8(type_) + 1) return fail(client_.violation());
  return reply;
}

HostResult<void> NinepCall::finish() {
  NinepReader reply = TRY(run());
  if (!reply.whole()) return fail(client_.violation());
  return {};
}

// ----------------------------------------------------------------------------------------- Fids

NinepFid& NinepFid::operator=(NinepFid&& other) noexcept {
  if (this == &other) return *this;
  if (client_) client_->forget(number_);
  client_ = std::move(other.client_);
  number_ = other.number_;
  return *this;
}

NinepFid::~NinepFid() {
  if (client_) client_->forget(number_);
}

void NinepClient::give_number(u32 number) {
  platform::MutexGuard guard(lock_);
  free_.push_back(number);
}

HostResult<u32> NinepClient::take_number() {
  platform::MutexGuard guard(lock_);
  if (!free_.empty()) {
    u32 number = free_.back();
    free_.pop_back();
    return number;
  }
  if (next_ == most_fids) return fail(Errno::Nfile);
  return next_++;
}

// The server forgets it, whatever it says.
void NinepClient::forget(u32 number) {
  if (!transport_->is_given_up()) (void)NinepCall(*this, Ninep::Clunk).put32(number).finish();
  give_number(number);
}

Errno NinepClient::violation() {
  transport_->give_up();
  return Errno::Io;
}

HostResult<std::shared_ptr<NinepClient>> NinepClient::connect(std::unique_ptr<NinepTransport> transport) {
  std::shared_ptr<NinepClient> client(new NinepClient(std::move(transport)));
  NinepCall call(*client, Ninep::Version);
  NinepReader reply = TRY(call.put32(client->most_message_).put(version).run());
  u32 most = reply.get32();
  std::string_view spoken = reply.string();
  if (!reply.whole() || most < least_message || most > client->most_message_) return fail(client->violation());
  if (spoken != version) {
    client->violation();
    return fail(Errno::Protonosupport);
  }
  client->most_message_ = most;
  return client;
}

HostResult<NinepClient::Found> NinepClient::attach() {
  u32 number = TRY(take_number());
  NinepCall call(*this, Ninep::Attach);
  auto reply = call.put32(number).put32(no_fid).put("").put("").put32(no_user).run();
  if (!reply) {
    give_number(number);
    return fail(reply.error());
  }
  Found found = {NinepFid(shared_from_this(), number), reply->qid()};
  if (!reply->whole() || !found.qid.is_directory()) return fail(violation());
  return found;
}

HostResult<NinepClient::Found> NinepClient::walk(const NinepFid& directory, std::string_view name) {
  u32 number = TRY(take_number());
  NinepCall call(*this, Ninep::Walk);
  call.put32(directory.number()).put32(number).put(1, 2).put(name);
  auto reply = call.run();
  if (!reply) {
    give_number(number);
    return fail(reply.error());
  }
  u16 count = reply->get16();
  NinepQid qid = reply->qid();
  // Fewer would be that the first step failed, which is an error's to say.
  if (count != 1 || !reply->whole()) {
    give_number(number);
    return fail(violation());
  }
  return Found{NinepFid(shared_from_this(), number), qid};
}

HostResult<NinepFid> NinepClient::clone(const NinepFid& fid) {
  u32 number = TRY(take_number());
  NinepCall call(*this, Ninep::Walk);
  auto reply = call.put32(fid.number()).put32(number).put(0, 2).run();
  if (!reply) {
    give_number(number);
    return fail(reply.error());
  }
  if (reply->get16() != 0 || !reply->whole()) {
    give_number(number);
    return fail(violation());
  }
  return NinepFid(shared_from_this(), number);
}

Errno errno_of_linux(u32 number) {
  static constexpr struct { u16 number; Errno error; } errors[] = {
      {1, Errno::Perm},    {2, Errno::Noent},   {4, Errno::Io},     {5, Errno::Io},      {6, Errno::Nxio},
      {9, Errno::Badf},    {11, Errno::Again},  {12, Errno::Nomem}, {13, Errno::Acces},  {16, Errno::Busy},
      {17, Errno::Exist},  {18, Errno::Xdev},   {19, Errno::Nodev}, {20, Errno::Notdir}, {21, Errno::Isdir},
      {22, Errno::Inval},  {23, Errno::Nfile},  {24, Errno::Nfile}, {26, Errno::Txtbsy}, {27, Errno::Fbig},
      {28, Errno::Nospc},  {29, Errno::Spipe},  {30, Errno::Rofs},  {31, Errno::Mlink},  {34, Errno::Range},
      {36, Errno::Nametoolong}, {38, Errno::Notsup}, {39, Errno::Notempty}, {40, Errno::Loop}, {71, Errno::Io},
      {75, Errno::Overflow},    {95, Errno::Notsup}, {116, Errno::Stale},   {122, Errno::Dquot},
  };
  auto found = std::ranges::find(errors, number, [](const auto& row) { return u32{row.number}; });
  return found == std::end(errors) ? Errno::Io : found->error;
}

}  // namespace skerry::kernel
