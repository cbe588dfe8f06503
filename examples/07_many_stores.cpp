// One engine and one module, and a store for each request, on several threads: instances are
// made in microseconds, see nothing of each other, and are gone with their store.

#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include "skerry/skerry.h"

using namespace skerry;

int main() {
  Engine engine = *Engine::create();
  Module module = *Module::from_text(engine, R"((module
    (memory 1) (data (i32.const 0) "\05")
    (func (export "handle") (param i32) (result i32)
      ;; adds to what is in memory, which each instance finds fresh
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get 0)))
      (i32.load (i32.const 0)))))");

  // A store may hold so much and no more.
  StoreLimits limits;
  limits.memory_bytes = 1 << 20;
  limits.instances = 1;

  std::atomic<long> sum = 0;
  auto serve = [&](int first) {
    for (int request = first; request < first + 500; ++request) {
      Store store = *Store::create(engine, limits);
      Instance instance = *Linker(engine).instantiate(store, module);
      sum += *(*instance.get<i32(i32)>("handle"))(request);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(serve, 500 * i);
  for (std::thread& thread : threads) thread.join();
  std::printf("%ld\n", sum.load());
}

// prints: 2009000
