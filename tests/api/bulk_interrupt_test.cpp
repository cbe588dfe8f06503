// HAZARDS 25: interruption inside bulk operations. Whatever instant it comes at, what was written is a part from the
// end at which the operation begins, and nothing else changed; what grows has grown by whole steps. Each operation is
// interrupted until it was in its middle.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <thread>

#include "base/string.h"
#include "tests/api/api.h"

namespace skerry {
namespace {

using Clock = std::chrono::steady_clock;

constexpr u32 bytes = 4 << 20;       // four pieces of what the runtime does at once
constexpr u32 elements = 200'000;    // twelve
constexpr u32 data_bytes = 3 << 20;

std::string module_text() {
  std::string data(data_bytes, 'd'), functions;
  for (u32 i = 0; i < elements; ++i) functions += "$f ";
  return concat("(module (memory $m (export \"m\") 64) (memory $n (export \"n\") 64)",
                "(memory $g (export \"g\") 1 3000)",
                "(table $t (export \"t\") ", elements, " funcref) (table $u ", elements, " funcref)",
                "(table $h (export \"h\") 1 2000000 funcref) (func $f) (data $d \"", data, "\") (elem $e func ",
                    functions,
                R"()
    (func (export "quick"))
    (func (export "fill") (memory.fill $m (i32.const 0) (i32.const 0xff) (i32.const 4194304)))
    (func (export "copy_down") (memory.copy $m $m (i32.const 0) (i32.const 1) (i32.const 4194303)))
    (func (export "copy_up") (memory.copy $m $m (i32.const 1) (i32.const 0) (i32.const 4194303)))
    (func (export "copy_over") (memory.copy $m $n (i32.const 0) (i32.const 0) (i32.const 4194304)))
    (func (export "init") (memory.init $m $d (i32.const 0) (i32.const 0) (i32.const 3145728)))
    (func (export "grow") (loop $l (br_if $l (i32.ne (memory.grow $g (i32.const 1)) (i32.const -1)))))
    (func (export "prepare_tables") (param i32)
      (table.fill $t (i32.const 0) (ref.null func) (i32.const 200000))
      (table.fill $t (i32.const 0) (ref.func $f) (local.get 0))
      (table.fill $u (i32.const 0) (ref.func $f) (i32.const 200000)))
    (func (export "table_fill") (table.fill $t (i32.const 0) (ref.func $f) (i32.const 200000)))
    (func (export "table_copy_up") (table.copy $t $t (i32.const 100000) (i32.const 0) (i32.const 100000)))
    (func (export "table_copy_over") (table.copy $t $u (i32.const 0) (i32.const 0) (i32.const 200000)))
    (func (export "table_init") (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 200000)))
    (func (export "table_grow")
      (loop $l (br_if $l (i32.ne (table.grow $h (ref.func $f) (i32.const 40000)) (i32.const -1)))))))");
}

enum class Begins : u8 { AtTheStart, AtTheEnd };

// Whether `got` is `after` on the side where it begins and `before` on the other; how much of it is `after`.
template <class T>
std::optional<usize> part_done(const std::vector<T>& got, const std::vector<T>& before, const std::vector<T>& after,
                               Begins begins) {
  auto done = [&](auto first, auto last, auto as_before, auto as_after) -> std::optional<usize> {
    auto cut = std::mismatch(first, last, as_after).first;
    if (!std::equal(cut, last, as_before + (cut - first))) return std::nullopt;
    return usize(cut - first);
  };
  if (begins == Begins::AtTheStart) return done(got.begin(), got.end(), before.begin(), after.begin());
  return done(got.rbegin(), got.rend(), before.rbegin(), after.rbegin());
}

class Hazard25Threads : public testing::TestWithParam<Compilation> {
 protected:
  static Config config() {
    Config config;
    config.compilation = GetParam();
    return config;
  }

  // Runs the function, and interrupts it from another thread after `delay`. Whether it ended before.
  bool run_interrupted(const char* name, Clock::duration delay) {
    auto run = get<void()>(instance, name), quick = get<void()>(instance, "quick");
    InterruptHandle handle = store.interrupt_handle();
    // Both go round until the other is there, so that both have a processor when the run begins.
    std::atomic<bool> ready = false, begins = false;
    std::thread stopper([&] {
      ready = true;
      while (!begins) std::this_thread::yield();
      Clock::time_point until = Clock::now() + delay;
      while (Clock::now() < until) {}
      handle.interrupt();
    });
    while (!ready) std::this_thread::yield();
    begins = true;
    Called<void> ended = run();
    stopper.join();
    // It is for the next run if there was none any more.
    EXPECT_EQ(ended ? trap_of(quick()) : ended.error().code(), TrapCode::Interrupted) << name;
    return bool(ended);
  }

