// A module is compiled once, kept as an artifact, and loaded without compiling; and a cache does
// the same by itself.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "skerry/skerry.h"

using namespace skerry;

constexpr char text[] = R"((module (func (export "square") (param i64) (result i64)
  (i64.mul (local.get 0) (local.get 0)))))";

i64 square(const Engine& engine, const Module& module, i64 x) {
  Store store = *Store::create(engine);
  Instance instance = *Linker(engine).instantiate(store, module);
  return *(*instance.get<i64(i64)>("square"))(x);
}

int main() {
  Engine engine = *Engine::create();
  std::vector<u8> artifact = *Module::from_text(engine, text)->serialise();

  // The name of the function is a warning: an artifact is machine code, and runs as such.
  Module loaded = *Module::from_artifact_trusted(engine, artifact);
  std::printf("%lld\n", static_cast<long long>(square(engine, loaded, 12)));

  // Damage is found; so is an artifact for other settings.
  artifact[artifact.size() / 2] ^= 1;
  std::puts(Module::from_artifact_trusted(engine, artifact) ? "loaded" : "refused");

  char folder[] = "/tmp/skerry-example-XXXXXX";
  if (!mkdtemp(folder)) return 1;
  Config config;
  config.cache = *CodeCache::open_folder(folder, 100'000'000);
  for (int run = 0; run < 2; ++run) {  // the second time from the cache
    Engine cached = *Engine::create(config);
    std::printf("%lld\n", static_cast<long long>(square(cached, *Module::from_text(cached, text), 13)));
  }
  return std::system(("rm -r " + std::string(folder)).c_str());
}

// prints: 144
// prints: refused
// prints: 169
// prints: 169
