// Tiered code: what goes on in the best gear in the middle of a call goes on as it was (docs/tiers.md).
//
// Programs here count for themselves what they should come to; the switches are at once (threads = 0, the same each
// time) or beside the program.

#include <atomic>
#include <chrono>
#include <thread>

#include "engine/runtime/engine.h"
#include "engine/runtime/instance.h"
#include "tests/api/api.h"

namespace skerry {
namespace {

using namespace std::chrono_literals;
using Text = std::string;

Config tiered(u32 threshold, u32 threads = 0) {
  Config config;
  config.gear = Gear::Tiered;
  config.warm_up.threshold = threshold;
  config.warm_up.threshold_per_byte = 0;
  config.warm_up.threads = threads;
  return config;
}

const runtime::TierCounts& counts(const Engine& engine) { return engine.internal().tiers(); }

// A value of each type lives across the loop, and more integers than there are registers.
constexpr char all_types[] = R"((module (memory 1)
  (func (export "f") (param i32 i64 f32 f64) (result i64)
    (local $i i32) (local $a i64) (local $b i64) (local $c i64) (local $d i64) (local $e i64) (local $f i64) (local $g i64)
    (local $h i64) (local $k i64) (local $l i64) (local $m i64) (local $n i64) (local $s f32) (local $t f64)
    (local.set $a (i64.add (local.get 1) (i64.const 1))) (local.set $b (i64.add (local.get 1) (i64.const 2)))
    (local.set $c (i64.add (local.get 1) (i64.const 3))) (local.set $d (i64.add (local.get 1) (i64.const 4)))
    (local.set $e (i64.add (local.get 1) (i64.const 5))) (local.set $f (i64.add (local.get 1) (i64.const 6)))
    (local.set $g (i64.add (local.get 1) (i64.const 7))) (local.set $h (i64.add (local.get 1) (i64.const 8)))
    (local.set $k (i64.add (local.get 1) (i64.const 9))) (local.set $l (i64.add (local.get 1) (i64.const 10)))
    (local.set $m (i64.add (local.get 1) (i64.const 11))) (local.set $n (i64.const 12))
    (loop $next
      (local.set $s (f32.add (local.get $s) (local.get 2)))
      (local.set $t (f64.add (local.get $t) (local.get 3)))
      (local.set $a (i64.add (local.get $a) (local.get $b)))
      (local.set $n (i64.add (local.get $n) (i64.extend_i32_s (local.get 0))))
      (i64.store (i32.const 8) (local.get $n))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
    (i64.add (i64.add (i64.add (local.get $a) (local.get $b)) (i64.add (local.get $c) (local.get $d)))
      (i64.add (i64.add (i64.add (local.get $e) (local.get $f)) (i64.add (local.get $g) (local.get $h)))
        (i64.add (i64.add (i64.add (local.get $k) (local.get $l)) (i64.add (local.get $m) (local.get $n)))
          (i64.add (i64.trunc_f32_s (local.get $s)) (i64.trunc_f64_s (local.get $t)))))))))";

i64 expected_of_all_types(i32 p, i64 q, f32 s, f64 t) {
  i64 a = q + 1 + 100 * (q + 2), rest = 0;
  for (int i = 2; i <= 11; ++i) rest += q + i;
  return a + rest + 12 + 100 * i64{p} + i64(s) * 100 + i64(t) * 100;
}

TEST(Tiers, EveryTypeIsHandedOver) {
  for (u32 threshold : {1u, 2u, 50u, 100u}) {
    Engine engine = make_engine(tiered(threshold));
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, all_types));
    auto f = get<i64(i32, i64, f32, f64)>(instance, "f");
    EXPECT_EQ(*f(-7, i64{1} << 40, 3, -5), expected_of_all_types(-7, i64{1} << 40, 3, -5)) << threshold;
    EXPECT_EQ(counts(engine).entered, 1u) << threshold;
    EXPECT_EQ(counts(engine).refused, 0u);
    // Where the one call has used up the threshold, the function waits for a second.
    EXPECT_EQ(counts(engine).best, threshold == 1 ? 1u : 0u);
    EXPECT_EQ(*f(7, -3, -3, 5), expected_of_all_types(7, -3, -3, 5)) << threshold;
    EXPECT_EQ(counts(engine).best, 1u);
    u64 entered = counts(engine).entered;
    EXPECT_EQ(*f(1, 2, 3, 4), expected_of_all_types(1, 2, 3, 4)) << threshold;
    EXPECT_EQ(counts(engine).entered, entered) << "the third call is of the best body";
  }
}

