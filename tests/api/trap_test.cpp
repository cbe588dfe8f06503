// Traps: each kind, their backtraces, and stacks at their end (HAZARDS 29).

#include <thread>

#include "tests/api/api.h"

namespace skerry {
namespace {

struct Way {
  const char* name;
  Config config;
};
std::vector<Way> ways() {
  Config lazy, forbidden, both, best, best_lazy;
  lazy.compilation = both.compilation = best_lazy.compilation = Compilation::Lazy;
  forbidden.signal_handlers = both.signal_handlers = SignalHandlers::Forbidden;
  best.gear = best_lazy.gear = Gear::Best;
  Config tiered, at_once, forbidden_tiered;
  tiered.gear = at_once.gear = forbidden_tiered.gear = Gear::Tiered;
  at_once.warm_up = forbidden_tiered.warm_up = {.threshold = 1, .threshold_per_byte = 0, .threads = 0};
  forbidden_tiered.signal_handlers = SignalHandlers::Forbidden;
  return {{"eager", {}}, {"lazy", lazy}, {"forbidden", forbidden}, {"lazy_forbidden", both}, {"best", best},
          {"best_lazy", best_lazy}, {"tiered", tiered}, {"tiered_at_once", at_once},
          {"tiered_forbidden", forbidden_tiered}};
}

class Traps : public testing::TestWithParam<Way> {
 protected:
  Engine engine = make_engine(GetParam().config);
  Store store = make_store(engine);
  Instance instance(std::string_view text) { return make_instance(store, make_module(engine, text)); }
};

TEST_P(Traps, EveryKind) {
  Instance i = instance(R"((module (memory 1) (table 2 funcref) (elem (i32.const 0) $f) (func $f)
    (func (export "unreachable") unreachable)
    (func (export "memory") (drop (i32.load (i32.const 65533))))
    (func (export "fill") (memory.fill (i32.const 65530) (i32.const 0) (i32.const 7)))
    (func (export "table") (drop (table.get (i32.const 2))))
    (func (export "undefined") (call_indirect (i32.const 2)))
    (func (export "uninitialized") (call_indirect (i32.const 1)))
    (func (export "mismatch") (call_indirect (param i32) (i32.const 1) (i32.const 0)))
    (func (export "zero") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
    (func (export "overflow") (param i32) (result i32) (i32.div_s (i32.const 0x80000000) (local.get 0)))
    (func (export "overflow64") (param i64) (result i64) (i64.div_s (i64.const 0x8000000000000000) (local.get 0)))
    (func (export "remainder") (param i32) (result i32) (i32.rem_s (i32.const 0x80000000) (local.get 0)))
    (func (export "nan") (param f32) (result i32) (i32.trunc_f32_s (local.get 0)))))");
  EXPECT_EQ(trap_of(get<void()>(i, "unreachable")()), TrapCode::Unreachable);
  EXPECT_EQ(trap_of(get<void()>(i, "memory")()), TrapCode::MemoryOutOfBounds);
  EXPECT_EQ(trap_of(get<void()>(i, "fill")()), TrapCode::MemoryOutOfBounds);
  EXPECT_EQ(trap_of(get<void()>(i, "table")()), TrapCode::TableOutOfBounds);
  EXPECT_EQ(trap_of(get<void()>(i, "undefined")()), TrapCode::UndefinedElement);
  EXPECT_EQ(trap_of(get<void()>(i, "uninitialized")()), TrapCode::UninitializedElement);
  EXPECT_EQ(trap_of(get<void()>(i, "mismatch")()), TrapCode::IndirectCallMismatch);
  EXPECT_EQ(trap_of(get<i32(i32)>(i, "zero")(0)), TrapCode::IntegerDivideByZero);
  EXPECT_EQ(trap_of(get<i32(i32)>(i, "overflow")(-1)), TrapCode::IntegerOverflow);
  EXPECT_EQ(trap_of(get<i64(i64)>(i, "overflow64")(-1)), TrapCode::IntegerOverflow);
  EXPECT_EQ(*get<i32(i32)>(i, "remainder")(-1), 0);
  EXPECT_EQ(trap_of(get<i32(f32)>(i, "nan")(__builtin_nanf(""))), TrapCode::InvalidConversion);
  EXPECT_EQ(trap_of(get<i32(f32)>(i, "nan")(3e9f)), TrapCode::IntegerOverflow);
}

TEST_P(Traps, BacktraceNamesFunctionsAndOffsets) {
  constexpr char text[] = R"((module $prog
    (memory 1)
    (func $inner (param i32) (drop (i32.load (local.get 0))))
    (func $middle (param i32) (call $inner (local.get 0)) (drop (i32.load8_u (i32.const 0))))
    (func (export "outer") (call $middle (i32.const -1)))))";
  Module module = make_module(engine, text);
  auto called = get<void()>(make_instance(store, module), "outer")();
  ASSERT_EQ(trap_of(called), TrapCode::MemoryOutOfBounds);
  std::span<const Frame> frames = called.error().frames();
  ASSERT_EQ(frames.size(), 3u) << called.error().text();
  EXPECT_EQ(frames[0].function, "inner");
  EXPECT_EQ(frames[1].function, "middle");
  EXPECT_EQ(frames[2].function_index, 2u);
  std::span<const u8> binary = module.binary();
  EXPECT_EQ(binary[frames[0].position], 0x28);  // i32.load
  EXPECT_EQ(binary[frames[1].position], 0x10);  // call
  EXPECT_EQ(binary[frames[2].position], 0x10);
  EXPECT_TRUE(called.error().text().starts_with("out of bounds memory access\n  0: prog!inner @ 0x")) << called.error().text();
}

