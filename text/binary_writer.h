// Pieces of the binary format, appended to bytes.

#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/leb128.h"
#include "engine/wasm/opcodes.h"

namespace skerry::text {

// The entries of a vector (Core 5.1.3), of which the count is written in front in the end.
struct Section {
  u32 count = 0;
  std::vector<u8> bytes;
};

inline void write_bytes(std::vector<u8>& out, std::span<const u8> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
// A vector of bytes: a name, the content of a data segment.
inline void write_string(std::vector<u8>& out, std::string_view text) {
  write_leb_unsigned(out, text.size());
  out.insert(out.end(), text.begin(), text.end());
}
inline void write_sized(std::vector<u8>& out, std::span<const u8> bytes) {
  write_leb_unsigned(out, bytes.size());
  write_bytes(out, bytes);
}
inline void write_vector(std::vector<u8>& out, const Section& section) {
  write_leb_unsigned(out, section.count);
  write_bytes(out, section.bytes);
}
inline void write_opcode(std::vector<u8>& out, Opcode opcode) {
  const OpcodeInfo& row = info(opcode);
  if (row.prefix == 0) return out.push_back(u8(row.code));
  out.push_back(row.prefix);
  write_leb_unsigned(out, row.code);
}

}  // namespace skerry::text