// Wherever the switch comes: in loops within loops, whose outer iterations go on in the new body.
TEST(Tiers, LoopsWithinLoopsAreEnteredAtAnyIteration) {
  constexpr char text[] = R"((module (func (export "f") (param $n i32) (result i32)
    (local $i i32) (local $j i32) (local $k i32) (local $sum i32) (local $outer i32)
    (block $out (loop $a
      (br_if $out (i32.ge_u (local.get $i) (local.get $n)))
      (local.set $outer (i32.mul (local.get $i) (i32.const 1000)))
      (local.set $j (i32.const 0))
      (block $next (loop $b
        (br_if $next (i32.ge_u (local.get $j) (i32.const 4)))
        (local.set $k (i32.const 0))
        (loop $c
          (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31))
            (i32.add (local.get $outer) (i32.add (i32.mul (local.get $j) (i32.const 10)) (local.get $k)))))
          (br_if $a (i32.eq (local.get $sum) (i32.const 12345)))
          (br_if $c (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 5))))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br $b)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $a)))
    (local.get $sum))))";
  u32 sum = 0;
  constexpr i32 n = 6;
  for (u32 i = 0; i < n; ++i)
    for (u32 j = 0; j < 4; ++j)
      for (u32 k = 0; k < 5; ++k) sum = sum * 31 + i * 1000 + j * 10 + k;
  u64 entered = 0;
  for (u32 threshold = 1; threshold < 170; ++threshold) {
    Engine engine = make_engine(tiered(threshold));
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, text));
    EXPECT_EQ(*get<i32(i32)>(instance, "f")(n), i32(sum)) << threshold;
    entered += counts(engine).entered;
    EXPECT_EQ(counts(engine).refused, 0u);
  }
  EXPECT_GE(entered, 150u);
}

// Arguments and results on the stack, and callee-saved registers of whoever called.
TEST(Tiers, StackArgumentsAndResultsThatOverflow) {
  std::string params, results, given, out;
  constexpr int many = 14;
  for (int i = 0; i < many; ++i) {
    params += " i64", results += " i64", given += "(i64.const " + std::to_string(i * i) + ")";
    out += "(i64.add (local.get " + std::to_string(i) + ") (local.get $k))";
  }
  std::string text = "(module (func $f (export \"f\") (param" + params + ") (result" + results + ") (local $k i64)"
      "(loop $l (local.set $k (i64.add (local.get $k) (i64.const 1)))"
      "  (br_if $l (i64.lt_u (local.get $k) (i64.const 60)))) " + out + ")"
      "(func (export \"g\") (param $x i64) (result i64) (local $a i64) (local $b i64) (local $c i64) (local $d i64)"
      "  (local.set $a (i64.mul (local.get $x) (i64.const 3))) (local.set $b (i64.mul (local.get $x) (i64.const 5)))"
      "  (local.set $c (i64.mul (local.get $x) (i64.const 7))) (local.set $d (i64.mul (local.get $x) (i64.const 11)))"
      "  (call $f " + given + ")";
  // The last result is on top: r0 + 3 * (r1 + 3 * (r2 + ...)).
  for (int i = 1; i < many; ++i) text += " i64.const 3 i64.mul i64.add";
  text += " local.get $a i64.add local.get $b i64.add local.get $c i64.add local.get $d i64.add))";
  u64 expected = (many - 1) * (many - 1) + 60;
  for (int i = many - 2; i >= 0; --i) expected = u64(i * i + 60) + 3 * expected;
  for (u32 threshold : {1u, 2u, 17u, 59u}) {
    Engine engine = make_engine(tiered(threshold));
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, text));
    auto g = get<i64(i64)>(instance, "g");
    for (int round = 0; round < 3; ++round) EXPECT_EQ(u64(*g(10)), expected + 260) << threshold;
    EXPECT_GE(counts(engine).entered, 1u);
  }
}

