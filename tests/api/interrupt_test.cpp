// Interruption from other threads, wherever the guest is; HAZARDS 25.

#include <atomic>
#include <chrono>
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

TEST_P(InterruptThreads, StopsTheNextRunIfNothingRuns) {
  Store store = make_store(engine);
  Linker linker(engine);
  linker.func("h", "nothing", [] {}).func("h", "block", [] {});
  Instance instance = make_instance(store, module, linker);
  store.interrupt_handle().interrupt();
  EXPECT_EQ(trap_of(get<void()>(instance, "quick")()), TrapCode::Interrupted);
  EXPECT_TRUE(get<void()>(instance, "quick")());
}

// Whatever instant it comes at, a run ends as interrupted, or the next one does.
TEST_P(InterruptThreads, AtRandomInstants) {
  Store store = make_store(engine);
  Linker linker(engine);
  linker.func("h", "nothing", [] {}).func("h", "block", [] {});
  Instance instance = make_instance(store, module, linker);
  auto host = get<void()>(instance, "host");
  auto quick = get<void()>(instance, "quick");
  InterruptHandle handle = store.interrupt_handle();
  constexpr int rounds = 500;
  std::atomic<int> interrupted = 0;
  std::thread stopper([&] {
    std::mt19937 random(7);
    for (int i = 0; i < rounds; ++i) {
      auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 60);
      while (std::chrono::steady_clock::now() < until) {}
      handle.interrupt();
      while (interrupted == i) std::this_thread::yield();
    }
  });
  while (interrupted < rounds) {
    Called<void> ended = interrupted % 2 ? host() : quick();
    if (ended) continue;
    ASSERT_EQ(ended.error().code(), TrapCode::Interrupted);
    ++interrupted;
  }
  stopper.join();
  EXPECT_TRUE(quick());
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

// Functions that call each other by tail calls only look for interruptions when they are entered.
TEST(Interrupt, WithoutSignalsStopsTailCalls) {
  Config config;
  config.signal_handlers = SignalHandlers::Forbidden;
  Engine engine = make_engine(config);
  Store store = make_store(engine);
  Linker linker(engine);
  InterruptHandle handle = store.interrupt_handle();
  linker.func("h", "f", [&] { handle.interrupt(); });
  Instance instance = make_instance(store, make_module(engine, R"((module (import "h" "f" (func $f))
    (func $even (return_call $odd)) (func $odd (return_call $even))
    (func (export "run") (call $f) (return_call $even))))"), linker);
  EXPECT_EQ(trap_of(get<void()>(instance, "run")()), TrapCode::Interrupted);
}

INSTANTIATE_TEST_SUITE_P(All, InterruptThreads, testing::Values(Compilation::Eager, Compilation::Lazy));

}  // namespace
}  // namespace skerry
