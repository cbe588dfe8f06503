// Modules written as bytes, for tests of what reads them.
//
//   Bytes m = module({types({func_type({I32}, {})}), functions({0}), code({body({}, {0x0b})})});

#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "base/leb128.h"
#include "base/types.h"
#include "engine/wasm/types.h"

namespace skerry::test {

using Bytes = std::vector<u8>;
using Types = std::vector<ValueType>;

inline constexpr ValueType I32 = ValueType::I32, I64 = ValueType::I64, F32 = ValueType::F32, F64 = ValueType::F64,
                           FuncRef = ValueType::FuncRef, ExternRef = ValueType::ExternRef;

// Byte strings one after the other.
inline Bytes join(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}
inline Bytes leb(u64 value) {
  Bytes out;
  write_leb_unsigned(out, value);
  return out;
}
inline Bytes sleb(i64 value) {
  Bytes out;
  write_leb_signed(out, value);
  return out;
}
inline Bytes sized(const Bytes& bytes) { return join({leb(bytes.size()), bytes}); }
inline Bytes vec(const std::vector<Bytes>& items) { return join({leb(items.size()), join(items)}); }
inline Bytes name(std::string_view text) { return sized(Bytes(text.begin(), text.end())); }
inline Bytes type(ValueType value) { return {u8(value)}; }
inline Bytes type_list(const Types& types) {
  Bytes out = leb(types.size());
  for (ValueType value : types) out.push_back(u8(value));
  return out;
}

inline Bytes section(u8 id, const Bytes& contents) { return join({{id}, sized(contents)}); }
inline Bytes module(const std::vector<Bytes>& sections) {
  return join({{0, 'a', 's', 'm', 1, 0, 0, 0}, join(sections)});
}

inline Bytes func_type(const Types& params, const Types& results) {
  return join({{0x60}, type_list(params), type_list(results)});
}
inline Bytes custom(std::string_view title, const Bytes& contents) { return section(0, join({name(title), contents})); }
inline Bytes types(const std::vector<Bytes>& items) { return section(1, vec(items)); }
inline Bytes imports(const std::vector<Bytes>& items) { return section(2, vec(items)); }
inline Bytes import(std::string_view from, std::string_view title, const Bytes& item) {
  return join({name(from), name(title), item});
}
inline Bytes functions(const std::vector<u32>& type_indices) {
  Bytes out = leb(type_indices.size());
  for (u32 index : type_indices) write_leb_unsigned(out, index);
  return section(3, out);
}
inline Bytes tables(const std::vector<Bytes>& items) { return section(4, vec(items)); }
inline Bytes memories(const std::vector<Bytes>& items) { return section(5, vec(items)); }
inline Bytes globals(const std::vector<Bytes>& items) { return section(6, vec(items)); }
inline Bytes exports(const std::vector<Bytes>& items) { return section(7, vec(items)); }
inline Bytes export_item(std::string_view title, u8 kind, u32 index) { return join({name(title), {kind}, leb(index)}); }
inline Bytes start(u32 function) { return section(8, leb(function)); }
inline Bytes elems(const std::vector<Bytes>& items) { return section(9, vec(items)); }
inline Bytes data_count(u32 count) { return section(12, leb(count)); }
inline Bytes code(const std::vector<Bytes>& bodies) { return section(10, vec(bodies)); }
inline Bytes datas(const std::vector<Bytes>& items) { return section(11, vec(items)); }

// One group of locals per entry.
struct Locals {
  u32 count;
  ValueType type;
};
inline Bytes body(const std::vector<Locals>& locals, const Bytes& instructions) {
  Bytes out = leb(locals.size());
  for (const Locals& group : locals) {
    write_leb_unsigned(out, group.count);
    out.push_back(u8(group.type));
  }
  return sized(join({out, instructions}));
}

}  // namespace skerry::test
