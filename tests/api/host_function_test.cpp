// Host functions: what they take and give, in registers, on the stack and as arrays.

#include <bit>

#include "tests/api/api.h"

namespace skerry {
namespace {

class HostFunctions : public testing::Test {
 protected:
  Instance link(std::string_view text) { return make_instance(store, make_module(engine, text), linker); }

  Engine engine = make_engine();
  Store store = make_store(engine);
  Linker linker{engine};
};

TEST_F(HostFunctions, EveryKindOfResult) {
  i32 calls = 0;
  linker.func("h", "void", [&] { ++calls; })
      .func("h", "i32", [] { return -5; })
      .func("h", "u64", []() -> u64 { return ~u64{0}; })
      .func("h", "f32", [](f32 x) { return x / 2; })
      .func("h", "f64", [](f64 x) { return x / 2; })
      .func("h", "pair", [](i32 x) { return std::tuple<i64, f32>(x + 1, 0.5f); })
      .func("h", "single", [] { return std::tuple<i32>(9); })
      .func("h", "maybe",
            [](i32 x) -> Called<i32> {
              if (x < 0) return fail(Trap("negative"));
              return x;
            })
      .func("h", "nothing",
            [](i32 x) -> Called<void> {
              if (x < 0) return fail(Trap::exit(3));
              return {};
            })
      .func("h", "several", [](i32 x) -> Called<std::tuple<i32, i32>> {
        if (x < 0) return fail(Trap(TrapCode::Unreachable));
        return std::tuple<i32, i32>(x, x + 1);
      });
  Instance instance = link(R"((module
    (import "h" "void" (func $void)) (import "h" "i32" (func $i32 (result i32))) (import "h" "u64" (func $u64 (result i64)))
    (import "h" "f32" (func $f32 (param f32) (result f32))) (import "h" "f64" (func $f64 (param f64) (result f64)))
    (import "h" "pair" (func $pair (param i32) (result i64 f32))) (import "h" "single" (func $single (result i32)))
    (import "h" "maybe" (func $maybe (param i32) (result i32))) (import "h" "nothing" (func $nothing (param i32)))
    (import "h" "several" (func $several (param i32) (result i32 i32)))
    (func (export "void") call $void) (func (export "i32") (result i32) call $i32)
    (func (export "u64") (result i64) call $u64)
    (func (export "f32") (param f32) (result f32) local.get 0 call $f32)
    (func (export "f64") (param f64) (result f64) local.get 0 call $f64)
    (func (export "pair") (param i32) (result i64 f32) local.get 0 call $pair)
    (func (export "single") (result i32) call $single)
    (func (export "maybe") (param i32) (result i32) local.get 0 call $maybe)
    (func (export "nothing") (param i32) local.get 0 call $nothing)
    (func (export "several") (param i32) (result i32) local.get 0 call $several i32.mul)))");
  EXPECT_TRUE(get<void()>(instance, "void")());
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(*get<i32()>(instance, "i32")(), -5);
  EXPECT_EQ(*get<u64()>(instance, "u64")(), ~u64{0});
  EXPECT_EQ(*get<f32(f32)>(instance, "f32")(3), 1.5f);
  EXPECT_EQ(*get<f64(f64)>(instance, "f64")(3), 1.5);
  EXPECT_EQ((*get<std::tuple<i64, f32>(i32)>(instance, "pair")(6)), (std::tuple<i64, f32>(7, 0.5f)));
  EXPECT_EQ(*get<i32()>(instance, "single")(), 9);
  auto maybe = get<i32(i32)>(instance, "maybe");
  EXPECT_EQ(*maybe(4), 4);
  Called<i32> negative = maybe(-1);
  EXPECT_EQ(trap_of(negative), TrapCode::Host);
  EXPECT_EQ(negative.error().message(), "negative");
  EXPECT_EQ(*maybe(5), 5);
  auto nothing = get<void(i32)>(instance, "nothing");
  EXPECT_TRUE(nothing(1));
  Called<void> exited = nothing(-1);
  EXPECT_EQ(trap_of(exited), TrapCode::Exit);
  EXPECT_EQ(exited.error().exit_status(), 3u);
  auto several = get<i32(i32)>(instance, "several");
  EXPECT_EQ(*several(6), 42);
  EXPECT_EQ(trap_of(several(-1)), TrapCode::Unreachable);
}

// HAZARDS 13: what a host leaves in the upper half of a register must not get in.
u64 dirty(u32) { return 0xdeadbeef'00000007; }
TEST_F(HostFunctions, Hazard13DirtyUpperHalves) {
  using Narrow = u32 (*)(u32);
  linker.func("h", "f", reinterpret_cast<Narrow>(reinterpret_cast<void*>(dirty)));
  Instance instance = link(R"((module (import "h" "f" (func $f (param i32) (result i32))) (memory 1)
    (data (i32.const 7) "\2a")
    (func (export "load") (result i32) i32.const 0 call $f i32.load8_u)
    (func (export "extend") (result i64) i32.const 0 call $f i64.extend_i32_u)))");
  EXPECT_EQ(*get<i32()>(instance, "load")(), 42);
  EXPECT_EQ(*get<i64()>(instance, "extend")(), 7);
}

TEST_F(HostFunctions, ManyTypedParameters) {
  linker.func("h", "f",
              [](i32 a, f64 b, i64 c, f32 d, i32 e, f64 f, i64 g, f32 h, i32 i, i32 j, i32 k, i32 l, f64 m, f64 n,
                 f64 o, f64 p, f64 q, f32 r) -> f64 {
                f64 sum = 0, weight = 1;
                for (f64 x : {f64(a), b, f64(c), f64(d), f64(e), f, f64(g), f64(h), f64(i), f64(j), f64(k), f64(l), m,
                              n, o, p, q, f64(r)}) {
                  sum += weight * x;
                  weight += 1;
                }
                return sum;
              });
  Instance instance = link(
      R"((module (import "h" "f" (func $f (param i32 f64 i64 f32 i32 f64 i64 f32 i32 i32 i32 i32 f64 f64 f64 f64 f64 f32) (result f64)))
    (func (export "f") (result f64)
      i32.const 1 f64.const 2 i64.const 3 f32.const 4 i32.const 5 f64.const 6 i64.const 7 f32.const 8 i32.const 9
      i32.const 10 i32.const 11 i32.const 12 f64.const 13 f64.const 14 f64.const 15 f64.const 16 f64.const 17 f32.const 18 call $f)))");
  f64 expected = 0;
  for (int i = 1; i <= 18; ++i) expected += i * i;
  EXPECT_EQ(*get<f64()>(instance, "f")(), expected);
}

