// A guest that runs for ever is stopped from another thread, without the guest polling for it;
// and one is given a budget of instructions instead.

#include <chrono>
#include <cstdio>
#include <thread>

#include "skerry/skerry.h"

using namespace skerry;

constexpr char forever[] = R"((module (func (export "run") (loop $l (br $l)))))";

int main() {
  {
    Engine engine = *Engine::create();
    Store store = *Store::create(engine);
    Instance instance = *Linker(engine).instantiate(store, *Module::from_text(engine, forever));
    std::thread watchdog([handle = store.interrupt_handle()] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      handle.interrupt();
    });
    std::puts((*instance.get<void()>("run"))().error().message().c_str());
    watchdog.join();
  }
  {
    // Fuel counts the instructions of the .wasm, the same on every machine.
    Config config;
    config.fuel = Fuel::Counted;
    Engine engine = *Engine::create(config);
    Store store = *Store::create(engine);
    store.set_fuel(1'000'000);
    Instance instance = *Linker(engine).instantiate(store, *Module::from_text(engine, forever));
    std::puts((*instance.get<void()>("run"))().error().message().c_str());
  }
}

// prints: interrupted
// prints: all fuel consumed