// Callee-saved registers belong to who called: the old frame kept them, and the body that is entered keeps them
// again. Caller and callee both have more values over calls than there are such registers, the caller in the code of
// either gear. With and without results that overflow, whose address is one more value of the old frame, in a
// register or in a slot.
TEST(Tiers, CalleeSavedRegistersAreTheCallersAfterAHandOver) {
  constexpr int kept = 12, iterations = 40;
  for (int results : {1, 9}) {
    for (bool calls : {false, true}) {
      Text types, sums, locals, changes, before, after;
      for (int i = 0; i < results; ++i) types += " i64";
      for (int i = 0; i < kept; ++i) {
        Text name = "$v" + std::to_string(i), number = std::to_string(i + 1);
        locals += "(local " + name + " i64)";
        // The loop of the callee changes every one; those of the caller are 101 times what it was given, 102 times, ...
        changes += "(local.set " + name + " (i64.add (local.get " + name + ") (i64.const " + number + ")))";
        before += "(local.set " + name + " (i64.mul (local.get $x) (i64.const " + std::to_string(101 + i) + ")))";
        after += "(local.set $s (i64.add (i64.mul (local.get $s) (i64.const 7)) (local.get " + name + ")))";
      }
      // Each result is the sum of all, and its own number.
      for (int i = 0; i < results; ++i) {
        sums += "(i64.const " + std::to_string(i) + ")";
        for (int k = 0; k < kept; ++k) sums += "(i64.add (local.get $v" + std::to_string(k) + "))";
      }
      Text drops;
      for (int i = 0; i + 1 < results; ++i) drops += "(drop)";
      Text text = "(module (global $n (mut i64) (i64.const 0))"
          "(func $leaf (global.set $n (i64.add (global.get $n) (i64.const 1))))"
          "(func $f (param $x i64) (result" + types + ") (local $k i32)" + locals +
          "(loop $l " + changes + (calls ? "(call $leaf)" : "") +
          "(br_if $l (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const " +
          std::to_string(iterations) + "))))" + sums + ")" +
          "(func (export \"g\") (param $x i64) (result i64) (local $s i64)" + locals + before +
          "(call $f (local.get $x))" + drops + "(local.set $s)" + after + "(local.get $s)))";
      u64 sum = iterations * kept * (kept + 1) / 2;
      for (u32 threshold : {1u, 2u, 11u, 39u, 41u}) {
        Engine engine = make_engine(tiered(threshold));
        Store store = make_store(engine);
        Instance instance = make_instance(store, make_module(engine, text));
        auto g = get<i64(i64)>(instance, "g");
        for (u64 x : {3u, 5u, 1'000'003u}) {
          u64 expected = sum;
          for (int i = 0; i < kept; ++i) expected = expected * 7 + x * u64(101 + i);
          EXPECT_EQ(u64(*g(i64(x))), expected) << results << " results, threshold " << threshold;
        }
        if (threshold < 40) EXPECT_GE(counts(engine).entered, 1u) << threshold;
        EXPECT_EQ(counts(engine).refused, 0u);
      }
    }
  }
}

// A tail call in the body that was entered leaves the frame that was there before, with its arguments.
TEST(Tiers, TailCallsFromABodyThatWasEntered) {
  constexpr char text[] = R"((module
    (func $g (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
      (i64.add (local.get 9) (i64.mul (local.get 0) (i64.const 1000))))
    (func (export "f") (param i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64) (local $k i64)
      (loop $l (local.set $k (i64.add (local.get $k) (local.get 8)))
        (br_if $l (i64.lt_u (local.get $k) (i64.const 50))))
      (return_call $g (local.get $k) (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)
        (local.get 5) (local.get 6) (local.get 7) (local.get 8)))))";
  Engine engine = make_engine(tiered(3));
  Store store = make_store(engine);
  Instance instance = make_instance(store, make_module(engine, text));
  std::vector<Value> arguments;
  for (i64 i = 0; i < 9; ++i) arguments.push_back(Value(i == 8 ? i64{1} : i));
  auto result = instance.func("f")->call(arguments);
  ASSERT_TRUE(result);
  EXPECT_EQ((*result)[0].as_i64(), 50'001);
  EXPECT_EQ(counts(engine).entered, 1u);
}

// All ways to a function lead to its new body; nobody counts there any more.
TEST(Tiers, EveryWayInReachesTheNewBody) {
  constexpr char text[] = R"((module (table 1 funcref) (elem (i32.const 0) $leaf) (type $t (func (result i32)))
    (func $leaf (export "leaf") (result i32) (i32.const 5))
    (func (export "direct") (result i32) (call $leaf))
    (func (export "indirect") (result i32) (call_indirect (type $t) (i32.const 0)))
    (func $fib (export "fib") (param i32) (result i32) (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0)) (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2)))))))))";
  Engine engine = make_engine(tiered(10));
  Store store = make_store(engine);
  Instance instance = make_instance(store, make_module(engine, text));
  auto leaf = get<i32()>(instance, "leaf");
  for (int i = 0; i < 9; ++i) EXPECT_EQ(*leaf(), 5);
  EXPECT_EQ(counts(engine).best, 0u);
  EXPECT_EQ(*leaf(), 5);
  EXPECT_EQ(counts(engine).best, 1u);
  EXPECT_EQ(*get<i32()>(instance, "direct")(), 5);
  EXPECT_EQ(*get<i32()>(instance, "indirect")(), 5);
  EXPECT_EQ(*leaf(), 5);
  EXPECT_EQ(*get<i32(i32)>(instance, "fib")(15), 610);
  EXPECT_EQ(counts(engine).best, 2u);
}

