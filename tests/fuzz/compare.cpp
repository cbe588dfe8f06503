#include "tests/fuzz/compare.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "base/string.h"
#include "tests/codegen_x64/machine.h"
#include "tests/fuzz/random.h"

namespace skerry::fuzz {

namespace {

using tests::Machine;

struct Variant {
  std::string_view name;
  x64::CpuFeatures cpu;
  Machine::Options options;
};

const std::vector<Variant>& variants() {
  static const std::vector<Variant> all = [] {
    x64::CpuFeatures native = x64::detect_cpu_features();
    std::vector<Variant> list = {{"least CPU", x64::CpuFeatures().with(x64::CpuFeature::Sse41), {}},
                                 {"native CPU", native.without(x64::CpuFeature::Fsgsbase), {}}};
    if (Machine::has_memory_base_register() && native.has(x64::CpuFeature::Fsgsbase))
      list.push_back({"native CPU with memory base register", native, {.memory_base_register = true}});
    return list;
  }();
  return all;
}

u64 argument(Random& random, ValueType type) {
  constexpr u64 numbers[] = {0, 1, 2, 0x7f, 0x80, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
      0x7fffffffffffffff, 0x8000000000000000, ~u64{0}};
  constexpr f64 floats[] = {0.0, -0.0, 1.0, -1.5, 1e10, -1e20, 1e-40, INFINITY, -INFINITY, NAN};
  u64 bits = random.one_in(2) ? random.pick(numbers) : random.next() >> random.below(64);
  switch (type) {
    case ValueType::I32: return u32(bits);
    case ValueType::I64: return bits;
    case ValueType::F32: return random.one_in(2) ? std::bit_cast<u32>(f32(random.pick(floats))) : u32(bits);
    case ValueType::F64: return random.one_in(2) ? std::bit_cast<u64>(random.pick(floats)) : bits;
    case ValueType::ExternRef: return random.below(4);
    default: return 0;
  }
}

bool same(ValueType type, u64 x, u64 y) {
  if (x == y) return true;
  if (type == ValueType::F32) return x <= ~u32{0} && y <= ~u32{0} && std::isnan(std::bit_cast<f32>(u32(x))) &&
      std::isnan(std::bit_cast<f32>(u32(y)));
  return type == ValueType::F64 && std::isnan(std::bit_cast<f64>(x)) && std::isnan(std::bit_cast<f64>(y));
}

std::string show(const oracle::Outcome& outcome) {
  if (outcome.kind == oracle::Outcome::Kind::OutOfSteps) return "too many steps";
  if (outcome.kind == oracle::Outcome::Kind::Trapped) return concat("trap: ", sentence(outcome.trap));
  std::string text = "(";
  for (u64 bits : outcome.results) text += concat(" 0x", hex(bits));
  return text + " )";
}

std::optional<std::string> compare_state(const oracle::Program& program, const oracle::Instance& instance,
    Machine& machine) {
  const wasm::Module& module = program.module;
  for (GlobalIndex i(0); i < module.globals.end_key(); i = i.next()) {
    u64 expected = instance.globals[i]->bits, got = machine.global(i);
    if (!same(module.globals[i].type.value, expected, got))
      return concat("global ", i.raw(), " is 0x", hex(got), ", not 0x", hex(expected));
  }
  for (MemoryIndex i(0); i < module.memories.end_key(); i = i.next()) {
    const std::vector<u8>& expected = instance.memories[i]->bytes;
    std::span<const u8> got = machine.memory(i);
    if (got.size() != expected.size()) return concat("memory ", i.raw(), " has ", got.size(), " bytes, not ",
        expected.size());
    auto [at, other] = std::mismatch(expected.begin(), expected.end(), got.begin());
    if (at != expected.end())
      return concat("memory ", i.raw(), " at 0x", hex(u64(at - expected.begin())), " is 0x", hex(*other), ", not 0x",
          hex(*at));
  }
  for (TableIndex i(0); i < module.tables.end_key(); i = i.next()) {
    const std::vector<u32>& expected = instance.tables[i]->elements;
    std::span<const TableEntry> got = machine.table(i);
    if (got.size() != expected.size()) return concat("table ", i.raw(), " has ", got.size(), " elements, not ",
        expected.size());
    for (usize k = 0; k < expected.size(); ++k)
      if (got[k].handle != expected[k]) return concat("element ", k, " of table ", i.raw(), " is ", got[k].handle,
          ", not ", expected[k]);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> find_difference(std::span<const u8> wasm, u64 seed, Tally& tally) {
  using Kind = oracle::Outcome::Kind;
  auto program = oracle::Program::load({wasm.begin(), wasm.end()});
  if (!program) return concat("it does not load: ", program.error().message, " at ", program.error().offset);
  const wasm::Module& module = (*program)->module;
  ++tally.modules;
  for (const Variant& variant : variants()) {
    oracle::Store store({.steps = 2'000'000, .call_depth = 400});
    oracle::Instantiation made = store.instantiate(**program);
    if (made.error || made.failed) return "it does not instantiate";
    Machine machine(**program, variant.cpu, made.instance, variant.options);
    Random random(seed);
    for (u32 round = 0; round < 2; ++round) {
      for (const wasm::Export& item : module.exports) {
        if (item.kind != ExternKind::Func) continue;
        const FuncType& type = module.type_of(FuncIndex(item.index));
        std::vector<u64> arguments;
        for (ValueType param : type.params) arguments.push_back(argument(random, param));
        oracle::Outcome expected = store.invoke(*made.instance, item.name, arguments);
        ++tally.calls;
        ++(expected.kind == Kind::Returned ? tally.returned : tally.trapped);
        bool exhausted = expected.kind == Kind::OutOfSteps ||
            (expected.kind == Kind::Trapped && expected.trap == TrapCode::StackExhausted);
        if (exhausted) {
          ++tally.set_aside;
          return std::nullopt;
        }
        oracle::Outcome got = machine.invoke(item.name, arguments);
        bool equal = expected.kind == got.kind && (expected.kind != Kind::Trapped || expected.trap == got.trap);
        for (usize i = 0; equal && i < expected.results.size(); ++i) equal = same(type.results[i], expected.results[i],
            got.results[i]);
        std::string where = concat(variant.name, ", ", item.name,
            show({Kind::Returned, TrapCode::Unreachable, arguments}), ": ");
        if (!equal) return concat(where, show(got), ", not ", show(expected));
        if (auto difference = compare_state(**program, *made.instance, machine)) return where + *difference;
      }
    }
  }
  return std::nullopt;
}

}  // namespace skerry::fuzz
