// libFuzzer: damaged artifacts. The input is a list of edits, of an offset and a byte each, to the
// artifact of a generated module, whose hash is then made right, so that what stands behind the hash is
// reached: every bound that the runtime relies on is checked. The code is not run.

#include <string.h>

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "engine/runtime/blake2b.h"
#include "skerry/skerry.h"
#include "tests/fuzz/generator.h"

namespace skerry::fuzz {
namespace {

std::vector<u8> make_artifact(const Engine& engine) {
  auto module = Module::from_binary(engine, generate_module(1));
  CHECK(module);
  auto artifact = module->serialise();
  CHECK(artifact);
  return *artifact;
}

runtime::Hash hash_without(std::vector<u8> artifact, usize hash_at) {
  std::fill_n(artifact.begin() + i64(hash_at), 32, 0);
  runtime::Blake2b hash;
  hash.add(std::span<const u8>(artifact));
  return hash.finish();
}

// Where the hash is: the only place of 32 bytes that are the hash of all others.
usize find_hash(const std::vector<u8>& artifact) {
  for (usize at = 0; at + 32 <= artifact.size(); ++at) {
    auto hash = hash_without(artifact, at);
    if (std::equal(hash.begin(), hash.end(), artifact.begin() + i64(at))) return at;
  }
  UNREACHABLE("the artifact has no hash");
}

void run(std::span<const u8> input) {
  static const Engine engine = *Engine::create();
  static const std::vector<u8> whole = make_artifact(engine);
  static const usize hash_at = find_hash(whole);
  std::vector<u8> artifact = whole;
  for (usize i = 0; i + 4 <= input.size(); i += 4) {
    u32 edit;
    memcpy(&edit, &input[i], sizeof edit);
    artifact[(edit >> 8) % artifact.size()] = u8(edit);
  }
  auto hash = hash_without(artifact, hash_at);
  std::copy(hash.begin(), hash.end(), artifact.begin() + i64(hash_at));
  (void)Module::from_artifact_trusted(engine, artifact);
}

}  // namespace
}  // namespace skerry::fuzz

extern "C" int LLVMFuzzerTestOneInput(const skerry::u8* data, skerry::usize size) {
  skerry::fuzz::run({data, size});
  return 0;
}
