// HAZARDS row 9: a rewrite rule that is wrong. Every rule of the selectors that is an equation, used in a small
// function,
// over all bytes, sign- and zero-extended, and the ends of the range (of two operands all pairs): the machine code
// gives what the function's IR gives, computed an instruction at a time. Each rule has fired in one of them.
//
// The loop over the numbers is compiled too, so that a hundred thousand calls take no more than a few milliseconds: it
// reads the operands from memory, and stores the results there.

#include <gtest/gtest.h>
#include <string.h>

#include <set>
#include <string>

#include "base/string.h"
#include "engine/codegen/target.h"
#include "tests/isas/machine.h"
#include "tests/isas/targets.h"
#include "text/parse.h"

namespace skerry::tests {
namespace {

using ir::Inst;
using ir::Op;

// -------------------------------------------------------------------------------- The functions

enum class Operands : u8 { One, Two };
struct Case {
  std::string name;
  Operands operands;
  std::string body;    // of $x and $y
  std::string params;  // their type
  std::string result;
};

constexpr std::string_view binary[] = {"add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl",
    "rotr"};
constexpr std::string_view divisions[] = {"div_s", "div_u", "rem_s", "rem_u"};
constexpr std::string_view comparisons[] = {"eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"};

// Immediates of every length, the ends of each, and what rules ask for by name.
std::vector<i64> constants(bool wide) {
  std::vector<i64> all = {0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 32, 63, 0x7f, 0x80, 0xff, 0x7ff, 0x800, 0xfff, 0x8000,
      0xffff, 0x100000,
                          0x7fffffff, -1, -2, -3, -9, -0x80, -0x800, -0x801, -0x8000, ~i64{0x100000}, INT32_MIN};
  if (wide)
    for (i64 c : {i64{0x80000000}, i64{0xffffffff}, i64{0x100000000}, ~i64{0x100000000}, i64{0xffffffffff}, INT64_MIN,
        INT64_MAX})
      all.push_back(c);
  return all;
}

// All functions of operands of one type: i32, i64, or i32s that are the low halves of i64s.
class Cases {
 public:
  Cases(bool wide, bool low_halves)
      : wide_(wide), type_(wide ? "i64" : "i32"), params_(wide || low_halves ? "i64" : "i32"),
        x_(low_halves ? "(i32.wrap_i64 (local.get $x))" : "(local.get $x)"),
        y_(low_halves ? "(i32.wrap_i64 (local.get $y))" : "(local.get $y)") {
    for (std::string_view op : binary) of_binary(op, type_, false);
    for (std::string_view op : divisions) of_binary(op, type_, true);
    for (std::string_view op : comparisons) of_binary(op, "i32", false);
    of_operations();
    of_one();
    of_choices();
  }
  std::vector<Case> take() { return std::move(cases_); }

 private:
  std::string apply(std::string_view op, const std::string& a, const std::string& b) const { return concat("(", type_,
      ".", op, " ", a, " ", b, ")"); }
  std::string number(i64 c) const { return concat("(", type_, ".const ", wide_ ? c : i64(i32(c)), ")"); }
  void add(Operands operands, const std::string& body, const std::string& result) {
    cases_.push_back({concat(type_, " of ", params_, ": ", body), operands, body, params_, result});
  }

  // Divisions go round their traps.
  std::string guarded(std::string_view op, const std::string& a, const std::string& b) const {
    std::string least = number(wide_ ? INT64_MIN : INT32_MIN);
    return concat("(if (result ", type_, ") (i32.or (", type_, ".eqz ", b, ") (i32.and ", apply("eq", a, least),
        apply("eq", b, number(-1)),
                  ")) (then ", number(77), ") (else ", apply(op, a, b), "))");
  }
  void of_binary(std::string_view op, const std::string& result, bool divides) {
    auto form = [&](const std::string& a, const std::string& b) { return divides ? guarded(op, a, b) : apply(op, a, b);
        };
    add(Operands::Two, form(x_, y_), result);
    if (!divides) add(Operands::One, form(x_, x_), result);
    for (i64 c : constants(wide_)) {
      bool traps = divides && (c == 0 || c == -1);
      add(Operands::One, traps ? form(x_, number(c)) : apply(op, x_, number(c)), result);
      add(Operands::One, form(number(c), x_), result);
    }
  }

