// Artifacts that may be anything, but for their hash, which is right. The code is not run.

#include "skerry/skerry.h"
#include "tests/fuzz/artifact.h"
#include "tests/fuzz/target.h"

namespace skerry::fuzz {
namespace {

const Engine& engine() {
  static const Engine one = *Engine::create();
  return one;
}

void run(std::span<const u8> bytes) {
  Bytes artifact(bytes.begin(), bytes.end());
  put_hash(artifact);
  (void)Module::from_artifact_trusted(engine(), artifact);
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  for (u64 seed = 1; seed <= 12; ++seed) all.push_back(make_artifact(engine(), seed));
  return all;
}

}  // namespace

const Target artifact_target = {"artifact", 16'000, run, seeds};

}  // namespace skerry::fuzz
