// An interruption at every instruction that a run executes: of compiled code, of the stubs around it, of the host and
// of the runtime. None may be lost, and none may end a run that it was not for.
//
// The processor's single step brings a signal after each instruction of the thread; the handler counts, and at the
// chosen one interrupts the store. The engine's signal is held back until that handler has returned, so that it
// arrives right there.

#include <signal.h>
#include <unistd.h>

#include <functional>
#include <optional>

#include "tests/api/api.h"

namespace skerry {
namespace {

// Interrupts after `countdown` steps.
const InterruptHandle* to_interrupt = nullptr;
u64 countdown = 0;

constexpr greg_t single_step = 0x100;  // of the flags

void on_step(int, siginfo_t*, void* context) {
  if (countdown == 0 || --countdown != 0) return;
  to_interrupt->interrupt();
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL] &= ~single_step;
}

// The 128 bytes below the stack pointer may be in use.
void begin_steps() {
  asm volatile("lea -128(%%rsp), %%rsp\n pushfq\n orl $0x100, (%%rsp)\n popfq\n lea 128(%%rsp), %%rsp" ::: "memory", "cc");
}
void end_steps() {
  asm volatile("lea -128(%%rsp), %%rsp\n pushfq\n andl $~0x100, (%%rsp)\n popfq\n lea 128(%%rsp), %%rsp" ::: "memory", "cc");
}

constexpr char module_text[] = R"((module $m
  (import "h" "host" (func $host))
  (memory 1)
  (func $leaf)
  (func (export "leaf"))
  (func (export "sum") (param i32) (result i32) (local i32)
    (loop $l (call $leaf)
      (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func $spin (export "spin") (loop $l (br $l)))
  (func (export "host") (call $host))
  (func (export "host_spin") (call $host) (loop $l (br $l)))
  (func (export "host_tail") (call $host) (return_call $spin))
  (func (export "builtins") (loop $l
    (drop (memory.grow (i32.const 0))) (memory.fill (i32.const 0) (i32.const 0) (i32.const 8)) (br $l)))
  (func (export "trap") unreachable)
  (func (export "deep") (call 9))))";
constexpr char importer_text[] = R"((module
  (import "m" "leaf" (func $leaf)) (import "m" "host_tail" (func $tail))
  (func (export "far") (call $leaf) (call $leaf) (return_call $tail))))";

// A store with an instance whose host function does what the test says.
struct Guest {
  explicit Guest(const Engine& engine) : store(make_store(engine)), handle(store.interrupt_handle()) {
    Linker linker(engine);
    linker.func("h", "host", [this] { host(); });
    Module module = make_module(engine, module_text);
    instance = make_instance(store, module, linker);
    linker.define_instance("m", *instance);
    importer = make_instance(store, make_module(engine, importer_text), linker);
  }
  TypedFunction<void()> function(std::string_view name) const {
    return get<void()>(name == "far" ? *importer : *instance, name);
  }

  Store store;
  InterruptHandle handle;
  std::function<void()> host = [] {};
  std::optional<Instance> instance, importer;
};

using Ended = std::optional<TrapCode>;
constexpr Ended normal;
constexpr Ended interrupted = TrapCode::Interrupted;

Ended run(const TypedFunction<void()>& function) {
  Called<void> called = function();
  return called ? normal : called.error().code();
}

class EveryInstruction : public testing::TestWithParam<SignalHandlers> {
 protected:
  void SetUp() override {
    struct sigaction action {};
    action.sa_sigaction = on_step;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigaddset(&action.sa_mask, SIGURG);
    ASSERT_EQ(sigaction(SIGTRAP, &action, &before_), 0);
  }
  void TearDown() override {
    alarm(0);
    sigaction(SIGTRAP, &before_, nullptr);
  }
  static Config config() {
    Config config;
    config.signal_handlers = GetParam();
    return config;
  }

  // body(), then check(), with an interruption after instruction 1, 2, ... of the body, until the body ends before.
  // Of bodies that only an interruption ends, this many.
  void at_each(const InterruptHandle& handle, const std::function<void()>& body, const std::function<void()>& check) {
    constexpr u64 exhaustive = 300, steps_in_all = 60'000;
    u64 steps = 0;
    for (u64 n = 1; steps < steps_in_all && !HasFatalFailure() && !HasNonfatalFailure(); ++n) {
      // Long ones (of a build with sanitizers) are sampled.
      if (n > exhaustive) n += n / 20;
      steps += n;
      alarm(60);  // an interruption that is lost
      to_interrupt = &handle;
      countdown = n;
      begin_steps();
      body();
      end_steps();
      bool ended_before = countdown != 0;
      countdown = 0;
      last_ = n;
      if (ended_before) return;
      SCOPED_TRACE(testing::Message() << "after instruction " << n);
      check();
    }
  }

  Engine engine = make_engine(config());
  Guest a{engine}, b{engine};
  u64 last_ = 0;

