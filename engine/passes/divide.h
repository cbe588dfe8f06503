// divide: i32 division by a constant -> a multiplication by its inverse, in i64.
//
//   if (auto quotient = divide(folder, table, Op::IDivU, x, 10)) ...
//
// After Granlund and Montgomery, "Division by invariant integers using multiplication" (1994). The equations stand
// at each rule; tests/passes/divide_test.cpp holds them against division.

#pragma once

#include <bit>
#include <optional>

#include "engine/ir/function.h"

namespace skerry::passes {

// `op` is one of the i32 divisions and remainders. None where the division stays: by 0 and -1, which trap or may trap,
// and by the least number.
template <class Folder, class Numbering>
std::optional<ir::Value> divide(Folder& folder, Numbering& numbering, ir::Op op, ir::Value x, u32 divisor) {
  using ir::Op;
  using ir::Type;
  using ir::Value;
  auto number = [&](Type type, u64 bits) { return numbering.constant(type, bits); };
  auto i32_op = [&](Op op, Value a, Value b) { return folder.binary(op, Type::I32, a, b); };
  auto i64_op = [&](Op op, Value a, Value b) { return folder.binary(op, Type::I64, a, b); };
  // The low half of (x * factor) >> shift, where x is extended to i64 by `extend`.
  auto multiply = [&](Op extend, u64 factor, Op shift_op, u32 shift) {
    Value wide = folder.unary(extend, Type::I64, x);
    Value product = i64_op(Op::IMul, wide, number(Type::I64, factor));
    return folder.unary(Op::Wrap, Type::I32, i64_op(shift_op, product, number(Type::I64, shift)));
  };
  auto remainder = [&](Value quotient, u32 by) {
    return i32_op(Op::ISub, x, i32_op(Op::IMul, quotient, number(Type::I32, by)));
  };

  if (op == Op::IDivU || op == Op::IRemU) {
    // Powers of two are the folder's.
    if (divisor == 0 || std::has_single_bit(divisor)) return std::nullopt;
    // With 2^(s-1) < d < 2^s and m = floor(2^(32+s) / d) + 1:  x / d = (x * m) >> (32 + s)  for x < 2^32,
    // since m * d exceeds 2^(32+s) by at most d < 2^s. A smaller s will do where the excess is at most 2^s. One whose
    // m has 32 bits does, or none.
    u32 most = u32(std::bit_width(divisor));
    for (u32 s = 0; s <= most && s < 32; ++s) {
      u64 power = u64{1} << (32 + s);
      u64 m = power / divisor + 1;
      u64 excess = m * divisor - power;
      if (m >> 32 || excess > u64{1} << s) continue;
      Value quotient = multiply(Op::ExtendU, m, Op::IShrU, 32 + s);
      return op == Op::IDivU ? quotient : remainder(quotient, divisor);
    }
    // With 2^s < d < 2^(s+1), m = floor(2^(32+s) / d) < 2^32 and e = 2^(32+s) - m * d, which is less than 2^s here, since
    // the m above exceeds by d - e:  x / d = ((x + 1) * m) >> (32 + s).  For ((x + 1) * m) / 2^(32+s) =
    // (x + 1) / d - (x + 1) * e / (d * 2^(32+s)), where what is subtracted is above 0 and at most 1 / d. After Robison,
    // "N-bit unsigned division via N-bit multiply-add" (2005).
    u32 s = most - 1;
    u64 m = (u64{1} << (32 + s)) / divisor;
    Value next = i64_op(Op::IAdd, folder.unary(Op::ExtendU, Type::I64, x), number(Type::I64, 1));
    Value product = i64_op(Op::IMul, next, number(Type::I64, m));
    Value quotient = folder.unary(Op::Wrap, Type::I32, i64_op(Op::IShrU, product, number(Type::I64, 32 + s)));
    return op == Op::IDivU ? quotient : remainder(quotient, divisor);
  }

  i32 by = i32(divisor);
  if (by == 0 || by == 1 || by == -1 || divisor == 0x8000'0000) return std::nullopt;
  u32 size = by < 0 ? u32(-by) : u32(by);
  Value sign = i32_op(Op::IShrS, x, number(Type::I32, 31));  // -1 where x < 0
  Value quotient;
  if (std::has_single_bit(size)) {
    // x / 2^k = (x + (x < 0 ? 2^k - 1 : 0)) >> k, rounding towards zero.
    u32 k = u32(std::countr_zero(size));
    Value bias = i32_op(Op::IShrU, sign, number(Type::I32, 32 - k));
    quotient = i32_op(Op::IShrS, i32_op(Op::IAdd, x, bias), number(Type::I32, k));
  } else {
    // With 2^(s-1) < d < 2^s and m = floor(2^(31+s) / d) + 1 < 2^32:  x / d = ((x * m) >> (31 + s)) + (x < 0 ? 1 : 0)
    // for -2^31 <= x < 2^31: m * d exceeds 2^(31+s) by less than 2^s, and the product is below 2^63.
    u32 s = u32(std::bit_width(size));
    u64 m = (u64{1} << (31 + s)) / size + 1;
    quotient = i32_op(Op::ISub, multiply(Op::ExtendS, m, Op::IShrS, 31 + s), sign);
  }
  // x mod d takes the sign of x, whatever that of d is.
  if (op == Op::IRemS) return remainder(quotient, size);
  // x / -d = -(x / d)
  return by > 0 ? quotient : i32_op(Op::ISub, number(Type::I32, 0), quotient);
}

}  // namespace skerry::passes
