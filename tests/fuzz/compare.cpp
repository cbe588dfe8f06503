#include "tests/fuzz/compare.h"

#include <string.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "base/string.h"
#include "tests/fuzz/minimize.h"
#include "text/print.h"

namespace skerry::fuzz {

using Kind = Outcome::Kind;

u64 random_argument(Random& random, ValueType type) {
  constexpr u64 numbers[] = {0, 1, 2, 0x7f, 0x80, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
                             0x7fffffffffffffff, 0x8000000000000000, ~u64{0}};
  constexpr f64 floats[] = {0.0, -0.0, 1.0, -1.5, 1e10, -1e20, 1e-40, INFINITY, -INFINITY, NAN};
  u64 bits = random.one_in(2) ? random.pick(numbers) : random.next() >> random.below(64);
  switch (type) {
    case ValueType::I32: return u32(bits);
    case ValueType::I64: return bits;
    case ValueType::F32: return random.one_in(2) ? std::bit_cast<u32>(f32(random.pick(floats))) : u32(bits);
    case ValueType::F64: return random.one_in(2) ? std::bit_cast<u64>(random.pick(floats)) : bits;
    case ValueType::ExternRef: return random.below(extern_count);
    default: return 0;
  }
}

bool is_exhausted(const Outcome& outcome) {
  return outcome.kind == Kind::OutOfSteps || (outcome.kind == Kind::Trapped &&
      outcome.trap == TrapCode::StackExhausted);
}

namespace {

bool same(ValueType type, u64 x, u64 y) {
  auto nan32 = [](u64 bits) { return bits <= ~u32{0} && std::isnan(std::bit_cast<f32>(u32(bits))); };
  auto nan64 = [](u64 bits) { return std::isnan(std::bit_cast<f64>(bits)); };
  if (x == y) return true;
  if (type == ValueType::F32) return nan32(x) && nan32(y);
  return type == ValueType::F64 && nan64(x) && nan64(y);
}

bool same(const FuncType& type, const Outcome& x, const Outcome& y) {
  if (x.kind != y.kind) return false;
  if (x.kind == Kind::Trapped) return x.trap == y.trap;
  for (usize i = 0; i < x.results.size(); ++i)
    if (!same(type.results[i], x.results[i], y.results[i])) return false;
  return true;
}

std::string show(const Outcome& outcome) {
  if (outcome.kind == Kind::OutOfSteps) return "too many steps";
  if (outcome.kind == Kind::Trapped) return concat("trap: ", sentence(outcome.trap));
  std::string text = "(";
  for (u64 bits : outcome.results) text += concat(" 0x", hex(bits));
  return text + " )";
}

// What differs in all that the module exports.
std::optional<std::string> compare_state(const wasm::Module& module, Subject& expected, Subject& got) {
  for (const wasm::Export& item : module.exports) {
    if (item.kind == ExternKind::Global) {
      u64 x = expected.global(item), y = got.global(item);
      if (!same(module.globals[GlobalIndex(item.index)].type.value, x, y))
        return concat("global ", item.name, " is 0x", hex(y), ", not 0x", hex(x));
    } else if (item.kind == ExternKind::Memory) {
      std::span<const u8> x = expected.memory(item), y = got.memory(item);
      if (x.size() != y.size()) return concat("memory ", item.name, " has ", y.size(), " bytes, not ", x.size());
      if (x.empty() || memcmp(x.data(), y.data(), x.size()) == 0) continue;
      auto [at, other] = std::mismatch(x.begin(), x.end(), y.begin());
      return concat(item.name, " at 0x", hex(u64(at - x.begin())), " is 0x", hex(*other), ", not 0x", hex(*at));
    } else if (item.kind == ExternKind::Table) {
      std::vector<u32> x = expected.table(item), y = got.table(item);
      if (x.size() != y.size()) return concat("table ", item.name, " has ", y.size(), " elements, not ", x.size());
      for (usize i = 0; i < x.size(); ++i)
        if (x[i] != y[i]) return concat("element ", i, " of table ", item.name, " is ", y[i], ", not ", x[i]);
    }
  }
  auto left = got.fuel();
  if (left && *left != expected.fuel()) return concat("the fuel left is ", *left, ", not ", *expected.fuel());
  return std::nullopt;
}

// Both go through the same calls.
std::optional<std::string> compare(const Program& program, Subject& expected, Subject& got, u64 seed, Tally& tally) {
  const wasm::Module& module = program.module;
  Random random(seed);
  auto give_fuel = [&] {
    u64 fuel = random.one_in(2) ? 1'000'000'000 : random.below(5'000);
    expected.set_fuel(fuel);
    got.set_fuel(fuel);
  };
  give_fuel();
  Outcome x = expected.instantiate(), y = got.instantiate();
  if (is_exhausted(x) || is_exhausted(y)) {
    ++tally.set_aside;
    return std::nullopt;
  }
  if (!same({}, x, y)) return concat("instantiation: ", show(y), ", not ", show(x));
  if (x.kind != Kind::Returned) return std::nullopt;
  if (auto difference = compare_state(module, expected, got)) return "instantiation: " + *difference;
  for (u32 round = 0; round < 2; ++round) {
    for (const wasm::Export& item : module.exports) {
      if (item.kind != ExternKind::Func) continue;
      const FuncType& type = module.type_of(FuncIndex(item.index));
      std::vector<u64> arguments;
      for (ValueType param : type.params) arguments.push_back(random_argument(random, param));
      give_fuel();
      x = expected.invoke(item, type, arguments);
      ++tally.calls;
      ++(x.kind == Kind::Returned ? tally.returned : tally.trapped);
      // It may take any time in the other.
      if (x.kind != Kind::OutOfSteps) y = got.invoke(item, type, arguments);
      if (is_exhausted(x) || is_exhausted(y)) {
        ++tally.set_aside;
        return std::nullopt;
      }
      std::string where = concat(item.name, show({.results = arguments}), ": ");
      if (!same(type, x, y)) return concat(where, show(y), ", not ", show(x));
      if (auto difference = compare_state(module, expected, got)) return where + *difference;
    }
  }
  return std::nullopt;
}

bool sees_nans(const Program& program, u64 seed) {
  Tally ignored;
  auto machine = make_interpreter_subject(program), canonical = make_interpreter_subject(program, oracle::Nans::Canonical);
  return compare(program, *machine, *canonical, seed, ignored).has_value();
}

}  // namespace

