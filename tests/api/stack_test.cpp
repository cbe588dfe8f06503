// The stack's end: HAZARDS 16 and 29, on stacks of every size and at every remaining depth.

#include <alloca.h>
#include <pthread.h>

#include <functional>

#include "tests/api/api.h"

namespace skerry {
namespace {

void on_stack(usize size, const std::function<void()>& body) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, size), 0);
  pthread_t thread;
  auto run = [](void* body) -> void* {
    (*static_cast<const std::function<void()>*>(body))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, const_cast<std::function<void()>*>(&body)), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

// Calls body with so many bytes less of the stack.
[[gnu::noinline]] void with_less(usize bytes, const std::function<void()>& body) {
  auto* taken = static_cast<volatile char*>(alloca(bytes + 1));
  taken[0] = 0;
  body();
  taken[bytes] = 1;
}

// A function type of so many numbers of both kinds, as text and as arguments.
std::string numbers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += i % 3 == 1 ? " f64" : " i64";
  return text;
}

class Stacks : public testing::TestWithParam<SignalHandlers> {
 protected:
  static Config config() {
    Config config;
    config.signal_handlers = GetParam();
    return config;
  }
  Engine engine = make_engine(config());
  Store store = make_store(engine);
};

// What a caller needs for itself, which no check can give it.
constexpr usize for_the_caller = 24 * 1024;

TEST_P(Stacks, Hazard16ManyParametersAtEachRemainingDepth) {
  constexpr int count = 1000;
  Linker linker(engine);
  FuncType type;
  for (int i = 0; i < count; ++i) type.params.push_back(i % 3 == 1 ? ValueType::F64 : ValueType::I64);
  type.results = type.params;
  linker.func_dynamic("h", "back", type, [](Caller&, std::span<const Value> arguments, std::span<Value> results) -> Called<void> {
    std::ranges::copy(arguments, results.begin());
    return {};
  });
  std::string locals, signature = "(param" + numbers(count) + ") (result" + numbers(count) + ")";
  for (int i = 0; i < count; ++i) locals += " (local.get " + std::to_string(i) + ")";
  Instance instance = make_instance(store, make_module(engine, "(module (import \"h\" \"back\" (func $back " + signature + "))"
    "(func $same (export \"same\") " + signature + locals + ")"
    "(func (export \"host\") " + signature + locals + " (call $back))"
    "(func (export \"guest\") " + signature + locals + " (call $same)))"), linker);
  Func functions[] = {*instance.func("same"), *instance.func("host"), *instance.func("guest"), *instance.func("same")};
  std::vector<Value> arguments;
  for (int i = 0; i < count; ++i) arguments.push_back(i % 3 == 1 ? Value(f64(i)) : Value(i64{i}));
  for (usize size : {usize{128} * 1024, usize{512} * 1024}) {
    int trapped = 0, returned = 0;
    on_stack(size, [&] {
      for (usize less = 0; less + for_the_caller < size; less += 1008) {
        with_less(less, [&] {
          Called<std::vector<Value>> called = functions[less / 1008 % 4].call(arguments);
          if (!called) {
            ++trapped;
            ASSERT_EQ(called.error().code(), TrapCode::StackExhausted) << size << " " << less;
          } else {
            ++returned;
            ASSERT_EQ(called->size(), usize{count});
            ASSERT_EQ((*called)[999].bits(), arguments[999].bits());
          }
        });
      }
    });
    EXPECT_GT(trapped, 20) << size;
    EXPECT_GT(returned, 20) << size;
  }
}

// From the host into a guest into the host, and on, with host frames of all sizes.
TEST_P(Stacks, Hazard29CallbacksAtEachRemainingDepth) {
  Linker linker(engine);
  std::optional<TypedFunction<i32(i32)>> again;
  usize frame = 0;
  linker.func("h", "again", [&](i32 depth) -> Called<i32> {
    Called<i32> inner = 0;
    with_less(frame, [&] { inner = (*again)(depth + 1); });
    return inner;
  });
  Instance instance = make_instance(store, make_module(engine, R"((module (import "h" "again" (func $again (param i32) (result i32)))
    (func (export "again") (param i32) (result i32) (call $again (local.get 0)))))"), linker);
  again = get<i32(i32)>(instance, "again");
  for (usize size : {usize{96} * 1024, usize{256} * 1024, usize{2048} * 1024}) {
    for (frame = 0; frame < 30'000; frame += 240 + frame / 8) {
      on_stack(size, [&] { EXPECT_EQ(trap_of((*again)(0)), TrapCode::StackExhausted) << size << " " << frame; });
    }
  }
}

// Functions compiled at their first call, which comes when the guest has used up its share of a small stack.
TEST(LazyStacks, Hazard29CompilingAtEachRemainingDepth) {
  Config config;
  config.compilation = Compilation::Lazy;
  Engine engine = make_engine(config);
  constexpr int functions = 120;
  std::string text = "(module (memory 1)";
  for (int i = 0; i < functions; ++i) {
    std::string number = std::to_string(i), body;
    for (int j = 0; j < 60; ++j) {
      body += "(block (br_if 0 (i32.eqz (local.get 0))) (i64.store (local.get 0) (i64.rem_s (i64.load (local.get 0)) (i64.const 7)))"
              "(local.set 0 (i32.trunc_sat_f64_s (f64.mul (f64.convert_i32_s (local.get 0)) (f64.const " + std::to_string(j) + ")))))";
    }
    text += "(func $last" + number + " (param i32) (result i32) " + body + " (i32.const 7))";
    text += "(func (export \"down" + number + "\") (param i32) (result i32) (if (result i32) (local.get 0)"
            " (then (call " + std::to_string(2 * i + 1) + " (i32.sub (local.get 0) (i32.const 1))))"
            " (else (call $last" + number + " (i32.const 0)))))";
  }
  Module module = make_module(engine, text + ")");
  for (usize size : {usize{128} * 1024, usize{256} * 1024}) {
    Store store = make_store(engine);
    Instance instance = make_instance(store, module);
    int trapped = 0, returned = 0;
    on_stack(size, [&] {
      for (int i = 0; i < functions; ++i) {
        with_less(512 * usize(i) / 2, [&] {
          Called<i32> called = get<i32(i32)>(instance, "down" + std::to_string(i))(int(size / 24 / functions) * i);
          ++(called ? returned : trapped);
          if (called) EXPECT_EQ(*called, 7);
          else EXPECT_EQ(called.error().code(), TrapCode::StackExhausted);
        });
      }
    });
    EXPECT_GT(trapped, 5);
    EXPECT_GT(returned, 5);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Stacks, testing::Values(SignalHandlers::Allowed, SignalHandlers::Forbidden));

}  // namespace
}  // namespace skerry