  // Operands that are operations themselves, which a rule may take in.
  void of_operations() {
    std::vector<std::string> inner;
    for (u32 k : {1, 2, 3, 4}) inner.push_back(apply("shl", y_, number(k)));
    inner.push_back(apply("xor", y_, number(-1)));
    if (wide_) {
      std::string extended = "(i64.extend_i32_u (i32.wrap_i64 (local.get $y)))";
      inner.push_back(extended);
      for (u32 k : {1, 3, 4, 31, 32, 40}) inner.push_back(apply("shl", extended, number(k)));
    }
    for (const std::string& part : inner)
      for (std::string_view op : {"add", "sub", "and", "or", "xor"}) {
        add(Operands::Two, apply(op, x_, part), type_);
        add(Operands::Two, apply(op, part, x_), type_);
      }
    for (i64 c : {i64{5}, i64{-1}, i64{0x12345}}) {
      add(Operands::Two, apply("add", apply("add", x_, y_), number(c)), type_);
      add(Operands::One, apply("add", apply("shl", x_, number(3)), number(c)), type_);
    }
    add(Operands::Two, apply("xor", apply("xor", x_, y_), number(-1)), type_);
    // Sums of which the low half is read, and the whole.
    for (u32 k : {1, 2, 3, 4}) {
      std::string sum = apply("add", x_, apply("shl", y_, number(k)));
      add(Operands::Two, apply("sub", sum, y_), type_);
      add(Operands::Two, apply("shl", sum, number(5)), type_);
      add(Operands::Two, apply("add", sum, apply("shl", sum, number(1))), type_);
      add(Operands::Two, apply("lt_s", sum, y_), "i32");
      if (wide_) continue;
      add(Operands::Two, concat("(i64.extend_i32_u ", sum, ")"), "i64");
      add(Operands::Two, concat("(i64.extend_i32_s ", sum, ")"), "i64");
    }
    for (std::string_view rotate : {"rotl", "rotr"})
      for (u32 k : {0, 1, 7, 31, 32, 63})
        add(Operands::One, apply("sub", apply(rotate, x_, number(k)), x_), type_);
    for (u32 k : {1, 7, 31, 40})
      for (std::string_view shift : {"shr_u", "shr_s"}) add(Operands::One,
          apply("and", apply(shift, x_, number(k)), number(1)), type_);
    if (!wide_) return;
    for (u32 k : {1, 5, 31, 32, 33, 63})
      add(Operands::One, apply("shl", "(i64.extend_i32_u (i32.wrap_i64 (local.get $x)))", number(k)), type_);
  }

  void of_one() {
    for (std::string_view op : {"clz", "ctz", "popcnt", "extend8_s", "extend16_s"}) add(Operands::One,
        concat("(", type_, ".", op, " ", x_, ")"), type_);
    add(Operands::One, concat("(", type_, ".eqz ", x_, ")"), "i32");
    if (wide_) {
      add(Operands::One, "(i64.extend32_s (local.get $x))", "i64");
      add(Operands::One, "(i32.wrap_i64 (local.get $x))", "i32");
    } else {
      add(Operands::One, concat("(i64.extend_i32_s ", x_, ")"), "i64");
      add(Operands::One, concat("(i64.extend_i32_u ", x_, ")"), "i64");
    }
  }

  // Selections and branches, which take comparisons in.
  void of_choices() {
    std::vector<std::pair<Operands, std::string>> conditions;
    for (std::string_view op : comparisons) {
      conditions.push_back({Operands::Two, apply(op, x_, y_)});
      for (i64 c : {0, 1, 2046, 2047, 2048, -1, -2048, -2049}) conditions.push_back({Operands::One,
          apply(op, x_, number(c))});
    }
    for (std::string_view op : comparisons) {  // the lesser and the greater among them
      add(Operands::Two, concat("(select ", x_, " ", y_, " ", apply(op, x_, y_), ")"), type_);
      add(Operands::Two, concat("(select ", y_, " ", x_, " ", apply(op, x_, y_), ")"), type_);
    }
    for (std::string_view op : {"eq", "ne"}) {
      conditions.push_back({Operands::Two, apply(op, apply("and", x_, y_), number(0))});
      for (i64 mask : {1, 8, 0x80, 0xff, 0x1000, -16}) conditions.push_back({Operands::One,
          apply(op, apply("and", x_, number(mask)), number(0))});
    }
    for (auto& [operands, condition] : conditions) {
      add(operands, concat("(select ", x_, " ", number(99), " ", condition, ")"), type_);
      add(operands, concat("(select ", number(99), " ", x_, " (i32.eqz ", condition, "))"), type_);
      add(operands, concat("(if (result i32) ", condition, " (then (i32.const 3)) (else (i32.const 4)))"), "i32");
    }
  }

