// Interruption from other threads, wherever the guest is; HAZARDS 25.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <optional>
#include <random>
#include <thread>

#include "tests/api/api.h"

namespace skerry {
namespace {

using namespace std::chrono_literals;

constexpr char module_text[] = R"((module
  (import "h" "block" (func $block)) (import "h" "nothing" (func $nothing))
  (memory 160) (table $t 100000 funcref)
  (func (export "spin") (loop $l (br $l)))
  (func $leaf) (func $even (return_call $odd)) (func $odd (return_call $even))
  (func (export "tail") (return_call $even))
  (func (export "calls") (loop $l (call $leaf) (br $l)))
  (func (export "host") (loop $l (call $nothing) (br $l)))
  (func (export "block") (call $block) (loop $l (br $l)))
  (func (export "fill") (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 10000000)) (br $l)))
  (func (export "copy") (loop $l (memory.copy (i32.const 0) (i32.const 1) (i32.const 10000000)) (br $l)))
  (func (export "table") (loop $l (table.fill $t (i32.const 0) (ref.null func) (i32.const 100000)) (br $l)))
  (func (export "grow") (loop $l (drop (memory.grow (i32.const 0))) (br $l)))
  (func (export "quick"))))";

class InterruptThreads : public testing::TestWithParam<Compilation> {
 protected:
  static Config config() {
    Config config;
    config.compilation = GetParam();
    return config;
  }
  Engine engine = make_engine(config());
  Module module = make_module(engine, module_text);
};

TEST_P(InterruptThreads, StopsWhateverRuns) {
  for (const char* name : {"spin", "calls", "tail", "host", "block", "fill", "copy", "table", "grow"}) {
    Store store = make_store(engine);
    std::atomic<bool> inside = false;
    Linker linker(engine);
    linker.func("h", "nothing", [&] { inside = true; });
    linker.func("h", "block", [&](Caller& caller) {
      inside = true;
      while (!caller.interrupted()) std::this_thread::sleep_for(100us);
    });
    Instance instance = make_instance(store, module, linker);
    auto run = get<void()>(instance, name);
    InterruptHandle handle = store.interrupt_handle();
    std::thread stopper([&] {
      std::this_thread::sleep_for(20ms);
      handle.interrupt();
    });
    EXPECT_EQ(trap_of(run()), TrapCode::Interrupted) << name;
    stopper.join();
    // One interruption ends one run.
    EXPECT_TRUE(get<void()>(instance, "quick")()) << name;
  }
}

// A run that saw the word ended before its listeners had been told, which then stood as interrupted for ever.
TEST_P(InterruptThreads, ListenersAreNotToldAfterTheRunHasEnded) {
  struct Slow : InterruptListener {
    void interrupted() override { std::this_thread::sleep_for(50ms); }
    void resumed() override {}
  };
  struct Last : InterruptListener {
    std::atomic<bool> is_interrupted = false;
    void interrupted() override { is_interrupted = true; }
    void resumed() override { is_interrupted = false; }
  };
  auto last = std::make_shared<Last>();
  Config polling = config();
  polling.signal_handlers = SignalHandlers::Forbidden;
  Engine engine = make_engine(polling);
  Store store = make_store(engine);
  store.listen(std::make_shared<Slow>());
  store.listen(last);
  Linker linker(engine);
  linker.func("h", "nothing", [] {});
  linker.func("h", "block", [] {});
  Instance instance = make_instance(store, make_module(engine, module_text), linker);
  InterruptHandle handle = store.interrupt_handle();
  std::thread stopper([&] { handle.interrupt(); });
  // Its loop sees the word while the listeners are still being told.
  EXPECT_EQ(trap_of(get<void()>(instance, "spin")()), TrapCode::Interrupted);
  stopper.join();
  EXPECT_FALSE(last->is_interrupted);
}