ValueType type_at(u32 i) {
  constexpr ValueType types[] = {ValueType::I32, ValueType::I64, ValueType::F32, ValueType::F64};
  return types[i % 4];
}
Value value_at(u32 i) {
  switch (i % 4) {
    case 0: return Value(i32(i) - 50);
    case 1: return Value(i64(i) << 33);
    case 2: return Value(f32(i) / 2);
    default: return Value(f64(i) / 3);
  }
}

// HAZARDS 16 and 28: 0 to 1,000 parameters and results, through a guest, there and back.
TEST_F(HostFunctions, Hazard16AnyNumberOfParametersAndResults) {
  for (u32 count : {0u, 1u, 2u, 6u, 7u, 8u, 9u, 15u, 16u, 17u, 40u, 128u, 129u, 999u, 1000u}) {
    FuncType type;
    std::string list;
    for (u32 i = 0; i < count; ++i) {
      type.params.push_back(type_at(i));
      list += " " + std::string(name(type_at(i)));
    }
    type.results = type.params;
    u32 seen = 0;
    Linker here(engine);
    here.func_dynamic("h", "f", type,
                      [&](Caller&, std::span<const Value> arguments, std::span<Value> results) -> Called<void> {
                        for (u32 i = 0; i < count; ++i) {
                          seen += arguments[i].type() == type_at(i) && arguments[i].bits() == value_at(i).bits();
                          results[count - 1 - i] = value_at(count - 1 - i);
                        }
                        return {};
                      });
    std::string text = "(module (import \"h\" \"f\" (func $f (param" + list + ") (result" + list +
                       "))) (func (export \"f\") (param" + list + ") (result" + list + ")";
    for (u32 i = 0; i < count; ++i) text += " local.get " + std::to_string(i);
    Instance instance = make_instance(store, make_module(engine, text + " call $f))"), here);
    std::vector<Value> arguments;
    for (u32 i = 0; i < count; ++i) arguments.push_back(value_at(i));
    auto results = instance.func("f")->call(arguments);
    ASSERT_TRUE(results) << results.error().text();
    EXPECT_EQ(seen, count);
    ASSERT_EQ(results->size(), count);
    for (u32 i = 0; i < count; ++i) EXPECT_EQ((*results)[i].bits(), value_at(i).bits()) << i << " of " << count;
  }
}

