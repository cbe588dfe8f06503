// Functions that are compiled at their first calls lie beside each other (engine/runtime/lazy.h): pages are shared,
// what is at an address is told from its neighbours, and nothing of it can be written where it runs.

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "base/string.h"
#include "tests/api/api.h"

namespace skerry {
namespace {

using Text = std::string;

Config lazily(Gear gear) {
  Config config;
  config.gear = gear;
  config.compilation = Compilation::Lazy;
  return config;
}

// Exports f0, f1, ...: fN(x) is x + N, and a trap where x is N. Each seventh is larger than all pages opened at once.
constexpr int large_each = 7;
Text many(int count, bool with_large) {
  Text text = "(module (memory 1)";
  for (int i = 0; i < count; ++i) {
    Text name = std::to_string(i);
    text += "(func $f" + name + " (export \"f" + name + "\") (param i32) (result i32)";
    if (with_large && i % large_each == 3) {
      Text step = "(i32.store (i32.const 8) (i32.add (local.get 0) (i32.const " + name + ")))";
      for (int j = 0; j < 8'000; ++j) text += step;
    }
    text += "(if (i32.eq (local.get 0) (i32.const " + name + ")) (then unreachable))";
    text += "(i32.add (local.get 0) (i32.const " + name + ")))";
  }
  return text + ")";
}

// What this process has mapped: bytes of code pages that can be executed, and that can be written; and whether anything
// can be both.
struct Mapped {
  u64 executable = 0, writable = 0;
  bool both = false;
};
Mapped mapped() {
  Mapped found;
  std::ifstream maps("/proc/self/maps");
  for (Text line; std::getline(maps, line);) {
    std::istringstream fields(line);
    u64 begin = 0, end = 0;
    char dash = 0;
    Text access;
    fields >> std::hex >> begin >> dash >> end >> access;
    bool writes = access[1] == 'w', runs = access[2] == 'x';
    found.both |= writes && runs;
    if (line.find("skerry-code") == Text::npos) continue;
    if (runs) found.executable += end - begin;
    if (writes) found.writable += end - begin;
  }
  return found;
}

i32 call(const Instance& instance, int function, i32 x) {
  auto called = get<i32(i32)>(instance, "f" + std::to_string(function))(x);
  return called ? *called : -1;
}

TEST(Lazy, FunctionsSharePages) {
  constexpr int count = 2'000;
  Engine engine = make_engine(lazily(Gear::Quick));
  Module module = make_module(engine, many(count, false));
  Store store = make_store(engine);
  Instance instance = make_instance(store, module);
  Mapped before = mapped();
  for (int i = 0; i < count; ++i) ASSERT_EQ(call(instance, i, 5 + i), 5 + 2 * i);
  Mapped after = mapped();
  EXPECT_GT(after.executable, before.executable);
  EXPECT_LE(after.executable - before.executable, u64{count} * 256);
  // The other name of the pages is there for those alone that are not full.
  EXPECT_GT(after.writable, before.writable);
  EXPECT_LE(after.writable - before.writable, 64 * KiB);
  EXPECT_FALSE(after.both);
}

TEST(Lazy, NoNameIsLeftWhenTheModuleIsDropped) {
  Mapped before = mapped();
  {
    Engine engine = make_engine(lazily(Gear::Quick));
    Store store = make_store(engine);
    EXPECT_EQ(call(make_instance(store, make_module(engine, many(3, false))), 2, 3), 5);
    EXPECT_GT(mapped().writable, before.writable);
  }
  EXPECT_EQ(mapped().writable, before.writable);
  EXPECT_EQ(mapped().executable, before.executable);
}

// A trap's pc tells which function of the page it was, also where a function begins in the page in which another ends.
TEST(Lazy, TrapsAreTheirFunctions) {
  constexpr int count = 60;
  for (Gear gear : {Gear::Quick, Gear::Best, Gear::Tiered}) {
    Engine engine = make_engine(lazily(gear));
    Module module = make_module(engine, many(count, true));
    Store store = make_store(engine);
    Instance instance = make_instance(store, module);
    for (int i = 0; i < count; ++i) ASSERT_EQ(call(instance, i, -1), i - 1);
    for (int i = 0; i < count; ++i) {
      auto called = get<i32(i32)>(instance, "f" + std::to_string(i))(i);
      ASSERT_FALSE(called);
      EXPECT_EQ(called.error().code(), TrapCode::Unreachable);
      EXPECT_NE(called.error().text().find("0: f" + std::to_string(i) + " @"), Text::npos)
          << i << ": " << called.error().text();
    }
  }
}

// The pages that its parent had opened are the parent's: what both compiled next came to lie at one place.
TEST(Lazy, AForkedProcessHasPagesOfItsOwn) {
  constexpr int count = 40;
  Engine engine = make_engine(lazily(Gear::Quick));
  Module module = make_module(engine, many(count, false));
  Store store = make_store(engine);
  Instance instance = make_instance(store, module);
  ASSERT_EQ(call(instance, 0, 1), 1);
  auto call_each_second = [&](int first) {
    bool all_right = true;
    for (int i = first; i < count; i += 2) all_right &= call(instance, i, 1'000) == 1'000 + i;
    return all_right;
  };
  int to_child[2], to_parent[2];
  ASSERT_EQ(pipe(to_child) | pipe(to_parent), 0);
  char byte = 0;
  pid_t child = fork();
  if (child == 0) {
    bool all_right = call_each_second(1) && write(to_parent[1], &byte, 1) == 1 && read(to_child[0], &byte, 1) == 1;
    _exit(all_right && call_each_second(1) ? 0 : 1);
  }
  EXPECT_EQ(read(to_parent[0], &byte, 1), 1);
  EXPECT_TRUE(call_each_second(2));
  EXPECT_EQ(write(to_child[1], &byte, 1), 1);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(call_each_second(1));
  for (int end : {to_child[0], to_child[1], to_parent[0], to_parent[1]}) close(end);
}

// Where no file may grow, there are no pages with two names: each function has its own then.
TEST(Lazy, FunctionsHavePagesOfTheirOwnWhereNoneAreToBeHad) {
  constexpr int count = 20;
  auto works = [] {
    Engine engine = make_engine(lazily(Gear::Quick));
    Module module = make_module(engine, many(count, false));
    Store store = make_store(engine);
    Instance instance = make_instance(store, module);
    signal(SIGXFSZ, SIG_IGN);
    rlimit none = {0, 0};
    if (setrlimit(RLIMIT_FSIZE, &none) != 0) return false;
    for (int i = 0; i < count; ++i)
      if (call(instance, i, 1'000) != 1'000 + i) return false;
    return mapped().executable == 0;
  };
  pid_t child = fork();
  if (child == 0) _exit(works() ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace skerry
