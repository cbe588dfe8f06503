// Memories, tables and globals: limits, pools, sizes (HAZARDS 20, 21, 26), instantiation (22).

#include <sys/resource.h>

#include "tests/api/api.h"

namespace skerry {
namespace {

std::string memory_module(std::string_view memory, std::string_view more = "") {
  return "(module (memory (export \"m\") " + std::string(memory) + ") " + std::string(more) + ")";
}

// HAZARDS 20: a slot's next user sees nothing of the last, whatever both ask for.
TEST(Hazard20, SlotsComeBackEmpty) {
  Engine engine = make_engine();
  struct Kind {
    std::string text;
    u64 pages;
    std::vector<std::pair<u64, u8>> content;
  };
  std::vector<Kind> kinds = {
      {memory_module("1"), 1, {}},
      {memory_module("0 4"), 0, {}},
      {memory_module("3 9", R"((data (i32.const 0) "\01") (data (i32.const 70000) "\02"))"), 3, {{0, 1}, {70000, 2}}},
      {memory_module("3", R"((data (i32.const 131072) "\03"))"), 3, {{131072, 3}}},
      {memory_module("40"), 40, {}},
      {memory_module("1", R"((data (i32.const 65535) "\04"))"), 1, {{65535, 4}}},
  };
  std::vector<Module> modules;
  for (const Kind& kind : kinds) modules.push_back(make_module(engine, kind.text));
  for (u32 round = 0; round < 200; ++round) {
    const Kind& kind = kinds[(round * 7 + round / 6) % kinds.size()];
    Store store = make_store(engine);
    Instance instance = make_instance(store, modules[&kind - kinds.data()]);
    Memory memory = *instance.memory("m");
    std::span<u8> bytes = memory.bytes();
    ASSERT_EQ(bytes.size(), kind.pages * 65536);
    std::vector<u8> expected(bytes.size());
    for (auto [at, byte] : kind.content) expected[at] = byte;
    ASSERT_TRUE(std::equal(bytes.begin(), bytes.end(), expected.begin())) << round;
    if (round % 3 != 0 && memory.grow(1 + round % 3)) {
      std::span<u8> all = memory.bytes();
      for (u8 byte : all.subspan(bytes.size())) ASSERT_EQ(byte, 0) << round;
      bytes = all;
    }
    std::ranges::fill(bytes, 0xaa);
  }
}

constexpr char accesses[] = R"(
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "load64") (param i32) (result i64) (i64.load (local.get 0)))
  (func (export "far") (param i32) (result i32) (i32.load8_u offset=0xffffffff (local.get 0)))
  (func (export "middle") (param i32) (result i32) (i32.load offset=0x7ffffff0 (local.get 0)))
  (func (export "store") (param i32) (i64.store (local.get 0) (i64.const -1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size") (result i32) (memory.size)))";

struct WaysOfBounds {
  SignalHandlers signal_handlers;
  MemoryBounds memory_bounds;
};
class Bounds : public testing::TestWithParam<WaysOfBounds> {
 protected:
  static Config config() {
    Config config;
    config.signal_handlers = GetParam().signal_handlers;
    config.memory_bounds = GetParam().memory_bounds;
    return config;
  }
  Engine engine = make_engine(config());
};

// HAZARDS 21: a memory without pages has its guard too.
TEST_P(Bounds, Hazard21EveryAccessBeyondTheSizeTraps) {
  Store store = make_store(engine);
  Instance instance = make_instance(store, make_module(engine, memory_module("0 2", accesses)));
  auto load = get<i32(u32)>(instance, "load"), far = get<i32(u32)>(instance, "far"), middle = get<i32(u32)>(instance, "middle");
  auto load64 = get<i64(u32)>(instance, "load64");
  auto store64 = get<void(u32)>(instance, "store");
  for (u32 address : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xfffffff8u, 0xffffffffu}) {
    for (auto& f : {load, far, middle}) EXPECT_EQ(trap_of(f(address)), TrapCode::MemoryOutOfBounds) << address;
    EXPECT_EQ(trap_of(load64(address)), TrapCode::MemoryOutOfBounds);
    EXPECT_EQ(trap_of(store64(address)), TrapCode::MemoryOutOfBounds);
  }
  auto grow = get<i32(i32)>(instance, "grow");
  EXPECT_EQ(*grow(1), 0);
  EXPECT_EQ(*load(65535), 0);
  EXPECT_EQ(trap_of(load(65536)), TrapCode::MemoryOutOfBounds);
  EXPECT_TRUE(load64(65528));
  EXPECT_EQ(trap_of(load64(65529)), TrapCode::MemoryOutOfBounds);
  EXPECT_EQ(*grow(2), -1);
  EXPECT_EQ(*grow(1), 1);
  EXPECT_EQ(*grow(0), 2);
  EXPECT_EQ(*grow(-1), -1);
  EXPECT_EQ(*get<i32()>(instance, "size")(), 2);
  EXPECT_EQ(*load(131071), 0);
}
INSTANTIATE_TEST_SUITE_P(All, Bounds, testing::Values(
    WaysOfBounds{SignalHandlers::Allowed, MemoryBounds::AddressSpace},
    WaysOfBounds{SignalHandlers::Allowed, MemoryBounds::Comparison},
    WaysOfBounds{SignalHandlers::Forbidden, MemoryBounds::AddressSpace}));

// A memory that is compared has no more addresses than its store may give it pages.
TEST(MemoryBounds, ComparedMemoriesReserveWhatTheyMayGrowTo) {
  Config config;
  config.memory_bounds = MemoryBounds::Comparison;
  config.limits.memory_bytes = 32 << 20;
  config.limits.memories = 50'000;
  Engine engine = make_engine(config);
  Store store = make_store(engine);
  MemoryType type;
  type.limits.min = 0;
  // 1.3 TB in all; with 4 GB each it would be 160, which no machine has.
  for (u32 i = 0; i < 40'000; ++i) ASSERT_TRUE(Memory::create(store, type)) << i;
  Memory memory = *Memory::create(store, MemoryType{{1, std::nullopt}});
  EXPECT_TRUE(memory.grow(511));
  EXPECT_FALSE(memory.grow(1));
}

TEST(Hazard26, SizesNearTheEndsOfAddressSpace) {
  Engine engine = make_engine();
  Store store = make_store(engine);
  for (u64 pages : {u64{65537}, u64{1} << 32, u64{1} << 48, (u64{1} << 48) + 1, ~u64{0}}) {
    auto memory = Memory::create(store, {.limits = {pages, {}}});
    ASSERT_FALSE(memory) << pages;
    EXPECT_EQ(memory.error().code, ErrorCode::Limit);
  }
  auto large = Memory::create(store, {.limits = {1, ~u64{0}}});
  ASSERT_TRUE(large);
  EXPECT_FALSE(large->grow(~u64{0}));
  EXPECT_FALSE(large->grow(65536));
  EXPECT_EQ(*large->grow(65535), 1u);
  large->bytes()[0xffffffff] = 1;
  EXPECT_FALSE(large->grow(1));
  EXPECT_FALSE(Table::create(store, {ValueType::FuncRef, {~u64{0}, {}}}, Value::null(ValueType::FuncRef)));
}

TEST(Limits, OfAStore) {
  Engine engine = make_engine();
  StoreLimits limits;
  limits.memory_bytes = 3 * 65536;
  limits.table_elements = 10;
  limits.instances = 3;
  limits.memories = 2;
  Store store = *Store::create(engine, limits);
  Module module = make_module(engine, memory_module("1", std::string("(table (export \"t\") 4 funcref)") + accesses));
  Instance a = make_instance(store, module);
  auto grow = get<i32(i32)>(a, "grow");
  EXPECT_EQ(*grow(3), -1);
  EXPECT_EQ(*grow(1), 1);
  EXPECT_FALSE(a.table("t")->grow(7, Value::null(ValueType::FuncRef)));
  EXPECT_TRUE(a.table("t")->grow(2, Value::null(ValueType::FuncRef)));
  Instance b = make_instance(store, module);
  // The third is over the limit on memories; nothing of it is left behind.
  for (int i = 0; i < 100; ++i) {
    auto refused = Linker(engine).instantiate(store, module);
    ASSERT_FALSE(refused);
    ASSERT_EQ(refused.error().error()->code, ErrorCode::Limit);
  }
  EXPECT_EQ(*grow(1), -1);
  Module empty = make_module(engine, "(module)");
  EXPECT_TRUE(Linker(engine).instantiate(store, empty));
  EXPECT_FALSE(Linker(engine).instantiate(store, empty));
}

// HAZARDS 22: a failure at each step of instantiation.
TEST(Hazard22, FailedInstantiation) {
  Engine engine = make_engine();
  Store store = make_store(engine);
  Module owner = make_module(engine, R"((module (memory (export "m") 1) (table (export "t") 4 funcref) (global (export "g") i32 (i32.const 65535))
     (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))))");
  Instance owned = make_instance(store, owner);
  Linker linker(engine);
  linker.define_instance("o", owned);
  auto fails = [&](std::string_view text) {
    auto result = linker.instantiate(store, make_module(engine, text));
    EXPECT_FALSE(result) << text;
    return result ? InstantiationError(Trap("")) : std::move(result.error());
  };
  EXPECT_TRUE(fails(R"((module (import "o" "m" (memory 2))))").error());
  EXPECT_TRUE(fails(R"((module (import "o" "x" (memory 1)) (memory 1)))").error());
  // An element segment out of bounds, after one that fits: what fitted stays, and its function works.
  InstantiationError elem = fails(R"((module (import "o" "t" (table 4 funcref)) (memory $own 1)
     (elem (i32.const 1) $f) (elem (i32.const 4) $f) (data (i32.const 0) "\09")
     (func $f (result i32) (i32.add (i32.const 40) (i32.load8_u (i32.const 0))))))");
  ASSERT_TRUE(elem.trap());
  EXPECT_EQ(elem.trap()->code(), TrapCode::TableOutOfBounds);
  auto call = get<i32(i32)>(owned, "call");
  EXPECT_EQ(*call(1), 40);
  EXPECT_EQ(trap_of(call(0)), TrapCode::UninitializedElement);
  // A data segment out of bounds: those before it are written.
  InstantiationError data = fails(R"((module (import "o" "m" (memory 1)) (import "o" "g" (global $g i32))
     (data (i32.const 3) "a") (data (global.get $g) "bc") (data (i32.const 5) "d")))");
  ASSERT_TRUE(data.trap());
  EXPECT_EQ(data.trap()->code(), TrapCode::MemoryOutOfBounds);
  std::span<u8> bytes = owned.memory("m")->bytes();
  EXPECT_EQ(bytes[3], 'a');
  EXPECT_EQ(bytes[65535], 0);
  EXPECT_EQ(bytes[5], 0);
  // The start function traps: all segments are written.
  InstantiationError start = fails(R"((module (import "o" "m" (memory 1)) (data (i32.const 7) "e") (func $f unreachable) (start $f)))");
  ASSERT_TRUE(start.trap());
  EXPECT_EQ(start.trap()->code(), TrapCode::Unreachable);
  EXPECT_EQ(start.trap()->frames().size(), 1u);
  EXPECT_EQ(bytes[7], 'e');
  EXPECT_EQ(*call(1), 40);
}

