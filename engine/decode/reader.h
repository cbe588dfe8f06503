// Reader: the primitive items of the binary format (Core 5.2), one after the other, from a
// range of a module's bytes.
//
//   Reader reader(bytes, range);
//   u32 n = TRY(reader.leb_u32());                       // in a function that gives a Result
//   auto n = reader.leb_u32(); if (!n) return false;     // where a Result is too heavy
//
// A read that fails notes in the reader what was wrong and where; the first fault stays. So
// a Read<T> is a value and a pointer, and no message is made before there is a fault. One
// byte numbers, nearly all that occur, are read inline.

#pragma once

#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/leb128.h"
#include "base/result.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"

namespace skerry::wasm {

class Reader;

// Says that the reader has noted a fault. In functions that answer with bool it is false.
struct Fault {
  const Reader* reader;
  constexpr operator bool() const { return false; }
  Failure<Error> failure() const;
};

template <class T>
class [[nodiscard]] Read {
 public:
  Read(T value) : value_(value), faulty_(nullptr) {}
  Read(Fault fault) : value_(), faulty_(fault.reader) {}

  explicit operator bool() const { return faulty_ == nullptr; }
  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }
  Fault fault() const { return {faulty_}; }
  Failure<Error> take_failure() const;
  T take_value() const { return value_; }

 private:
  T value_;
  const Reader* faulty_;
};

class Reader {
 public:
  Reader(std::span<const u8> module, ByteRange range)
      : begin_(module.data()),
        next_(begin_ + range.offset),
        end_(next_ + range.size) {}

  // Offsets count from the module's first byte.
  u32 offset() const { return u32(next_ - begin_); }
  u32 remaining() const { return u32(end_ - next_); }
  bool at_end() const { return next_ == end_; }
  u8 peek() const { DCHECK(!at_end()); return *next_; }
  void skip_byte() { DCHECK(!at_end()); ++next_; }

  Read<u8> byte() {
    if (next_ == end_) [[unlikely]] return fail_end();
    return *next_++;
  }
  Read<u32> leb_u32() {
    if (next_ != end_ && *next_ < 0x80) [[likely]] return u32(*next_++);
    return long_u32();
  }
  Read<i32> leb_s32() {
    if (next_ != end_ && *next_ < 0x80) [[likely]] return i32(u32(*next_++) << 25) >> 25;
    return long_s32();
  }
  Read<i64> leb_s64() {
    if (next_ != end_ && *next_ < 0x80) [[likely]] return i64(u64(*next_++) << 57) >> 57;
    return long_s64();
  }
  Read<i64> leb_s33();
  Read<u64> leb_u64();
  Read<u32> bits32() { return fixed<u32>(); }
  Read<u64> bits64() { return fixed<u64>(); }

  // The next `size` bytes; `words` begin the message if there are fewer.
  Read<ByteRange> take(u32 size, std::string_view words = "unexpected end");
  // vec(byte), and the same in UTF-8.
  Read<ByteRange> byte_vector(std::string_view words = "unexpected end");
  Read<std::string_view> name(u32 limit);
  // The length of a vector, whose items take `item_bytes` or more each: no more than what
  // remains has room for, nor than `limit`, so that it may size an allocation. `what` names
  // the items.
  Read<u32> count(u32 limit, std::string_view what, u32 item_bytes = 1);

  // Notes a fault. The offset is that of the byte that cannot be.
  [[gnu::cold]] Fault fail(ErrorCode code, u32 offset, std::string message);
  [[gnu::cold]] Fault malformed(u32 offset, std::string message);
  [[gnu::cold]] Fault invalid(u32 offset, std::string message);
  // "... needs the feature tail-call, which is off"
  [[gnu::cold]] Fault unsupported(u32 offset, std::string what, Feature feature);

  bool failed() const { return failed_; }
  // The fault that was noted.
  Failure<Error> failure() const {
    CHECK(failed_);
    return {error_};
  }

 private:
  template <class T>
  Read<T> fixed() {
    if (usize(end_ - next_) < sizeof(T)) [[unlikely]] return fail_end();
    T value;
    std::memcpy(&value, next_, sizeof(T));
    next_ += sizeof(T);
    return value;
  }
  template <class T>
  Read<T> finish(Leb<T> number) {
    if (number.next == nullptr) [[unlikely]] return fail_leb(number.error);
    next_ = number.next;
    return number.value;
  }
  Read<u32> long_u32();
  Read<i32> long_s32();
  Read<i64> long_s64();
  [[gnu::cold]] Fault fail_end();
  [[gnu::cold]] Fault fail_leb(LebError error);

  const u8* begin_;  // of the module
  const u8* next_;
  const u8* end_;    // of the range
  bool failed_ = false;
  Error error_{ErrorCode::Malformed, 0, {}};
};

inline Failure<Error> Fault::failure() const { return reader->failure(); }

template <class T>
Failure<Error> Read<T>::take_failure() const {
  return faulty_->failure();
}

}  // namespace skerry::wasm