TEST_P(InterruptThreads, StopsTheNextRunIfNothingRuns) {
  Store store = make_store(engine);
  Linker linker(engine);
  linker.func("h", "nothing", [] {}).func("h", "block", [] {});
  Instance instance = make_instance(store, module, linker);
  store.interrupt_handle().interrupt();
  EXPECT_EQ(trap_of(get<void()>(instance, "quick")()), TrapCode::Interrupted);
  EXPECT_TRUE(get<void()>(instance, "quick")());
}

// Whatever instant it comes at, a run ends as interrupted, or the next one does: in compiled code, in host functions,
// in bulk operations, and while a module is compiled and instantiated.
TEST_P(InterruptThreads, AThousandAtRandomInstants) {
  Store store = make_store(engine);
  Linker linker(engine);
  linker.func("h", "nothing", [] {}).func("h", "block", [] {});
  Instance instance = make_instance(store, module, linker);
  std::vector<TypedFunction<void()>> functions;
  for (const char* name : {"quick", "host", "spin", "calls", "tail", "fill", "copy", "table", "grow"})
    functions.push_back(get<void()>(instance, name));
  auto instantiate = [&]() -> std::optional<TrapCode> {
    auto started = linker.instantiate(store, make_module(engine, "(module (func $f (loop $l (br $l))) (start $f))"));
    if (started || !started.error().trap()) {
      ADD_FAILURE() << "it neither ran nor trapped";
      return TrapCode::Count;
    }
    return started.error().trap()->code();
  };
  InterruptHandle handle = store.interrupt_handle();
  constexpr u32 rounds = 1000;
  std::atomic<u32> ended = 0;
  std::thread stopper([&] {
    std::mt19937 random(7);
    for (u32 i = 0; i < rounds; ++i) {
      // Compiling and instantiating take some hundred microseconds, a piece of a bulk operation less than one.
      auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % (i % 10 == 9 ? 800 : 100));
      while (std::chrono::steady_clock::now() < until) {}
      handle.interrupt();
      // Asleep, so that on a machine with other work each round takes a switch of threads and not their time slices.
      ended.wait(i);
    }
  });
  for (u32 i = 0; i < rounds;) {
    std::optional<TrapCode> code;
    if (i % 10 == 9) {
      code = instantiate();
    } else if (Called<void> called = functions[i % 10](); !called) {
      code = called.error().code();
    }
    if (!code) continue;  // `quick`, which came and went
    EXPECT_EQ(*code, TrapCode::Interrupted) << i;
    ended = ++i;
    ended.notify_one();
  }
  stopper.join();
  EXPECT_TRUE(functions[0]());
}

TEST_P(InterruptThreads, OuterStoreWhileAnInnerOneRuns) {
  Store outer = make_store(engine), inner = make_store(engine);
  Linker inner_linker(engine);
  inner_linker.func("h", "nothing", [] {}).func("h", "block", [] {});
  Instance inner_instance = make_instance(inner, module, inner_linker);
  auto spin = get<void()>(inner_instance, "spin");
  InterruptHandle inner_handle = inner.interrupt_handle(), outer_handle = outer.interrupt_handle();
  Linker linker(engine);
  linker.func("h", "nothing", [] {});
  TrapCode inner_ended = TrapCode::Count;
  std::atomic<bool> inside = false;
  linker.func("h", "block", [&] {
    inside = true;
    inner_ended = trap_of(spin());
  });
  Instance instance = make_instance(outer, module, linker);
  std::thread stopper([&] {
    while (!inside) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(10ms);
    outer_handle.interrupt();
    std::this_thread::sleep_for(10ms);
    inner_handle.interrupt();
  });
  EXPECT_EQ(trap_of(get<void()>(instance, "block")()), TrapCode::Interrupted);
  EXPECT_EQ(inner_ended, TrapCode::Interrupted);
  stopper.join();
}

