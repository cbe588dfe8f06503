// Functions of tiered modules that are compiled ahead of their first calls (engine/runtime/ahead.h), and modules that are
// large enough to be validated by several threads.

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>

#include "engine/runtime/ahead.h"
#include "engine/runtime/engine.h"
#include "tests/api/api.h"
#include "text/parse.h"

namespace skerry {
namespace {

using namespace std::chrono_literals;
using Text = std::string;

Config ahead_by(u32 threads, u64 most = WarmUp().ahead) {
  Config config;
  config.gear = Gear::Tiered;
  config.warm_up.threads = threads;
  config.warm_up.ahead = most;
  return config;
}

const runtime::TierCounts& counts(const Engine& engine) { return engine.internal().tiers(); }

// A body of some 600 bytes: x -> 3^k x + c, which is also stored.
constexpr int steps = 40, body_bytes = 600;
Text body(int number) {
  Text text;
  for (int i = 0; i < steps; ++i)
    text += "(local.set 0 (i32.add (i32.mul (local.get 0) (i32.const 3)) (i32.load (i32.and (local.get 0) (i32.const " +
        std::to_string(4 * (number % 8)) + ")))))";
  return text + "(i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const " + std::to_string(number) + ")))";
}
Text name(int i) { return "$f" + std::to_string(i); }
// `count` functions, and what else is given. "n" is how often any was called, weighted by its number.
Text module_of(int count, const Text& more) {
  Text text = "(module (memory (export \"m\") 1) ";
  for (int i = 0; i < count; ++i) text += "(func " + name(i) + " (param i32) (result i32)" + body(i) + "(local.get 0))";
  return text + "(func (export \"n\") (result i32) (i32.load (i32.const 0)))" + more + ")";
}
Text call_all(int from, int to) {
  Text text;
  for (int i = from; i < to; ++i) text += "(drop (call " + name(i) + " (i32.const 1)))";
  return text;
}

i32 sum(int count) { return count * (count - 1) / 2; }

// One function calls all others, one after the other. Whoever compiled them, each was compiled for a call or before it.
TEST(AheadThreads, FirstCallsFindTheirFunctions) {
  constexpr int count = 1'000;
  Text text = module_of(count, "(func (export \"all\")" + call_all(0, count) + ")");
  for (u32 threads : {0u, 1u, 2u}) {
    for (u64 most : {u64{0}, WarmUp().ahead}) {
      Engine engine = make_engine(ahead_by(threads, most));
      Store store = make_store(engine);
      Instance instance = make_instance(store, make_module(engine, text));
      ASSERT_TRUE(get<void()>(instance, "all")());
      EXPECT_EQ(*get<i32()>(instance, "n")(), sum(count));
      EXPECT_EQ(counts(engine).quick + counts(engine).found, u64{count} + 2);
      EXPECT_GE(counts(engine).ahead, counts(engine).found);
      if (threads == 0 || most == 0) EXPECT_EQ(counts(engine).ahead, 0u);
      // Who calls what a thread is at work on goes on with others, so that this needs no luck.
      else EXPECT_GT(counts(engine).found, u64{count} / 4) << threads;
    }
  }
}

// What is never called is compiled up to the bound, and for a short program not at all.
TEST(AheadThreads, WhatIsNeverCalledIsBounded) {
  constexpr int count = 2'000;
  for (int called : {20, 400}) {
    Text text = module_of(count, "(func (export \"some\") (param i32)" + call_all(0, called) +
        "(if (local.get 0) (then " + call_all(called, count) + ")))");
    Engine engine = make_engine(ahead_by(1));
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, text));
    ASSERT_TRUE(get<void(i32)>(instance, "some")(0));
    // Until nothing more is done.
    u64 ahead = counts(engine).ahead;
    for (int rests = 0; rests < 10; ++rests) {
      std::this_thread::sleep_for(20ms);
      u64 now = counts(engine).ahead;
      if (now != ahead) rests = 0;
      ahead = now;
    }
    u64 in_vain = ahead - counts(engine).found;
    // The caller itself has some bytes for each call.
    u64 bytes = u64{body_bytes} * u64(called) + 8 * count;
    if (called == 20) EXPECT_EQ(ahead, 0u);
    else EXPECT_GT(ahead, 0u);
    EXPECT_LE(in_vain * body_bytes, runtime::Ahead::spare + bytes + bytes / 8);
  }
}

