#include "tests/fuzz/artifact.h"

#include <algorithm>

#include "base/check.h"
#include "engine/runtime/blake2b.h"
#include "skerry/skerry.h"
#include "tests/fuzz/generator.h"

namespace skerry::fuzz {

namespace {

runtime::Hash hash_without(Bytes artifact, usize hash_at) {
  std::fill_n(artifact.begin() + i64(hash_at), sizeof(runtime::Hash), 0);
  runtime::Blake2b hash;
  hash.add(std::span<const u8>(artifact));
  return hash.finish();
}

// The only place of 32 bytes that are the hash of all others.
usize find_hash(const Bytes& artifact) {
  for (usize at = 0; at + sizeof(runtime::Hash) <= artifact.size(); ++at) {
    runtime::Hash hash = hash_without(artifact, at);
    if (std::equal(hash.begin(), hash.end(), artifact.begin() + i64(at))) return at;
  }
  UNREACHABLE("the artifact has no hash");
}

}  // namespace

ArtifactMaker::ArtifactMaker(const Engine& engine) {
  auto module = Module::from_binary(engine, generate_module(1, {.functions = 3, .nodes = 30}));
  CHECK(module);
  auto artifact = module->serialise();
  CHECK(artifact);
  whole_ = std::move(*artifact);
  hash_at_ = find_hash(whole_);
}

Bytes ArtifactMaker::altered(std::span<const u32> edits) const {
  Bytes artifact = whole_;
  for (u32 edit : edits) artifact[(edit >> 8) % artifact.size()] = u8(edit);
  runtime::Hash hash = hash_without(artifact, hash_at_);
  std::copy(hash.begin(), hash.end(), artifact.begin() + i64(hash_at_));
  return artifact;
}

}  // namespace skerry::fuzz