// HAZARDS 13: compiled code keeps an f32 in 64 bits, whose upper half may hold anything. It was told to the host.
TEST(Hazard13, ResultsHaveNoUpperHalf) {
  Engine engine = make_engine();
  Store store = make_store(engine);
  Linker linker(engine);
  u64 seen = 1;
  linker.func_dynamic("h", "f", {{ValueType::F32}, {}},
                      [&](Caller&, std::span<const Value> arguments, std::span<Value>) -> Called<void> {
                        seen = arguments[0].bits();
                        return {};
                      });
  Instance instance = make_instance(store, make_module(engine, R"((module
    (import "h" "f" (func $f (param f32))) (func $clobber)
    (func (export "f") (param f32 i32) (result i32 i32 i32 f32) (local f32)
      (loop (local.set 2 (f32.neg (select (local.get 0) (local.get 2) (local.get 1)))) (call $clobber))
      (call $f (local.get 2)) (local.get 1) (local.get 1) (local.get 1) (local.get 2))))"), linker);
  std::vector<Value> arguments = {Value(0.0f), Value(i32(0))};
  auto results = instance.func("f")->call(arguments);
  ASSERT_TRUE(results) << results.error().text();
  EXPECT_EQ((*results)[3].bits(), 0x80000000u);
  EXPECT_EQ(seen, 0x80000000u);
}

// HAZARDS 16: a thousand parameters and results with ever less of the stack left: they arrive, or the stack is exhausted.
TEST(Hazard16, AThousandParametersAtEachDepthOfTheStack) {
  Config config;
  config.guest_stack_bytes = 96 * 1024;
  Engine engine = make_engine(config);
  Store store = make_store(engine);
  constexpr u32 count = 1000;
  FuncType type;
  std::string list, zeros;
  for (u32 i = 0; i < count; ++i) {
    type.params.push_back(ValueType::I64);
    list += " i64";
    zeros += "(i64.const " + std::to_string(i) + ")";
  }
  type.results = type.params;
  u32 arrived = 0;
  Linker linker(engine);
  linker.func_dynamic("h", "f", type,
                      [&](Caller&, std::span<const Value> arguments, std::span<Value> results) -> Called<void> {
                        bool right = true;
                        for (u32 i = 0; i < count; ++i) right &= arguments[i].bits() == i;
                        arrived += right;
                        for (u32 i = 0; i < count; ++i) results[i] = Value(i64(2 * i));
                        return {};
                      });
  std::string sum;
  for (u32 i = 1; i < count; ++i) sum += "i64.add ";
  Instance instance = make_instance(store, make_module(engine, "(module (import \"h\" \"f\" (func $f (param" + list +
      ") (result" + list + "))) (func $down (export \"down\") (param i32) (result i64) (if (result i64) (local.get 0)"
      " (then (i64.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i64.const 1)))"
      " (else (call $leaf)))) (func $leaf (result i64) " + zeros + " call $f " + sum + "))"), linker);
  auto down = get<i64(i32)>(instance, "down");
  u32 called = 0;
  bool exhausted = false;
  for (i32 depth = 0; depth < 10'000; ++depth) {
    auto result = down(depth);
    if (!result) {
      EXPECT_EQ(result.error().code(), TrapCode::StackExhausted);
      // The deepest that arrived is not the last: what it takes is the same each time.
      exhausted = true;
      if (depth > i32(called) + 500) break;
      continue;
    }
    EXPECT_FALSE(exhausted) << depth;
    ++called;
    ASSERT_EQ(*result, i64(count * (count - 1) + u32(depth)));
  }
  EXPECT_TRUE(exhausted);
  EXPECT_EQ(arrived, called);
  EXPECT_GT(called, 100u);
}

