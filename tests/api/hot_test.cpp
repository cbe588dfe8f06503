// A second run begins hot: what an earlier one had hot, by the engine's cache, is compiled in the best gear before it
// is called (docs/tiers.md).

#include <chrono>
#include <map>
#include <mutex>
#include <thread>

#include "engine/runtime/engine.h"
#include "tests/api/api.h"

namespace skerry {
namespace {

using namespace std::chrono_literals;

class InMemory final : public CodeCache {
 public:
  std::optional<std::vector<u8>> load(std::string_view key) override {
    std::lock_guard guard(mutex_);
    auto found = files.find(std::string(key));
    return found == files.end() ? std::nullopt : std::optional(found->second);
  }
  void store(std::string_view key, std::span<const u8> bytes) override {
    std::lock_guard guard(mutex_);
    files[std::string(key)] = {bytes.begin(), bytes.end()};
    ++stores;
  }
  std::map<std::string, std::vector<u8>> files;
  int stores = 0;

 private:
  std::mutex mutex_;
};

constexpr char text[] = R"((module
  (func $sum (export "sum") (param i32) (result i32) (local $s i32)
    (loop $next
      (local.set $s (i32.add (local.get $s) (local.get 0)))
      (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $s))
  (func $twice (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "cold") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))))";

class Hot : public testing::Test {
 protected:
  // An engine for one run. Without a thread the program compiles by itself, and at once.
  Engine begin(u32 threads, u32 queue = 256) const {
    Config config;
    config.gear = Gear::Tiered;
    config.cache = cache_;
    config.warm_up.threshold = 10;
    config.warm_up.threshold_per_byte = 0;
    config.warm_up.threads = threads;
    config.warm_up.queue = queue;
    return make_engine(config);
  }
  // One run that is hot in both functions.
  void warm_up() const {
    Engine engine = begin(0);
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, text));
    EXPECT_EQ(counts(engine).expected, 0u);
    for (int i = 0; i < 40; ++i) {
      EXPECT_EQ(*get<i32(i32)>(instance, "twice")(i), 2 * i);
      EXPECT_EQ(*get<i32(i32)>(instance, "sum")(3), 6);
    }
    EXPECT_EQ(*get<i32(i32)>(instance, "cold")(3), 4);
  }
  static const runtime::TierCounts& counts(const Engine& engine) { return engine.internal().tiers(); }

  const std::shared_ptr<InMemory> cache_ = std::make_shared<InMemory>();
};

TEST_F(Hot, WhatWasHotIsCompiledBeforeItIsCalled) {
  warm_up();
  ASSERT_EQ(cache_->files.size(), 1u);
  Engine engine = begin(1);
  {
    Module module = make_module(engine, text);
    EXPECT_EQ(counts(engine).expected, 2u);
    for (int i = 0; i < 10'000 && counts(engine).best < 2; ++i) std::this_thread::sleep_for(1ms);
    ASSERT_EQ(counts(engine).best, 2u);
    Store store = make_store(engine);
    Instance instance = make_instance(store, module);
    EXPECT_EQ(*get<i32(i32)>(instance, "twice")(21), 42);
    EXPECT_EQ(*get<i32(i32)>(instance, "sum")(100), 5050);
    EXPECT_EQ(counts(engine).quick, 0u);
    EXPECT_EQ(*get<i32(i32)>(instance, "cold")(3), 4);
    EXPECT_EQ(counts(engine).quick, 1u);
  }
  EXPECT_EQ(cache_->stores, 1);  // nothing is new
}

// It is called while it is being compiled, or before, or after.
TEST_F(Hot, CallsMeetWhatComes) {
  warm_up();
  for (int round = 0; round < 50; ++round) {
    Engine engine = begin(1);
    Store store = make_store(engine);
    Instance instance = make_instance(store, make_module(engine, text));
    auto twice = get<i32(i32)>(instance, "twice"), sum = get<i32(i32)>(instance, "sum");
    std::this_thread::sleep_for(round * 10us);
    for (int i = 1; i < 200; ++i) {
      ASSERT_EQ(*twice(i), 2 * i);
      ASSERT_EQ(*sum(i), i * (i + 1) / 2);
    }
    for (int i = 0; i < 10'000 && counts(engine).best < 2; ++i) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(counts(engine).best, 2u);
    EXPECT_LE(counts(engine).quick, 2u);
    ASSERT_EQ(*twice(round), 2 * round);
  }
}

TEST_F(Hot, DamageIsAsIfNothingWereThere) {
  warm_up();
  auto [key, whole] = *cache_->files.begin();
  for (usize at = 0; at < whole.size(); ++at) {
    std::vector<u8> damaged = whole;
    damaged[at] ^= 1;
    cache_->files[key] = damaged;
    Engine engine = begin(1);
    Store store = make_store(engine);
    EXPECT_EQ(*get<i32(i32)>(make_instance(store, make_module(engine, text)), "twice")(4), 8);
    EXPECT_EQ(counts(engine).expected, 0u) << at;
  }
}

TEST_F(Hot, IsOfTheModuleAlone) {
  warm_up();
  Engine engine = begin(1);
  // With as many functions, which are of other sizes.
  std::string other = text;
  other.replace(other.find("(i32.const 1)))))"), 13, "(i32.add (i32.const 1) (i32.const 2))");
  make_module(engine, other);
  EXPECT_EQ(counts(engine).expected, 0u);
}

TEST_F(Hot, TakesHalfOfTheQueueAndNoTimeOfTheProgram) {
  warm_up();
  {
    Engine engine = begin(0);
    make_module(engine, text);
    EXPECT_EQ(counts(engine).expected, 0u);
    EXPECT_EQ(counts(engine).best, 0u);
  }
  Engine engine = begin(1, 1);
  make_module(engine, text);
  EXPECT_EQ(counts(engine).expected, 0u);
}

}  // namespace
}  // namespace skerry