// Functions that call nobody have no frame: who called them is told by the top of the stack or by ra, also where that
// is a bridge from another instance, or nobody of the guest's, and behind a tail call.
TEST_P(Traps, BacktracesBeginInFunctionsWithoutFrames) {
  Module leaves = make_module(engine, R"((module $leaves
    (memory 1)
    (func $leaf (export "leaf") (param i32) (result i32) (i32.load (local.get 0)))
    (func $jump (export "jump") (param i32) (result i32) (return_call $leaf (local.get 0)))))");
  Module callers = make_module(engine, R"((module $callers
    (import "m" "leaf" (func $leaf (param i32) (result i32)))
    (import "m" "jump" (func $jump (param i32) (result i32)))
    (table 2 funcref) (elem (i32.const 0) $near $leaf)
    (func $near (param i32) (result i32) (i32.div_u (i32.const 1) (i32.const 0)))
    (func $direct (export "direct") (param i32) (result i32) (i32.add (call $leaf (local.get 0)) (i32.const 1)))
    (func $after_jump (export "after_jump") (param i32) (result i32) (i32.add (call $jump (local.get 0)) (i32.const 1)))
    (func $indirect (export "indirect") (param i32) (result i32)
      (i32.add (i32.const 1)
        (call_indirect (param i32) (result i32) (local.get 0) (i32.eqz (i32.eqz (local.get 0))))))))");
  Instance inner = make_instance(store, leaves);
  Linker linker(engine);
  linker.define_instance("m", inner);
  Instance outer = make_instance(store, callers, linker);
  auto frames = [&](const Instance& instance, const char* name, i32 argument) {
    auto called = get<i32(i32)>(instance, name)(argument);
    EXPECT_FALSE(called);
    std::string text;
    for (const Frame& frame : called.error().frames()) text += frame.function + " ";
    return text;
  };
  EXPECT_EQ(frames(inner, "leaf", -1), "leaf ");
  EXPECT_EQ(frames(inner, "jump", -1), "leaf ");
  EXPECT_EQ(frames(outer, "direct", -1), "leaf direct ");
  EXPECT_EQ(frames(outer, "after_jump", -1), "leaf after_jump ");
  EXPECT_EQ(frames(outer, "indirect", 0), "near indirect ");
  EXPECT_EQ(frames(outer, "indirect", -1), "leaf indirect ");
}

// HAZARDS 29: whatever a frame's size, at every remaining depth.
TEST_P(Traps, Hazard29StacksEndInATrap) {
  std::string large = "(func $large (export \"large\") (param i32) (result i32) (local";
  for (int i = 0; i < 3000; ++i) large += " i64";
  large += ") (local.set 2999 (i64.extend_i32_u (local.get 0)))";
  // Locals are kept over the call by being used after it.
  for (int i = 1; i < 3000; i += 7) large += "(local.set " + std::to_string(i) + " (i64.add (local.get 2999) (i64.const " + std::to_string(i) + ")))";
  large += "(drop (call $large (i32.add (local.get 0) (i32.const 1))))";
  std::string sum = "(i64.const 0)";
  for (int i = 1; i < 3000; i += 7) sum = "(i64.add " + sum + " (local.get " + std::to_string(i) + "))";
  large += "(i32.wrap_i64 " + sum + "))";
  Linker linker(engine);
  std::optional<TypedFunction<void()>> again;
  int depth = 0;
  linker.func("h", "again", [&]() -> Called<void> { ++depth; return (*again)(); });
  Instance i = make_instance(store, make_module(engine, R"((module (import "h" "again" (func $again))
    (func $small (export "small") (call $small) (call $small))
    (func (export "callback") (call $again) (call $again))
    (func $wide (export "wide") (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
      (call $wide (i64.const 1) (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)
         (local.get 6) (local.get 7) (local.get 8) (local.get 9) (local.get 10) (local.get 11)) (call $small)) )" + large + ")"), linker);
  again = get<void()>(i, "callback");
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(trap_of(get<void()>(i, "small")()), TrapCode::StackExhausted);
    EXPECT_EQ(trap_of(get<i32(i32)>(i, "large")(1)), TrapCode::StackExhausted);
    EXPECT_EQ(trap_of((*again)()), TrapCode::StackExhausted);
    std::vector<Value> arguments(13, Value(i64{1}));
    auto wide = i.func("wide")->call(arguments);
    ASSERT_FALSE(wide);
    EXPECT_EQ(wide.error().code(), TrapCode::StackExhausted);
  }
  EXPECT_GT(depth, 10);
}