// The memory base is a register of the thread's, which stores share.
TEST_P(Bounds, AnotherStoreRunsBetween) {
  Module module = make_module(engine, R"((module (import "h" "f" (func $f)) (memory (export "m") 1)
    (func (export "read") (result i32) (i32.load (i32.const 16)))
    (func (export "call_and_read") (result i32) (call $f) (i32.load (i32.const 16)))
    (func (export "call_and_trap") (call $f) unreachable)))");
  Store outer = make_store(engine), inner = make_store(engine);
  Linker inner_linker(engine), linker(engine);
  inner_linker.func("h", "f", [] {});
  Instance other = make_instance(inner, module, inner_linker);
  (*other.memory("m")).bytes()[16] = 1;
  for (const char* name : {"call_and_read", "call_and_trap"}) {
    linker.func("h", "f", [&] { (void)(*other.func(name)).call({}); });
    Instance instance = make_instance(outer, module, linker);
    (*instance.memory("m")).bytes()[16] = 2;
    EXPECT_EQ(*get<i32()>(instance, "call_and_read")(), 2) << name;
  }
}

// A hundred memories of two bytes each, far apart: no image is made that has all between them.
TEST(Memories, SpreadOverManyAreNoImages) {
  std::string text = "(module";
  for (u32 i = 0; i < 100; ++i) {
    std::string memory = "(memory " + std::to_string(i) + ")";
    text += "(memory 257)(data " + memory + " (i32.const 0) \"a\")(data " + memory + " (i32.const 16777215) \"b\")";
  }
  text += "(func (export \"f\") (result i32) (i32.load8_u 99 (i32.const 16777215))))";
  rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  Engine engine = make_engine();
  Store store = make_store(engine);
  EXPECT_EQ(*get<i32()>(make_instance(store, make_module(engine, text)), "f")(), 'b');
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 256 * 1024);
}

