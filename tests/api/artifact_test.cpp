// Artifacts, the cache, and Config.

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "tests/api/api.h"

namespace skerry {
namespace {

namespace fs = std::filesystem;

constexpr char text[] = R"((module $m (import "h" "f" (func $f (result i32))) (memory 1) (data (i32.const 3) "x")
  (func $g (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "run") (param i32) (result i32) (i32.add (call $f) (call $g (local.get 0))))))";

i32 run(const Engine& engine, const Module& module, i32 x) {
  Store store = make_store(engine);
  Linker linker(engine);
  linker.func("h", "f", [] { return 1000; });
  Instance instance = make_instance(store, module, linker);
  auto called = get<i32(i32)>(instance, "run")(x);
  if (called) return *called;
  EXPECT_EQ(called.error().frames()[0].function, "g");
  return -1;
}

TEST(Artifact, RunsLikeTheModule) {
  Engine engine = make_engine();
  Module module = make_module(engine, text);
  std::vector<u8> artifact = *module.serialise();
  auto loaded = Module::from_artifact_trusted(engine, artifact);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(run(engine, *loaded, 3), 1000 + 'x');
  EXPECT_EQ(run(engine, *loaded, -1), -1);
  EXPECT_TRUE(std::ranges::equal(loaded->binary(), module.binary()));
  EXPECT_EQ(*loaded->serialise(), artifact);
  // HAZARDS 18: the same bytes each time, however many threads.
  for (u32 threads : {1u, 2u, 4u}) {
    Config config;
    config.compiler_threads = threads;
    EXPECT_EQ(*make_module(make_engine(config), text).serialise(), artifact);
  }
}

TEST(Optimisation, NoneComputesTheSameWithMoreCode) {
  constexpr char sums[] = R"((module (func (export "run") (param i32) (result i32) (local i32)
    (local.set 1 (i32.mul (local.get 0) (local.get 0)))
    (i32.add (local.get 1) (i32.mul (local.get 0) (local.get 0))))))";
  Config config;
  Engine fast = make_engine(config);
  config.optimisation = Optimisation::None;
  Engine plain = make_engine(config);
  for (const Engine* engine : {&fast, &plain}) {
    Module module = make_module(*engine, sums);
    Store store = make_store(*engine);
    EXPECT_EQ(*get<i32(i32)>(make_instance(store, module, Linker(*engine)), "run")(7), 98);
  }
  std::vector<u8> artifact = *make_module(fast, sums).serialise();
  EXPECT_GT(make_module(plain, sums).serialise()->size(), artifact.size());
  EXPECT_FALSE(Module::from_artifact_trusted(plain, artifact));
}