  bool wide_;
  std::string type_, params_, x_, y_;
  std::vector<Case> cases_;
};

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (auto [wide, low_halves] : {std::pair(false, false), std::pair(false, true), std::pair(true, false)})
    for (Case& one : Cases(wide, low_halves).take()) all.push_back(std::move(one));
  return all;
}

// ---------------------------------------------------------------------------------- The numbers

std::vector<u64> numbers(Operands operands) {
  std::set<u64> all;
  for (u32 byte = 0; byte < 256; ++byte) all.insert(u64(i64(i8(byte))));
  for (u64 edge : {u64{0x7fff}, u64{0x8000}, u64{0x7fffffff}, u64{0x80000000}, u64{0xffffffff}, u64{0x100000000},
      u64{0xffffffff80000000},
                   u64{0x7fffffffffffffff}, u64{0x8000000000000000}, u64{0x123456789abcdef0}})
    all.insert(edge);
  if (operands == Operands::One)
    for (u64 byte = 0; byte < 256; ++byte)
      for (u32 at : {0, 8, 24, 32, 56}) all.insert(byte << at);
  return {all.begin(), all.end()};
}

constexpr u32 xs_at = 0, ys_at = 16'384, results_at = 65'536;

std::string function_text(const Case& one, u32 i) {
  std::string before = "(i64.load (local.get ", behind = "))";
  if (one.params == "i32") before = concat("(i32.wrap_i64 ", before), behind += ")";
  std::string result = concat("(call $f", i, " ", before, "$i", behind, " ", before, "$j", behind, ")");
  if (one.result == "i32") result = concat("(i64.extend_i32_u ", result, ")");
  return concat("(func $f", i, " (export \"f", i, "\") (param $x ", one.params, ") (param $y ", one.params,
      ") (result ", one.result, ") ", one.body, ")\n",
                "(func (export \"all", i, "\") (param $xs_end i32) (param $ys_end i32)",
                " (local $i i32) (local $j i32) (local $to i32)\n",
                "(local.set $to (i32.const ", results_at, "))\n",
                "(loop $outer (local.set $j (i32.const ", ys_at, "))\n",
                "(loop $inner (i64.store (local.get $to) ", result, ")\n",
                "(local.set $to (i32.add (local.get $to) (i32.const 8)))\n",
                "(br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 8)))",
                " (local.get $ys_end))))\n",
                "(br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8)))",
                " (local.get $xs_end)))))\n");
}

// What a function without calls, memory and loops gives, by the definitions of its instructions.
u64 compute(const ir::Function& function, u64 x, u64 y, std::vector<u64>& bits) {
  bits.resize(function.insts.size());
  bits[0] = x;
  bits[1] = y;
  for (ir::Block block(0);;) {
    const ir::BlockData& data = function.blocks[block];
    for (u32 i = data.begin + data.params;; ++i) {
      const Inst& inst = function[ir::Value(i)];
      if (inst.op == Op::Return) return bits[function.extra[inst.b]];
      if (inst.op == Op::Jump || inst.op == Op::Branch) {
        u32 target = inst.op == Op::Jump || u32(bits[inst.a]) != 0 ? inst.b : inst.c;
        block = function.target_block(target);
        u32 at = function.blocks[block].begin;
        for (u32 argument : function.target_args(target)) bits[at++] = bits[argument];
        break;
      }
      u64 operands[3] = {};
      ir::Type from = ir::Type::Void;
      u32 count = 0;
      function.for_each_use(inst, [&](ir::Value value) {
        if (count == 0) from = function.type(value);
        operands[count++] = bits[value.raw()];
      });
      oracle::Numeric result = oracle::evaluate(inst, from, operands[0], operands[1], operands[2],
          oracle::Nans::Machine);
      CHECK(!result.traps);
      bits[i] = result.bits;
    }
  }
}

// ------------------------------------------------------------------------------------ The tests

std::string module_text(std::span<const Case> cases) {
  std::string wat = "(module (memory 32)\n";
  for (u32 i = 0; i < cases.size(); ++i) wat += function_text(cases[i], i);
  return wat + ")";
}

template <class Visit>
void each_program(Visit visit) {
  constexpr usize functions = 200;
  std::vector<Case> cases = all_cases();
  for (usize at = 0; at < cases.size() && !testing::Test::HasFatalFailure(); at += functions) {
    std::span<const Case> some = std::span(cases).subspan(at, std::min(functions, cases.size() - at));
    auto wasm = text::parse_module(module_text(some));
    ASSERT_TRUE(wasm) << wasm.error().message;
    auto program = oracle::Program::load(std::move(*wasm));
    ASSERT_TRUE(program) << program.error().message;
    visit(some, **program);
  }
}

TEST(Hazard09, RulesOfSelectorsHoldAtAllBytes) {
  u64 calls = 0, functions = 0;
  std::vector<u64> expected, bits;
  each_program([&](std::span<const Case> cases, const oracle::Program& program) {
    std::vector<std::unique_ptr<Machine>> machines;
    for (const TestTarget* target : native_targets())
      for (codegen::Allocator allocator : {codegen::Allocator::LinearScan, codegen::Allocator::Ranges})
        machines.push_back(std::make_unique<Machine>(program, *target, nullptr, Machine::Options{.allocator = allocator}));
    for (u32 i = 0; i < cases.size(); ++i) {
      std::vector<u64> xs = numbers(cases[i].operands),
          ys = cases[i].operands == Operands::Two ? xs : std::vector<u64>{0};
      bool narrow = cases[i].params == "i32";
      expected.clear();
      for (u64 x : xs)
        for (u64 y : ys) expected.push_back(compute(program.functions[FuncIndex(2 * i)], narrow ? u32(x) : x,
            narrow ? u32(y) : y, bits));
      for (std::unique_ptr<Machine>& machine : machines) {
        memcpy(machine->memory().data() + xs_at, xs.data(), xs.size() * sizeof(u64));
        memcpy(machine->memory().data() + ys_at, ys.data(), ys.size() * sizeof(u64));
        ASSERT_LE(results_at + expected.size() * sizeof(u64), machine->memory().size());
        u64 ends[] = {xs_at + xs.size() * sizeof(u64), ys_at + ys.size() * sizeof(u64)};
        ASSERT_EQ(machine->invoke(concat("all", i), ends).kind, oracle::Outcome::Kind::Returned);
        const u8* results = machine->memory().data() + results_at;
        if (memcmp(results, expected.data(), expected.size() * sizeof(u64)) == 0) continue;
        for (usize at = 0; at < expected.size(); ++at) {
          u64 got;
          memcpy(&got, results + at * sizeof got, sizeof got);
          ASSERT_EQ(hex(got), hex(expected[at])) << cases[i].name << ", x = 0x" << hex(xs[at / ys.size()])
              << ", y = 0x" << hex(ys[at % ys.size()]);
        }
      }
      calls += expected.size() * machines.size();
      ++functions;
    }
  });
  printf("%llu functions, %llu calls\n", (unsigned long long)functions, (unsigned long long)calls);
}

// Rules for operations on integers. A load that an operation takes in is another hazard, the fifth.
bool is_equation(const codegen::RuleName& rule) {
  return (rule.op >= Op::IAdd && rule.op <= Op::ICmp && rule.name != "alu_load") || rule.op == Op::Select;
}

TEST(Hazard09, EachRuleOfSelectorsIsHeldToIt) {
  struct Fired {
    std::unique_ptr<codegen::Target> target;
    std::unique_ptr<codegen::Scratch> scratch;
  };
  std::vector<Fired> all;
  for (const TestTarget& target : all_targets()) {
    auto made = target.make();
    auto scratch = made->make_scratch();
    all.push_back({std::move(made), std::move(scratch)});
  }
  each_program([&](std::span<const Case> cases, const oracle::Program& program) {
    InstanceLayout layout = InstanceLayout::of(program.module);
    codegen::Settings settings{.check_allocation = true};
    codegen::CompiledFunction compiled;
    for (Fired& one : all)
      for (u32 i = 0; i < cases.size(); ++i)
        for (codegen::Allocator allocator : {codegen::Allocator::LinearScan, codegen::Allocator::Ranges}) {
          settings.allocator = allocator;
          one.target->compile({program.module, layout, settings}, program.functions[FuncIndex(2 * i)], *one.scratch,
              compiled);
        }
  });
  // A rule has fired for one CPU of its ISA.
  for (const Fired& one : all) {
    std::vector<codegen::RuleName> rules = one.target->rules();
    for (usize i = 0; i < rules.size(); ++i) {
      if (!is_equation(rules[i])) continue;
      bool fired = false;
      for (const Fired& other : all) fired |= other.target->name() == one.target->name() && other.scratch->fired[i];
      EXPECT_TRUE(fired) << one.target->name() << ": " << info(rules[i].op).name << ' ' << rules[i].name;
    }
  }
}

}  // namespace
}  // namespace skerry::tests
