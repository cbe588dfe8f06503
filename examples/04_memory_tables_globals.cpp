// Memory, Table and Global: made by the host, shared between instances, and read back.

#include <cstdio>
#include <cstring>

#include "skerry/skerry.h"

int main() {
  using namespace skerry;
  Engine engine = *Engine::create();
  Store store = *Store::create(engine);

  Memory memory = *Memory::create(store, {.limits = {1, 10}});
  Table table = *Table::create(store, {ValueType::FuncRef, {2, 2}}, Value::null(ValueType::FuncRef));
  Global counter = *Global::create(store, {ValueType::I32, Mutability::Var}, Value(i32{0}));
  Linker linker(engine);
  linker.define("host", "memory", memory).define("host", "table", table).define("host", "counter", counter);

  Module module = *Module::from_text(engine, R"((module
    (import "host" "memory" (memory 1)) (import "host" "table" (table 2 funcref))
    (import "host" "counter" (global $counter (mut i32)))
    (func (export "upper") (param $at i32)
      (loop $next
        (if (i32.load8_u (local.get $at)) (then
          (i32.store8 (local.get $at) (i32.sub (i32.load8_u (local.get $at)) (i32.const 32)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (global.set $counter (i32.add (global.get $counter) (i32.const 1)))
          (br $next)))))
    (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))))");
  Instance instance = *linker.instantiate(store, module);

  const char word[] = "skerry";
  (void)memory.write(100, {reinterpret_cast<const u8*>(word), sizeof word});
  (void)(*instance.get<void(i32)>("upper"))(100);
  std::printf("%s, %d letters\n", reinterpret_cast<const char*>(memory.bytes().data() + 100), counter.get()->as_i32());

  // Functions of the host and of guests are elements alike.
  (void)table.set(0, Value(*Func::wrap(store, [] { return 7; })));
  auto call = *instance.get<i32(i32)>("call");
  std::printf("%d\n", *call(0));
  std::puts(call(1).error().message().c_str());

  // Growing moves nothing; what is too much is refused.
  u8* base = memory.bytes().data();
  std::printf("%llu page before\n", static_cast<unsigned long long>(*memory.grow(4)));
  std::printf("%d %d\n", memory.bytes().data() == base, bool(memory.grow(6)));
}

// prints: SKERRY, 6 letters
// prints: 7
// prints: uninitialized element
// prints: 1 page before
// prints: 1 0