std::string summary(const Tally& tally) {
  return concat(tally.modules, " modules, ", tally.calls, " calls: ", tally.returned, " returned, ", tally.trapped,
                " trapped or were exhausted; ", tally.set_aside, " set aside, ", tally.sees_nans, " saw NaNs");
}

std::string explain_difference(std::span<const u8> wasm, u64 seed, const std::string& difference) {
  Tally tally;
  std::vector<u8> small = minimize({wasm.begin(), wasm.end()}, [&](std::span<const u8> candidate) {
    auto found = find_difference(candidate, seed, tally);
    return found && !found->starts_with("it does not");
  });
  auto text = text::print_module(small);
  return concat("seed ", seed, ": ", difference, "\nminimized: ",
                find_difference(small, seed, tally).value_or("no difference"), "\n",
                text ? *text : text.error().message);
}

std::optional<std::string> find_difference(std::span<const u8> wasm, u64 seed, Tally& tally,
                                           std::span<const Contender> with) {
  std::vector<u8> bytes(wasm.begin(), wasm.end());
  auto plain = Program::load(bytes), with_fuel = Program::load(bytes, Features::implemented(), {.fuel = true});
  if (!plain) return concat("it does not load: ", plain.error().message, " at ", plain.error().offset);
  if (!with_fuel) return concat("it does not load with fuel: ", with_fuel.error().message);
  ++tally.modules;
  for (const Contender& contender : with) {
    const Program& program = contender.counts_fuel ? **with_fuel : **plain;
    std::unique_ptr<Subject> expected = make_interpreter_subject(program),
        got = contender.make(contender.index, program);
    if (!got) continue;
    if (auto difference = compare(program, *expected, *got, seed, tally)) {
      if (sees_nans(**plain, seed)) {
        ++tally.sees_nans;
        return std::nullopt;
      }
      return concat(got->name(), ", ", *difference);
    }
  }
  return std::nullopt;
}

}  // namespace skerry::fuzz
