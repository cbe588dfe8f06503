// Tables that an instance has for itself: calls by them do not compare whose function an element is, so that elements
// which are another's, or the host's, go by RuntimeStub::FarEntry, however they came there; and tables that cannot grow,
// of which an index beyond the end finds end_of_table.

#include "tests/api/api.h"

namespace skerry {
namespace {

class OwnTables : public testing::TestWithParam<Gear> {
 protected:
  static Config config() {
    Config config;
    config.gear = GetParam();
    return config;
  }
  Engine engine = make_engine(config());
  Store store = make_store(engine);
  Linker linker{engine};
};

// Each instance's `me` tells its own memory and global: a call that kept the caller's context would tell the caller's.
constexpr std::string_view other = R"((module
    (memory 1) (global $g (mut i64) (i64.const 500)) (data (i32.const 8) "\07")
    (func (export "me") (param i32) (result i64)
      (global.set $g (i64.add (global.get $g) (i64.const 1)))
      (i64.add (global.get $g) (i64.extend_i32_u (i32.load8_u (local.get 0)))))
    (func (export "many") (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
      (i64.sub (i64.mul (local.get 8) (i64.const 1000)) (local.get 9)))))";

constexpr std::string_view user = R"((module
    (import "o" "me" (func $far (param i32) (result i64)))
    (import "o" "many" (func $many (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)))
    (import "h" "host" (func $host (param i32) (result i64)))
    (type $t (func (param i32) (result i64)))
    (type $m (func (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)))
    (memory 1) (global $g (mut i64) (i64.const 20)) (data (i32.const 8) "\01")
    (table $own 6 6 funcref)
    (table $free 6 20 funcref)
    (table $seen (export "seen") 6 funcref)
    (elem $some func $near $far $host $many)
    (elem (table $own) (i32.const 0) func $near $far $host $many)
    (func $near (param i32) (result i64)
      (i64.add (global.get $g) (i64.extend_i32_u (i32.load8_u (local.get 0)))))
    (func (export "near") (param i32) (result i64) (call $near (local.get 0)))
    (func (export "own") (param $at i32) (result i64) (call_indirect $own (type $t) (i32.const 8) (local.get $at)))
    (func (export "own_tail") (param $at i32) (result i64) (return_call_indirect $own (type $t) (i32.const 8) (local.get $at)))
    (func (export "free") (param $at i32) (result i64) (call_indirect $free (type $t) (i32.const 8) (local.get $at)))
    (func (export "seen_call") (param $at i32) (result i64) (call_indirect $seen (type $t) (i32.const 8) (local.get $at)))
    (func (export "own_many") (param $at i32) (result i64)
      (call_indirect $own (type $m) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)
        (i64.const 0) (i64.const 0) (i64.const 9) (i64.const 1) (local.get $at)))
    (func (export "free_tail_many") (param $at i32) (result i64)
      (return_call_indirect $own (type $m) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)
        (i64.const 0) (i64.const 0) (i64.const 9) (i64.const 1) (local.get $at)))
    (func (export "init") (table.init $free $some (i32.const 0) (i32.const 0) (i32.const 4)))
    (func (export "publish") (table.copy $seen $own (i32.const 0) (i32.const 0) (i32.const 6)))
    (func (export "take") (table.copy $own $seen (i32.const 0) (i32.const 0) (i32.const 6)))
    (func (export "within") (table.copy $free $own (i32.const 1) (i32.const 0) (i32.const 3)))
    (func (export "fill") (table.fill $free (i32.const 0) (ref.func $far) (i32.const 6)))
    (func (export "grow") (result i32) (table.grow $free (ref.func $host) (i32.const 14)))
    (func (export "set") (param $at i32) (table.set $own (local.get $at) (table.get $seen (i32.const 0))))))";

