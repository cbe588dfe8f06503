// What can go wrong, and how it is told: modules that are none, imports that are missing, types
// that differ, and guests that trap.

#include <cstdio>

#include "skerry/skerry.h"

int main() {
  using namespace skerry;
  Engine engine = *Engine::create();

  // A module that does not validate: an Error with a code, an offset and a sentence.
  const u8 not_wasm[] = {'n', 'o', 't', ' ', 'w', 'a', 's', 'm'};
  Result<Module> broken = Module::from_binary(engine, not_wasm);
  if (!broken && broken.error().code == ErrorCode::Malformed) std::puts("malformed");

  // Imports that nobody defined are all named, each with the nearest name that exists.
  Store store = *Store::create(engine);
  Linker linker(engine);
  linker.func("host", "print", [](i32) {});
  Module wants = *Module::from_text(engine, R"((module (import "host" "prnit" (func (param i32)))))");
  Result<Instance, InstantiationError> failed = linker.instantiate(store, wants);
  if (!failed) std::puts(failed.error().message().c_str());

  // A trap: a value with a code, a sentence and the guest's functions.
  Module divides = *Module::from_text(engine, R"((module $math
    (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "half") (param i32) (result i32) (call $divide (local.get 0) (i32.const 2)))
    (func (export "ratio") (param i32 i32) (result i32) (call $divide (local.get 0) (local.get 1)))))");
  Instance instance = *linker.instantiate(store, divides);

  // A type that is not the function's is found before any call.
  if (!instance.get<i64(i64)>("half")) std::puts("half is not i64(i64)");

  auto ratio = *instance.get<i32(i32, i32)>("ratio");
  Called<i32> result = ratio(7, 0);
  if (!result) {
    const Trap& trap = result.error();
    std::printf("%s in %s\n", trap.message().c_str(), trap.frames()[0].function.c_str());
  }
  // The store works on after a trap.
  std::printf("%d\n", *ratio(7, 2));
}

// prints: malformed
// prints: unknown import "host" "prnit", a function (i32) -> (); the nearest is "host" "print"
// prints: half is not i64(i64)
// prints: integer divide by zero in divide
// prints: 3