// What is lazily compiled is no artifact.
TEST(Artifact, AModuleOfFewBytesIsCompiledAtOnceWhereThatFits) {
  Config config;
  config.compilation = Compilation::Fitting;
  Engine engine = make_engine(config);
  std::string many = "(module (func (export \"run\") (param i32) (result i32) local.get 0 ";
  for (int i = 0; i < 10'000; ++i) many += "i32.const 1 i32.add ";
  constexpr char few[] = "(module (func (export \"run\") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 14))))";
  Module small = make_module(engine, few), large = make_module(engine, many + "))");
  EXPECT_TRUE(small.serialise());
  EXPECT_FALSE(large.serialise());
  Store store = make_store(engine);
  EXPECT_EQ(*get<i32(i32)>(make_instance(store, small, Linker(engine)), "run")(7), 98);
  EXPECT_EQ(*get<i32(i32)>(make_instance(store, large, Linker(engine)), "run")(7), 10'007);
  Module again = *Module::from_artifact_trusted(engine, *small.serialise());
  EXPECT_EQ(*get<i32(i32)>(make_instance(store, again, Linker(engine)), "run")(7), 98);
}

TEST(Profiler, ThePerfMapNamesFunctionsOnceTheyAreCompiled) {
  char path[] = "/tmp/skerry-perf-XXXXXX";
  close(mkstemp(path));
  for (Compilation compilation : {Compilation::Eager, Compilation::Lazy}) {
    Config config;
    config.compilation = compilation;
    config.profiler = *Profiler::open_perf_map(path);
    Engine engine = make_engine(config);
    Module module = make_module(engine, text);
    EXPECT_EQ(run(engine, module, 3), 1000 + 'x');
    std::ifstream file(path);
    std::string line;
    std::vector<std::string> names;
    while (std::getline(file, line)) {
      u64 address = 0, size = 0;
      char name[32];
      ASSERT_EQ(std::sscanf(line.c_str(), "%lx %lx %31s", &address, &size, name), 3) << line;
      EXPECT_TRUE(address != 0 && size != 0) << line;
      names.push_back(name);
    }
    std::ranges::sort(names);
    EXPECT_EQ(names, (std::vector<std::string>{"function[2]", "g"}));
  }
  fs::remove(path);
}

TEST(Profiler, APerfMapGoesThroughNoLink) {
  std::string link = testing::TempDir() + "/perf.map", target = testing::TempDir() + "/precious";
  std::ofstream(target) << "kept";
  fs::remove(link);
  fs::create_symlink(target, link);
  EXPECT_FALSE(Profiler::open_perf_map(link));
  EXPECT_EQ(fs::file_size(target), 4u);
}

TEST(Artifact, OtherSettingsAndFilesAreRefused) {
  Engine engine = make_engine();
  std::vector<u8> artifact = *make_module(engine, text).serialise();
  Config fuel, checked, lazy, plain;
  fuel.fuel = Fuel::Counted;
  checked.signal_handlers = SignalHandlers::Forbidden;
  lazy.compilation = Compilation::Lazy;
  plain.features = "wasm2";
  for (const Config& config : {fuel, checked, lazy, plain}) {
    auto refused = Module::from_artifact_trusted(make_engine(config), artifact);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message, "");
  }
  for (std::string_view file : {"", "\x7f" "ELF", "#!/bin/sh\n"}) {
    EXPECT_FALSE(Module::from_artifact_trusted(engine, {reinterpret_cast<const u8*>(file.data()), file.size()}));
  }
  EXPECT_FALSE(Module::from_artifact_trusted(engine, make_module(engine, text).binary()));
}

TEST(Artifact, EveryDamageIsFound) {
  Engine engine = make_engine();
  std::vector<u8> artifact = *make_module(engine, text).serialise();
  for (usize length = 0; length < artifact.size(); length += 1 + length / 40) {
    EXPECT_FALSE(Module::from_artifact_trusted(engine, std::span(artifact).first(length))) << length;
  }
  std::mt19937 random(3);
  for (usize i = 0; i < artifact.size(); i += 1 + random() % 16) {
    std::vector<u8> damaged = artifact;
    damaged[i] ^= u8(1 << random() % 8);
    EXPECT_FALSE(Module::from_artifact_trusted(engine, damaged)) << i;
  }
}

class Cache : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/skerry-cache-XXXXXX";
    ASSERT_TRUE(mkdtemp(name));
    folder = name;
  }
  void TearDown() override { fs::remove_all(folder); }
  std::shared_ptr<CodeCache> open(u64 max_bytes = 1'000'000) { return *CodeCache::open_folder(folder, max_bytes); }
  std::vector<fs::path> files() {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(folder)) out.push_back(entry.path());
    return out;
  }

  std::string folder;
};
using CacheThreads = Cache;

