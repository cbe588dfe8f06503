#include "engine/validate/fault.h"

#include "base/string.h"

namespace skerry::validate {

Fault unknown(Reader& reader, u32 offset, std::string_view what, u32 index, u32 count) {
  std::string_view are = count == 1 ? ", there is " : ", there are ";
  return reader.invalid(offset, concat("unknown ", what, " ", index, are, count));
}

Fault mismatch(Reader& reader, u32 offset, ValueType expected, ValueType found) {
  return reader.invalid(offset, concat("type mismatch: expected ", name(expected), ", found ", name(found)));
}

Fault missing(Reader& reader, u32 offset, ValueType expected) {
  return reader.invalid(offset, concat("type mismatch: expected ", name(expected), ", found nothing"));
}

Fault mismatch(Reader& reader, u32 offset, std::string_view what) {
  return reader.invalid(offset, concat("type mismatch: ", what));
}

Fault bad_alignment(Reader& reader, u32 offset, u32 align, u32 natural) {
  return reader.invalid(offset,
                        concat("alignment must not be larger than natural: 2**", align, " is over 2**", natural));
}

Fault missing_end(Reader& reader, u32 offset, u32 open) {
  return reader.malformed(offset, concat("END opcode expected: the body ends with ", open, " blocks open"));
}

}  // namespace skerry::validate
