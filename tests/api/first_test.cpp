#include <gtest/gtest.h>

#include "skerry/skerry.h"

namespace skerry {
namespace {

TEST(First, CallsOut) {
  Engine engine = *Engine::create();
  auto module = Module::from_text(engine, R"((module
    (import "host" "print" (func $print (param i32)))
    (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
    (func (export "run") (param i32) local.get 0 i32.const 1 i32.add call $print)
    (func (export "boom") unreachable)
    (func $deep (export "deep") (param i32) (result i32) local.get 0 i32.const 1 i32.add call $deep i32.const 1 i32.add)))");
  ASSERT_TRUE(module) << module.error().message;
  Store store = *Store::create(engine);
  Linker linker(engine);
  int seen = 0;
  linker.func("host", "print", [&](i32 x) { seen = x; });
  auto instance = linker.instantiate(store, *module);
  ASSERT_TRUE(instance) << instance.error().message();
  auto add = instance->get<i32(i32, i32)>("add");
  ASSERT_TRUE(add) << add.error().message;
  EXPECT_EQ(*(*add)(40, 2), 42);
  auto run = *instance->get<void(i32)>("run");
  ASSERT_TRUE(run(6));
  EXPECT_EQ(seen, 7);
  auto boom = *instance->get<void()>("boom");
  auto result = boom();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), TrapCode::Unreachable);
  puts(result.error().text().c_str());
  auto deep = *instance->get<i32(i32)>("deep");
  auto exhausted = deep(1);
  ASSERT_FALSE(exhausted);
  EXPECT_EQ(exhausted.error().code(), TrapCode::StackExhausted);
  puts(exhausted.error().text().c_str());
}

}  // namespace
}  // namespace skerry
