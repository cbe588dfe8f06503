#include "tools/values.h"

#include <charconv>
#include <cmath>

#include "base/string.h"

namespace skerry::tools {
namespace {

template <class Float>
std::string print_float(Float value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  // The shortest digits that read back, d.ddde+XX, with the point moved to where it belongs.
  char text[32];
  auto [end, error] = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  std::string_view all(text, usize(end - text));
  usize e = all.find('e');
  bool negative = all.starts_with('-');
  std::string digits;
  for (char c : all.substr(negative, e - negative)) {
    if (c != '.') digits += c;
  }
  int exponent = 0;
  std::from_chars(text + e + (text[e + 1] == '+' ? 2 : 1), end, exponent);
  int point = exponent + 1;  // digits before it
  if (point <= 0) digits.insert(0, usize(1 - point), '0'), point = 1;
  if (usize(point) > digits.size()) digits.append(usize(point) - digits.size(), '0');
  if (usize(point) < digits.size()) digits.insert(usize(point), ".");
  return negative ? "-" + digits : digits;
}

// The bits of an integer of `bits` bits, of either sign.
std::optional<u64> parse_integer(std::string_view text, unsigned bits) {
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  bool hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  u64 magnitude = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), magnitude, hexadecimal ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  u64 mask = bits == 64 ? ~u64{0} : (u64{1} << bits) - 1;
  u64 most = negative ? u64{1} << (bits - 1) : mask;
  if (magnitude > most) return std::nullopt;
  return (negative ? u64{0} - magnitude : magnitude) & mask;
}

template <class Float>
std::optional<Float> parse_float(std::string_view text) {
  Float value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string print_value(const Value& value) {
  switch (value.type()) {
    case ValueType::I32: return decimal_signed(value.as_i32());
    case ValueType::I64: return decimal_signed(value.as_i64());
    case ValueType::F32: return print_float(value.as_f32());
    case ValueType::F64: return print_float(value.as_f64());
    case ValueType::FuncRef:
    case ValueType::ExternRef: return concat("<", value.link() ? "" : "null ", name(value.type()), ">");
    case ValueType::V128:
    case ValueType::Bottom: break;
  }
  return "?";
}

Result<Value> parse_value(std::string_view text, ValueType type) {
  std::optional<Value> value;
  switch (type) {
    case ValueType::I32:
    case ValueType::I64:
      if (auto bits = parse_integer(text, type == ValueType::I32 ? 32 : 64)) value = Value(type, *bits, nullptr);
      break;
    case ValueType::F32:
      if (auto number = parse_float<f32>(text)) value = Value(*number);
      break;
    case ValueType::F64:
      if (auto number = parse_float<f64>(text)) value = Value(*number);
      break;
    case ValueType::FuncRef:
    case ValueType::ExternRef:
      if (text == "null") value = Value::null(type);
      break;
    case ValueType::V128:
    case ValueType::Bottom: break;
  }
  if (!value) return fail(ErrorCode::Argument, concat("\"", text, "\" is no ", name(type)));
  return *std::move(value);
}

}  // namespace skerry::tools