  // Interrupts the function, earlier where it came too late and later where it came too early, until `check`, which
  // looks at what was done, says that it was in its middle.
  void interrupt(const char* name, const std::function<void()>& prepare, const std::function<bool()>& check) {
    using namespace std::chrono_literals;
    Clock::duration delay = 100us;
    constexpr u32 most_rounds = 1'000, least_rounds = 4;
    bool in_the_middle = false;
    for (u32 round = 0; round < most_rounds && !(in_the_middle && round >= least_rounds) && !HasFailure(); ++round) {
      prepare();
      bool ended = run_interrupted(name, delay);
      in_the_middle |= check();
      delay = ended ? delay * 3 / 4 : delay * 4 / 3 + 1us;
    }
    EXPECT_TRUE(in_the_middle) << name;
  }

  void interrupt_memory(const char* name, Begins begins, const std::vector<u8>& before, const std::vector<u8>& after) {
    std::span<u8> memory = instance.memory("m")->bytes();
    interrupt(name, [&] { std::memcpy(memory.data(), before.data(), bytes); }, [&] {
      auto done = part_done({memory.begin(), memory.end()}, before, after, begins);
      EXPECT_TRUE(done) << name;
      return done && *done > 0 && *done < bytes;
    });
  }

  std::vector<u8> table() {
    Table table = *instance.table("t");
    std::vector<u8> is_set;
    for (u32 i = 0; i < elements; i += 100) is_set.push_back(table.get(i)->bits() != 0);
    return is_set;
  }
  // `set`: how many of the elements are at first.
  void interrupt_table(const char* name, Begins begins, i32 set) {
    auto prepare = get<void(i32)>(instance, "prepare_tables");
    ASSERT_TRUE(prepare(set));
    std::vector<u8> before = table();
    ASSERT_TRUE(get<void()>(instance, name)());
    std::vector<u8> after = table();
    ASSERT_NE(before, after);
    interrupt(name, [&] { ASSERT_TRUE(prepare(set)); }, [&] {
      std::vector<u8> got = table();
      EXPECT_TRUE(part_done(got, before, after, begins)) << name;
      return got != before && got != after;
    });
  }

  Engine engine = make_engine(config());
  Module module = make_module(engine, module_text());
  Store store = make_store(engine);
  Instance instance = make_instance(store, module);
};

TEST_P(Hazard25Threads, InTheMiddleOfMemories) {
  std::vector<u8> before(bytes), down(bytes), up(bytes), over(bytes), filled(bytes, 0xff);
  for (u32 i = 0; i < bytes; ++i) before[i] = u8(i % 251);
  for (u32 i = 0; i < bytes; ++i) {
    down[i] = before[std::min(i + 1, bytes - 1)];
    up[i] = before[i == 0 ? 0 : i - 1];
    over[i] = u8(255 - i % 3);
  }
  std::memcpy(instance.memory("n")->bytes().data(), over.data(), bytes);
  std::vector<u8> initialised = before;
  std::fill_n(initialised.begin(), data_bytes, 'd');
  interrupt_memory("fill", Begins::AtTheStart, before, filled);
  interrupt_memory("copy_down", Begins::AtTheStart, before, down);
  interrupt_memory("copy_up", Begins::AtTheEnd, before, up);
  interrupt_memory("copy_over", Begins::AtTheStart, before, over);
  interrupt_memory("init", Begins::AtTheStart, before, initialised);
}

TEST_P(Hazard25Threads, InTheMiddleOfTables) {
  interrupt_table("table_fill", Begins::AtTheStart, 0);
  interrupt_table("table_copy_up", Begins::AtTheEnd, 100'000);
  interrupt_table("table_copy_over", Begins::AtTheStart, 0);
  interrupt_table("table_init", Begins::AtTheStart, 0);
}

// What has grown cannot be made small again, so each round has an instance of its own.
TEST_P(Hazard25Threads, InTheMiddleOfGrowing) {
  auto anew = [&] {
    store = make_store(engine);
    instance = make_instance(store, module);
  };
  interrupt("grow", anew, [&] {
    std::span<u8> grown = instance.memory("g")->bytes();
    EXPECT_EQ(grown.size() % 65'536, 0u);
    EXPECT_EQ(grown.back(), 0u);
    return grown.size() > 65'536 && grown.size() < 3'000 * 65'536;
  });
  interrupt("table_grow", anew, [&] {
    Table table = *instance.table("h");
    u64 size = table.size();
    EXPECT_EQ(size % 40'000, 1u);
    for (u64 i = 1; i < size; i += 997) EXPECT_NE(table.get(u32(i))->bits(), 0u) << i << " of " << size;
    return size > 1 && size < 1'960'001;
  });
}

INSTANTIATE_TEST_SUITE_P(All, Hazard25Threads, testing::Values(Compilation::Eager, Compilation::Lazy));

}  // namespace
}  // namespace skerry