// HAZARDS 14: ten million tail calls between instances, and a trap at the end; a trap after each small number of them.
TEST_P(Traps, Hazard14TailCallsBetweenInstances) {
  Linker linker(engine);
  Table table = *Table::create(store, {ValueType::FuncRef, {2, {}}}, Value::null(ValueType::FuncRef));
  linker.define("h", "t", table);
  std::string text = R"((module (import "h" "t" (table 2 funcref)) (type $f (func (param i32) (result i32)))
    (func (export "f") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then unreachable))
      (return_call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1)) (i32.const OTHER)))))";
  Func ends[2];
  for (int i = 0; i < 2; ++i) {
    std::string own = text;
    own.replace(own.find("OTHER"), 5, std::to_string(1 - i));
    ends[i] = *make_instance(store, make_module(engine, own), linker).func("f");
    ASSERT_TRUE(table.set(u32(i), Value(ends[i])));
  }
  auto run = *ends[0].typed<i32(i32)>();
  for (i32 depth = 0; depth < 300; depth = depth < 60 ? depth + 1 : depth + 37) {
    auto called = run(depth);
    EXPECT_EQ(trap_of(called), TrapCode::Unreachable);
    EXPECT_EQ(called.error().frames().size(), 1u) << depth;
  }
  auto called = run(10'000'000);
  EXPECT_EQ(trap_of(called), TrapCode::Unreachable);
  EXPECT_EQ(called.error().frames().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(All, Traps, testing::ValuesIn(ways()), [](const auto& info) { return info.param.name; });

TEST(Fuel, IsCountedAndEnds) {
  Config config;
  config.fuel = Fuel::Counted;
  Engine engine = make_engine(config);
  Store store = make_store(engine);
  Instance instance = make_instance(store, make_module(engine, R"((module (func (export "spin") (loop $l (br $l)))
     (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))))"));
  store.set_fuel(1000);
  EXPECT_TRUE(get<i32(i32)>(instance, "f")(3));
  u64 left = store.fuel();
  EXPECT_LT(left, 1000u);
  EXPECT_GT(left, 990u);
  EXPECT_EQ(trap_of(get<void()>(instance, "spin")()), TrapCode::OutOfFuel);
  EXPECT_EQ(trap_of(get<void()>(instance, "spin")()), TrapCode::OutOfFuel);
  EXPECT_EQ(store.fuel(), 0u);
  store.set_fuel(100);
  EXPECT_TRUE(get<i32(i32)>(instance, "f")(3));
}

TEST(TrapThreads, TwoStoresOnTwoThreads) {
  Engine engine = make_engine();
  Module module = make_module(engine, R"((module (import "h" "f" (func $f (param i32) (result i32))) (memory 1)
    (func (export "run") (param i32) (result i32) (local i32)
      (loop $l (local.set 1 (i32.add (local.get 1) (call $f (local.get 0))))
        (i32.store (i32.const 0) (local.get 1))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.load (i32.const 0)))
    (func (export "trap") (drop (i32.load (i32.const -1))))))");
  auto body = [&] {
    for (int round = 0; round < 30; ++round) {
      Store store = make_store(engine);
      Linker linker(engine);
      linker.func("h", "f", [](i32 x) { return x; });
      Instance instance = make_instance(store, module, linker);
      EXPECT_EQ(*get<i32(i32)>(instance, "run")(1000), 500500);
      EXPECT_EQ(trap_of(get<void()>(instance, "trap")()), TrapCode::MemoryOutOfBounds);
      Module own = make_module(engine, "(module (func (export \"f\") (param i64 i64 f32) (result i64) (local.get " + std::to_string(round % 2) + ")))");
      EXPECT_EQ(*get<i64(i64, i64, f32)>(make_instance(store, own), "f")(0, 1, 2), round % 2);
    }
  };
  std::thread a(body), b(body);
  a.join();
  b.join();
}

}  // namespace
}  // namespace skerry