// Once a function is hot its elements of tables lead to the body itself, those of this store and near the beginning; all
// others go through the entry as before, and what else is in a table stays what it is.
TEST(Tiers, ElementsOfTablesLeadToTheBestBody) {
  constexpr char text[] = R"((module (type $t (func (result i32)))
    (table $a (export "a") 4 funcref) (table $b 20000 funcref)
    (elem (table $a) (i32.const 0) func $leaf $other $leaf $other)
    (elem (table $b) (i32.const 19999) func $leaf)
    (func $leaf (export "leaf") (result i32) (i32.const 5))
    (func $other (export "other") (result i32) (i32.const 6))
    (func (export "at") (param i32) (result i32) (call_indirect $a (type $t) (local.get 0)))
    (func (export "far") (result i32) (call_indirect $b (type $t) (i32.const 19999)))))";
  constexpr char importer[] = R"((module (type $t (func (result i32))) (import "m" "a" (table 4 funcref))
    (func $mine (result i32) (i32.const 7)) (elem declare func $mine)
    (func (export "put") (table.set (i32.const 1) (ref.func $mine)))
    (func (export "at") (param i32) (result i32) (call_indirect (type $t) (local.get 0)))))";
  Engine engine = make_engine(tiered(10));
  Module module = make_module(engine, text);
  struct Run {
    Run(const Engine& engine, const Module& module) : store(make_store(engine)), instance(make_instance(store, module)) {}
    const TableEntry& element(u32 i, u32 table = 0) const {
      return instance.internal()->table(TableIndex(table)).record.base[i];
    }
    i32 at(i32 i) const { return *get<i32(i32)>(instance, "at")(i); }
    Store store;
    Instance instance;
  };
  Run first(engine, module), second(engine, module);
  Linker linker(engine);
  linker.define_instance("m", first.instance);
  Instance other = make_instance(first.store, make_module(engine, importer), linker);
  ASSERT_TRUE(get<void()>(other, "put")());

  const void* entry = first.element(0).code;
  const void* mine = first.element(1).code;
  const void* others = first.element(3).code;
  for (int i = 0; i < 12; ++i) EXPECT_EQ(first.at(0), 5);
  const void* body = first.element(0).code;
  EXPECT_NE(body, entry);
  EXPECT_EQ(first.element(2).code, body);
  EXPECT_EQ(first.element(1).code, mine);
  EXPECT_EQ(first.element(3).code, others);
  EXPECT_EQ(first.element(19999, 1).code, entry) << "too far to be looked for";
  EXPECT_EQ(second.element(0).code, entry) << "another store is its own thread's";
  // An instance that is made now begins with the body.
  Run third(engine, module);
  EXPECT_EQ(third.element(0).code, body);
  for (const Run* run : {&first, &second, &third}) {
    EXPECT_EQ(run->at(0), 5);
    EXPECT_EQ(run->at(1), run == &first ? 7 : 6);
    EXPECT_EQ(run->at(2), 5);
    EXPECT_EQ(run->at(3), 6);
    EXPECT_EQ(*get<i32()>(run->instance, "far")(), 5);
    EXPECT_EQ(*get<i32()>(run->instance, "leaf")(), 5);
  }
  constexpr i32 expected[] = {5, 7, 5, 6};
  for (i32 i = 0; i < 4; ++i) EXPECT_EQ(*get<i32(i32)>(other, "at")(i), expected[i]);
}

// A function that is called now and then is compiled as a whole and not for the loop that runs just now; one that is
// called once is compiled for its loop alone.
TEST(Tiers, CallsTellLoopsFromFunctions) {
  constexpr char text[] = R"((module (func (export "f") (param i32) (result i32) (local i32)
    (loop $l (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1))))";
  for (i32 iterations : {10, 1000}) {
    Engine engine = make_engine(tiered(200));
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, text));
    auto f = get<i32(i32)>(instance, "f");
    for (i32 events = 0; events < 250; events += 1 + iterations)
      EXPECT_EQ(*f(iterations), iterations * (iterations + 1) / 2);
    EXPECT_EQ(counts(engine).best, iterations == 10 ? 1u : 0u);
    EXPECT_EQ(counts(engine).loops, iterations == 10 ? 0u : 1u);
    EXPECT_EQ(counts(engine).entered, iterations == 10 ? 0u : 1u);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(*f(iterations), iterations * (iterations + 1) / 2);
    EXPECT_EQ(counts(engine).best, 1u);
  }
}

