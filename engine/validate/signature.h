// Signatures of opcodes.def, and types of blocks with one result, as constants of the compiler.

#pragma once

#include <algorithm>
#include <iterator>
#include <span>

#include "engine/wasm/opcodes.h"
#include "engine/wasm/types.h"

namespace skerry::validate {

// A numeric or memory instruction's row, as constants.
struct Signature {
  u32 count = 0;  // of operands
  ValueType operands[2] = {};
  bool has_result = false;
  ValueType result = {};
};
consteval ValueType type_of_letter(char letter) {
  switch (letter) {
    case 'i': case 'a': return ValueType::I32;
    case 'l': return ValueType::I64;
    case 'f': return ValueType::F32;
    default: return ValueType::F64;
  }
}
consteval Signature signature(Opcode op) {
  Signature all;
  std::string_view text = info(op).signature;
  usize i = 0;
  for (; text[i] != ':'; ++i) all.operands[all.count++] = type_of_letter(text[i]);
  if (++i < text.size()) all.has_result = true, all.result = type_of_letter(text[i]);
  return all;
}

// The one-element list of each type, for blocks with one result.
inline constexpr ValueType single_types[] = {ValueType::I32,  ValueType::I64,     ValueType::F32,      ValueType::F64,
                                             ValueType::V128, ValueType::FuncRef, ValueType::ExternRef};
constexpr std::span<const ValueType> single_type(ValueType type) {
  return {std::find(std::begin(single_types), std::end(single_types), type), 1};
}

}  // namespace skerry::validate
