// Correctly rounded conversion, by exact arithmetic on integers of any length: the decimal
// number is digits * 10^exponent, so that its value is a quotient of two naturals. The quotient
// is scaled by a power of two to have 62 or 63 bits, which with a note whether there is a
// remainder ("sticky") is all that rounding needs (Clinger, How to read floating point numbers
// accurately, 1990, with the ratio computed bit by bit).
//
// Cost is bounded: of the digits only the first 800 are kept and the rest summed up as one
// sticky digit. No decimal needs more to be told from a midpoint of two doubles: such a midpoint
// has at most 767 significant digits.

#include "text/number.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "base/string.h"

namespace skerry::text {
namespace {

bool is_negative(std::string_view spelling) { return spelling[0] == '-'; }
std::string_view without_sign(std::string_view spelling) {
  return spelling[0] == '-' || spelling[0] == '+' ? spelling.substr(1) : spelling;
}
u32 digit_value(char c) { return u32(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10); }

// The magnitude of an integer of either base, if it fits 64 bits.
std::optional<u64> magnitude(std::string_view digits) {
  u64 base = digits.starts_with("0x") ? 16 : 10, value = 0;
  if (base == 16) digits.remove_prefix(2);
  for (char c : digits) {
    if (c == '_') continue;
    if (__builtin_mul_overflow(value, base, &value)) return {};
    if (__builtin_add_overflow(value, u64{digit_value(c)}, &value)) return {};
  }
  return value;
}

// A natural number of any length: limbs of 32 bits, least first, none above the highest set bit.
class Natural {
 public:
  explicit Natural(u32 value) { if (value) limbs_.push_back(value); }

  bool is_zero() const { return limbs_.empty(); }
  usize bit_width() const { return is_zero() ? 0 : 32 * limbs_.size() - usize(std::countl_zero(limbs_.back())); }

  void multiply_add(u32 factor, u32 summand) {
    u64 carry = summand;
    for (u32& limb : limbs_) {
      carry += u64{limb} * factor;
      limb = u32(carry);
      carry >>= 32;
    }
    if (carry) limbs_.push_back(u32(carry));
  }
  void multiply_power_of_ten(u32 exponent) {
    for (; exponent >= 9; exponent -= 9) multiply_add(1'000'000'000, 0);
    for (; exponent > 0; --exponent) multiply_add(10, 0);
  }
  void shift_left(usize bits) {
    if (is_zero()) return;
    if (u32 part = u32(bits % 32)) multiply_add(u32{1} << part, 0);
    limbs_.insert(limbs_.begin(), bits / 32, 0);
  }
  bool operator>=(const Natural& other) const {
    if (limbs_.size() != other.limbs_.size()) return limbs_.size() > other.limbs_.size();
    return !std::lexicographical_compare(limbs_.rbegin(), limbs_.rend(), other.limbs_.rbegin(), other.limbs_.rend());
  }
  // Precondition: not less than other.
  void subtract(const Natural& other) {
    u64 borrow = 0;
    for (usize i = 0; i < limbs_.size(); ++i) {
      u64 difference = u64{limbs_[i]} - (i < other.limbs_.size() ? other.limbs_[i] : 0) - borrow;
      limbs_[i] = u32(difference);
      borrow = difference >> 63;
    }
    while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
  }

 private:
  std::vector<u32> limbs_;
};

struct FloatFormat {
  int fraction_bits;
  int max_exponent;  // of the largest finite number, as 1.f * 2^e; the smallest normal has 1 - e
};
FloatFormat format_of(unsigned bits) { return bits == 32 ? FloatFormat{23, 127} : FloatFormat{52, 1023}; }

// The bits of the float nearest to (mantissa + s) * 2^exponent, where 0 < s < 1 if sticky and
// else s = 0. A sticky mantissa has more bits than the format. Null if it rounds to infinity.
std::optional<u64> round_to_float(u64 mantissa, i64 exponent, bool sticky, FloatFormat format) {
  if (mantissa == 0) return 0;
  // The exponent of the last place of the result: no less than that of the subnormals.
  i64 width = std::bit_width(mantissa);
  i64 last_place = std::max<i64>(exponent + width - 1, 1 - format.max_exponent) - format.fraction_bits;
  i64 shift = last_place - exponent;
  u64 kept;
  if (shift <= 0) {
    kept = mantissa << -shift;  // has at most fraction_bits + 1 bits
  } else if (shift > 64) {
    kept = 0;  // below half of the smallest subnormal
  } else {
    u64 half = u64{1} << (shift - 1);
    u64 lost = mantissa & (half | (half - 1));
    kept = shift == 64 ? 0 : mantissa >> shift;
    if (lost > half || (lost == half && (sticky || (kept & 1)))) ++kept;
  }
  // Rounding may have carried into one bit more, all of whose lower bits are zero then.
  u64 one = u64{1} << format.fraction_bits;
  if (kept < one) return kept;  // subnormal: last_place is the least there is
  if (kept == 2 * one) kept = one, ++last_place;
  i64 top = last_place + format.fraction_bits;
  if (top > format.max_exponent) return {};
  return u64(top + format.max_exponent) << format.fraction_bits | (kept - one);
}

// An exponent, held within what can make a difference for text of any length that fits memory.
i64 exponent_value(std::string_view digits) {
  bool negative = !digits.empty() && digits[0] == '-';
  i64 value = 0;
  for (char c : digits) if (c >= '0' && c <= '9') value = std::min<i64>(value * 10 + (c - '0'), i64{1} << 50);
  return negative ? -value : value;
}

std::optional<u64> hexadecimal_float(std::string_view text, FloatFormat format) {
  u64 mantissa = 0;
  i64 exponent = 0;
  bool sticky = false, fraction = false;
  for (usize i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '_') continue;
    if (c == '.') {
      fraction = true;
      continue;
    }
    if ((c | 0x20) == 'p') {
      exponent += exponent_value(text.substr(i + 1));
      break;
    }
    if (mantissa >> 60) {
      sticky |= digit_value(c) != 0;
      exponent += fraction ? 0 : 4;
    } else {
      mantissa = mantissa << 4 | digit_value(c);
      exponent -= fraction ? 4 : 0;
    }
  }
  return round_to_float(mantissa, exponent, sticky, format);
}

std::optional<u64> decimal_float(std::string_view text, FloatFormat format) {
  constexpr usize max_digits = 800;
  Natural numerator(0), denominator(1);
  usize digits = 0;
  i64 exponent = 0;
  bool sticky = false, fraction = false;
  for (usize i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '_') continue;
    if (c == '.') {
      fraction = true;
      continue;
    }
    if ((c | 0x20) == 'e') {
      exponent += exponent_value(text.substr(i + 1));
      break;
    }
    if (digits < max_digits) {
      numerator.multiply_add(10, u32(c - '0'));
      digits += !numerator.is_zero();
      exponent -= fraction;
    } else {
      sticky |= c != '0';
      exponent += !fraction;
    }
  }
  if (numerator.is_zero()) return 0;
  if (sticky) numerator.multiply_add(10, 1), --exponent, ++digits;
  // The value lies in [10^(digits+exponent-1), 10^(digits+exponent)): far off, it needs no arithmetic.
  if (i64(digits) + exponent > 400) return {};
  if (i64(digits) + exponent < -400) return 0;
  if (exponent > 0) numerator.multiply_power_of_ten(u32(exponent));
  else denominator.multiply_power_of_ten(u32(-exponent));