// What a stretch costs is the same in each body, and taken once where a frame changes from one to the other.
TEST(Tiers, FuelIsTheSame) {
  constexpr char text[] = R"((module (func (export "f") (param i32) (result i32) (local i32)
    (loop $l (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1))))";
  std::optional<u64> left;
  for (u32 threshold : {1'000'000u, 1u, 2u, 3u, 20u, 40u}) {
    Config config = tiered(threshold);
    config.fuel = Fuel::Counted;
    Engine engine = make_engine(config);
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, text));
    store.set_fuel(1'000'000);
    EXPECT_EQ(*get<i32(i32)>(instance, "f")(40), 820);
    if (!left) left = store.fuel();
    EXPECT_EQ(store.fuel(), *left) << threshold;
  }
}

// Where fuel ends, it ends at the same operator: in the old frame, at the hand-over, and in the new one.
TEST(Tiers, FuelEndsAtTheSamePlace) {
  constexpr char text[] = R"((module (global (export "n") (mut i32) (i32.const 0)) (func (export "f") (param i32)
    (loop $l (global.set 0 (i32.add (global.get 0) (i32.const 1)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))))";
  struct Ending {
    std::optional<TrapCode> trap;
    u64 left;
    i32 counted;
    bool operator==(const Ending&) const = default;
  };
  for (u64 fuel = 0; fuel < 120; ++fuel) {
    std::optional<Ending> first;
    for (u32 threshold : {1'000'000u, 1u, 2u, 5u, 9u}) {
      Config config = tiered(threshold);
      config.fuel = Fuel::Counted;
      Engine engine = make_engine(config);
      Store store = make_store(engine);
      Instance instance = make_instance(store, make_module(engine, text));
      store.set_fuel(fuel);
      auto called = get<void(i32)>(instance, "f")(10);
      Ending ending{{}, store.fuel(), instance.global("n")->get()->as_i32()};
      if (!called) ending.trap = trap_of(called);
      if (!first) first = ending;
      EXPECT_EQ(ending, *first) << fuel << " of fuel, threshold " << threshold;
    }
  }
}

// What hoisting keeps over the loop makes the new frame larger than the old one. Where it would not fit nobody is
// handed over, and nothing traps that would not have trapped before: at each depth of the stack around the last that
// there is.
TEST(Tiers, NoStackIsExhaustedByAHandOver) {
  constexpr u32 iterations = 10'000;
  Text sum;
  for (int i = 0; i < 60; ++i) {
    Text number = std::to_string(2 * i + 3);
    sum += "(local.set $s (i64.add (local.get $s) (i64.reinterpret_f64 (f64.sqrt (f64.div (f64.const " + number +
        ") (f64.convert_i64_u (local.get $x)))))))";
  }
  // A call that stays one, of a function that needs no stack: what is hoisted is kept in the frame, one way or another.
  Text stores;
  for (int i = 0; i < 100; ++i)
    stores += "(i32.store offset=" + std::to_string(4 * i) + " (i32.const 0) (i32.const 1))";
  Text text = "(module (memory 1) (func $leaf " + stores + ")"
      "(func $work (param $x i64) (result i64) (local $s i64) (local $i i32) (loop $l (call $leaf) " + sum +
      "(br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const " +
      std::to_string(iterations) + "))))(local.get $s))"
      "(func $down (export \"f\") (param $n i32) (result i64) (if (result i64) (local.get $n)"
      "(then (i64.add (i64.const 1) (call $down (i32.sub (local.get $n) (i32.const 1)))))"
      "(else (call $work (i64.const 77))))))";
  struct Ending {
    i64 result;  // -1: exhausted
    u64 entered;
  };
  auto run = [&](i32 depth, u32 threshold) -> Ending {
    Config config = tiered(threshold);
    config.guest_stack_bytes = 64 * KiB;
    Engine engine = make_engine(config);
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, text));
    auto called = get<i64(i32)>(instance, "f")(depth);
    if (!called) EXPECT_EQ(trap_of(called), TrapCode::StackExhausted);
    return {called ? *called : -1, counts(engine).entered};
  };
  i32 fits = 0, too_deep = 100'000;
  while (too_deep - fits > 1) {
    i32 middle = (fits + too_deep) / 2;
    (run(middle, INT32_MAX).result == -1 ? too_deep : fits) = middle;
  }
  ASSERT_GT(fits, 100);
  u32 handed_over = 0, kept = 0;
  i64 of_work = run(0, INT32_MAX).result;
  for (i32 depth = std::max(0, fits - 40); depth <= fits; ++depth) {
    Ending ending = run(depth, iterations / 2);
    EXPECT_EQ(ending.result, of_work + depth) << fits - depth << " before the last";
    (ending.entered ? handed_over : kept)++;
  }
  EXPECT_GT(handed_over, 0u);
  EXPECT_GT(kept, 0u) << "the new frame is not larger than the old one";
  EXPECT_EQ(run(fits + 1, iterations / 2).result, -1);
}

