// What the tests of validation share: a module of one of everything, bodies in it, and the
// comparison of an error with what was expected.

#pragma once

#include <gtest/gtest.h>

#include "base/string.h"
#include "engine/decode/decode.h"
#include "engine/validate/function.h"
#include "engine/validate/module.h"
#include "engine/validate/validate.h"
#include "tests/decode/module_bytes.h"

namespace skerry::test {

inline Features without(Feature feature) {
  Features features = Features::implemented();
  features.remove(feature);
  return features;
}

// The result of decoding and validating; the module is gone afterwards.
inline Result<void> check(const Bytes& bytes, Features features = Features::implemented()) {
  auto decoded = wasm::decode(bytes, features);
  if (!decoded) return decoded.take_failure();
  return validate::validate(*decoded, features);
}

inline void expect_error(const Result<void>& result, ErrorCode code, std::string_view words, std::string_view what) {
  ASSERT_FALSE(result) << what << " was accepted";
  EXPECT_EQ(int(result.error().code), int(code)) << what << ": " << result.error().message;
  EXPECT_TRUE(result.error().message.starts_with(words)) << what << ": " << result.error().message;
}
inline void expect_valid(const Result<void>& result, std::string_view what) {
  EXPECT_TRUE(result) << what << ": " << result.error().message;
}

// A module with one body, its function 2, of the given type and locals. Its index spaces:
//   types      0 []->[], 1 [i32]->[i32], 2 []->[i32 i64], 3 [i32 i64]->[i32 i64], 4 the body's,
//              5 [i64]->[]
//   functions  0 imported of type 1, 1 imported of type 3, 2 the body; 0 and 1 are declared
//   tables     0 funcref, 1 externref           memories  0, 1
//   globals    0 mutable i32, 1 const i64, 2 mutable funcref
//   elems      0 funcref, 1 externref           datas     0
inline Bytes with_body(const Types& params, const Types& results, const std::vector<Locals>& locals,
                       const Bytes& instructions) {
  return module({
      types({func_type({}, {}), func_type({I32}, {I32}), func_type({}, {I32, I64}),
             func_type({I32, I64}, {I32, I64}), func_type(params, results), func_type({I64}, {})}),
      imports({import("m", "f", {0x00, 0x01}), import("m", "g", {0x00, 0x03})}),
      functions({4}),
      tables({{0x70, 0x00, 0x0a}, {0x6f, 0x00, 0x0a}}),
      memories({{0x00, 0x01}, {0x00, 0x01}}),
      globals({{0x7f, 0x01, 0x41, 0x00, 0x0b}, {0x7e, 0x00, 0x42, 0x00, 0x0b}, {0x70, 0x01, 0xd0, 0x70, 0x0b}}),
      elems({{0x01, 0x00, 0x02, 0x00, 0x01}, {0x05, 0x6f, 0x01, 0xd0, 0x6f, 0x0b}}),
      data_count(1),
      code({body(locals, instructions)}),
      datas({{0x01, 0x01, 'x'}}),
  });
}

}  // namespace skerry::test
