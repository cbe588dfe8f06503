// Who may outlive whom (HAZARDS 27), and things of one store or engine given to another (24).

#include <algorithm>
#include <optional>

#include "tests/api/api.h"

namespace skerry {
namespace {

constexpr char module_text[] = R"((module
  (import "host" "twice" (func $twice (param i32) (result i32)))
  (memory (export "memory") 1)
  (table (export "table") 4 funcref)
  (global (export "global") (mut i32) (i32.const 5))
  (elem (i32.const 0) $f)
  (data (i32.const 8) "hello")
  (func $f (export "f") (param i32) (result i32) local.get 0 call $twice)))";

// HAZARDS 27: every order of dropping engine, module, linker, store and handles.
TEST(Hazard27, DropInAllOrders) {
  enum { TheEngine, TheModule, TheLinker, TheStore, TheHandles, Count };
  std::array<int, Count> order = {0, 1, 2, 3, 4};
  do {
    std::optional<Engine> engine = make_engine();
    std::optional<Module> module = make_module(*engine, module_text);
    std::optional<Linker> linker(std::in_place, *engine);
    auto counter = std::make_shared<int>(0);
    linker->func("host", "twice", [counter](i32 x) { ++*counter; return 2 * x; });
    std::optional<Store> store = make_store(*engine);
    store->set_data(counter);
    struct Handles {
      Instance instance;
      TypedFunction<i32(i32)> f;
      Memory memory;
      Table table;
      Global global;
      ExternRef ref;
      InterruptHandle interrupt;
    };
    Instance instance = make_instance(*store, *module, *linker);
    std::optional<Handles> handles = Handles{
        instance,           get<i32(i32)>(instance, "f"),   *instance.memory("memory"),
        *instance.table("table"), *instance.global("global"), *ExternRef::create(*store, counter),
        store->interrupt_handle()};
    EXPECT_EQ(*handles->f(21), 42);

    bool alive = true;
    for (int what : order) {
      switch (what) {
        case TheEngine: engine.reset(); break;
        case TheModule: module.reset(); break;
        case TheLinker: linker.reset(); break;
        case TheStore: store.reset(), alive = false; break;
        case TheHandles: handles.reset(); break;
      }
      if (!handles) continue;
      Called<i32> result = handles->f(3);
      EXPECT_EQ(bool(result), alive);
      EXPECT_EQ(handles->memory.bytes().size(), alive ? 65536 : 0);
      EXPECT_EQ(handles->table.size(), alive ? 4 : 0);
      EXPECT_EQ(bool(handles->table.get(0)), alive);
      EXPECT_EQ(bool(handles->global.get()), alive);
      EXPECT_EQ(bool(handles->global.set(Value(i32{1}))), alive);
      EXPECT_EQ(handles->instance.find("f").has_value(), alive);
      EXPECT_EQ(bool(handles->instance.func("f")), alive);
      EXPECT_EQ(bool(handles->instance.module()), alive);
      EXPECT_EQ(handles->ref.data<std::shared_ptr<int>>() != nullptr, alive);
      if (!alive) handles->interrupt.interrupt();
    }
    EXPECT_EQ(counter.use_count(), 1);  // nothing is left of the host function and the data
  } while (std::ranges::next_permutation(order).found);
}

TEST(Hazard27, HostFunctionHoldsHandlesOfItsOwnStore) {
  Engine engine = make_engine();
  Module module =
      make_module(engine, R"((module (import "h" "f" (func $f)) (memory (export "m") 1) (func (export "g") call $f)))");
  auto seen = std::make_shared<std::optional<Memory>>();
  std::weak_ptr<std::optional<Memory>> watch = seen;
  {
    Store store = make_store(engine);
    Linker linker(engine);
    linker.func("h", "f", [seen] { (*seen)->bytes()[0] = 7; });
    Instance instance = make_instance(store, module, linker);
    *seen = *instance.memory("m");
    ASSERT_TRUE(get<void()>(instance, "g")());
    EXPECT_EQ((*seen)->bytes()[0], 7);
    seen.reset();
  }
  EXPECT_TRUE(watch.expired());
}