// Recursion out of a body that was entered ends as it does elsewhere, and the store is of use afterwards.
TEST(Tiers, RecursionOutOfABodyThatWasEntered) {
  constexpr char text[] = R"((module (func $f (export "f") (param $n i32) (result i32) (local $i i32)
    (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 30))))
    (if (i32.eqz (local.get $n)) (then (return (local.get $i))))
    (i32.add (local.get $i) (call $f (i32.sub (local.get $n) (i32.const 1)))))))";
  for (u32 threshold : {1u, 10u, 100u, 1'000'000u}) {
    Engine engine = make_engine(tiered(threshold));
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, text));
    auto f = get<i32(i32)>(instance, "f");
    for (int round = 0; round < 3; ++round) {
      EXPECT_EQ(trap_of(f(100'000'000)), TrapCode::StackExhausted) << threshold;
      EXPECT_EQ(*f(99), 3'000) << threshold;
    }
    if (threshold <= 10) EXPECT_GE(counts(engine).entered, 1u);
  }
}

TEST(Tiers, TrapsInABodyThatWasEnteredHaveTheirBacktrace) {
  constexpr char text[] = R"((module (memory 1)
    (func $store (param i32) (i32.store8 (local.get 0) (i32.const 1)))
    (func $walk (param i32) (loop $l (call $store (local.get 0)) (local.set 0 (i32.add (local.get 0) (i32.const 4096)))
      (br $l)))
    (func (export "f") (call $walk (i32.const 0)))))";
  std::vector<u32> positions;
  for (u32 threshold : {1'000'000u, 1u, 2u, 8u, 16u}) {
    Engine engine = make_engine(tiered(threshold));
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, text));
    auto called = get<void()>(instance, "f")();
    ASSERT_EQ(trap_of(called), TrapCode::MemoryOutOfBounds);
    std::vector<u32> now;
    for (const Frame& frame : called.error().frames()) now.push_back(frame.position);
    EXPECT_EQ(now.size(), 3u) << called.error().text();
    if (positions.empty()) positions = now;
    EXPECT_EQ(now, positions) << threshold;
  }
}

// Locals that are slots of the frame, since as values they would be out of proportion.
TEST(Tiers, FrameSlotsAreHandedOver) {
  constexpr u32 n = 300;
  std::string locals, opens, ends;
  for (u32 i = 0; i < n; ++i) {
    locals += "(local i32)";
    opens += "loop (local.set " + std::to_string(i + 1) + " (i32.add (local.get " + std::to_string(i) + ") (i32.const 1))) ";
    ends += "(br_if 0 (i32.eqz (local.get 0))) end ";
  }
  std::string text = "(module (func (export \"f\") (param i32) (result i32) " + locals +
      "(local $k i32) loop $l (local.set 1 (i32.add (local.get 1) (local.get 0))) "
      "(br_if $l (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 70))) end (drop (local.get 1))"
      "(local.set 2 (local.get 1)) " + opens + ends + "(i32.add (local.get 300) (local.get $k))))";
  for (u32 threshold : {1u, 30u, 1'000'000u}) {
    Engine engine = make_engine(tiered(threshold));
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, text));
    EXPECT_EQ(*get<i32(i32)>(instance, "f")(3), 303 + 70) << threshold;
    if (threshold == 30) EXPECT_EQ(counts(engine).entered, 1u);
  }
}

// Loops that are deeper than is copied stay as they are, and say so.
TEST(Tiers, LoopsThatAreTooDeepAreRefused) {
  std::string opens, ends;
  for (int i = 0; i < 12; ++i) {
    opens += "loop ";
    ends += "(br_if 0 (i32.gt_s (i32.const 0) (local.get 0))) end ";
  }
  std::string text = "(module (func (export \"f\") (param i32) (result i32) (local $k i32) " + opens +
      "loop $l (br_if $l (i32.lt_u (local.tee $k (i32.add (local.get $k) (local.get 0))) (i32.const 9000))) end " + ends +
      "(local.get $k)))";
  Engine engine = make_engine(tiered(20));
  Store store = make_store(engine);
  Instance instance = make_instance(store, make_module(engine, text));
  EXPECT_EQ(*get<i32(i32)>(instance, "f")(2), 9000);
  EXPECT_EQ(counts(engine).refused, 1u);
  EXPECT_EQ(counts(engine).entered, 0u);
}

