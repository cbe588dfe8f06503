// The sentences of validation, made when there is an error and not before. They begin with
// the words of the specification's test suite. Each notes its fault in the reader.

#pragma once

#include <string_view>

#include "engine/decode/reader.h"

namespace skerry::validate {

using wasm::Fault;
using wasm::Reader;

// "unknown local 7, there are 3"
[[gnu::cold]] Fault unknown(Reader& reader, u32 offset, std::string_view what, u32 index, u32 count);
// "type mismatch: expected i32, found i64"
[[gnu::cold]] Fault mismatch(Reader& reader, u32 offset, ValueType expected, ValueType found);
// "type mismatch: expected i32, found nothing"
[[gnu::cold]] Fault missing(Reader& reader, u32 offset, ValueType expected);
// "type mismatch: WHAT"
[[gnu::cold]] Fault mismatch(Reader& reader, u32 offset, std::string_view what);
[[gnu::cold]] Fault bad_alignment(Reader& reader, u32 offset, u32 align, u32 natural);
// "END opcode expected": the body ends while `open` blocks are open
[[gnu::cold]] Fault missing_end(Reader& reader, u32 offset, u32 open);

}  // namespace skerry::validate
