#include "engine/decode/instruction.h"

#include "base/string.h"

namespace skerry::wasm {

namespace {

// The feature of a type's code that the engine does not know yet.
std::optional<Feature> feature_of_type(u8 code) {
  switch (code) {
    case 0x7b: return Feature::Simd;
    case 0x74: case 0x69: return Feature::Exceptions;  // noexn, exn
    case 0x63: case 0x64: return Feature::FunctionReferences;  // (ref null ht), (ref ht)
    case 0x73: case 0x72: case 0x71:  // nofunc, noextern, none
    case 0x6e: case 0x6d: case 0x6c: case 0x6b: case 0x6a:  // any, eq, i31, struct, array
      return Feature::Gc;
    default: return std::nullopt;
  }
}

std::optional<Feature> feature_of_opcode(u8 byte, u32 code) {
  switch (byte) {
    case 0x06: case 0x07: case 0x08: case 0x09: case 0x0a: case 0x18: case 0x19: case 0x1f:
      return Feature::Exceptions;
    case 0x14: case 0x15: case 0xd4: case 0xd5: case 0xd6: return Feature::FunctionReferences;
    case 0xd3: case 0xfb: return Feature::Gc;
    case 0xfd: return code >= 0x100 ? Feature::RelaxedSimd : Feature::Simd;
    case 0xfe: return Feature::Threads;
    default: return std::nullopt;
  }
}

Read<u32> read_zero_byte(Reader& reader) {
  u32 start = reader.offset();
  auto byte = reader.byte();
  if (!byte) return byte.fault();
  if (*byte != 0) return reader.malformed(start, concat("zero byte expected, found ", *byte));
  return u32{0};
}

}  // namespace

Read<ValueType> read_value_type(Reader& reader, Features features) {
  u32 start = reader.offset();
  auto code = reader.byte();
  if (!code) return code.fault();
  ValueType type = ValueType(*code);
  if (is_number(type)) return type;
  if (is_reference(type)) {
    if (!features.has(Feature::ReferenceTypes))
      return reader.unsupported(start, concat("the value type ", name(type)), Feature::ReferenceTypes);
    return type;
  }
  if (auto feature = feature_of_type(*code))
    return reader.unsupported(start, concat("the value type 0x", hex(*code)), *feature);
  return reader.malformed(start, concat("malformed value type 0x", hex(*code, 2)));
}

Read<ValueType> read_reference_type(Reader& reader, Features features) {
  u32 start = reader.offset();
  auto code = reader.byte();
  if (!code) return code.fault();
  ValueType type = ValueType(*code);
  if (type == ValueType::FuncRef) return type;
  if (type == ValueType::ExternRef) {
    if (!features.has(Feature::ReferenceTypes))
      return reader.unsupported(start, "the reference type externref", Feature::ReferenceTypes);
    return type;
  }
  if (auto feature = feature_of_type(*code); feature && feature != Feature::Simd)
    return reader.unsupported(start, concat("the reference type 0x", hex(*code)), *feature);
  return reader.malformed(start, concat("malformed reference type 0x", hex(*code, 2)));
}

// A heap type is written like the reference type that may be null; a type index, or a long
// form, is of function references.
Read<ValueType> read_heap_type(Reader& reader, Features features) {
  if (!reader.at_end() && reader.peek() < 0x40)
    return reader.unsupported(reader.offset(), "a type index as heap type", Feature::FunctionReferences);
  return read_reference_type(reader, features);
}

Read<BlockType> read_block_type(Reader& reader, Features features) {
  u32 start = reader.offset();
  if (reader.at_end()) return reader.byte().fault();
  u8 first = reader.peek();
  if (first == 0x40) {
    reader.skip_byte();
    return BlockType{};
  }
  if (first > 0x40 && first < 0x80) {
    auto type = read_value_type(reader, features);
    if (!type) return type.fault();
    return BlockType{BlockType::Kind::Value, *type, {}};
  }
  auto index = reader.leb_s33();
  if (!index) return index.fault();
  if (*index < 0) return reader.malformed(start, "malformed block type");
  if (!features.has(Feature::MultiValue))
    return reader.unsupported(start, "a type index as block type", Feature::MultiValue);
  return BlockType{BlockType::Kind::Type, ValueType::Bottom, TypeIndex(u32(*index))};
}

Read<u32> read_memory_index(Reader& reader, Features features) {
  return features.has(Feature::MultiMemory) ? reader.leb_u32() : read_zero_byte(reader);
}

Read<u32> read_called_table(Reader& reader, Features features) {
  return features.has(Feature::ReferenceTypes) ? reader.leb_u32() : read_zero_byte(reader);
}

Read<MemArg> read_indexed_memarg(Reader& reader, Features features, u32 start, u32 flags) {
  constexpr u32 has_index = 0x40;
  u32 align = flags & ~has_index;
  if (align >= 32 || ((flags & has_index) && !features.has(Feature::MultiMemory)))
    return reader.malformed(start, concat("malformed memop flags 0x", hex(flags)));
  auto memory = reader.leb_u32();
  if (!memory) return memory.fault();
  auto offset = reader.leb_u32();
  if (!offset) return offset.fault();
  return MemArg{MemoryIndex(*memory), align, *offset};
}

Fault fail_opcode(Reader& reader, u32 offset, u8 byte, u32 code) {
  bool prefixed = byte >= 0xfb && byte <= 0xfe;
  if (prefixed && byte != misc_prefix) {
    auto number = reader.leb_u32();
    if (!number) return number.fault();
    code = *number;
  }
  std::string text = concat("0x", hex(byte, 2));
  if (prefixed) text += concat(" 0x", hex(code, 2));
  if (auto feature = feature_of_opcode(byte, code))
    return reader.unsupported(offset, concat("the instruction ", text), *feature);
  return reader.malformed(offset, concat("illegal opcode ", text));
}

Fault fail_feature(Reader& reader, u32 offset, Opcode opcode) {
  return reader.unsupported(offset, std::string(info(opcode).mnemonic), info(opcode).feature);
}

namespace {

// The fields of `inst` that info(inst.opcode).immediates names; false after a fault.
bool read_immediates(Reader& reader, Features features, Instruction& inst) {
  // Each reads one immediate into its field.
  auto number = [&](u32& field) {
    auto value = reader.leb_u32();
    if (value) field = *value;
    return bool(value);
  };
  auto memory = [&](u32& field) {
    auto value = read_memory_index(reader, features);
    if (value) field = *value;
    return bool(value);
  };
  auto bits = [&](auto value) {
    if (value) inst.bits = u64(i64(*value));
    return bool(value);
  };
  switch (info(inst.opcode).immediates) {
    case Immediates::None:
      return true;
    case Immediates::BlockType: {
      auto type = read_block_type(reader, features);
      if (type) inst.block = *type;
      return bool(type);
    }
    case Immediates::Label:
    case Immediates::Func:
    case Immediates::Local:
    case Immediates::Global:
    case Immediates::Table:
    case Immediates::Data:
    case Immediates::Elem:
      return number(inst.index);
    case Immediates::LabelTable: {
      auto count = reader.count(~u32{0}, "labels");
      if (!count) return false;
      inst.count = *count;
      inst.items.offset = reader.offset();
      u32 label;
      for (u32 i = 0; i < *count; ++i) if (!number(label)) return false;
      inst.items.size = reader.offset() - inst.items.offset;
      return number(inst.index);
    }
    case Immediates::TypeTable: {
      if (!number(inst.index)) return false;
      auto table = read_called_table(reader, features);
      if (table) inst.second_index = *table;
      return bool(table);
    }
    case Immediates::ValueTypes: {
      auto count = reader.count(~u32{0}, "types");
      if (!count) return false;
      inst.count = *count;
      inst.items.offset = reader.offset();
      for (u32 i = 0; i < *count; ++i) if (!read_value_type(reader, features)) return false;
      inst.items.size = reader.offset() - inst.items.offset;
      return true;
    }
    case Immediates::Memory:
      return memory(inst.index);
    case Immediates::Memory0:
    case Immediates::Memory1:
    case Immediates::Memory2:
    case Immediates::Memory3:
    case Immediates::Memory4: {
      auto memarg = read_memarg(reader, features);
      if (memarg) inst.memarg = *memarg;
      return bool(memarg);
    }
    case Immediates::I32: return bits(reader.leb_s32());
    case Immediates::I64: return bits(reader.leb_s64());
    case Immediates::F32: return bits(reader.bits32());
    case Immediates::F64: return bits(reader.bits64());
    case Immediates::HeapType: {
      auto type = read_heap_type(reader, features);
      if (type) inst.type = *type;
      return bool(type);
    }
    case Immediates::DataMemory:
      return number(inst.index) && memory(inst.second_index);
    case Immediates::MemoryMemory:
      return memory(inst.index) && memory(inst.second_index);
    case Immediates::ElemTable:
    case Immediates::TableTable:
      return number(inst.index) && number(inst.second_index);
  }
  UNREACHABLE("kind of immediates");
}

}  // namespace

Read<Instruction> read_instruction(Reader& reader, Features features) {
  Instruction inst;
  inst.offset = reader.offset();
  auto byte = reader.byte();
  if (!byte) return byte.fault();
  u32 code = *byte;
  if (*byte == misc_prefix) {
    auto number = reader.leb_u32();
    if (!number) return number.fault();
    code = *number;
  }
  inst.opcode = *byte == misc_prefix ? opcode_of_misc(code) : opcode_of_byte(*byte);
  if (inst.opcode == Opcode::Count) return fail_opcode(reader, inst.offset, *byte, code);
  if (!features.has(info(inst.opcode).feature)) return fail_feature(reader, inst.offset, inst.opcode);
  if (!read_immediates(reader, features, inst)) return Fault{&reader};
  return inst;
}

}  // namespace skerry::wasm