// A larger body is counted for longer, and one that takes more memory than there may be stays as it is.
TEST(Tiers, LargeBodiesWaitLongerAndMayStay) {
  Text nops;
  for (int i = 0; i < 1'000; ++i) nops += "nop ";
  Text text = "(module (func (export \"f\") (param i32) (result i32) " + nops + "(local.get 0)))";
  for (u32 per_byte : {0u, 1u, 2u}) {
    Config config = tiered(100);
    config.warm_up.threshold_per_byte = per_byte;
    Engine engine = make_engine(config);
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, text));
    auto f = get<i32(i32)>(instance, "f");
    u32 calls = 0;
    for (; counts(engine).best == 0 && calls < 10'000; ++calls) EXPECT_EQ(*f(7), 7);
    EXPECT_NEAR(calls, per_byte == 0 ? 100 : 1'004 * per_byte, 4) << per_byte;
  }
  Config config = tiered(100);
  config.warm_up.memory = MiB;
  Engine engine = make_engine(config);
  Store store = make_store(engine);
  Instance instance = make_instance(store, make_module(engine, text));
  auto f = get<i32(i32)>(instance, "f");
  for (u32 calls = 0; calls < 300; ++calls) EXPECT_EQ(*f(7), 7);
  EXPECT_EQ(counts(engine).best, 0u);
  EXPECT_EQ(counts(engine).too_large, 1u);
}

TEST(Tiers, ModulesAreNotSerialisedAndThresholdsBeginAtOne) {
  Engine engine = make_engine(tiered(10));
  EXPECT_FALSE(make_module(engine, all_types).serialise());
  EXPECT_FALSE(Engine::create(tiered(0)));
}

constexpr char spins[] = R"((module (import "h" "f" (func $f (result i32)))
  (func (export "spin") (result i64) (local $k i64)
    (loop $l (local.set $k (i64.add (local.get $k) (i64.const 1)))
      (if (i64.eqz (i64.and (local.get $k) (i64.const 0xffff))) (then (if (call $f) (then (return (local.get $k))))))
      (br $l)) (unreachable))
  (func (export "pure") (local $k i64)
    (drop (call $f)) (loop $l (local.set $k (i64.add (local.get $k) (i64.const 1))) (br $l)))))";

// A loop in a function that is called once goes on in the body that the background has made meanwhile.
TEST(TierThreads, ALoopThatRunsIsEntered) {
  Engine engine = make_engine(tiered(1000, 1));
  Linker linker(engine);
  linker.func("h", "f", [&] { return i32(counts(engine).entered.load() != 0); });
  Store store = make_store(engine);
  Instance instance = make_instance(store, make_module(engine, spins), linker);
  EXPECT_GT(*get<i64()>(instance, "spin")(), 0);
  EXPECT_EQ(counts(engine).entered, 1u);
  EXPECT_EQ(counts(engine).loops, 1u);
}

TEST(TierThreads, WhatWasEnteredIsInterrupted) {
  for (u32 threads : {0u, 1u}) {
    for (SignalHandlers handlers : {SignalHandlers::Allowed, SignalHandlers::Forbidden}) {
      Config config = tiered(1000, threads);
      config.signal_handlers = handlers;
      Engine engine = make_engine(config);
      Linker linker(engine);
      linker.func("h", "f", [] { return 0; });
      Store store = make_store(engine);
      Instance instance = make_instance(store, make_module(engine, spins), linker);
      InterruptHandle handle = store.interrupt_handle();
      for (const char* name : {"spin", "pure"}) {
        u64 before = counts(engine).entered;
        std::thread stopper([&] {
          while (counts(engine).entered == before) std::this_thread::sleep_for(1ms);
          handle.interrupt();
        });
        std::vector<Value> none;
        auto ended = instance.func(name)->call(none);
        stopper.join();
        ASSERT_FALSE(ended);
        EXPECT_EQ(ended.error().code(), TrapCode::Interrupted);
        EXPECT_EQ(ended.error().frames().size(), 1u);
      }
    }
  }
}

// At many moments of warming up.
TEST(TierThreads, InterruptionsWhileItWarmsUp) {
  for (u32 threads : {0u, 1u}) {
    for (int round = 0; round < 60; ++round) {
      Engine engine = make_engine(tiered(1 + u32(round) * 7, threads));
      Linker linker(engine);
      std::atomic<bool> inside = false;
      linker.func("h", "f", [&] {
        inside = true;
        inside.notify_one();
        return 0;
      });
      Store store = make_store(engine);
      Instance instance = make_instance(store, make_module(engine, spins), linker);
      InterruptHandle handle = store.interrupt_handle();
      std::thread stopper([&] {
        inside.wait(false);
        std::this_thread::sleep_for(std::chrono::microseconds(round * 20));
        handle.interrupt();
      });
      auto ended = get<void()>(instance, "pure")();
      stopper.join();
      EXPECT_EQ(trap_of(ended), TrapCode::Interrupted);
    }
  }
}