TEST(Hazard24, ThingsOfAnotherStoreAreRefused) {
  Engine engine = make_engine();
  Module module = make_module(engine, R"((module
    (table (export "t") 2 externref) (table (export "ft") 2 funcref)
    (global (export "g") (mut externref) (ref.null extern)) (memory (export "m") 1)
    (func (export "id") (param externref) (result externref) local.get 0)
    (func (export "fid") (param funcref) (result funcref) local.get 0)))");
  Module importer = make_module(engine, R"((module (import "a" "m" (memory 1))))");
  Store a = make_store(engine), b = make_store(engine);
  Instance in_a = make_instance(a, module), in_b = make_instance(b, module);
  ExternRef ref = *ExternRef::create(b, 5);
  Func func = *in_b.func("id");

  EXPECT_FALSE(get<ExternRef(ExternRef)>(in_a, "id")(ref));
  EXPECT_FALSE(get<Func(Func)>(in_a, "fid")(func));
  std::vector<Value> arguments = {Value(ref)};
  EXPECT_FALSE(in_a.func("id")->call(arguments));
  EXPECT_FALSE(in_a.table("t")->set(0, Value(ref)));
  EXPECT_FALSE(in_a.table("t")->grow(1, Value(ref)));
  EXPECT_FALSE(in_a.table("ft")->set(0, Value(func)));
  EXPECT_FALSE(in_a.global("g")->set(Value(ref)));
  EXPECT_FALSE(Table::create(a, {ValueType::ExternRef, {1, {}}}, Value(ref)));
  EXPECT_FALSE(Global::create(a, {ValueType::ExternRef, Mutability::Const}, Value(ref)));
  Extern memory = *in_b.memory("m");
  EXPECT_FALSE(Instance::create(a, importer, {&memory, 1}));
  Linker linker(engine);
  linker.define_instance("a", in_b);
  auto refused = linker.instantiate(a, importer);
  ASSERT_FALSE(refused);
  ASSERT_TRUE(refused.error().error());
  EXPECT_EQ(refused.error().error()->code, ErrorCode::Argument);
  EXPECT_TRUE(linker.instantiate(b, importer));

  // A host function that gives back what is not of its caller's store.
  Module caller = make_module(engine, R"((module (import "h" "f" (func $f (result externref)))
    (func (export "f") (result externref) call $f)))");
  linker.func("h", "f", [ref] { return ref; });
  EXPECT_EQ(trap_of(get<ExternRef()>(make_instance(a, caller, linker), "f")()), TrapCode::Host);
  EXPECT_TRUE(get<ExternRef()>(make_instance(b, caller, linker), "f")());
}

TEST(Hazard24, ThingsOfAnotherEngineAreRefused) {
  Engine one = make_engine(), two = make_engine();
  Module module = make_module(one, "(module)");
  Store store = make_store(two);
  EXPECT_FALSE(Instance::create(store, module, {}));
  EXPECT_FALSE(Linker(one).instantiate(store, module));
  EXPECT_FALSE(Linker(two).instantiate(store, module));
}

