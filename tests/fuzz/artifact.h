// Damaged artifacts whose hash is right, so that what stands behind the hash is reached: every bound
// that the runtime relies on is checked, though the machine code is trusted.

#pragma once

#include <span>

#include "skerry/engine.h"
#include "tests/fuzz/bodies.h"

namespace skerry::fuzz {

class ArtifactMaker {
 public:
  explicit ArtifactMaker(const Engine& engine);
  // The artifact of a generated module; the same with edits, each an u32: a byte and, above it, where it goes.
  std::span<const u8> whole() const { return whole_; }
  Bytes altered(std::span<const u32> edits) const;

 private:
  Bytes whole_;
  usize hash_at_ = 0;
};

}  // namespace skerry::fuzz
