// Instructions of the binary format (Core 5.4), read one at a time without being checked
// against a context: what constant expressions, listings and generators need. Bodies are
// read by validate/function.h, which takes from here the immediates with rules of their own.

#pragma once

#include "engine/decode/reader.h"
#include "engine/wasm/features.h"
#include "engine/wasm/opcodes.h"
#include "engine/wasm/types.h"

namespace skerry::wasm {

// The type of a block: none, one result, or a type of the module.
struct BlockType {
  enum class Kind : u8 { Empty, Value, Type };
  Kind kind = Kind::Empty;
  ValueType value = ValueType::Bottom;
  TypeIndex type;
};

struct MemArg {
  MemoryIndex memory;
  u32 align = 0;  // a power of two's exponent
  u64 offset = 0;
};

struct Instruction {
  u32 offset = 0;  // of its first byte
  Opcode opcode = Opcode::Count;
  // Its immediates, as far as info(opcode).immediates has them.
  BlockType block;
  u32 index = 0;         // the first index, or of br_table the default label
  u32 second_index = 0;  // the second index
  MemArg memarg;
  u64 bits = 0;          // a constant; i32 sign-extended
  ValueType type = ValueType::Bottom;  // ref.null's
  u32 count = 0;         // of labels (br_table) or types (select)
  ByteRange items;       // their bytes
};

Read<Instruction> read_instruction(Reader& reader, Features features);

Read<ValueType> read_value_type(Reader& reader, Features features);
Read<ValueType> read_reference_type(Reader& reader, Features features);
Read<ValueType> read_heap_type(Reader& reader, Features features);
Read<BlockType> read_block_type(Reader& reader, Features features);
// Behind instructions of memories and indirect calls stood a zero byte before they took an
// index (features multi-memory, reference-types).
Read<u32> read_memory_index(Reader& reader, Features features);
Read<u32> read_called_table(Reader& reader, Features features);
// The rest of a memarg whose flags, read at `start`, are more than an alignment below 2**32.
Read<MemArg> read_indexed_memarg(Reader& reader, Features features, u32 start, u32 flags);

inline Read<MemArg> read_memarg(Reader& reader, Features features) {
  u32 start = reader.offset();
  auto flags = reader.leb_u32();
  if (!flags) return flags.fault();
  if (*flags >= 32) [[unlikely]] return read_indexed_memarg(reader, features, start, *flags);
  auto offset = reader.leb_u32();
  if (!offset) return offset.fault();
  return MemArg{MemoryIndex(0), *flags, *offset};
}

// The fault of a byte that is no opcode, or of a code that is none behind prefix 0xfc. Other
// prefixes' codes are read here.
[[gnu::cold]] Fault fail_opcode(Reader& reader, u32 offset, u8 byte, u32 code);
// The fault of an instruction whose feature is off.
[[gnu::cold]] Fault fail_feature(Reader& reader, u32 offset, Opcode opcode);

}  // namespace skerry::wasm