 private:
  struct sigaction before_ {};
};

TEST_P(EveryInstruction, EndsThatRunOrTheNext) {
  for (const char* name : {"leaf", "host"}) {
    SCOPED_TRACE(name);
    auto function = a.function(name), leaf = a.function("leaf");
    Ended ended;
    at_each(
        a.handle, [&] { ended = run(function); },
        [&] {
          EXPECT_EQ((ended == interrupted) + (run(leaf) == interrupted), 1);
          EXPECT_EQ(run(leaf), normal);
        });
    EXPECT_GT(last_, 50u);
  }
}

TEST_P(EveryInstruction, NeverAWrongResult) {
  auto sum = get<i32(i32)>(*a.instance, "sum");
  auto leaf = a.function("leaf");
  std::optional<Called<i32>> ended;
  at_each(
      a.handle, [&] { ended.emplace(sum(3)); },
      [&] {
        if (*ended) EXPECT_EQ(**ended, 6);
        else EXPECT_EQ(ended->error().code(), TrapCode::Interrupted);
        EXPECT_EQ(run(leaf), *ended ? interrupted : normal);
        EXPECT_EQ(run(leaf), normal);
      });
  EXPECT_GT(last_, 50u);
}

TEST_P(EveryInstruction, EndsWhatDoesNotEndByItself) {
  auto leaf = a.function("leaf");
  for (const char* name : {"spin", "host_spin", "host_tail", "builtins", "far"}) {
    SCOPED_TRACE(name);
    auto function = a.function(name);
    Ended ended;
    at_each(
        a.handle, [&] { ended = run(function); },
        [&] {
          EXPECT_EQ(ended, interrupted);
          EXPECT_EQ(run(leaf), normal);
        });
  }
}

// Runs of the store within each other, of which the inner one ends in every way.
TEST_P(EveryInstruction, EndsAllRunsOfTheStore) {
  auto outer = a.function("host_spin"), leaf = a.function("leaf");
  for (const char* name : {"leaf", "trap", "deep"}) {
    SCOPED_TRACE(name);
    auto inner = a.function(name);
    a.host = [&] { (void)run(inner); };
    Ended ended;
    at_each(
        a.handle, [&] { ended = run(outer); },
        [&] {
          EXPECT_EQ(ended, interrupted);
          EXPECT_EQ(run(leaf), normal);
        });
  }
}

TEST_P(EveryInstruction, OfAnInnerStoreLeavesTheOuterOneAlone) {
  auto outer = a.function("host"), inner = b.function("leaf"), leaf = b.function("leaf");
  Ended outer_ended, inner_ended;
  a.host = [&] { inner_ended = run(inner); };
  at_each(
      b.handle, [&] { outer_ended = run(outer); },
      [&] {
        EXPECT_EQ(outer_ended, normal);
        EXPECT_EQ((inner_ended == interrupted) + (run(leaf) == interrupted), 1);
        EXPECT_EQ(run(leaf), normal);
      });
  EXPECT_GT(last_, 50u);
}

// a -> b -> a: the interruption of b arrives in whichever runs, and a goes on once b has ended.
TEST_P(EveryInstruction, ReachesAStoreBelowAnother) {
  auto outer = a.function("host"), inner = b.function("host_spin"), leaf_a = a.function("leaf"), leaf_b = b.function("leaf");
  Ended outer_ended, inner_ended;
  a.host = [&] { inner_ended = run(inner); };
  b.host = [&] { (void)run(leaf_a); };
  at_each(
      b.handle, [&] { outer_ended = run(outer); },
      [&] {
        EXPECT_EQ(inner_ended, interrupted);
        EXPECT_EQ(outer_ended, normal);
        EXPECT_EQ(run(leaf_a), normal);
        EXPECT_EQ(run(leaf_b), normal);
      });
}

class EveryInstructionSignalled : public EveryInstruction {};

// a -> b: an interruption of a ends what b runs for it, and both can be used afterwards.
TEST_P(EveryInstructionSignalled, EndsWhatTheStoreWaitsFor) {
  auto outer = a.function("host"), leaf_a = a.function("leaf"), leaf_b = b.function("leaf");
  for (const char* name : {"spin", "host_spin"}) {
    SCOPED_TRACE(name);
    auto inner = b.function(name);
    Ended outer_ended, inner_ended;
    a.host = [&] { inner_ended = run(inner); };
    at_each(
        a.handle,
        [&] {
          inner_ended = normal;
          outer_ended = run(outer);
        },
        [&] {
          EXPECT_EQ(outer_ended, interrupted);
          EXPECT_EQ(run(leaf_a), normal);
          EXPECT_EQ(run(leaf_b), normal);
        });
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryInstruction, testing::Values(SignalHandlers::Allowed, SignalHandlers::Forbidden));
INSTANTIATE_TEST_SUITE_P(All, EveryInstructionSignalled, testing::Values(SignalHandlers::Allowed));

}  // namespace
}  // namespace skerry