TEST_F(HostFunctions, ReferencesGoThere) {
  linker.func("h", "f", [](ExternRef ref, Func func) -> Called<ExternRef> {
    if (*ref.data<int>() != 5) return fail(Trap("not five"));
    auto typed = func.typed<i32()>();
    if (!typed || *(*typed)() != 11) return fail(Trap("not eleven"));
    return ref;
  });
  Instance instance = link(R"((module (import "h" "f" (func $f (param externref funcref) (result externref)))
    (func $eleven (export "eleven") (result i32) i32.const 11)
    (func (export "f") (param externref) (result externref) local.get 0 ref.func $eleven call $f)
    (func (export "is_null") (param externref) (result i32) local.get 0 ref.is_null)))");
  ExternRef ref = *ExternRef::create(store, 5);
  auto back = get<ExternRef(ExternRef)>(instance, "f")(ref);
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(*back, ref);
  EXPECT_EQ(*get<i32(ExternRef)>(instance, "is_null")(ExternRef()), 1);
  EXPECT_EQ(*get<i32(ExternRef)>(instance, "is_null")(ref), 0);
}

TEST_F(HostFunctions, AreCalledWithoutAGuest) {
  Func func = *Func::wrap(store, [](Caller& caller, i32 x) { return caller.instance() ? -1 : x + 1; });
  EXPECT_EQ(*(*func.typed<i32(i32)>())(4), 5);
  Func traps = *Func::wrap(store, []() -> Called<void> { return fail(Trap("no")); });
  EXPECT_EQ((*traps.typed<void()>())().error().message(), "no");
}

// Host to guest to host to guest, with a trap at the bottom, which the host in between hands on or keeps.
TEST_F(HostFunctions, NestAndHandTrapsOn) {
  std::optional<TypedFunction<i32(i32)>> down;
  bool keeps = false;
  linker.func("h", "down", [&](i32 x) -> Called<i32> {
    Called<i32> result = (*down)(x - 1);
    if (!result && keeps) return 100;
    return result;
  });
  Instance instance = link(R"((module (import "h" "down" (func $down (param i32) (result i32)))
    (func $f (export "f") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then unreachable))
      (i32.add (i32.const 1) (call $down (local.get 0))))))");
  down = get<i32(i32)>(instance, "f");
  Called<i32> result = (*down)(3);
  EXPECT_EQ(trap_of(result), TrapCode::Unreachable);
  EXPECT_EQ(result.error().frames().size(), 4u);
  keeps = true;
  EXPECT_EQ(*(*down)(3), 103);
}

TEST_F(HostFunctions, SeeTheCallersMemory) {
  linker.func("h", "sum", [](Caller& caller, u32 at, u32 count) -> Called<u32> {
    std::span<u8> memory = caller.memory();
    if (at > memory.size() || count > memory.size() - at) return fail(Trap("out of bounds"));
    u32 sum = 0;
    for (u8 byte : memory.subspan(at, count)) sum += byte;
    return sum;
  });
  Instance instance = link(
      R"((module (import "h" "sum" (func $sum (param i32 i32) (result i32))) (memory 1) (data (i32.const 4) "\01\02\03")
    (func (export "sum") (param i32 i32) (result i32) local.get 0 local.get 1 call $sum)))");
  auto sum = get<u32(u32, u32)>(instance, "sum");
  EXPECT_EQ(*sum(4, 3), 6u);
  EXPECT_FALSE(sum(65535, 2));
}

}  // namespace
}  // namespace skerry