TEST(Tables, GrowSetAndCall) {
  Engine engine = make_engine();
  Store store = make_store(engine);
  Instance instance = make_instance(store, make_module(engine, R"((module (table (export "t") 2 5000 funcref)
    (func (export "one") (result i32) i32.const 1) (func (export "f") (param f32))
    (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))))"));
  Table table = *instance.table("t");
  auto call = get<i32(i32)>(instance, "call");
  EXPECT_EQ(trap_of(call(0)), TrapCode::UninitializedElement);
  EXPECT_EQ(trap_of(call(2)), TrapCode::UndefinedElement);
  ASSERT_TRUE(table.set(0, Value(*instance.func("one"))));
  EXPECT_EQ(*call(0), 1);
  ASSERT_TRUE(table.set(1, Value(*instance.func("f"))));
  EXPECT_EQ(trap_of(call(1)), TrapCode::IndirectCallMismatch);
  Func host = *Func::wrap(store, [] { return 7; });
  EXPECT_EQ(*table.grow(4000, Value(host)), 2u);
  EXPECT_EQ(table.size(), 4002u);
  EXPECT_EQ(*call(4001), 7);
  EXPECT_FALSE(table.grow(999, Value(host)));
  EXPECT_EQ(table.type()->limits.min, 4002u);
  EXPECT_EQ(table.get(3)->as_func(), host);
}

