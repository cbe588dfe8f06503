// The instructions of WebAssembly as data: opcodes.def read into constant tables.

#pragma once

#include <string_view>

#include "base/types.h"
#include "engine/wasm/features.h"

namespace skerry {

// The order is that of opcodes.def.
enum class Opcode : u16 {
#define WASM_OP(name, mnemonic, prefix, code, immediates, signature, feature) name,
#include "engine/wasm/opcodes.def"
#undef WASM_OP
  Count,
};

// What follows an opcode in the binary format, in this order.
enum class Immediates : u8 {
  None,
  BlockType,     // s33: empty, a value type, or a type index
  Label,         // u32
  LabelTable,    // vec(u32) u32
  Func,          // u32
  TypeTable,     // u32 type, u32 table
  ValueTypes,    // vec(valtype)
  Local,         // u32
  Global,        // u32
  Table,         // u32
  Memory,        // u32
  Memory0, Memory1, Memory2, Memory3, Memory4,  // memarg; the natural alignment is 1 << the number
  I32, I64, F32, F64,
  HeapType,      // s33
  DataMemory,    // u32 data, u32 memory
  Data,          // u32
  MemoryMemory,  // u32 destination, u32 source
  ElemTable,     // u32 elem, u32 table
  Elem,          // u32
  TableTable,    // u32 destination, u32 source
};

struct OpcodeInfo {
  std::string_view mnemonic;
  u8 prefix;
  u32 code;
  Immediates immediates;
  std::string_view signature;
  Feature feature;
};

inline constexpr OpcodeInfo opcode_table[] = {
#define WASM_OP(name, mnemonic, prefix, code, immediates, signature, feature) \
  {mnemonic, prefix, code, Immediates::immediates, signature, Feature::feature},
#include "engine/wasm/opcodes.def"
#undef WASM_OP
};

constexpr const OpcodeInfo& info(Opcode opcode) { return opcode_table[u16(opcode)]; }

namespace detail {
void two_rows_with_one_code();  // not constexpr: a call ends constant evaluation
struct OpcodeMap {
  u16 plain[256];
  u16 misc[256];  // behind prefix 0xfc
};
consteval OpcodeMap make_opcode_map() {
  OpcodeMap map{};
  for (u16& slot : map.plain) slot = u16(Opcode::Count);
  for (u16& slot : map.misc) slot = u16(Opcode::Count);
  for (u16 i = 0; i < u16(Opcode::Count); ++i) {
    u16& slot = (opcode_table[i].prefix ? map.misc : map.plain)[opcode_table[i].code];
    if (slot != u16(Opcode::Count)) two_rows_with_one_code();
    slot = i;
  }
  return map;
}
inline constexpr OpcodeMap opcode_map = make_opcode_map();
}  // namespace detail

constexpr u8 misc_prefix = 0xfc;
// The opcode of a byte, or of the number behind a prefix; Opcode::Count if there is none.
constexpr Opcode opcode_of_byte(u8 byte) { return Opcode(detail::opcode_map.plain[byte]); }
constexpr Opcode opcode_of_misc(u32 code) { return code < 256 ? Opcode(detail::opcode_map.misc[code]) : Opcode::Count; }

}  // namespace skerry
