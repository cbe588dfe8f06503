// What a host function can be: any callable; with the store's data, the guest's memory, several
// results, or a trap of its own.

#include <cstdio>
#include <string>
#include <tuple>

#include "skerry/skerry.h"

using namespace skerry;

// The store's own data, which every host function reaches through its Caller.
struct Log {
  std::string text;
};

// A guest's string is a place in its memory. It is checked and copied before it is looked at.
Called<void> append(Caller& caller, u32 at, u32 size) {
  std::span<u8> memory = caller.memory();
  if (at > memory.size() || size > memory.size() - at) return fail(Trap("append: out of bounds"));
  caller.data<Log>()->text.append(reinterpret_cast<const char*>(memory.data()) + at, size);
  return {};
}

int main() {
  Engine engine = *Engine::create();
  Linker linker(engine);
  i32 calls = 0;
  linker.func("host", "write", append)
      .func("host", "divide", [](i32 x, i32 y) -> Called<std::tuple<i32, i32>> {
        if (y == 0) return fail(Trap("the host does not divide by zero"));
        return std::tuple(x / y, x % y);
      })
      .func("host", "count", [&calls] { return ++calls; });

  Module module = *Module::from_text(engine, R"((module
    (import "host" "write" (func $write (param i32 i32)))
    (import "host" "divide" (func $divide (param i32 i32) (result i32 i32)))
    (import "host" "count" (func $count (result i32)))
    (memory 1) (data (i32.const 16) "hello from the guest")
    (func (export "greet") (call $write (i32.const 16) (i32.const 20)))
    (func (export "sum") (param i32 i32) (result i32)
      (drop (call $count))
      (call $divide (local.get 0) (local.get 1)) i32.add)))");

  Store store = *Store::create(engine);
  Log* log = store.set_data(Log{});
  Instance instance = *linker.instantiate(store, module);
  (void)(*instance.get<void()>("greet"))();
  std::puts(log->text.c_str());

  auto sum = *instance.get<i32(i32, i32)>("sum");
  std::printf("%d\n", *sum(17, 5));
  std::puts(sum(1, 0).error().message().c_str());
  std::printf("%d calls\n", calls);
}

// prints: hello from the guest
// prints: 5
// prints: the host does not divide by zero
// prints: 2 calls
