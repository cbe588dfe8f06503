#include "engine/decode/reader.h"

#include "base/string.h"
#include "engine/decode/utf8.h"

namespace skerry::wasm {

Read<u32> Reader::long_u32() { return finish(read_leb_u32(next_, end_)); }
Read<i32> Reader::long_s32() { return finish(read_leb_s32(next_, end_)); }
Read<i64> Reader::long_s64() { return finish(read_leb_s64(next_, end_)); }
Read<i64> Reader::leb_s33() { return finish(read_leb_s33(next_, end_)); }
Read<u64> Reader::leb_u64() { return finish(read_leb_u64(next_, end_)); }

Read<ByteRange> Reader::take(u32 size, std::string_view words) {
  if (size > remaining())
    return malformed(offset(), concat(words, ": ", size, " bytes were expected, ", remaining(), " follow"));
  ByteRange range{offset(), size};
  next_ += size;
  return range;
}

Read<ByteRange> Reader::byte_vector(std::string_view words) {
  auto size = leb_u32();
  if (!size) return size.fault();
  return take(*size, words);
}

Read<std::string_view> Reader::name(u32 limit) {
  u32 start = offset();
  auto range = byte_vector("length out of bounds");
  if (!range) return range.fault();
  if (range->size > limit)
    return fail(ErrorCode::Limit, start, concat("name too long: ", range->size, " bytes, the limit is ", limit));
  const u8* first = begin_ + range->offset;
  if (!is_utf8({first, range->size})) return malformed(range->offset, "malformed UTF-8 encoding");
  return std::string_view(reinterpret_cast<const char*>(first), range->size);
}

Read<u32> Reader::count(u32 limit, std::string_view what, u32 item_bytes) {
  u32 start = offset();
  auto count = leb_u32();
  if (!count) return count;
  if (*count > remaining() / item_bytes)
    return malformed(start, concat("unexpected end: ", *count, " ", what, " were declared in ", remaining(), " bytes"));
  if (*count > limit)
    return fail(ErrorCode::Limit, start, concat("too many ", what, ": ", *count, ", the limit is ", limit));
  return count;
}

Fault Reader::fail(ErrorCode code, u32 offset, std::string message) {
  if (!failed_) {
    failed_ = true;
    error_ = Error{code, offset, std::move(message)};
  }
  return {this};
}

Fault Reader::malformed(u32 offset, std::string message) {
  return fail(ErrorCode::Malformed, offset, std::move(message));
}

Fault Reader::invalid(u32 offset, std::string message) { return fail(ErrorCode::Invalid, offset, std::move(message)); }

Fault Reader::unsupported(u32 offset, std::string what, Feature feature) {
  bool implemented = Features::implemented().has(feature);
  return fail(ErrorCode::Unsupported, offset,
              concat(what, " needs the feature ", feature_name(feature),
                     implemented ? ", which is off" : ", which is not implemented"));
}

Fault Reader::fail_end() { return malformed(u32(end_ - begin_), "unexpected end"); }

Fault Reader::fail_leb(LebError error) {
  if (error == LebError::TooShort) return fail_end();
  return malformed(offset(), error == LebError::TooLong ? "integer representation too long" : "integer too large");
}

}  // namespace skerry::wasm