// What is told of a function, and how many bytes it has, is the same whoever compiled it, and when.
TEST(AheadThreads, CodeIsTheSameWhoeverCompiledIt) {
  constexpr int count = 400;
  struct Sizes : Profiler {
    void function_added(u64 address, u64 size, std::string_view name) override {
      std::lock_guard guard(mutex);
      auto [at, is_new] = sizes.emplace(name, size);
      EXPECT_TRUE(is_new || at->second == size) << name;
      EXPECT_NE(address, 0u);
    }
    std::mutex mutex;
    std::map<std::string, u64, std::less<>> sizes;
  };
  Text text = module_of(count, "(func $all (export \"all\")" + call_all(0, count) + "(unreachable))");
  std::vector<std::map<std::string, u64, std::less<>>> all;
  std::vector<u32> position;
  for (u32 threads : {0u, 1u}) {
    Config config = ahead_by(threads);
    auto sizes = std::make_shared<Sizes>();
    config.profiler = sizes;
    {
      Engine engine = make_engine(config);
      Store store = make_store(engine);
      Instance instance = make_instance(store, make_module(engine, text));
      auto trapped = get<void()>(instance, "all")();
      ASSERT_FALSE(trapped);
      for (const Frame& frame : trapped.error().frames()) position.push_back(frame.position);
    }
    all.push_back(sizes->sizes);
  }
  EXPECT_EQ(all[0].size(), u64{count} + 1);
  // What lies behind them may have been compiled ahead, and is not called.
  EXPECT_LE(all[1].size(), u64{count} + 2);
  for (auto& [name, size] : all[0]) EXPECT_EQ(all[1][name], size) << name;
  ASSERT_EQ(position.size(), 2u);
  EXPECT_EQ(position[0], position[1]);
}

// Threads that call the same functions for the first time, from both ends, while others compile ahead of them.
TEST(AheadThreads, StoresOnThreadsShareAModule) {
  constexpr int count = 300;
  Text text = module_of(count, "(func (export \"up\")" + call_all(0, count) + ")(func (export \"down\")" +
      call_all(count / 2, count) + call_all(0, count / 2) + ")");
  for (u32 threads : {1u, 2u, 4u}) {
    Config config = ahead_by(threads);
    config.compiler_threads = 3;
    config.warm_up.threshold = 2;  // so that they are compiled again at once
    config.warm_up.threshold_per_byte = 0;
    Engine engine = make_engine(config);
    Module module = make_module(engine, text);
    std::vector<std::thread> all;
    for (int t = 0; t < 4; ++t) {
      all.emplace_back([&, t] {
        Store store = make_store(engine);
        Instance instance = make_instance(store, module);
        for (int round = 1; round <= 4; ++round) {
          EXPECT_TRUE(get<void()>(instance, t % 2 ? "up" : "down")());
          EXPECT_EQ(*get<i32()>(instance, "n")(), round * sum(count));
        }
      });
    }
    for (std::thread& thread : all) thread.join();
  }
}

// Modules that are dropped while their functions are compiled ahead, two at a time.
TEST(AheadThreads, ModulesAreDroppedMeanwhile) {
  constexpr int count = 400, called = 130;
  Text text = module_of(count, "(func (export \"some\") (param i32)" + call_all(0, called) +
      "(if (local.get 0) (then " + call_all(called, count) + ")))");
  Engine engine = make_engine(ahead_by(1));
  u64 before = 0;
  for (int round = 0; round < 12; ++round) {
    Store first = make_store(engine), second = make_store(engine);
    Instance one = make_instance(first, make_module(engine, text));
    Instance two = make_instance(second, make_module(engine, text));
    EXPECT_TRUE(get<void(i32)>(one, "some")(0));
    EXPECT_TRUE(get<void(i32)>(two, "some")(0));
    std::this_thread::sleep_for(std::chrono::microseconds(round * 150));
    before = counts(engine).ahead;
  }
  EXPECT_GT(before, 0u);
}

// Bodies of a large module are validated by several threads. What is refused is what is refused first, by its place.
TEST(AheadThreads, TheFirstInvalidBodyIsTold) {
  constexpr int count = 6'000;
  std::vector<std::string> messages;
  std::vector<u64> offsets;
  for (u32 threads : {1u, 4u}) {
    Config config = ahead_by(1);
    config.compiler_threads = threads;
    Engine engine = make_engine(config);
    std::vector<u8> wasm = *text::parse_module(module_of(count, ""), engine.internal().features());
    ASSERT_GT(wasm.size(), 3 * MiB);
    EXPECT_TRUE(Module::from_binary(engine, wasm));
    // i32.mul -> f32.mul, in every body behind a quarter and, with four threads, in the runs of all of them.
    for (usize at = wasm.size() / 4; at < wasm.size(); at += 50'000) {
      while (at + 2 < wasm.size() && !(wasm[at] == 0x41 && wasm[at + 1] == 3 && wasm[at + 2] == 0x6c)) ++at;
      if (at + 2 < wasm.size()) wasm[at + 2] = 0x94;
    }
    for (int round = 0; round < 5; ++round) {
      auto refused = Module::from_binary(engine, wasm);
      ASSERT_FALSE(refused);
      messages.push_back(refused.error().message);
      offsets.push_back(refused.error().offset);
    }
  }
  for (const std::string& message : messages) EXPECT_EQ(message, messages[0]);
  for (u64 offset : offsets) EXPECT_EQ(offset, offsets[0]);
}

}  // namespace
}  // namespace skerry
