// libFuzzer: damaged artifacts whose hash is right (artifact.h). The code is not run.

#include <string.h>

#include <vector>

#include "skerry/skerry.h"
#include "tests/fuzz/artifact.h"

extern "C" int LLVMFuzzerTestOneInput(const skerry::u8* data, skerry::usize size) {
  using namespace skerry;
  static const Engine engine = *Engine::create();
  static const fuzz::ArtifactMaker maker(engine);
  std::vector<u32> edits(size / sizeof(u32));
  if (!edits.empty()) memcpy(edits.data(), data, edits.size() * sizeof(u32));
  (void)Module::from_artifact_trusted(engine, maker.altered(edits));
  return 0;
}
