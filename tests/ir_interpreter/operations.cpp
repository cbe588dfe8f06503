#include "tests/ir_interpreter/operations.h"

#include <bit>
#include <cmath>
#include <limits>

namespace skerry::oracle {
namespace {

using ir::Cond;
using ir::Inst;
using ir::Op;
using ir::Type;

// ---------------------------------------------------------------------------------- Integers

// A number of `width` bits as the unsigned and the signed integer that it stands for.
struct Integer {
  u32 width;

  u64 modulus_mask() const { return width == 64 ? ~u64{0} : (u64{1} << width) - 1; }
  u64 wrap(__int128 value) const { return u64(value) & modulus_mask(); }
  __int128 as_signed(u64 bits) const {
    __int128 value = bits & modulus_mask();
    return value >> (width - 1) ? value - (__int128{1} << width) : value;
  }
  bool bit(u64 bits, u32 i) const { return bits >> i & 1; }
};

Numeric integer(Op op, Integer n, u64 x, u64 y) {
  __int128 a = n.as_signed(x), b = n.as_signed(y);
  u32 k = u32(y % n.width);
  auto trap = [](TrapCode code) { return Numeric{.traps = true, .trap = code}; };
  auto bits = [&](__int128 value) { return Numeric{n.wrap(value)}; };
  // Bit i of the result is bit from(i) of x.
  auto permuted = [&](auto from) {
    u64 result = 0;
    for (u32 i = 0; i < n.width; ++i) result |= u64{n.bit(x, from(i))} << i;
    return bits(__int128(result));
  };
  switch (op) {
    case Op::IAdd: return bits(a + b);
    case Op::ISub: return bits(a - b);
    case Op::IMul: return bits(__int128((unsigned __int128)x * y));
    case Op::IDivS:
      if (b == 0) return trap(TrapCode::IntegerDivideByZero);
      if (a / b == __int128{1} << (n.width - 1)) return trap(TrapCode::IntegerOverflow);
      return bits(a / b);
    case Op::IDivU: return y == 0 ? trap(TrapCode::IntegerDivideByZero) : bits(x / y);
    case Op::IRemS: return b == 0 ? trap(TrapCode::IntegerDivideByZero) : bits(a % b);
    case Op::IRemU: return y == 0 ? trap(TrapCode::IntegerDivideByZero) : bits(x % y);
    case Op::IAnd: return bits(x & y);
    case Op::IOr: return bits(x | y);
    case Op::IXor: return bits(x ^ y);
    case Op::IShl: return bits(__int128((unsigned __int128)x << k));
    case Op::IShrU: return bits(x >> k);
    case Op::IShrS: return bits(a >> k);
    case Op::IRotl: return permuted([&](u32 i) { return (i + n.width - k) % n.width; });
    case Op::IRotr: return permuted([&](u32 i) { return (i + k) % n.width; });
    case Op::IClz: {
      u32 count = 0;
      while (count < n.width && !n.bit(x, n.width - 1 - count)) ++count;
      return bits(count);
    }
    case Op::ICtz: {
      u32 count = 0;
      while (count < n.width && !n.bit(x, count)) ++count;
      return bits(count);
    }
    case Op::IPopcnt: {
      u32 count = 0;
      for (u32 i = 0; i < n.width; ++i) count += n.bit(x, i);
      return bits(count);
    }
    case Op::IExtend8S: return bits(Integer{8}.as_signed(x));
    case Op::IExtend16S: return bits(Integer{16}.as_signed(x));
    case Op::IExtend32S: return bits(Integer{32}.as_signed(x));
    default: UNREACHABLE("no operation on integers");
  }
}

template <class T>
bool holds(Cond cond, T x, T y) {
  switch (cond) {
    case Cond::Eq: return x == y;
    case Cond::Ne: return x != y;
    case Cond::LtS: case Cond::LtU: return x < y;
    case Cond::GtS: case Cond::GtU: return x > y;
    case Cond::LeS: case Cond::LeU: return x <= y;
    case Cond::GeS: case Cond::GeU: return x >= y;
  }
  UNREACHABLE("no condition");
}

// ------------------------------------------------------------------------------------ Floats

template <class F>
struct FloatBits;
template <>
struct FloatBits<f32> {
  using Word = u32;
  static constexpr u32 canonical_nan = 0x7fc00000;
};
template <>
struct FloatBits<f64> {
  using Word = u64;
  static constexpr u64 canonical_nan = 0x7ff8000000000000;
};

template <class F>
u64 made(F value, Nans nans) {
  using Bits = FloatBits<F>;
  if (std::isnan(value) && nans == Nans::Canonical) return Bits::canonical_nan;
  return std::bit_cast<typename Bits::Word>(value);
}

template <class F>
F smaller(F a, F b) {
  if (std::isnan(a) || std::isnan(b)) return a + b;
  if (a == b) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
template <class F>
F larger(F a, F b) {
  if (std::isnan(a) || std::isnan(b)) return a + b;
  if (a == b) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

template <class F>
u64 floating(Op op, u64 x, u64 y, Nans nans) {
  using Word = typename FloatBits<F>::Word;
  constexpr Word sign = Word{1} << (8 * sizeof(Word) - 1);
  F a = std::bit_cast<F>(Word(x)), b = std::bit_cast<F>(Word(y));
  switch (op) {
    case Op::FAdd: return made<F>(a + b, nans);
    case Op::FSub: return made<F>(a - b, nans);
    case Op::FMul: return made<F>(a * b, nans);
    case Op::FDiv: return made<F>(a / b, nans);
    case Op::FMin: return made<F>(smaller(a, b), nans);
    case Op::FMax: return made<F>(larger(a, b), nans);
    case Op::FCopysign: return Word((Word(x) & ~sign) | (Word(y) & sign));
    case Op::FAbs: return Word(Word(x) & ~sign);
    case Op::FNeg: return Word(Word(x) ^ sign);
    case Op::FCeil: return made<F>(std::ceil(a), nans);
    case Op::FFloor: return made<F>(std::floor(a), nans);
    case Op::FTrunc: return made<F>(std::trunc(a), nans);
    case Op::FNearest: return made<F>(std::nearbyint(a), nans);
    case Op::FSqrt: return made<F>(std::sqrt(a), nans);
    default: UNREACHABLE("no operation on floats");
  }
}

f64 as_f64(Type type, u64 bits) {
  return type == Type::F32 ? f64(std::bit_cast<f32>(u32(bits))) : std::bit_cast<f64>(bits);
}

// The range of the integers of a type as doubles: lowest - 1 < z < highest + 1 says that z, truncated, is in it. For
// 64 bits lowest - 1 is no double; there, lowest itself is the bound.
struct Range {
  f64 above, below;
  bool holds_above;  // z = above is in the range
};
Range range_of(Type type, bool is_signed) {
  if (type == Type::I32) return is_signed ? Range{-0x1p31 - 1, 0x1p31, false} : Range{-1.0, 0x1p32, false};
  return is_signed ? Range{-0x1p63, 0x1p63, true} : Range{-1.0, 0x1p64, false};
}

u64 to_integer(f64 z, Type type, bool is_signed) {
  u64 bits = is_signed ? u64(i64(z)) : u64(z);
  return type == Type::I32 ? u32(bits) : bits;
}

Numeric truncate(Type from, Type type, bool is_signed, u64 x) {
  f64 z = as_f64(from, x);
  if (std::isnan(z)) return {.traps = true, .trap = TrapCode::InvalidConversion};
  Range range = range_of(type, is_signed);
  if (!(z > range.above || (range.holds_above && z == range.above)) || !(z < range.below))
    return {.traps = true, .trap = TrapCode::IntegerOverflow};
  return {to_integer(z, type, is_signed)};
}

u64 truncate_saturating(Type from, Type type, bool is_signed, u64 x) {
  f64 z = as_f64(from, x);
  if (std::isnan(z)) return 0;
  Range range = range_of(type, is_signed);
  u64 lowest = !is_signed ? 0 : type == Type::I32 ? 0x8000'0000 : u64{1} << 63;
  u64 highest = type == Type::I32 ? (is_signed ? 0x7fff'ffff : 0xffff'ffff) : (is_signed ? ~u64{0} >> 1 : ~u64{0});
  if (z <= range.above) return lowest;
  if (z >= range.below) return highest;
  return to_integer(z, type, is_signed);
}

template <class F>
u64 convert(Type from, bool is_signed, u64 x) {
  using Word = typename FloatBits<F>::Word;
  F value;
  if (from == Type::I32) value = is_signed ? F(i32(x)) : F(u32(x));
  else value = is_signed ? F(i64(x)) : F(x);
  return std::bit_cast<Word>(value);
}

}  // namespace

Numeric evaluate(const Inst& inst, Type from, u64 x, u64 y, u64 z, Nans nans) {
  bool f32_result = inst.type == Type::F32;
  switch (inst.op) {
    case Op::Const: return {inst.imm64()};
    case Op::Select: return {u32(z) != 0 ? x : y};
    case Op::ExtendS: return {u64(i64(i32(x)))};
    case Op::ExtendU: return {u64{u32(x)}};
    case Op::Wrap: return {u64{u32(x)}};
    case Op::Reinterpret: return {x};
    case Op::ICmp:
      if (from == Type::I64) {
        bool is_unsigned = u8(inst.cond()) >= 2 && (u8(inst.cond()) & 1);
        return {is_unsigned ? holds<u64>(inst.cond(), x, y) : holds<i64>(inst.cond(), i64(x), i64(y))};
      } else {
        bool is_unsigned = u8(inst.cond()) >= 2 && (u8(inst.cond()) & 1);
        return {is_unsigned ? holds<u32>(inst.cond(), u32(x), u32(y)) : holds<i32>(inst.cond(), i32(x), i32(y))};
      }
    case Op::FCmp: return {holds<f64>(inst.cond(), as_f64(from, x), as_f64(from, y))};
    case Op::TruncS: case Op::TruncU: return truncate(from, inst.type, inst.op == Op::TruncS, x);
    case Op::TruncSatS: case Op::TruncSatU:
      return {truncate_saturating(from, inst.type, inst.op == Op::TruncSatS, x)};
    case Op::ConvertS: case Op::ConvertU:
      return {f32_result ? convert<f32>(from, inst.op == Op::ConvertS, x) : convert<f64>(from, inst.op == Op::ConvertS, x)};
    case Op::Demote: return {made<f32>(f32(std::bit_cast<f64>(x)), nans)};
    case Op::Promote: return {made<f64>(f64(std::bit_cast<f32>(u32(x))), nans)};
    default: break;
  }
  if (ir::is_float(inst.type)) return {f32_result ? floating<f32>(inst.op, x, y, nans) : floating<f64>(inst.op, x, y, nans)};
  return integer(inst.op, {inst.type == Type::I64 ? 64u : 32u}, x, y);
}

}  // namespace skerry::oracle
