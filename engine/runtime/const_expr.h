// Constant expressions (Core 3.3.10, with the extended-const proposal), evaluated.
//
// They were validated, so that only their meaning is left. A reference is a handle.

#pragma once

#include <optional>
#include <vector>

#include "base/leb128.h"
#include "engine/wasm/module.h"

namespace skerry::runtime {

// What an expression may ask of the instance that it is evaluated in. Without one (the null
// functions of NoInstance), an expression that asks has no value.
struct NoInstance {
  std::optional<u64> global(GlobalIndex) const { return std::nullopt; }
  std::optional<u64> func(FuncIndex) const { return std::nullopt; }
};

template <class Environment>
std::optional<u64> evaluate(const wasm::Module& module, wasm::ConstExpr expr, const Environment& environment) {
  std::span<const u8> code = module.slice(expr.code);
  const u8* at = code.data();
  const u8* end = at + code.size();
  // Nearly all expressions are one instruction; others may pile up as many values as they have bytes.
  Array<u64> below;
  u64 top = 0;
  bool is_empty = true;
  auto push = [&](u64 value) {
    if (!is_empty) below.push_back(top);
    is_empty = false;
    top = value;
  };
  auto pop_below = [&] {
    u64 value = below.back();
    below.pop_back();
    return value;
  };
  auto leb = [&](auto read) {
    at = read.next;
    return read.value;
  };
  auto bytes = [&](usize size) {
    u64 bits = 0;
    __builtin_memcpy(&bits, at, size);
    at += size;
    return bits;
  };
  for (;;) {
    CHECK(at != end);
    switch (*at++) {
      case 0x0b: return top;                                        // end
      case 0x41: push(u32(leb(read_leb_s32(at, end)))); break;      // i32.const
      case 0x42: push(u64(leb(read_leb_s64(at, end)))); break;      // i64.const
      case 0x43: push(bytes(4)); break;                             // f32.const
      case 0x44: push(bytes(8)); break;                             // f64.const
      case 0x6a: top = u32(pop_below() + top); break;               // i32.add
      case 0x6b: top = u32(pop_below() - top); break;               // i32.sub
      case 0x6c: top = u32(pop_below() * top); break;               // i32.mul
      case 0x7c: top = pop_below() + top; break;                    // i64.add
      case 0x7d: top = pop_below() - top; break;                    // i64.sub
      case 0x7e: top = pop_below() * top; break;                    // i64.mul
      case 0xd0: leb(read_leb_s33(at, end)), push(0); break;        // ref.null
      case 0x23: {                                                  // global.get
        auto value = environment.global(GlobalIndex(leb(read_leb_u32(at, end))));
        if (!value) return std::nullopt;
        push(*value);
        break;
      }
      case 0xd2: {  // ref.func
        auto value = environment.func(FuncIndex(leb(read_leb_u32(at, end))));
        if (!value) return std::nullopt;
        push(*value);
        break;
      }
      default: UNREACHABLE("an instruction that is not constant, after validation");
    }
  }
}

}  // namespace skerry::runtime
