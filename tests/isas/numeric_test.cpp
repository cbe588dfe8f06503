// Every numeric instruction, on numbers where something can go wrong, gives in machine code
// what the interpreter of the IR gives: with operands in registers, as constants (which fold
// into the instruction), as loads, and in spill slots.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <string>

#include "base/string.h"
#include "engine/wasm/opcodes.h"
#include "tests/isas/machine.h"
#include "text/parse.h"

namespace skerry::tests {
namespace {

constexpr u64 i32_grid[] = {0, 1, 2, 5, 31, 32, 33, 0x7f, 0x80, 0xff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x12345678};
constexpr u64 i64_grid[] = {0, 1, 2, 7, 63, 64, 65, 0x80, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001, 0xfffffffffffffffe, 0xffffffffffffffff, 0x123456789abcdef0};

std::vector<u64> grid_of(char type) {
  constexpr f64 numbers[] = {0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.9999999, 3.25e9, -3.25e9, 2147483647.0, 2147483648.0, -2147483648.0, -2147483649.0, 4294967295.0, 4294967296.0, 9.2233720368547748e18, 9.2233720368547758e18, -9.2233720368547758e18, -9.2233720368547779e18, 1.8446744073709550e19, 1.8446744073709552e19, 1e300, -1e300, 1e-310, INFINITY, -INFINITY};
  std::vector<u64> grid;
  switch (type) {
    case 'i': grid.assign(std::begin(i32_grid), std::end(i32_grid)); break;
    case 'l': grid.assign(std::begin(i64_grid), std::end(i64_grid)); break;
    case 'f':
      for (f64 number : numbers) grid.push_back(std::bit_cast<u32>(f32(number)));
      grid.push_back(0x7fc00000);
      grid.push_back(0xffc00000);
      grid.push_back(0x7fa00001);
      break;
    default:
      for (f64 number : numbers) grid.push_back(std::bit_cast<u64>(number));
      grid.push_back(0x7ff8000000000000);
      grid.push_back(0xfff8000000000000);
      grid.push_back(0x7ff4000000000001);
      break;
  }
  return grid;
}

std::string_view type_name(char type) { return type == 'i' ? "i32" : type == 'l' ? "i64" : type == 'f' ? "f32" : "f64"; }

// Bits as a constant, exactly: floats by reinterpretation, which folds.
std::string constant(char type, u64 bits) {
  switch (type) {
    case 'i': return concat("(i32.const ", bits, ")");
    case 'l': return concat("(i64.const ", bits, ")");
    case 'f': return concat("(f32.reinterpret_i32 (i32.const ", bits, "))");
    default: return concat("(f64.reinterpret_i64 (i64.const ", bits, "))");
  }
}

bool is_nan(char type, u64 bits) {
  return type == 'f' ? std::isnan(std::bit_cast<f32>(u32(bits))) : type == 'd' && std::isnan(std::bit_cast<f64>(bits));
}

// Results are equal, or NaN both: which NaN arithmetic makes is left open by the specification.
void expect_equal(char result, const oracle::Outcome& expected, const oracle::Outcome& got, const std::string& what) {
  ASSERT_EQ(int(expected.kind), int(got.kind)) << what;
  if (expected.kind == oracle::Outcome::Kind::Trapped) {
    EXPECT_EQ(sentence(expected.trap), sentence(got.trap)) << what;
    return;
  }
  if (is_nan(result, expected.results[0]) && is_nan(result, got.results[0])) return;
  EXPECT_EQ(expected.results[0], got.results[0]) << what;
}

// Sixteen integers and sixteen floats that live across `body`, and change what it gives not at all.
std::string under_pressure(const std::string& body, char result) {
  std::string code;
  for (u32 i = 0; i < 16; ++i)
    code += concat("(local.set $i", i, " (i64.add (local.get $seed) (i64.const ", i, ")))(local.set $d", i, " (f64.convert_i64_s (local.get $i", i, ")))\n");
  code += concat("(local.set $r ", body, ")\n");
  for (u32 i = 0; i < 16; ++i)
    code += concat("(local.set $s (i64.add (i64.xor (local.get $s) (local.get $i", i, ")) (i64.trunc_f64_s (local.get $d", i, "))))\n");
  // The sum over i of ((s xor i) + i), computed again from the seed.
  code += "(local.set $t (i64.const 0))";
  for (u32 i = 0; i < 16; ++i)
    code += concat("(local.set $u (i64.add (local.get $seed) (i64.const ", i, ")))(local.set $t (i64.add (i64.xor (local.get $t) (local.get $u)) (local.get $u)))\n");
  code += "(if (i64.ne (local.get $s) (local.get $t)) (then unreachable))";
  std::string locals = concat("(local $r ", type_name(result), ") (local $s i64) (local $t i64) (local $u i64) ");
  for (u32 i = 0; i < 16; ++i) locals += concat("(local $i", i, " i64) (local $d", i, " f64) ");
  return concat(locals, code, "(local.get $r)");
}

class Numeric : public testing::TestWithParam<const TestTarget*> {};

void check_module(const std::string& wat, const TestTarget& target, const std::function<void(oracle::Store&, oracle::Instance&, Machine&)>& check) {
  Result<std::vector<u8>> wasm = text::parse_module(wat);
  ASSERT_TRUE(wasm) << wasm.error().message << "\n" << wat.substr(0, 2000);
  auto program = oracle::Program::load(std::move(*wasm));
  ASSERT_TRUE(program) << program.error().message;
  oracle::Store store;
  oracle::Instantiation made = store.instantiate(**program);
  ASSERT_TRUE(made.instance);
  Machine machine(**program, target);
  check(store, *made.instance, machine);
}

TEST_P(Numeric, EveryInstruction) {
  for (const OpcodeInfo& op : opcode_table) {
    std::string_view signature = op.signature;
    if (signature == "*" || signature.find('a') != signature.npos || signature[0] == ':') continue;
    bool binary = signature[1] != ':';
    char x = signature[0], y = binary ? signature[1] : x, result = signature.back();
    std::vector<u64> xs = grid_of(x), ys = binary ? grid_of(y) : std::vector<u64>{0};
    std::string_view mnemonic = op.mnemonic;
    auto apply = [&](const std::string& a, const std::string& b) { return binary ? concat("(", mnemonic, " ", a, " ", b, ")") : concat("(", mnemonic, " ", a, ")"); };
    auto get = [](u32 i) { return concat("(local.get ", i, ")"); };
    std::string params = concat("(param ", type_name(x), " ", type_name(y), ") (result ", type_name(result), ")");
    std::string wat = "(module (memory 1)\n";
    wat += concat("(func (export \"plain\") ", params, apply(get(0), get(1)), ")\n");
    // Both operands live on, so that neither register may be overwritten.
    wat += concat("(func (export \"kept\") ", params, " (local $r ", type_name(result), ") (local.set $r ", apply(get(0), get(1)),
                  ") (drop (local.get 0)) (if (", type_name(x), ".ne (local.get 0) (local.get 0)) (then ", x == 'f' || x == 'd' ? "nop" : "unreachable",
                  ")) (drop ", apply(get(0), get(1)), ") (local.get $r))\n");
    wat += concat("(func (export \"loaded\") ", params, "(", type_name(y), ".store offset=8 (i32.const 40) (local.get 1))",
                  apply(get(0), concat("(", type_name(y), ".load offset=16 (i32.wrap_i64 (i64.const 32)))")), ")\n");
    std::string pressed_params = concat("(param $x ", type_name(x), ") (param $y ", type_name(y), ") (param $seed i64) (result ", type_name(result), ")");
    wat += concat("(func (export \"pressed\") ", pressed_params, under_pressure(apply("(local.get $x)", "(local.get $y)"), result), ")\n");
    for (u32 i = 0; i < xs.size(); ++i)
      wat += concat("(func (export \"first", i, "\") ", params, apply(constant(x, xs[i]), get(1)), ")\n");
    if (binary)
      for (u32 i = 0; i < ys.size(); ++i)
        wat += concat("(func (export \"second", i, "\") ", params, apply(get(0), constant(y, ys[i])), ")\n");
    wat += ")";
    check_module(wat, *GetParam(), [&](oracle::Store& store, oracle::Instance& instance, Machine& machine) {
      for (u32 i = 0; i < xs.size(); ++i) {
        for (u32 j = 0; j < ys.size(); ++j) {
          auto same = [&](const std::string& name, std::vector<u64> arguments) {
            oracle::Outcome expected = store.invoke(instance, name, arguments);
            oracle::Outcome got = machine.invoke(name, arguments);
            expect_equal(result, expected, got, concat(name, ": ", mnemonic, " 0x", hex(xs[i]), " 0x", hex(ys[j])));
          };
          same("plain", {xs[i], ys[j]});
          same("kept", {xs[i], ys[j]});
          same("loaded", {xs[i], ys[j]});
          same("pressed", {xs[i], ys[j], 1000});
          same(concat("first", i), {xs[i], ys[j]});
          if (binary) same(concat("second", j), {xs[i], ys[j]});
          if (testing::Test::HasFailure()) return;
        }
      }
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Numeric, testing::ValuesIn(native_targets()), [](const auto& info) { return info.param->name; });

}  // namespace
}  // namespace skerry::tests
