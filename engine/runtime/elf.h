// ELF, as its specification has it: the records and numbers that artifacts and debuggers' objects are made of.

#pragma once

#include "base/types.h"

namespace skerry::runtime::elf {

struct FileHeader {
  u8 ident[16];
  u16 type, machine;
  u32 version;
  u64 entry, program_headers, section_headers;
  u32 flags;
  u16 header_size, program_header_size, program_header_count, section_header_size, section_header_count, names_section;
};
static_assert(sizeof(FileHeader) == 64);
struct SectionHeader {
  u32 name, type;
  u64 flags, address, offset, size;
  u32 link, info;
  u64 alignment, entry_size;
};
static_assert(sizeof(SectionHeader) == 64);
struct Symbol {
  u32 name;
  u8 info, other;
  u16 section;
  u64 value, size;
};
static_assert(sizeof(Symbol) == 24);

inline constexpr u8 ident[16] = {0x7f, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* low byte first */, 1};
inline constexpr u16 relocatable = 1;
enum SectionType : u32 { Null = 0, ProgramBits = 1, SymbolTable = 2, StringTable = 3, NoBits = 8 };
inline constexpr u64 allocated = 2, executable = 4;
inline constexpr u8 local_function = 2;

}  // namespace skerry::runtime::elf
