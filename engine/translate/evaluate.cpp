// Operations on constants (Core 4.3), computed at translation.

#include <bit>
#include <cmath>

#include "engine/translate/fold.h"

namespace skerry::translate {
namespace {

using ir::Cond;
using ir::Op;
using ir::Type;

template <class U>
std::optional<u64> evaluate_integer(Op op, U x, U y) {
  using S = std::make_signed_t<U>;
  constexpr u32 width = 8 * sizeof(U);
  constexpr U smallest = U{1} << (width - 1);
  u32 shift = u32(y % width);
  switch (op) {
    case Op::IAdd: return U(x + y);
    case Op::ISub: return U(x - y);
    case Op::IMul: return U(x * y);
    case Op::IDivS:
      if (y == 0 || (x == smallest && y == ~U{0})) return std::nullopt;
      return U(S(x) / S(y));
    case Op::IDivU:
      if (y == 0) return std::nullopt;
      return U(x / y);
    case Op::IRemS:
      if (y == 0) return std::nullopt;
      return y == ~U{0} ? U{0} : U(S(x) % S(y));
    case Op::IRemU:
      if (y == 0) return std::nullopt;
      return U(x % y);
    case Op::IAnd: return x & y;
    case Op::IOr: return x | y;
    case Op::IXor: return x ^ y;
    case Op::IShl: return U(x << shift);
    case Op::IShrS: return U(S(x) >> shift);
    case Op::IShrU: return U(x >> shift);
    case Op::IRotl: return std::rotl(x, int(shift));
    case Op::IRotr: return std::rotr(x, int(shift));
    case Op::IClz: return U(std::countl_zero(x));
    case Op::ICtz: return U(std::countr_zero(x));
    case Op::IPopcnt: return U(std::popcount(x));
    case Op::IExtend8S: return U(S(i8(x)));
    case Op::IExtend16S: return U(S(i16(x)));
    case Op::IExtend32S: return U(S(i32(x)));
    default: return std::nullopt;
  }
}

template <class F, class U>
std::optional<u64> unless_nan(F value) {
  if (value != value) return std::nullopt;
  return std::bit_cast<U>(value);
}

template <class F, class U>
std::optional<u64> evaluate_float(Op op, U x, U y) {
  constexpr U sign = U{1} << (8 * sizeof(U) - 1);
  F a = std::bit_cast<F>(x), b = std::bit_cast<F>(y);
  switch (op) {
    // Operations on the sign alone keep the bits of a NaN.
    case Op::FAbs: return U(x & ~sign);
    case Op::FNeg: return U(x ^ sign);
    case Op::FCopysign: return U((x & ~sign) | (y & sign));
    case Op::FAdd: return unless_nan<F, U>(a + b);
    case Op::FSub: return unless_nan<F, U>(a - b);
    case Op::FMul: return unless_nan<F, U>(a * b);
    case Op::FDiv: return unless_nan<F, U>(a / b);
    default: return std::nullopt;
  }
}

template <class F, class U>
std::optional<u64> convert(Op op, Type from, u64 x) {
  bool wide = from == Type::I64;
  if (op == Op::ConvertS) return std::bit_cast<U>(wide ? F(i64(x)) : F(i32(x)));
  if (op == Op::ConvertU) return std::bit_cast<U>(wide ? F(x) : F(u32(x)));
  return std::nullopt;
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
  return false;
}

bool is_unsigned(Cond cond) {
  return cond == Cond::LtU || cond == Cond::GtU || cond == Cond::LeU || cond == Cond::GeU;
}

}  // namespace

std::optional<u64> evaluate(Op op, Type type, Type from, u64 x, u64 y) {
  switch (op) {
    case Op::Wrap: return u32(x);
    case Op::ExtendS: return u64(i64(i32(x)));
    case Op::ExtendU: return u32(x);
    case Op::Reinterpret: return x;
    case Op::Demote: return unless_nan<f32, u32>(f32(std::bit_cast<f64>(x)));
    case Op::Promote: return unless_nan<f64, u64>(f64(std::bit_cast<f32>(u32(x))));
    case Op::ConvertS: case Op::ConvertU:
      return type == Type::F32 ? convert<f32, u32>(op, from, x) : convert<f64, u64>(op, from, x);
    default: break;
  }
  switch (from) {
    case Type::I32: return evaluate_integer<u32>(op, u32(x), u32(y));
    case Type::I64: return evaluate_integer<u64>(op, x, y);
    case Type::F32: return evaluate_float<f32, u32>(op, u32(x), u32(y));
    case Type::F64: return evaluate_float<f64, u64>(op, x, y);
    default: return std::nullopt;
  }
}

bool evaluate_compare(Op op, Cond cond, Type from, u64 x, u64 y) {
  if (op == Op::FCmp) {
    if (from == Type::F32) return holds(cond, std::bit_cast<f32>(u32(x)), std::bit_cast<f32>(u32(y)));
    return holds(cond, std::bit_cast<f64>(x), std::bit_cast<f64>(y));
  }
  if (from == Type::I64) return is_unsigned(cond) ? holds(cond, x, y) : holds(cond, i64(x), i64(y));
  return is_unsigned(cond) ? holds(cond, u32(x), u32(y)) : holds(cond, i32(x), i32(y));
}

}  // namespace skerry::translate