// An interruption that comes while a trap is on its way out of an inner run ends the outer one.
TEST_P(InterruptThreads, IsNotLostBehindAnotherTrap) {
  Store store = make_store(engine);
  Linker linker(engine);
  InterruptHandle handle = store.interrupt_handle();
  std::optional<TypedFunction<void()>> inner;
  linker.func("h", "nothing", [&]() -> Called<void> {
    handle.interrupt();
    return fail(Trap("its own"));
  });
  linker.func("h", "block", [&] { EXPECT_EQ(trap_of((*inner)()), TrapCode::Host); });
  Instance instance = make_instance(store, module, linker);
  inner = get<void()>(instance, "host");
  EXPECT_EQ(trap_of(get<void()>(instance, "block")()), TrapCode::Interrupted);
  EXPECT_TRUE(get<void()>(instance, "quick")());
}

// One interruption ends all runs of the store that are under way, whatever host functions make of its trap.
TEST_P(InterruptThreads, EndsTheRunsFurtherOutToo) {
  Store store = make_store(engine);
  Linker linker(engine);
  InterruptHandle handle = store.interrupt_handle();
  std::optional<TypedFunction<void()>> inner;
  linker.func("h", "nothing", [&] { handle.interrupt(); });
  linker.func("h", "block", [&](Caller& caller) {
    EXPECT_EQ(trap_of((*inner)()), TrapCode::Interrupted);
    EXPECT_TRUE(caller.interrupted());
    EXPECT_EQ(trap_of((*inner)()), TrapCode::Interrupted);
  });
  Instance instance = make_instance(store, module, linker);
  inner = get<void()>(instance, "host");
  EXPECT_EQ(trap_of(get<void()>(instance, "block")()), TrapCode::Interrupted);
  EXPECT_TRUE(get<void()>(instance, "quick")());
}

// What a host function runs in another store ends with the run that it was called from.
TEST_P(InterruptThreads, EndsWhatHostFunctionsRunInOtherStores) {
  Store outer = make_store(engine), inner = make_store(engine);
  Linker inner_linker(engine), linker(engine);
  inner_linker.func("h", "nothing", [] {}).func("h", "block", [] {});
  Instance inner_instance = make_instance(inner, module, inner_linker);
  std::atomic<bool> inside = false;
  for (const char* name : {"spin", "calls", "host", "fill", "quick"}) {
    auto runs = get<void()>(inner_instance, name);
    TrapCode inner_ended = TrapCode::Count;
    linker.func("h", "nothing", [] {}).func("h", "block", [&] {
      inside = true;
      inside.notify_one();
      while (Called<void> called = runs()) {}
      inner_ended = trap_of(runs());
    });
    Instance instance = make_instance(outer, module, linker);
    InterruptHandle handle = outer.interrupt_handle();
    inside = false;
    std::thread stopper([&] {
      inside.wait(false);
      std::this_thread::sleep_for(1ms);
      handle.interrupt();
    });
    EXPECT_EQ(trap_of(get<void()>(instance, "block")()), TrapCode::Interrupted) << name;
    stopper.join();
    EXPECT_EQ(inner_ended, TrapCode::Interrupted) << name;
    EXPECT_TRUE(get<void()>(inner_instance, "quick")());
    EXPECT_TRUE(get<void()>(instance, "quick")());
  }
}