TEST_P(OwnTables, ElementsOfOthersRunInTheirOwnInstance) {
  linker.define_instance("o", make_instance(store, make_module(engine, other)));
  linker.func("h", "host", [](i32 x) -> i64 { return x + 900; });
  Instance instance = make_instance(store, make_module(engine, user), linker);
  auto value = [&](std::string_view name, i32 at) -> i64 {
    auto called = get<i64(i32)>(instance, name)(at);
    if (!called) ADD_FAILURE() << name << " " << at << ": " << called.error().message();
    return called ? *called : -1;
  };
  auto run = [&](std::string_view name) { EXPECT_TRUE(get<void()>(instance, name)()); };
  i64 calls = 500;
  auto expect_three = [&](std::string_view name, i32 first) {
    EXPECT_EQ(value(name, first), 21) << name;
    EXPECT_EQ(value(name, first + 1), ++calls + 7) << name;
    EXPECT_EQ(value(name, first + 2), 908) << name;
    EXPECT_EQ(value("near", 8), 21) << name << ": the caller has its own memory again";
  };
  expect_three("own", 0);
  expect_three("own_tail", 0);
  EXPECT_EQ(value("own_many", 3), 8999);
  EXPECT_EQ(value("free_tail_many", 3), 8999);
  run("init");
  expect_three("free", 0);
  run("within");
  expect_three("free", 1);
  run("publish");
  expect_three("seen_call", 0);
  run("take");
  expect_three("own", 0);
  run("fill");
  EXPECT_EQ(value("free", 5), ++calls + 7);
  EXPECT_EQ(*get<i32()>(instance, "grow")(), 6);
  EXPECT_EQ(value("free", 19), 908);
  // What the host puts into a table that it sees comes into the instance's own by the guest.
  Table seen = *instance.table("seen");
  Func me = *make_instance(store, make_module(engine, other)).func("me");
  EXPECT_TRUE(seen.set(0, Value(me)));
  EXPECT_TRUE(get<void(i32)>(instance, "set")(5));
  EXPECT_EQ(value("own", 5), 508);
  EXPECT_EQ(value("own_tail", 5), 509);
  EXPECT_EQ(value("seen_call", 0), 510);
}

TEST_P(OwnTables, WhatIsNoElementTrapsAsItIs) {
  // Elements on the heap, and in a space of their own; fixed, growing to its end, and imported as fixed.
  for (std::string size : {"6", "2000"}) {
    std::string text = "(module (type $t (func (result i32))) (table " + size + " " + size + R"( funcref)
        (elem (i32.const 1) func $f $g) (func $f (result i32) (i32.const 11)) (func $g)
        (func (export "call") (param i32) (result i32) (call_indirect (type $t) (local.get 0)))
        (func (export "loop") (param i32) (result i32) (local $sum i32) (local $n i32)
          (loop $again
            (local.set $sum (i32.add (local.get $sum) (call_indirect (type $t) (local.get 0))))
            (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))
          (local.get $sum)))";
    Instance instance = make_instance(store, make_module(engine, text + ")"));
    for (const char* name : {"call", "loop"}) {
      auto call = get<i32(i32)>(instance, name);
      EXPECT_EQ(*call(1), std::string_view(name) == "call" ? 11 : 33);
      EXPECT_EQ(trap_of(call(0)), TrapCode::UninitializedElement);
      EXPECT_EQ(trap_of(call(2)), TrapCode::IndirectCallMismatch);
      for (i32 at : {std::stoi(size), std::stoi(size) + 1, INT32_MAX, INT32_MIN, -1})
        EXPECT_EQ(trap_of(call(at)), TrapCode::UndefinedElement) << name << " " << at << " of " << size;
    }
  }
  Instance grower = make_instance(store, make_module(engine, R"((module (table (export "t") 2 2000 funcref)
      (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))))"));
  EXPECT_EQ(*get<i32(i32)>(grower, "grow")(1000), 2);
  EXPECT_EQ(*get<i32(i32)>(grower, "grow")(998), 1002);
  linker.define_instance("g", grower);
  Instance user = make_instance(store, make_module(engine, R"((module (import "g" "t" (table 2000 2000 funcref))
      (func (export "call") (param i32) (call_indirect (local.get 0)))))"), linker);
  EXPECT_EQ(trap_of(get<void(i32)>(user, "call")(1999)), TrapCode::UninitializedElement);
  EXPECT_EQ(trap_of(get<void(i32)>(user, "call")(2000)), TrapCode::UndefinedElement);
}

INSTANTIATE_TEST_SUITE_P(Gears, OwnTables, testing::Values(Gear::Quick, Gear::Best, Gear::Tiered),
                         [](const auto& info) { return std::string(info.param == Gear::Quick ? "Quick" : info.param == Gear::Best ? "Best" : "Tiered"); });

}  // namespace
}  // namespace skerry
