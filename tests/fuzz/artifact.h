// Damaged artifacts whose hash is right, so that what stands behind the hash is reached: every bound
// that the runtime relies on is checked, though the machine code is trusted.

#pragma once

#include <span>

#include "skerry/engine.h"
#include "tests/fuzz/bodies.h"

namespace skerry::fuzz {

// The artifact of a generated module.
Bytes make_artifact(const Engine& engine, u64 seed);

// Puts the hash of all that is in an artifact where its headers say that it is; whatever the bytes are.
void put_hash(Bytes& artifact);

class ArtifactMaker {
 public:
  explicit ArtifactMaker(const Engine& engine) : whole_(make_artifact(engine, 1)) {}
  std::span<const u8> whole() const { return whole_; }
  // The same with edits, each an u32: a byte and, above it, where it goes.
  Bytes altered(std::span<const u32> edits) const;

 private:
  Bytes whole_;
};

}  // namespace skerry::fuzz