TEST_F(Cache, IsUsedAndSurvivesDamage) {
  Config config;
  config.cache = open();
  auto compile_and_run = [&] {
    Engine engine = make_engine(config);
    return run(engine, make_module(engine, text), 3);
  };
  EXPECT_EQ(compile_and_run(), 1000 + 'x');
  ASSERT_EQ(files().size(), 1u);
  fs::path file = files()[0];
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  auto content = [&] {
    std::ifstream stream(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  std::string good = content();
  auto time = fs::last_write_time(file);
  EXPECT_EQ(compile_and_run(), 1000 + 'x');
  EXPECT_EQ(fs::last_write_time(file), time);  // read, not written again

  for (std::string bad : {std::string(), good.substr(0, good.size() / 2), good + "x", std::string(good.size(), 'x')}) {
    std::ofstream(file, std::ios::binary) << bad;
    EXPECT_EQ(compile_and_run(), 1000 + 'x');
    EXPECT_EQ(content() == good || bad == good + "x", true);
  }
  std::string flipped = good;
  flipped[70] ^= 1;
  std::ofstream(file, std::ios::binary) << flipped;
  EXPECT_EQ(compile_and_run(), 1000 + 'x');
  EXPECT_EQ(content(), good);
}

TEST_F(Cache, IsBoundedByUse) {
  auto cache = open(10'000);
  std::vector<u8> bytes(3'000);
  for (std::string_view key : {"a", "b", "c"}) {
    cache->store(key, bytes);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  fs::last_write_time(folder + "/a", fs::file_time_type::clock::now() + std::chrono::seconds(1));  // used since
  cache->store("d", bytes);
  EXPECT_TRUE(cache->load("a"));
  EXPECT_FALSE(cache->load("b"));
  EXPECT_TRUE(cache->load("c"));
  EXPECT_TRUE(cache->load("d"));
  cache->store("large", std::vector<u8>(20'000));
  EXPECT_FALSE(cache->load("large"));
  EXPECT_TRUE(cache->load("d"));
}

TEST_F(Cache, TakesNothingThatIsNotItsOwn) {
  auto cache = open();
  std::vector<u8> bytes(10);
  cache->store("key", bytes);
  for (std::string_view key : {"", "..", "a/b", "../key", "writing-1"}) {
    cache->store(key, bytes);
    EXPECT_FALSE(cache->load(key)) << key;
  }
  EXPECT_EQ(files().size(), 1u);
  fs::create_symlink(folder + "/key", folder + "/link");
  EXPECT_FALSE(cache->load("link"));
  fs::create_directory(folder + "/folder");
  EXPECT_FALSE(cache->load("folder"));
  ASSERT_EQ(mkfifo((folder + "/pipe").c_str(), 0600), 0);
  EXPECT_FALSE(cache->load("pipe"));
  chmod((folder + "/key").c_str(), 0622);
  EXPECT_FALSE(cache->load("key"));
  chmod(folder.c_str(), 0777);
  EXPECT_FALSE(CodeCache::open_folder(folder, 1000));
  EXPECT_FALSE(CodeCache::open_folder(folder + "/key", 1000));
  EXPECT_FALSE(CodeCache::open_folder("/proc/none", 1000));
}

TEST_F(CacheThreads, SeveralWriteAndRead) {
  auto body = [&](u8 which) {
    auto cache = open(100'000);
    for (int i = 0; i < 300; ++i) {
      std::string key = "key" + std::to_string(i % 7);
      cache->store(key, std::vector<u8>(5000 + 100 * (i % 7), u8(i % 7)));
      if (auto found = cache->load("key" + std::to_string((i + which) % 7))) {
        EXPECT_EQ(found->size(), 5000u + 100 * ((i + which) % 7));
        EXPECT_EQ(found->front(), found->back());
      }
    }
  };
  std::thread a(body, 1), b(body, 2);
  a.join();
  b.join();
}

// Must-show line 7: killed while it writes, at any instant.
TEST_F(Cache, SurvivesBeingKilled) {
  std::vector<u8> bytes(300'000, 5);
  for (int round = 0; round < 20; ++round) {
    pid_t child = fork();
    if (child == 0) {
      auto cache = open(10'000'000);
      for (;;) cache->store("key", bytes);
    }
    usleep(useconds_t(1000 + 700 * round));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    auto found = open(10'000'000)->load("key");
    if (found) EXPECT_EQ(*found, bytes);
  }
}

TEST(Configs, FeaturesByName) {
  auto accepts = [](std::string features, std::string_view module) {
    Config config;
    config.features = features;
    auto engine = Engine::create(config);
    return engine && Module::from_text(*engine, module);
  };
  constexpr char sign[] = "(module (func (param i32) (result i32) (i32.extend8_s (local.get 0))))";
  constexpr char tail[] = "(module (func $f (return_call $f)))";
  EXPECT_TRUE(accepts("", sign));
  EXPECT_TRUE(accepts("", tail));
  EXPECT_FALSE(accepts("wasm1", sign));
  EXPECT_TRUE(accepts("wasm1,sign-extension", sign));
  EXPECT_TRUE(accepts("wasm2", sign));
  EXPECT_FALSE(accepts("wasm2", tail));
  EXPECT_TRUE(accepts("wasm3", tail));
  EXPECT_FALSE(accepts("-tail-call", tail));
  Config bad;
  for (const char* features : {"wasm4", "nonsense", "-nonsense", ",", "gc", "wasm1,,"}) {
    bad.features = features;
    EXPECT_FALSE(Engine::create(bad)) << features;
  }
}

TEST(Configs, TargetsByName) {
  Config config;
  bool is_x64 = make_engine().target().starts_with("x86_64");
  config.target = is_x64 ? "x86_64" : "riscv64";
  config.cpu = is_x64 ? "x86-64-v2" : "rv64gc";
  Engine engine = make_engine(config);
  EXPECT_TRUE(engine.target().starts_with(config.target + " " + config.cpu)) << engine.target();
  EXPECT_EQ(run(engine, make_module(engine, text), 3), 1000 + 'x');
  // No machine's code is made for a CPU that has less than it takes.
  config.target = "x86_64";
  config.cpu = "x86-64-v1";
  EXPECT_FALSE(Engine::create(config));
  config.target = "pdp11";
  auto unknown = Engine::create(config);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::Unsupported);
}

TEST(Configs, LazyModulesRunAndAreNotSerialised) {
  Config config;
  config.compilation = Compilation::Lazy;
  Engine engine = make_engine(config);
  Module module = make_module(engine, text);
  EXPECT_EQ(run(engine, module, 3), 1000 + 'x');
  EXPECT_EQ(run(engine, module, 4), 1000);
  EXPECT_EQ(run(engine, module, -1), -1);
  EXPECT_FALSE(module.serialise());
  EXPECT_FALSE(Module::from_text(engine, "(module (func (result i32)))"));
}

}  // namespace
}  // namespace skerry
