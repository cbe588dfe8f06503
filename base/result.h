// Result (skerry/result.h), and TRY.
//
//   Result<u32> count = reader.leb_u32();
//   u32 n = TRY(reader.leb_u32());          // returns the error to our caller
//   return fail(ErrorCode::Malformed, offset, "section id 77 is unknown");
//
// A Result is never for a guest's fault (that is a Trap) nor for a bug of ours (CHECK).

#pragma once

#include "base/check.h"
#include "base/types.h"
#include "skerry/result.h"

// The value of a Result, or return of its error from this function.
#define TRY(expression)                                            \
  ({                                                               \
    auto&& try_result_ = (expression);                             \
    if (!try_result_) [[unlikely]] return try_result_.take_failure(); \
    try_result_.take_value();                                      \
  })
