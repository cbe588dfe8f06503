// The types of WebAssembly (Core 2.3) in the specification's words.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "skerry/integers.h"

namespace skerry {

// A value type. The codes are the binary format's (5.3). Bottom is the validator's type of
// an unknown operand in unreachable code and stands nowhere else.
enum class ValueType : u8 {
  I32 = 0x7f,
  I64 = 0x7e,
  F32 = 0x7d,
  F64 = 0x7c,
  V128 = 0x7b,
  FuncRef = 0x70,
  ExternRef = 0x6f,
  Bottom = 0x00,
};

constexpr bool is_number(ValueType type) { return type >= ValueType::F64 && type <= ValueType::I32; }
constexpr bool is_reference(ValueType type) { return type == ValueType::FuncRef || type == ValueType::ExternRef; }

constexpr std::string_view name(ValueType type) {
  switch (type) {
    case ValueType::I32: return "i32";
    case ValueType::I64: return "i64";
    case ValueType::F32: return "f32";
    case ValueType::F64: return "f64";
    case ValueType::V128: return "v128";
    case ValueType::FuncRef: return "funcref";
    case ValueType::ExternRef: return "externref";
    case ValueType::Bottom: return "bottom";
  }
  return "?";
}

struct FuncType {
  std::vector<ValueType> params;
  std::vector<ValueType> results;
  bool operator==(const FuncType&) const = default;
};

enum class AddressType : u8 { I32, I64 };

struct Limits {
  u64 min = 0;
  std::optional<u64> max;
  bool operator==(const Limits&) const = default;
};

struct MemoryType {
  Limits limits;  // in pages of 64 KiB
  AddressType address = AddressType::I32;
  bool shared = false;
};
inline constexpr u64 page_size = 65536;

struct TableType {
  ValueType element = ValueType::FuncRef;
  Limits limits;  // in elements
};

enum class Mutability : u8 { Const, Var };

struct GlobalType {
  ValueType value = ValueType::I32;
  Mutability mutability = Mutability::Const;
  bool operator==(const GlobalType&) const = default;
};

enum class ExternKind : u8 { Func = 0, Table = 1, Memory = 2, Global = 3, Tag = 4 };

}  // namespace skerry
