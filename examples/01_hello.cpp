// Compile, link a host function, call.

#include <cstdio>

#include "skerry/skerry.h"

int main() {
  auto engine = *skerry::Engine::create();
  auto module = *skerry::Module::from_text(engine, R"(
    (module (import "host" "print" (func $print (param i32)))
      (func (export "answer") (call $print (i32.const 42)))))");
  auto store = *skerry::Store::create(engine);
  skerry::Linker linker(engine);
  linker.func("host", "print", [](int x) { std::printf("%d\n", x); });
  auto instance = *linker.instantiate(store, module);
  (void)(*instance.get<void()>("answer"))();
}

// prints: 42
