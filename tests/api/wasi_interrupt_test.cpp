// Programs of WASI in an embedder's own program: their waits end when their store is interrupted.

#include <unistd.h>

#include <chrono>
#include <thread>

#include "platform/linux/wasi_host.h"
#include "tests/api/api.h"
#include "wasi/define.h"

namespace skerry {
namespace {

using namespace std::chrono_literals;

constexpr char waits[] = R"((module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "sleep") (param i64) (result i32)
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (local.get 0))
    (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))
  (func (export "read") (param i64) (result i32)
    (i32.store (i32.const 256) (i32.const 512)) (i32.store (i32.const 260) (i32.const 1))
    (call $read (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 128)))))";

class WasiThreads : public testing::TestWithParam<SignalHandlers> {};

TEST_P(WasiThreads, WaitsEndWithAnInterruption) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  Config config;
  config.signal_handlers = GetParam();
  Engine engine = make_engine(config);
  auto interruption = platform::wasi_interruption();
  ASSERT_TRUE(interruption);
  auto context = std::make_shared<wasi::Context>(platform::wasi_host(*interruption), wasi::Limits{});
  ASSERT_TRUE(context->add_file(*platform::wasi_standard_file(pipe_ends[0], *interruption), wasi::Right::FdRead));
  Linker linker(engine);
  wasi::define_wasi(linker, context);
  Store store = make_store(engine);
  Instance instance = make_instance(store, make_module(engine, waits), linker);
  auto sleep = get<i32(i64)>(instance, "sleep");
  constexpr i64 hours = 10'000'000'000'000;
  InterruptHandle handle = store.interrupt_handle();
  for (const char* name : {"sleep", "read"}) {
    auto wait = get<i32(i64)>(instance, name);
    // Before the wait, and within it.
    for (auto delay : {0ms, 1ms, 30ms}) {
      std::thread stopper([&] {
        std::this_thread::sleep_for(delay);
        handle.interrupt();
      });
      EXPECT_EQ(trap_of(wait(hours)), TrapCode::Interrupted) << name;
      stopper.join();
      // The next run waits again.
      auto start = std::chrono::steady_clock::now();
      EXPECT_EQ(*sleep(5'000'000), 0);
      EXPECT_GE(std::chrono::steady_clock::now() - start, 5ms);
    }
  }
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

INSTANTIATE_TEST_SUITE_P(All, WasiThreads, testing::Values(SignalHandlers::Allowed, SignalHandlers::Forbidden));

}  // namespace
}  // namespace skerry
