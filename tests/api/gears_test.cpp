// What a program can tell is the same in both gears: results, traps with their backtraces, and the fuel left.

#include "tests/api/api.h"

namespace skerry {
namespace {

// Functions of all the kinds that the best gear puts in place of calls, each of which may fail.
constexpr std::string_view text = R"((module $prog
  (import "host" "check" (func $check (param i32) (result i32)))
  (memory 1)
  (table 2 funcref) (elem (i32.const 0) $half $check)
  (func $load (param i32) (result i32) (i32.load offset=4 (local.get 0)))
  (func $half (param i32) (result i32) (i32.div_u (call $load (local.get 0)) (local.get 0)))
  (func $either (param i32) (result i32)
    (if (i32.and (local.get 0) (i32.const 1)) (then (return (call $half (local.get 0)))))
    (if (i32.eq (local.get 0) (i32.const 6)) (then unreachable))
    (call $check (local.get 0)))
  (func $both (param i32) (result i32 i32)
    (call $either (local.get 0)) (call $half (i32.add (local.get 0) (i32.const 1))))
  (func $bits (param i32) (result i32) (local i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (call $load (i32.shl (local.get 0) (i32.const 12)))))
      (br_if 0 (local.tee 0 (i32.shr_u (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func $again (param i32) (result i32)
    (if (result i32) (i32.gt_u (local.get 0) (i32.const 40))
      (then (call $run (i32.sub (local.get 0) (i32.const 40))))
      (else (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))))
  (func $run (export "run") (param i32) (result i32) (local i32)
    (loop $next
      (local.set 1 (i32.xor (local.get 1) (call $again (local.get 0))))
      (local.set 1 (i32.add (local.get 1) (i32.add (call $both (local.get 0)))))
      (local.set 1 (i32.xor (local.get 1) (call $bits (local.get 0))))
      (br_if $next (i32.and (local.tee 0 (i32.add (local.get 0) (i32.const 2))) (i32.const 7))))
    (local.get 1)))
)";

struct Story {
  std::string text;
  u64 fuel = 0;
};

class Teller {
 public:
  explicit Teller(Config config) {
    config.fuel = Fuel::Counted;
    engine_ = make_engine(config);
    module_ = make_module(*engine_, text);
  }
  Story run(i32 argument, u64 fuel) const {
    Store store = make_store(*engine_);
    store.set_fuel(fuel);
    Linker linker(*engine_);
    linker.func("host", "check", [](i32 x) -> Called<i32> {
      if (x == 10) return fail(Trap("ten"));
      return x;
    });
    auto called = get<i32(i32)>(make_instance(store, *module_, linker), "run")(argument);
    return {called ? std::to_string(*called) : called.error().text(), store.fuel()};
  }

 private:
  std::optional<Engine> engine_;
  std::optional<Module> module_;
};

// Fuel that ends at each stretch of code: the trap comes at each place where one can.
TEST(Gears, TellTheSame) {
  Config best, lazy;
  best.gear = lazy.gear = Gear::Best;
  lazy.compilation = Compilation::Lazy;
  const Teller quick({}), others[] = {Teller(best), Teller(lazy)};
  for (i32 argument : {0, 1, 2, 3, 5, 9, 16, 17, 41, 66, 97, 105, 4001, 8002}) {
    constexpr u64 most = 100'000;
    u64 used = most - quick.run(argument, most).fuel, step = 1 + used / 400;
    for (u64 fuel = 0; fuel <= used + step; fuel += step) {
      Story expected = quick.run(argument, fuel);
      for (const Teller& other : others) {
        Story got = other.run(argument, fuel);
        ASSERT_EQ(expected.text, got.text) << argument << ", fuel " << fuel;
        ASSERT_EQ(expected.fuel, got.fuel) << argument << ", fuel " << fuel;
      }
    }
  }
}

// The first instruction of $deep is one of $count's, and the stack ends where $deep is entered.
TEST(Gears, AStackThatEndsIsToldOfTheFunctionThatIsCalled) {
  for (Gear gear : {Gear::Quick, Gear::Best}) {
    Config config;
    config.gear = gear;
    Engine engine = make_engine(config);
    Module module = make_module(engine, R"((module
      (global $depth (mut i32) (i32.const 0))
      (func $count (global.set $depth (i32.add (global.get $depth) (i32.const 1))))
      (func $deep (export "deep") (result i32) (call $count) (i32.add (call $deep) (i32.const 1)))))");
    Store store = make_store(engine);
    auto called = get<i32()>(make_instance(store, module), "deep")();
    ASSERT_EQ(trap_of(called), TrapCode::StackExhausted);
    std::span<const Frame> frames = called.error().frames();
    ASSERT_GT(frames.size(), 2u);
    for (const Frame& frame : frames) ASSERT_EQ(frame.function, "deep");
    EXPECT_LT(frames[0].position, frames[1].position);
  }
}

}  // namespace
}  // namespace skerry
