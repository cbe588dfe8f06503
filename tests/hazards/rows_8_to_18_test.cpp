// HAZARDS rows 8, 10, 11, 12, 13, 18: divisions by constants, the largest functions, branch tables,
// value numbering, the host's i32, and code that is the same each time.

#include <algorithm>
#include <thread>

#include "base/leb128.h"
#include "engine/decode/decode.h"
#include "engine/ir/function.h"
#include "engine/runtime/compiled_module.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/improve.h"
#include "engine/wasm/limits.h"
#include "skerry/skerry.h"
#include "tests/decode/module_bytes.h"
#include "tests/fuzz/generator.h"
#include "tests/hazards/same.h"

namespace skerry::hazards {
namespace {

using test::Bytes;

// CVE-2022-31169: a constant divisor of the wrong extension.
TEST(Hazard08, DivisionsByConstants) {
  for (u32 bits : {32u, 64u}) {
    u64 mask = bits == 32 ? 0xffffffff : ~u64{0};
    std::vector<u64> constants;
    for (u32 k = 0; k < bits; ++k)
      for (u64 number : {u64{1} << k, (u64{1} << k) - 1, (u64{1} << k) + 1}) {
        constants.push_back(number & mask);
        constants.push_back((0 - number) & mask);
      }
    for (u64 number : {5, 6, 7, 10, 100, 641, 1000, 1000000007}) constants.push_back(number);
    std::sort(constants.begin(), constants.end());
    constants.erase(std::unique(constants.begin(), constants.end()), constants.end());
    Arguments dividends = each({0, 1, 2, 9, 10, 99, 0x7fffffff, 0x80000000 & mask, 0x80000001, 0xfffffffe, 0xffffffff,
                                0x7fffffffffffffff & mask, 0x8000000000000000 & mask, ~u64{0} & mask,
                                    0x123456789abcdef & mask});
    for (std::string_view op : {"div_s", "div_u", "rem_s", "rem_u"}) {
      Text wat = "(module ";
      std::vector<Calls> calls;
      for (u64 constant : constants) {
        Text name = concat("f", calls.size());
        wat += concat("(func (export \"", name, "\") (param i", bits, ") (result i", bits, ") (i", bits, ".", op,
                      " (local.get 0) (i", bits, ".const ", constant, ")))");
        calls.push_back({name, dividends});
      }
      expect_same(wat + ")", calls);
    }
  }
}

Bytes module_with(const std::vector<Bytes>& bodies, const std::vector<Bytes>& types, const std::vector<u32>& functions,
                  u32 exported) {
  return test::module({test::types(types), test::functions(functions),
                       test::exports({test::export_item("f", 0, exported)}), test::code(bodies)});
}

// CVE-2026-115889: fields that a huge function overflows.
TEST(Hazard10, ABodyOfTheLargestSize) {
  // if (p == 1) skip all of it; then steps that no constant folding takes away, and a branch back over all.
  Bytes steps;
  u32 size = limits::function_body_bytes;
  Bytes head = {0, 0x02, 0x40, 0x03, 0x40, 0x20, 0, 0x41, 1, 0x46, 0x0d, 1};
  Bytes tail = {0x20, 0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x78, 0x49, 0x0d, 0, 0x0b, 0x0b, 0x20, 0, 0x0b};
  const Bytes step = {0x20, 0, 0x20, 0, 0x41, 7, 0x77, 0x41, 0x13, 0x6a, 0x73, 0x21, 0};  // p = p ^ (rotl(p, 7) + 19)
  while (head.size() + steps.size() + step.size() + tail.size() <= size) steps.insert(steps.end(), step.begin(),
      step.end());
  while (head.size() + steps.size() + tail.size() < size) steps.push_back(0x01);
  Bytes body = test::join({head, steps, tail});
  ASSERT_EQ(body.size(), size);
  expect_same(module_with({test::sized(body)}, {test::func_type({test::I32}, {test::I32})}, {0}, 0),
              {{"f", each({1, 0x80000000})}});
  body.insert(body.end() - 1, 0x01);
  EXPECT_FALSE(wasm::decode(module_with({test::sized(body)}, {test::func_type({test::I32}, {test::I32})}, {0}, 0)));
}

TEST(Hazard10, AsManyLocalsAsThereMayBe) {
  // Each local is set from the one before; then all are live over a call, and summed.
  constexpr u32 count = limits::locals;
  Bytes code;
  auto op = [&](u8 opcode, u64 immediate) {
    code.push_back(opcode);
    write_leb_unsigned(code, immediate);
  };
  for (u32 i = 1; i < count; ++i) {
    op(0x20, i - 1);
    op(0x20, 0);
    code.push_back(0x6c);
    code.insert(code.end(), {0x41, 3, 0x73});
    op(0x21, i);
  }
  op(0x20, 0);
  op(0x10, 0);
  op(0x21, 0);
  op(0x20, 0);
  for (u32 i = 1; i < count; ++i) {
    op(0x20, i);
    code.push_back(0x6a);
  }
  code.push_back(0x0b);
  Bytes wasm = module_with({test::body({}, {0x20, 0, 0x0b}), test::body({{count - 1, test::I32}}, code)},
                           {test::func_type({test::I32}, {test::I32})}, {0, 0}, 1);
  expect_same(wasm, {{"f", each({0, 1, 0x80000001, 12345})}});
}

// CVE-2026-115893: tables of branches at sizes where fields end.
TEST(Hazard11, BranchTablesOfEverySize) {
  for (u32 k = 0; k <= 15; ++k) {
    for (u32 count : {(1u << k) - 1, 1u << k, (1u << k) + 1}) {
      // Target i leads to the end of the i-th block, behind which its number is returned.
      Bytes code;
      for (u32 i = 0; i <= count; ++i) code.insert(code.end(), {0x02, 0x40});
      code.insert(code.end(), {0x20, 0, 0x0e});
      write_leb_unsigned(code, count);
      for (u32 i = 0; i <= count; ++i) write_leb_unsigned(code, i);
      for (u32 i = 0; i <= count; ++i) {
        code.insert(code.end(), {0x0b, 0x41});
        write_leb_signed(code, i32(i));
        code.push_back(0x0f);
      }
      code.insert(code.end(), {0x00, 0x0b});
      Bytes wasm = module_with({test::body({}, code)}, {test::func_type({test::I32}, {test::I32})}, {0}, 0);
      auto program = fuzz::Program::load(wasm);
      ASSERT_TRUE(program);
      std::vector<u64> indices = {0, 1, count / 2, count - 1u, count, count + 1, 0x7fffffff, 0x80000000, 0xffffffff};
      for (u64 i = 0; i < count; i += 1 + count / 50) indices.push_back(i);
      expect_same(wasm, {{"f", each(indices)}});
      // And what they give is their number.
      auto subject = fuzz::make_interpreter_subject(**program);
      subject->instantiate();
      const wasm::Export& item = (*program)->module.exports[0];
      for (u64 i : indices) {
        u64 argument[] = {u32(i)};
        fuzz::Outcome outcome = subject->invoke(item, (*program)->module.type_of(FuncIndex(0)), argument);
        ASSERT_EQ(outcome.results[0], std::min<u64>(u32(i), count));
      }
    }
  }
}

// Code over the range of short branches, in steps around it.
TEST(Hazard11, BranchesOverEveryDistance) {
  Text wat = "(module ";
  std::vector<Calls> calls;
  for (u32 steps : {1u, 2u, 5u, 6u, 7u, 8u, 9u, 10u, 11u, 12u, 13u, 14u, 15u, 16u, 20u, 300u, 2000u, 20'000u}) {
    Text name = concat("f", steps), code;
    for (u32 i = 0; i < steps;
        ++i) code += concat("(local.set 1 (i32.add (i32.rotl (local.get 1) (local.get 0)) (i32.const ", i, ")))");
    wat += concat("(func (export \"", name,
        "\") (param i32) (result i32) (local i32) (loop (block (br_if 0 (local.get 0))",
                  code, ") (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (i32.gt_s (local.get 0) (i32.const -1)))",
                  ") (local.get 1))");
    calls.push_back({name, each({0, 1, 2, 5, 0xffffffff})});
  }
  expect_same(wat + ")", calls);
}

// CVE-2026-6307: a field that was left out of equality, so that unlike things were merged.
TEST(Hazard12, EveryFieldTakesPartInEquality) {
  const ir::Inst inst{.op = ir::Op::Load, .type = ir::Type::I64, .aux = 1, .unused = 0, .a = 2, .b = 3, .c = 4};
  auto differs = [&](auto change) {
    ir::Inst other = inst;
    change(other);
    return !(other == inst);
  };
  EXPECT_TRUE(differs([](ir::Inst& i) { i.op = ir::Op::Load8S; }));
  EXPECT_TRUE(differs([](ir::Inst& i) { i.type = ir::Type::I32; }));
  EXPECT_TRUE(differs([](ir::Inst& i) { i.aux = 0; }));
  EXPECT_TRUE(differs([](ir::Inst& i) { i.a = 0; }));
  EXPECT_TRUE(differs([](ir::Inst& i) { i.b = 0; }));
  EXPECT_TRUE(differs([](ir::Inst& i) { i.c = 0; }));
}

// Things that differ in one field only, all in one block, against each alone: what merges wrongly
// would do so in the interpreter too, as the IR is the same.
TEST(Hazard12, UnlikeThingsAreNotMerged) {
  std::vector<Text> parts;
  for (std::string_view load : {"i64.load8_s", "i64.load8_u", "i64.load16_s", "i64.load16_u", "i64.load32_s",
      "i64.load32_u", "i64.load"})
    for (std::string_view place : {"0", "0 offset=1", "1", "1 offset=1", "1 offset=8"})
      parts.push_back(concat("(", load, " ", place, " (local.get 0))"));
  for (std::string_view load : {"i32.load8_s", "i32.load8_u", "i32.load16_s", "i32.load16_u", "i32.load"})
    parts.push_back(concat("(i64.extend_i32_u (", load, " (local.get 0)))"));
  for (std::string_view op : {"eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"}) {
    parts.push_back(concat("(i64.extend_i32_u (i32.", op, " (local.get 0) (i32.const 100)))"));
    parts.push_back(concat("(i64.extend_i32_u (i64.", op, " (local.get 1) (i64.const 100)))"));
    parts.push_back(concat("(i64.extend_i32_u (i64.", op, " (i64.const 100) (local.get 1)))"));
  }
  for (std::string_view op : {"eq", "ne", "lt", "gt", "le", "ge"}) {
    parts.push_back(concat("(i64.extend_i32_u (f32.", op, " (f32.convert_i32_s (local.get 0)) (f32.const 100)))"));
    parts.push_back(concat("(i64.extend_i32_u (f64.", op, " (f64.convert_i32_s (local.get 0)) (f64.const 100)))"));
  }
  for (std::string_view op : {"add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr"}) {
    parts.push_back(concat("(i64.", op, " (local.get 1) (i64.const 3))"));
    parts.push_back(concat("(i64.", op, " (i64.const 3) (local.get 1))"));
    parts.push_back(concat("(i64.extend_i32_u (i32.", op, " (local.get 0) (i32.const 3)))"));
  }
  for (std::string_view part : {"(global.get 0)", "(global.get 1)", "(i64.extend_i32_u (memory.size 0))",
      "(i64.extend_i32_u (memory.size 1))",
                                "(i64.extend_i32_s (local.get 0))", "(i64.extend_i32_u (local.get 0))",
                                    "(i64.const 100)",
                                "(i64.reinterpret_f64 (f64.const 100))", "(i64.reinterpret_f64 (f64.const 0))",
                                "(i64.reinterpret_f64 (f64.const -0.0))",
                                    "(i64.extend_i32_u (i32.reinterpret_f32 (f32.const -0.0)))",
                                "(i64.extend8_s (local.get 1))", "(i64.extend16_s (local.get 1))",
                                    "(i64.extend32_s (local.get 1))"})
    parts.push_back(Text(part));

  Text wat = "(module (memory 1) (memory 2) (data (memory 0) (i32.const 0) \"\\81\\92\\a3\\b4\\c5\\d6\\e7\\f8\\09\\1a\")"
             "(data (memory 1) (i32.const 0) \"\\f1\\e2\\d3\\c4\\b5\\a6\\97\\88\\79\\6a\\8b\\9c\\ad\\be\\cf\\d0\\e1\\f2\")"
             "(global i64 (i64.const 5)) (global i64 (i64.const 6)) (func (export \"all\") (param i32 i64)";
  for (usize i = 0; i < parts.size(); ++i) wat += concat("(i64.store 0 offset=", 1'000 + 8 * i, " (i32.const 0) ",
      parts[i], ")");
  // What was loaded before a store is not what is loaded behind it.
  wat += ")";
  for (usize i = 0; i < parts.size(); ++i)
    wat += concat("(func (export \"part", i, "\") (param i32 i64) (result i64) ", parts[i], ")",
                  "(func (export \"stored", i, "\") (result i64) (i64.load 0 offset=", 1'000 + 8 * i,
                      " (i32.const 0)))");
  wat += ")";
  auto engine = Engine::create();
  auto store = Store::create(*engine);
  auto module = Module::from_text(*engine, wat);
  ASSERT_TRUE(module) << module.error().message;
  auto instance = Instance::create(*store, *module, {});
  ASSERT_TRUE(instance);
  for (i32 x : {0, 1, 2}) {
    for (i64 y : {i64{0}, i64{3}, i64{100}, i64{-1}, i64{0x123456789abcdef0}}) {
      ASSERT_TRUE((*instance->get<void(i32, i64)>("all"))(x, y));
      for (usize i = 0; i < parts.size(); ++i)
        ASSERT_EQ(*(*instance->get<i64(i32, i64)>(concat("part", i)))(x, y),
            *(*instance->get<i64()>(concat("stored", i)))()) << parts[i];
    }
  }
}

// CVE-2025-1933: the C convention leaves the upper half of an i32 undefined.
u32 dirty(u32 x) {
  u64 bits = 0xdeadbeef00000000 | x;
  asm volatile("" : "+r"(bits));
  return u32(bits);
}

TEST(Hazard13, NumbersOfTheHostHaveNoUpperHalf) {
  for (SignalHandlers handlers : {SignalHandlers::Allowed, SignalHandlers::Forbidden}) {
    Config config;
    config.signal_handlers = handlers;
    auto engine = Engine::create(config);
    auto store = Store::create(*engine);
    auto module = Module::from_text(*engine, R"((module
      (import "" "dirty" (func $dirty (param i32) (result i32)))
      (import "" "many" (func $many (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32 i32)))
      (memory 1) (data (i32.const 40) "abcdefgh")
      (func (export "loaded") (param i32) (result i32) (i32.load8_u (call $dirty (local.get 0))))
      (func (export "extended") (param i32) (result i64) (i64.extend_i32_u (call $dirty (local.get 0))))
      (func (export "passed") (param i32) (result i64) (i64.extend_i32_u (local.get 0)))
      (func (export "address") (param i32) (result i32) (i32.load8_u (local.get 0)))
      (func (export "stack") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i64 i32)
        (i64.extend_i32_u (local.get 8)) (i32.load8_u (local.get 7)))
      (func (export "wrapped") (param i64) (result i64 i64) (local i32)
        (local.set 1 (i32.wrap_i64 (local.get 0)))
        (call $many (local.get 1) (local.get 1) (local.get 1) (local.get 1) (local.get 1) (local.get 1) (local.get 1) (local.get 1) (local.get 1))
        (local.set 1) (i64.extend_i32_u) (i64.extend_i32_u (local.get 1)))))");
    ASSERT_TRUE(module) << module.error().message;
    Func dirty_func = *Func::wrap(*store, [](u32 x) { return dirty(x); });
    Func many = *Func::wrap(*store, [](u32 a, u32 b, u32 c, u32 d, u32 e, u32 f, u32 g, u32 h, u32 i) {
      // Sums of 64 bits, as a C compiler makes them of unsigned parameters.
      u64 sum = u64{a} + b + c + d + e + f + g + h + i;
      return std::tuple<u32, u32>(dirty(u32(sum)), dirty(u32(sum >> 32)));
    });
    std::vector<Extern> imports = {dirty_func, many};
    auto instance = Instance::create(*store, *module, imports);
    ASSERT_TRUE(instance);
    EXPECT_EQ(*(*instance->get<u32(u32)>("loaded"))(41), 'b');
    EXPECT_EQ(*(*instance->get<u64(u32)>("extended"))(0x80000001), 0x80000001);
    // A Value's bits may have an upper half that is not the i32's.
    auto call = [&](std::string_view name, u64 bits) {
      std::vector<Value> arguments(name == "stack" ? 9 : 1, Value(ValueType::I32, bits, nullptr));
      return *instance->func(name)->call(arguments);
    };
    EXPECT_EQ(call("passed", 0xdeadbeef80000001)[0].bits(), 0x80000001u);
    EXPECT_EQ(call("address", 0xdeadbeef00000000 + 43)[0].bits(), 'd');
    EXPECT_EQ(call("stack", 0xdeadbeef00000000 + 44)[0].bits(), 44u);
    EXPECT_EQ(call("stack", 0xdeadbeef00000000 + 44)[1].bits(), 'e');
    auto sums = *(*instance->get<std::tuple<u64, u64>(u64)>("wrapped"))(0xffffffff90000000);
    EXPECT_EQ(std::get<0>(sums), 0x10000000u);  // 9 * 0x90000000 = 0x5'10000000
    EXPECT_EQ(std::get<1>(sums), 5u);
  }
}

// Code that depends on the run: addresses, hashes, the order in which threads finish.
void expect_the_same_code_each_time(Gear gear) {
  std::vector<Engine> engines;
  for (u32 threads : {1u, 1u, 2u, 5u}) {
    Config config;
    config.gear = gear;
    config.compiler_threads = threads;
    engines.push_back(*Engine::create(config));
  }
  for (u64 seed = 1; seed <= 20; ++seed) {
    std::vector<u8> wasm = fuzz::generate_module(seed, {.functions = 20, .nodes = 120});
    std::optional<std::vector<u8>> first;
    for (const Engine& engine : engines) {
      auto artifact = Module::from_binary(engine, wasm)->serialise();
      ASSERT_TRUE(artifact);
      if (!first) first = *artifact;
      ASSERT_EQ(*first, *artifact) << "seed " << seed;
    }
  }
}
TEST(Hazard18, TheSameCodeEachTime) { expect_the_same_code_each_time(Gear::Quick); }
TEST(Hazard18, TheSameCodeEachTimeInTheBestGear) { expect_the_same_code_each_time(Gear::Best); }

// Of a function that warms up (docs/tiers.md): its body, and what is entered at each of its loops, on four threads at
// once, in another order on each.
TEST(Hazard18, TheSameCodeOfFunctionsThatWarmUp) {
  struct Made {
    std::vector<u8> code;
    std::vector<u32> places;  // of relocations
    u32 frame_size = 0;
    usize cells = 0;
    bool operator==(const Made&) const = default;
  };
  Config config;
  config.gear = Gear::Tiered;
  Engine engine = *Engine::create(config);
  u32 entered = 0;
  for (u64 seed = 1; seed <= 12; ++seed) {
    Module module = *Module::from_binary(engine, fuzz::generate_module(seed, {.functions = 12, .nodes = 120}));
    const runtime::CompiledModule& compiled = module.internal();
    const wasm::Module& decoded = compiled.module();
    u32 first = decoded.imported_functions, count = decoded.functions.size() - first;
    constexpr u32 most_loops = 4;  // of a function: the body itself, and three
    using All = std::vector<std::optional<Made>>;
    auto make_all = [&](u32 start) {
      All all(count * most_loops);
      runtime::Improver improver;
      runtime::FunctionCompiler quick(engine.internal(), decoded, compiled.layout(), codegen::CallStyle::Slot,
                                      Gear::Quick);
      for (u32 i = 0; i < all.size(); ++i) {
        u32 at = (start + (start % 2 ? i : u32(all.size()) - 1 - i)) % u32(all.size()), loop = at % most_loops;
        FuncIndex function(first + at / most_loops);
        runtime::FrameTable frame;
        CHECK(quick.compile(function));
        if (loop > quick.function().loops.size()) continue;
        auto made = loop == 0 ? improver.whole(compiled, function)
                              : improver.at_loop(compiled, function, loop - 1, frame);
        CHECK(made);
        if (!*made) continue;
        const codegen::CompiledFunction& body = **made;
        all[at] = Made{{body.code.begin(), body.code.end()}, {}, body.frame_size, frame.cells.size()};
        for (const codegen::Relocation& at_code : body.relocations) {
          u32 place[] = {at_code.offset, u32(at_code.kind), at_code.function.raw()};
          all[at]->places.insert(all[at]->places.end(), std::begin(place), std::end(place));
        }
      }
      improver.release();
      return all;
    };
    std::vector<All> results(4);
    std::vector<std::thread> threads;
    for (u32 t = 0; t < results.size(); ++t) threads.emplace_back([&, t] { results[t] = make_all(t * 5); });
    for (std::thread& thread : threads) thread.join();
    for (const All& all : results) EXPECT_EQ(all, results[0]) << "seed " << seed;
    for (u32 at = 0; at < results[0].size(); ++at) entered += at % most_loops != 0 && results[0][at];
  }
  EXPECT_GT(entered, 20u);
}

}  // namespace
}  // namespace skerry::hazards