  // numerator * 2^scale / denominator lies in (2^61, 2^63).
  constexpr int quotient_bits = 63;
  i64 scale = quotient_bits - 1 - (i64(numerator.bit_width()) - i64(denominator.bit_width()));
  if (scale > 0) numerator.shift_left(usize(scale));
  else denominator.shift_left(usize(-scale));
  denominator.shift_left(quotient_bits - 1);
  u64 quotient = 0;
  for (int i = 0; i < quotient_bits; ++i) {
    quotient <<= 1;
    if (numerator >= denominator) {
      numerator.subtract(denominator);
      quotient |= 1;
    }
    numerator.shift_left(1);
  }
  return round_to_float(quotient, -scale, !numerator.is_zero(), format);
}

}  // namespace

std::optional<u64> natural_value(std::string_view spelling, unsigned bits) {
  std::optional<u64> value = magnitude(spelling);
  if (value && bits < 64 && *value >> bits) return {};
  return value;
}

std::optional<u64> integer_value(std::string_view spelling, unsigned bits) {
  std::optional<u64> value = magnitude(without_sign(spelling));
  if (!value) return {};
  u64 mask = ~u64{0} >> (64 - bits);
  if (is_negative(spelling)) {
    if (*value > u64{1} << (bits - 1)) return {};
    return (u64{0} - *value) & mask;
  }
  if (spelling[0] == '+' && *value >> (bits - 1)) return {};
  if (*value > mask) return {};
  return value;
}

std::optional<u64> float_value(std::string_view spelling, unsigned bits) {
  FloatFormat format = format_of(bits);
  std::string_view text = without_sign(spelling);
  u64 infinity = u64(2 * format.max_exponent + 1) << format.fraction_bits;
  std::optional<u64> value;
  if (text == "inf") {
    value = infinity;
  } else if (text == "nan") {
    value = infinity | u64{1} << (format.fraction_bits - 1);
  } else if (text.starts_with("nan:")) {
    std::optional<u64> payload = magnitude(text.substr(4));
    if (payload && *payload != 0 && *payload >> format.fraction_bits == 0) value = infinity | *payload;
  } else {
    value = text.starts_with("0x") ? hexadecimal_float(text.substr(2), format) : decimal_float(text, format);
  }
  if (value && is_negative(spelling)) *value |= u64{1} << (bits - 1);
  return value;
}

std::string float_text(u64 value, unsigned bits) {
  FloatFormat format = format_of(bits);
  std::string out = value >> (bits - 1) & 1 ? "-" : "";
  u64 fraction = value & ((u64{1} << format.fraction_bits) - 1);
  i64 biased = i64(value >> format.fraction_bits) & (2 * format.max_exponent + 1);
  if (biased == 2 * format.max_exponent + 1) {
    if (fraction == 0) return out + "inf";
    if (fraction == u64{1} << (format.fraction_bits - 1)) return out + "nan";
    return out + "nan:0x" + hex(fraction);
  }
  if (biased == 0 && fraction == 0) return out + "0x0p+0";
  i64 exponent = biased == 0 ? 1 - format.max_exponent : biased - format.max_exponent;
  out += biased == 0 ? "0x0" : "0x1";
  // The fraction in whole hexadecimal digits, without the zeros at its end.
  int pad = (4 - format.fraction_bits % 4) % 4;
  std::string digits = hex(fraction << pad, unsigned(format.fraction_bits + pad) / 4);
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  if (!digits.empty()) out += "." + digits;
  return out + "p" + (exponent < 0 ? "" : "+") + decimal_signed(exponent);
}

}  // namespace skerry::text