std::string many_functions(int count) {
  std::string text = "(module (memory 1)";
  for (int i = 0; i < count; ++i) {
    text += "(func (export \"f" + std::to_string(i) + "\") (param i32) (result i32) (local i32) (loop $l "
            "(local.set 1 (i32.add (local.get 1) (i32.const " + std::to_string(i) + ")))"
            "(i32.store (i32.const 4) (local.get 1))"
            "(br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1))";
  }
  return text + ")";
}

// Several threads in one module, whose functions warm up under all of them at once.
TEST(TierThreads, StoresOnThreadsShareAModule) {
  constexpr int functions = 40, threads = 3;
  Engine engine = make_engine(tiered(5, 2));
  Module module = make_module(engine, many_functions(functions));
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&] {
      Store store = make_store(engine);
      Instance instance = make_instance(store, module);
      for (int round = 1; round < 60; ++round)
        for (int i = 0; i < functions; ++i)
          EXPECT_EQ(*get<i32(i32)>(instance, "f" + std::to_string(i))(round), round * i);
    });
  }
  for (std::thread& thread : all) thread.join();
}

// Modules that are dropped while their functions wait, or are being compiled; a queue that is full.
TEST(TierThreads, ModulesAreDroppedWithJobs) {
  Config config = tiered(1, 1);
  config.warm_up.queue = 8;
  Engine engine = make_engine(config);
  for (int round = 0; round < 30; ++round) {
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, many_functions(30)));
    for (int i = 0; i < 30; ++i) EXPECT_EQ(*get<i32(i32)>(instance, "f" + std::to_string(i))(3), 3 * i);
  }
  EXPECT_GT(counts(engine).dropped, 0u);
}

// A body of straight code that takes the gear best some milliseconds.
Text large_body(int statements) {
  Text sums;
  for (int i = 0; i < statements; ++i)
    sums += "(local.set 0 (i32.add (i32.mul (local.get 0) (i32.const " + std::to_string(2 * i + 3) +
        ")) (i32.load offset=" + std::to_string(4 * i) + " (i32.and (local.get 0) (i32.const 1020)))))";
  return sums + "(local.get 0)";
}

// While the one thread is busy with a large body, who waits for a small one does it himself in the end.
TEST(TierThreads, WhoHasWaitedLongEnoughCompilesByHimself) {
  for (u32 patience : {0u, 1u}) {
    Config config = tiered(1000, 1);
    config.warm_up.patience = patience;
    Engine engine = make_engine(config);
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, "(module (memory 1)"
        "(func (export \"large\") (param i32) (result i32) " + large_body(8'000) + ")"
        "(func (export \"small\") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))"));
    auto small = get<i32(i32)>(instance, "small"), large = get<i32(i32)>(instance, "large");
    for (i32 i = 0; i < 1000; ++i) EXPECT_TRUE(large(i));
    // The large one has begun, or is about to: nobody else takes what comes behind it, but for chance.
    for (i32 i = 0; i < 20'000 && counts(engine).best == 0; ++i) EXPECT_EQ(*small(i), i + 1);
    if (patience == 0) EXPECT_EQ(counts(engine).insisted, 0u);
    else EXPECT_EQ(counts(engine).insisted, 1u);
  }
}

// A body that takes milliseconds to compile, and everything is dropped meanwhile, the engine too: at many moments.
TEST(TierThreads, EnginesAreDroppedWhileTheyCompile) {
  Text text = "(module (memory 1) (func (export \"f\") (param i32) (result i32) " + large_body(1'500) + ")"
      "(func (export \"g\") (param i32) (result i32) (local.get 0)))";
  for (int round = 0; round < 24; ++round) {
    Engine engine = make_engine(tiered(1, 1 + u32(round % 2)));
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, text));
    EXPECT_TRUE(get<i32(i32)>(instance, "f")(round));
    EXPECT_EQ(*get<i32(i32)>(instance, "g")(round), round);
    std::this_thread::sleep_for(std::chrono::microseconds(round * 200));
  }
}

// Nobody dropped for good: what found the queue full is asked for again.
TEST(TierThreads, WhatWasDroppedIsAskedForAgain) {
  Config config = tiered(3, 1);
  config.warm_up.queue = 1;
  Engine engine = make_engine(config);
  constexpr int functions = 20;
  Store store = make_store(engine);
  Instance instance = make_instance(store, make_module(engine, many_functions(functions)));
  for (int round = 0; round < 100'000 && counts(engine).best < u64{functions}; ++round)
    for (int i = 0; i < functions; ++i) EXPECT_EQ(*get<i32(i32)>(instance, "f" + std::to_string(i))(2), 2 * i);
  EXPECT_EQ(counts(engine).best, u64{functions});
}

}  // namespace
}  // namespace skerry
