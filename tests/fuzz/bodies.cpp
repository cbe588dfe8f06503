#include "tests/fuzz/bodies.h"

#include "engine/decode/instruction.h"
#include "text/binary_writer.h"

namespace skerry::fuzz {

namespace {

constexpr u32 header_bytes = 8;

Bytes copy(std::span<const u8> bytes, u32 from, u32 to) { return {bytes.begin() + from, bytes.begin() + to}; }

}  // namespace

std::optional<std::vector<Section>> take_sections(std::span<const u8> wasm) {
  if (wasm.size() < header_bytes) return std::nullopt;
  std::vector<Section> sections;
  wasm::Reader reader(wasm, {header_bytes, u32(wasm.size()) - header_bytes});
  while (!reader.at_end()) {
    u8 id = *reader.byte();
    auto contents = reader.byte_vector();
    if (!contents) return std::nullopt;
    sections.push_back({id, copy(wasm, contents->offset, contents->offset + contents->size)});
  }
  return sections;
}

Bytes put_sections(std::span<const Section> sections) {
  Bytes wasm = {0, 'a', 's', 'm', 1, 0, 0, 0};
  for (const Section& section : sections) {
    wasm.push_back(section.id);
    text::write_sized(wasm, section.contents);
  }
  return wasm;
}

std::optional<std::vector<Body>> take_bodies(std::span<const u8> code) {
  std::vector<Body> bodies;
  wasm::Reader outer(code, {0, u32(code.size())});
  auto count = outer.leb_u32();
  if (!count) return std::nullopt;
  for (u32 i = 0; i < *count; ++i) {
    auto range = outer.byte_vector();
    if (!range) return std::nullopt;
    wasm::Reader reader(code, *range);
    auto groups = reader.leb_u32();
    if (!groups) return std::nullopt;
    for (u32 group = 0; group < *groups; ++group)
      if (!reader.leb_u32() || !reader.byte()) return std::nullopt;
    Body body{copy(code, range->offset, reader.offset()), {}};
    while (!reader.at_end()) {
      u32 start = reader.offset();
      if (!wasm::read_instruction(reader, Features::implemented())) return std::nullopt;
      body.instructions.push_back(copy(code, start, reader.offset()));
    }
    bodies.push_back(std::move(body));
  }
  if (!outer.at_end()) return std::nullopt;
  return bodies;
}

Bytes put_bodies(std::span<const Body> bodies) {
  Bytes code;
  write_leb_unsigned(code, bodies.size());
  for (const Body& body : bodies) {
    Bytes bytes = body.locals;
    for (const Bytes& instruction : body.instructions) text::write_bytes(bytes, instruction);
    text::write_sized(code, bytes);
  }
  return code;
}

}  // namespace skerry::fuzz