// HAZARDS 25: a bulk operation that is interrupted has done a part from one end on, and no byte else.
TEST_P(InterruptThreads, Hazard25InTheMiddleOfABulkOperation) {
  constexpr u32 size = 64 << 20;
  Module bulk = make_module(engine, R"((module (memory (export "m") 1024) (table $t (export "t") 4000000 funcref)
    (func $f) (elem declare func $f)
    (func (export "fill") (param i32) (memory.fill (i32.const 0) (local.get 0) (i32.const 67108864)))
    (func (export "copy") (param i32)
      (memory.fill (i32.const 0) (local.get 0) (i32.const 33554432))
      (memory.copy (i32.const 33554432) (i32.const 0) (i32.const 33554432)))
    (func (export "table") (param i32) (table.fill $t (i32.const 0) (ref.func $f) (i32.const 4000000)))
    (func (export "clear") (param i32) (table.fill $t (i32.const 0) (ref.null func) (i32.const 4000000)))
    (func (export "grow") (param i32) (result i32) (memory.grow (i32.const 0)))))");
  Store store = make_store(engine);
  Instance instance = make_instance(store, bulk);
  std::span<u8> bytes = instance.memory("m")->bytes();
  Table table = *instance.table("t");
  InterruptHandle handle = store.interrupt_handle();
  int in_the_middle = 0;
  std::mt19937 random(25);
  for (int round = 0; round < 40; ++round) {
    u8 before = u8(round), after = u8(round + 1);
    const char* name = round % 3 == 0 ? "fill" : round % 3 == 1 ? "copy" : "table";
    std::memset(bytes.data(), before, size);
    if (round % 3 == 2) ASSERT_TRUE(get<void(i32)>(instance, "clear")(0));
    auto run = get<void(i32)>(instance, name);
    std::atomic<bool> begins = false;
    std::thread stopper([&, delay = random() % 6000] {
      begins.wait(false);
      std::this_thread::sleep_for(std::chrono::microseconds(delay));
      handle.interrupt();
    });
    begins = true;
    begins.notify_one();
    Called<void> ended = run(after);
    stopper.join();
    if (ended) EXPECT_EQ(trap_of(run(after)), TrapCode::Interrupted);
    else EXPECT_EQ(ended.error().code(), TrapCode::Interrupted);
    if (round % 3 == 2) {
      u32 done = 0;
      while (done < 4'000'000 && table.get(done)->bits() != 0) done += 1000;
      for (u32 i = done; i < 4'000'000; i += 1000) ASSERT_EQ(table.get(i)->bits(), 0u);
      in_the_middle += done > 0 && done < 4'000'000;
    } else {
      // A copy upwards begins at the end.
      int changes = 0;
      for (usize at = 1; at < size; ++at) changes += bytes[at - 1] != bytes[at];
      EXPECT_LE(changes, round % 3 == 0 ? 1 : 2) << name;
      in_the_middle += changes > 0;
    }
  }
  EXPECT_GT(in_the_middle, 3);
}

constexpr char runs_for_ever[] = R"((module (import "h" "f" (func $f))
    (func $even (return_call $odd)) (func $odd (return_call $even))
    (func (export "tail") (call $f) (return_call $even))
    (func (export "loop") (call $f) (loop $l (br $l)))
    (func (export "last") (local i32) (call $f)
      (loop $out (loop $in (br_if $in (local.tee 0 (i32.shr_u (local.get 0) (i32.const 1))))) (br $out)))
    (func $tree (param i32) (if (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))
      (then (call $tree (local.get 0)) (call $tree (local.get 0)))))
    (func (export "tree") (call $f) (call $tree (i32.const 60)))
    (func (export "switch") (call $f) (loop $a (loop $b (br_table $a $b (i32.const 1)))))))";

// Without signals compiled code looks for interruptions itself, where functions begin and where loops do.
TEST(InterruptThreadsWithoutSignals, StopsWhateverRuns) {
  Config config;
  config.signal_handlers = SignalHandlers::Forbidden;
  for (Compilation compilation : {Compilation::Eager, Compilation::Lazy}) {
    config.compilation = compilation;
    Engine engine = make_engine(config);
    Module module = make_module(engine, runs_for_ever);
    for (const char* name : {"tail", "loop", "last", "tree", "switch"}) {
      Store store = make_store(engine);
      Linker linker(engine);
      std::atomic<bool> inside = false;
      linker.func("h", "f", [&] {
        if (!inside.exchange(true)) inside.notify_one();
      });
      Instance instance = make_instance(store, module, linker);
      InterruptHandle handle = store.interrupt_handle();
      std::thread stopper([&] {
        inside.wait(false);
        std::this_thread::sleep_for(5ms);
        handle.interrupt();
      });
      auto ended = get<void()>(instance, name)();
      EXPECT_EQ(trap_of(ended), TrapCode::Interrupted) << name;
      ASSERT_FALSE(ended.error().frames().empty()) << name;
      stopper.join();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, InterruptThreads, testing::Values(Compilation::Eager, Compilation::Lazy));

}  // namespace
}  // namespace skerry
