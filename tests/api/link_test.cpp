// Linking: which imports match, and what is told when they do not.

#include <memory>
#include <optional>

#include "tests/api/api.h"
#include "wasi/define.h"

namespace skerry {
namespace {

class Linking : public testing::Test {
 protected:
  std::string error(std::string_view text) {
    auto instance = linker.instantiate(store, make_module(engine, text));
    if (instance) return "";
    EXPECT_TRUE(instance.error().error());
    EXPECT_EQ(instance.error().error()->code, ErrorCode::Link);
    return instance.error().message();
  }

  Engine engine = make_engine();
  Store store = make_store(engine);
  Linker linker{engine};
};

TEST_F(Linking, NamesAllThatIsMissing) {
  linker.func("env", "print_i32", [](i32) {}).func("wasi_snapshot_preview1", "fd_write", [](i32, i32, i32, i32) { return 0; });
  EXPECT_EQ(error(R"((module (import "env" "print_i23" (func (param i32))) (import "env" "print_i32" (func (param i64)))
      (import "wasi_snapshot_preview2" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
      (import "env" "completely_different" (memory 1)) (import "elsewhere" "print_i32" (func))))"),
            "unknown import \"env\" \"print_i23\", a function (i32) -> (); the nearest is \"env\" \"print_i32\"\n"
            "incompatible import type: import \"env\" \"print_i32\": expected a function (i64) -> (), got a function (i32) -> ()\n"
            "unknown import \"wasi_snapshot_preview2\" \"fd_write\", a function (i32, i32, i32, i32) -> (i32); the nearest is "
            "\"wasi_snapshot_preview1\" \"fd_write\"\n"
            "unknown import \"env\" \"completely_different\", a memory of at least 1 pages\n"
            "unknown import \"elsewhere\" \"print_i32\", a function () -> (); the nearest is \"env\" \"print_i32\"");
}

// WASI's functions are a table that is looked into, and no definitions until a module asks for one.
TEST_F(Linking, TablesOfFunctionsAreAsIfEachWereDefined) {
  struct Data {
    wasi::Context* wasi;
  };
  auto define_wasi = [&] { wasi::define_wasi_of<Data>(linker); };
  auto imports = [](std::string_view name, std::string_view type) {
    return std::string("(module (import \"wasi_snapshot_preview1\" \"") + std::string(name) + "\" (func " + std::string(type) + ")))";
  };
  constexpr std::string_view get = "(param i32 i32) (result i32)";
  linker.func("wasi_snapshot_preview1", "args_get", [] {});
  EXPECT_EQ(error(imports("args_get", "")), "");
  define_wasi();  // replaces it
  EXPECT_EQ(error(imports("args_get", get)), "");
  EXPECT_EQ(error(imports("args_get", "")),
            "incompatible import type: import \"wasi_snapshot_preview1\" \"args_get\": expected a function () -> (), "
            "got a function (i32, i32) -> (i32)");
  for (auto [name, type] : {std::pair{"sock_shutdown", get}, {"proc_exit", "(param i32)"}, {"sched_yield", "(result i32)"},
                            {"fd_seek", "(param i32 i64 i32 i32) (result i32)"}}) {
    EXPECT_EQ(error(imports(name, type)), "") << name;
  }
  EXPECT_EQ(error("(module (import \"wasi_unstable\" \"fd_seek\" (func (param i32 i64 i32 i32) (result i32))))"), "");
  EXPECT_EQ(error(imports("arg_get", get)),
            "unknown import \"wasi_snapshot_preview1\" \"arg_get\", a function (i32, i32) -> (i32); the nearest is "
            "\"wasi_snapshot_preview1\" \"args_get\"");
  EXPECT_TRUE(error("(module (import \"env\" \"fd_write\" (func)))").ends_with("; the nearest is \"wasi_snapshot_preview1\" \"fd_write\"")
              || error("(module (import \"env\" \"fd_write\" (func)))").ends_with("; the nearest is \"wasi_unstable\" \"fd_write\""));
  linker.func("wasi_snapshot_preview1", "args_get", [] {});  // and is replaced
  EXPECT_EQ(error(imports("args_get", "")), "");
}

TEST_F(Linking, MatchesLimitsAndTypes) {
  linker.define("h", "m", *Memory::create(store, {.limits = {2, 5}}));
  linker.define("h", "t", *Table::create(store, {ValueType::FuncRef, {2, {}}}, Value::null(ValueType::FuncRef)));
  linker.define("h", "g", *Global::create(store, {ValueType::I32, Mutability::Var}, Value(1)));
  for (const char* good : {"\"m\" (memory 1)", "\"m\" (memory 2 5)", "\"m\" (memory 0 6)", "\"t\" (table 2 funcref)",
                           "\"t\" (table 0 funcref)", "\"g\" (global (mut i32))"}) {
    EXPECT_EQ(error(std::string("(module (import \"h\" ") + good + "))"), "") << good;
  }
  for (const char* bad : {"\"m\" (memory 3)", "\"m\" (memory 2 4)", "\"m\" (func)", "\"t\" (table 3 funcref)",
                          "\"t\" (table 2 10 funcref)", "\"t\" (table 2 externref)", "\"g\" (global i32)", "\"g\" (global (mut i64))"}) {
    EXPECT_TRUE(error(std::string("(module (import \"h\" ") + bad + "))").starts_with("incompatible import type: ")) << bad;
  }
  EXPECT_EQ(error("(module (import \"h\" \"m\" (memory 3)))"),
            "incompatible import type: import \"h\" \"m\": expected a memory of at least 3 pages, got a memory of at least 2 pages and at most 5");
}

TEST_F(Linking, UnknownFunctionsMayTrap) {
  linker.trap_unknown_functions();
  Instance instance = make_instance(store, make_module(engine, R"((module (import "a" "b" (func $f (param i32 f64) (result i64)))
      (func (export "f") (result i64) (call $f (i32.const 1) (f64.const 2)))))"), linker);
  auto called = get<i64()>(instance, "f")();
  EXPECT_EQ(trap_of(called), TrapCode::Host);
  EXPECT_EQ(called.error().message(), "the program called \"a\" \"b\", which is not there");
  EXPECT_NE(error("(module (import \"a\" \"m\" (memory 1)))"), "");
}

// One search for the imports, many stores. What is imported is called directly, through a table, as a reference handed
// out, and by the host; its functions outlive the linker.
TEST_F(Linking, ImportsFoundOnceServeManyStores) {
  auto calls = std::make_shared<u32>(0);
  std::optional<Linker> temporary(engine);
  temporary->func("h", "add", [calls](Caller& caller, i32 x) -> i32 {
    ++*calls;
    return *caller.data<i32>() + x;
  });
  temporary->func("h", "stop", []() -> Called<void> { return fail(Trap("stopped")); });
  Module module = make_module(engine, R"((module
      (import "h" "add" (func $add (param i32) (result i32))) (import "h" "stop" (func $stop))
      (type $t (func (param i32) (result i32)))
      (table funcref (elem $add)) (export "add" (func $add)) (export "stop" (func $stop))
      (func (export "direct") (param i32) (result i32) (call $add (local.get 0)))
      (func (export "table") (param i32) (result i32) (call_indirect (type $t) (local.get 0) (i32.const 0)))
      (func (export "reference") (result funcref) (ref.func $add))))");
  auto pre = temporary->instantiate_pre(module);
  ASSERT_TRUE(pre);
  // Definitions that come later count for others.
  temporary->func("h", "add", [](i32) { return -1; });
  temporary.reset();
  EXPECT_EQ(calls.use_count(), 2);
  auto value = [](const Called<i32>& called) {
    if (!called) ADD_FAILURE() << called.error().message();
    return called ? *called : -1;
  };
  for (i32 base : {100, 200, 300}) {
    Store own = make_store(engine);
    own.set_data(base);
    auto made = pre->instantiate(own);
    ASSERT_TRUE(made);
    EXPECT_EQ(value(get<i32(i32)>(*made, "direct")(1)), base + 1);
    EXPECT_EQ(value(get<i32(i32)>(*made, "table")(2)), base + 2);
    EXPECT_EQ(value(get<i32(i32)>(*made, "add")(3)), base + 3);
    auto referred = get<Func()>(*made, "reference")();
    ASSERT_TRUE(referred) << referred.error().message();
    auto typed = referred->typed<i32(i32)>();
    ASSERT_TRUE(typed) << typed.error().message;
    EXPECT_EQ(value((*typed)(4)), base + 4);
    EXPECT_EQ(trap_of(get<void()>(*made, "stop")()), TrapCode::Host);
    // Another instance of the store imports what this one hands on.
    Linker next(engine);
    next.define_instance("h", *made);
    EXPECT_EQ(value(get<i32(i32)>(make_instance(own, module, next), "direct")(5)), base + 5);
  }
  EXPECT_EQ(*calls, 15u);
  EXPECT_EQ(calls.use_count(), 2);
  *pre = *linker.instantiate_pre(make_module(engine, "(module)"));
  EXPECT_EQ(calls.use_count(), 1);
}

TEST_F(Linking, ImportsFoundOnceAreCheckedAsOthers) {
  linker.define("h", "m", *Memory::create(store, {.limits = {2, 5}}));
  auto missing = linker.instantiate_pre(make_module(engine, R"((module (import "h" "n" (func)) (import "h" "m" (memory 3))))"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, error(R"((module (import "h" "n" (func)) (import "h" "m" (memory 3))))"));

  auto pre = linker.instantiate_pre(make_module(engine, R"((module (import "h" "m" (memory 1)) (export "m" (memory 0))))"));
  ASSERT_TRUE(pre);
  EXPECT_TRUE(pre->instantiate(store));
  auto elsewhere = pre->instantiate(make_store(engine));
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().error()->code, ErrorCode::Argument);
  Engine other = make_engine();
  EXPECT_FALSE(linker.instantiate_pre(make_module(other, "(module)")));
  EXPECT_FALSE(linker.instantiate_pre(make_module(engine, "(module)"))->instantiate(make_store(other)));
}

TEST_F(Linking, TheLastDefinitionCounts) {
  linker.func("h", "f", [] { return 1; }).func("h", "f", [] { return 2; });
  Instance instance = make_instance(store, make_module(engine, R"((module (import "h" "f" (func (result i32))) (export "f" (func 0))))"), linker);
  EXPECT_EQ(*get<i32()>(instance, "f")(), 2);
}

TEST_F(Linking, ModulesCallEachOther) {
  Instance a = make_instance(store, make_module(engine, R"((module (memory 1) (data (i32.const 0) "\05") (table (export "t") 3 funcref)
     (func (export "load") (result i32) (i32.load8_u (i32.const 0)))
     (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))))"));
  linker.define_instance("a", a);
  Instance b = make_instance(store, make_module(engine, R"((module (import "a" "load" (func $load (result i32))) (import "a" "t" (table 1 funcref))
     (import "a" "call" (func $call (param i32) (result i32)))
     (memory 1) (data (i32.const 0) "\07") (elem (i32.const 0) $own $load)
     (func $own (result i32) (i32.load8_u (i32.const 0)))
     (func (export "sum") (result i32)
        ;; the own memory before and after the other instance's
        (i32.add (i32.mul (i32.const 100) (call $load)) (call $own)))
     (func (export "through") (param i32) (result i32) (i32.add (i32.mul (i32.const 100) (call $call (local.get 0))) (call $own)))))"), linker);
  EXPECT_EQ(*get<i32()>(b, "sum")(), 507);
  auto call = get<i32(i32)>(a, "call");
  EXPECT_EQ(*call(0), 7);
  EXPECT_EQ(*call(1), 5);
  auto through = get<i32(i32)>(b, "through");
  EXPECT_EQ(*through(0), 707);
  EXPECT_EQ(*through(1), 507);
}

}  // namespace
}  // namespace skerry