// Of a table too no more than the limit of the JavaScript API, whatever its maximum is.
TEST(Tables, GrowToTheirLimit) {
  Engine engine = make_engine();
  Store store = make_store(engine);
  Instance instance = make_instance(store, make_module(engine, R"((module (table (export "t") 0 externref)
    (func (export "grow") (param i32) (result i32) (table.grow (ref.null extern) (local.get 0)))
    (func (export "size") (result i32) (table.size)) (func (export "last") (table.set (i32.const 9999999) (ref.null extern)))))"));
  auto grow = get<i32(i32)>(instance, "grow");
  auto size = get<i32()>(instance, "size");
  auto last = get<void()>(instance, "last");
  EXPECT_EQ(*grow(10'000'001), -1);
  EXPECT_EQ(*grow(9'999'999), 0);
  EXPECT_EQ(trap_of(last()), TrapCode::TableOutOfBounds);
  EXPECT_EQ(*grow(2), -1);
  EXPECT_EQ(*grow(1), 9'999'999);
  EXPECT_TRUE(last());
  EXPECT_EQ(*grow(1), -1);
  EXPECT_EQ(*size(), 10'000'000);
}

TEST(Globals, AreSharedThroughImports) {
  Engine engine = make_engine();
  Store store = make_store(engine);
  Global global = *Global::create(store, {ValueType::I64, Mutability::Var}, Value(i64{5}));
  Linker linker(engine);
  linker.define("h", "g", global);
  Instance instance = make_instance(store, make_module(engine, R"((module (import "h" "g" (global $g (mut i64)))
     (global $own (export "own") i64 (i64.const -3)) (export "same" (global $g))
     (func (export "add") (global.set $g (i64.add (global.get $g) (global.get $own))))))"), linker);
  ASSERT_TRUE(get<void()>(instance, "add")());
  EXPECT_EQ(global.get()->as_i64(), 2);
  ASSERT_TRUE(instance.global("same")->set(Value(i64{10})));
  ASSERT_TRUE(get<void()>(instance, "add")());
  EXPECT_EQ(global.get()->as_i64(), 7);
  EXPECT_EQ(instance.global("own")->get()->as_i64(), -3);
}

}  // namespace
}  // namespace skerry