// Every kind of thing that a store owns, given to every call that takes one, by another store of the same engine and of
// another engine.
TEST(Hazard24, EveryKindIsRefusedByEveryCall) {
  Engine one = make_engine(), two = make_engine();
  Store store = make_store(one), beside = make_store(one), abroad = make_store(two);
  constexpr char exporter[] = R"((module (func (export "f")) (table (export "t") 1 funcref) (memory (export "m") 1)
    (global (export "g") (mut i32) (i32.const 1))))";
  Module importers[] = {make_module(one, R"((module (import "o" "f" (func))))"),
                        make_module(one, R"((module (import "o" "t" (table 1 funcref))))"),
                        make_module(one, R"((module (import "o" "m" (memory 1))))"),
                        make_module(one, R"((module (import "o" "g" (global (mut i32)))))")};
  const char* names[] = {"f", "t", "m", "g"};
  Table table = *Table::create(store, {ValueType::FuncRef, {2, {}}}, Value::null(ValueType::FuncRef));
  for (Store* other : {&store, &beside, &abroad}) {
    bool is_own = other == &store;
    Instance owner = make_instance(*other, make_module(other->engine(), exporter));
    for (int kind = 0; kind < 4; ++kind) {
      Extern thing = *owner.find(names[kind]);
      EXPECT_EQ(bool(Instance::create(store, importers[kind], {&thing, 1})), is_own) << names[kind];
      Linker linker(one);
      linker.define("o", names[kind], thing);
      EXPECT_EQ(bool(linker.instantiate(store, importers[kind])), is_own) << names[kind];
    }
    Value func(*owner.func("f")), ref(*ExternRef::create(*other, 1));
    EXPECT_EQ(bool(table.set(0, func)), is_own);
    EXPECT_EQ(bool(table.grow(1, func)), is_own);
    EXPECT_EQ(bool(Table::create(store, {ValueType::FuncRef, {1, {}}}, func)), is_own);
    EXPECT_EQ(bool(Global::create(store, {ValueType::FuncRef, Mutability::Var}, func)), is_own);
    Global holder = *Global::create(store, {ValueType::ExternRef, Mutability::Var}, Value::null(ValueType::ExternRef));
    EXPECT_EQ(bool(holder.set(ref)), is_own);
    Func takes = *Func::wrap_dynamic(store, {{ValueType::FuncRef, ValueType::ExternRef}, {}},
                                     [](Caller&, std::span<const Value>, std::span<Value>) -> Called<void> { return {}; });
    std::vector<Value> arguments = {func, ref};
    EXPECT_EQ(bool(takes.call(arguments)), is_own);
    Func gives = *Func::wrap_dynamic(store, {{}, {ValueType::FuncRef, ValueType::ExternRef}},
                                     [&](Caller&, std::span<const Value>, std::span<Value> results) -> Called<void> {
                                       std::ranges::copy(arguments, results.begin());
                                       return {};
                                     });
    EXPECT_EQ(bool(gives.call({})), is_own);
  }
  EXPECT_FALSE(Linker(one).instantiate(abroad, importers[0]));
  EXPECT_FALSE(Linker(two).instantiate(abroad, importers[0]));
}

TEST(Lifecycle, NullsAndWrongTypesAreRefused) {
  Engine engine = make_engine();
  Store store = make_store(engine);
  Instance instance = make_instance(store, make_module(engine, R"((module (func (export "f") (param i32))
     (global (export "c") i32 (i32.const 1)) (table (export "t") 1 funcref)))"));
  EXPECT_FALSE(Func().type());
  EXPECT_FALSE(Func().call({}));
  EXPECT_FALSE(Func().typed<void()>());
  auto wrong = instance.get<i32(i64)>("f");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message,
            "the function is a function (i32) -> () and was taken for a function (i64) -> (i32)");
  EXPECT_EQ(instance.get<void()>("g").error().message, "there is no export \"g\"");
  EXPECT_EQ(instance.func("c").error().message, "the export \"c\" is not a function");
  EXPECT_FALSE(instance.func("f")->call({}));
  std::vector<Value> f64_argument = {Value(1.0)};
  EXPECT_FALSE(instance.func("f")->call(f64_argument));
  EXPECT_FALSE(instance.global("c")->set(Value(i32{2})));
  EXPECT_FALSE(instance.table("t")->get(1));
  EXPECT_FALSE(instance.table("t")->set(0, Value(i32{1})));
  EXPECT_TRUE(instance.table("t")->set(0, Value::null(ValueType::FuncRef)));
  EXPECT_TRUE(instance.table("t")->get(0)->as_func().is_null());
}

TEST(Lifecycle, StoreDataIsOfItsType) {
  Engine engine = make_engine();
  Store store = make_store(engine);
  EXPECT_EQ(store.data<int>(), nullptr);
  store.set_data(std::string("text"));
  EXPECT_EQ(store.data<int>(), nullptr);
  EXPECT_EQ(*store.data<std::string>(), "text");
  Linker linker(engine);
  linker.func("h", "f", [](Caller& caller) -> i32 { return i32(caller.data<std::string>()->size()); });
  Instance instance = make_instance(
      store, make_module(engine, R"((module (import "h" "f" (func (result i32))) (export "f" (func 0))))"), linker);
  EXPECT_EQ(*get<i32()>(instance, "f")(), 4);
}

}  // namespace
}  // namespace skerry
