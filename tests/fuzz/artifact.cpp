#include "tests/fuzz/artifact.h"

#include <string.h>

#include <algorithm>

#include "base/check.h"
#include "engine/runtime/blake2b.h"
#include "engine/runtime/elf.h"
#include "skerry/skerry.h"
#include "tests/fuzz/generator.h"

namespace skerry::fuzz {

namespace {

using runtime::Hash;

// The content of the section with this name. None where there is none, or headers lead astray.
std::optional<std::span<u8>> find_section(Bytes& artifact, std::string_view name) {
  using namespace runtime::elf;
  auto within = [&](u64 offset, u64 size) { return offset <= artifact.size() && size <= artifact.size() - offset; };
  FileHeader file;
  if (!within(0, sizeof file)) return std::nullopt;
  memcpy(&file, artifact.data(), sizeof file);
  auto header = [&](u64 i) -> std::optional<SectionHeader> {
    SectionHeader section;
    if (!within(file.section_headers, (i + 1) * sizeof section)) return std::nullopt;
    memcpy(&section, artifact.data() + file.section_headers + i * sizeof section, sizeof section);
    if (!within(section.offset, section.size)) return std::nullopt;
    return section;
  };
  auto names = header(file.names_section);
  if (!names) return std::nullopt;
  std::string_view all_names(reinterpret_cast<const char*>(artifact.data()) + names->offset, names->size);
  for (u64 i = 1; i < file.section_header_count; ++i) {
    auto section = header(i);
    if (!section || section->name >= all_names.size()) continue;
    std::string_view rest = all_names.substr(section->name);
    if (rest.substr(0, rest.find('\0')) == name) return std::span(artifact).subspan(section->offset, section->size);
  }
  return std::nullopt;
}

}  // namespace

Bytes make_artifact(const Engine& engine, u64 seed) {
  auto module = Module::from_binary(engine, generate_module(seed, {.functions = 3, .nodes = 30}));
  CHECK(module);
  auto artifact = module->serialise();
  CHECK(artifact);
  return std::move(*artifact);
}

void put_hash(Bytes& artifact) {
  auto place = find_section(artifact, ".skerry.hash");
  if (!place || place->size() != sizeof(Hash)) return;
  std::ranges::fill(*place, u8(0));
  runtime::Blake2b hash;
  hash.add(std::span<const u8>(artifact));
  std::ranges::copy(hash.finish(), place->begin());
}

Bytes ArtifactMaker::altered(std::span<const u32> edits) const {
  Bytes artifact = whole_;
  for (u32 edit : edits) artifact[(edit >> 8) % artifact.size()] = u8(edit);
  put_hash(artifact);
  return artifact;
}

}  // namespace skerry::fuzz
