#include "tests/fuzz/subject.h"

#include <bit>
#include <cmath>

#include "tests/fuzz/random.h"

namespace skerry::fuzz {

namespace {

// NaNs are alike: which one it is may differ.
u64 without_nan(ValueType type, u64 bits) {
  if (type == ValueType::F32 && std::isnan(std::bit_cast<f32>(u32(bits)))) return 1;
  if (type == ValueType::F64 && std::isnan(std::bit_cast<f64>(bits))) return 1;
  return bits;
}

u64 number_of(ValueType type, u64 bits) {
  switch (type) {
    case ValueType::I32: return u32(bits) >> (bits >> 40 & 31);
    case ValueType::I64: return bits;
    case ValueType::F32: return std::bit_cast<u32>(f32(i32(bits)));
    case ValueType::F64: return std::bit_cast<u64>(f64(i64(bits)) / 1024);
    case ValueType::ExternRef: return bits % extern_count;
    default: return 0;
  }
}

class InterpreterSubject : public Subject {
 public:
  InterpreterSubject(const Program& program, oracle::Nans nans, u64 steps)
      : program_(program), store_({.steps = steps, .call_depth = 400}, nans) {}

  std::string name() const override { return "interpreter"; }

  Outcome instantiate() override {
    oracle::Instantiation made = store_.instantiate(program_,
        [&](const wasm::Import& import) { return resolve(import); });
    CHECK(!made.error);
    instance_ = made.instance;
    return made.failed ? *made.failed : Outcome{};
  }

  Outcome invoke(const wasm::Export& function, const FuncType& type, std::span<const u64> arguments) override {
    Outcome outcome = store_.invoke(instance_->functions[FuncIndex(function.index)], arguments);
    for (usize i = 0; i < outcome.results.size(); ++i)
      if (type.results[i] == ValueType::FuncRef) outcome.results[i] = outcome.results[i] != 0;
    return outcome;
  }
  u64 global(const wasm::Export& global) override {
    const oracle::Global& found = *instance_->globals[GlobalIndex(global.index)];
    return found.type.value == ValueType::FuncRef ? found.bits != 0 : found.bits;
  }
  std::span<const u8> memory(const wasm::Export& memory) override {
    return instance_->memories[MemoryIndex(memory.index)]->bytes;
  }
  std::vector<u32> table(const wasm::Export& table) override {
    const oracle::Table& found = *instance_->tables[TableIndex(table.index)];
    std::vector<u32> elements = found.elements;
    if (found.type.element == ValueType::FuncRef)
      for (u32& element : elements) element = element != 0;
    return elements;
  }
  void set_fuel(u64 fuel) override { store_.set_fuel(fuel); }
  std::optional<u64> fuel() override { return store_.fuel(); }

  const oracle::Instance& instance() const { return *instance_; }

 private:
  std::optional<oracle::Extern> resolve(const wasm::Import& import) {
    const wasm::Module& module = program_.module;
    switch (import.kind) {
      case ExternKind::Func: {
        const FuncType& type = module.type_of(FuncIndex(import.index));
        return store_.add_function(type, [this, &type](std::span<const u64> arguments) {
          std::vector<u64> seen(arguments.begin(), arguments.end());
          for (usize i = 0; i < seen.size(); ++i)
            if (type.params[i] == ValueType::FuncRef) seen[i] = seen[i] != 0;
          auto results = host_.call(type, seen);
          if (!results) return Outcome::trapped(TrapCode::Host);
          return Outcome{.results = std::move(*results)};
        });
      }
      case ExternKind::Table: return store_.add_table(module.tables[TableIndex(import.index)].type);
      case ExternKind::Memory: return store_.add_memory(module.memories[MemoryIndex(import.index)]);
      case ExternKind::Global: {
        const GlobalType& type = module.globals[GlobalIndex(import.index)].type;
        return store_.add_global(type, Host::global(type.value, import.index));
      }
      case ExternKind::Tag: break;
    }
    return std::nullopt;
  }

  const Program& program_;
  oracle::Store store_;
  Host host_;
  oracle::Instance* instance_ = nullptr;
};

}  // namespace

std::optional<std::vector<u64>> Host::call(const FuncType& type, std::span<const u64> arguments) {
  u64 seed = ++calls_;
  for (usize i = 0; i < arguments.size(); ++i)
    seed = Random(seed ^ without_nan(type.params[i], arguments[i])).next();
  Random random(seed);
  if (random.one_in(200)) return std::nullopt;
  std::vector<u64> results;
  for (ValueType result : type.results) results.push_back(number_of(result, random.next()));
  return results;
}

u64 Host::global(ValueType type, u32 index) { return number_of(type, Random(index).next()); }

std::unique_ptr<Subject> make_interpreter_subject(const Program& program, oracle::Nans nans, u64 steps) {
  return std::make_unique<InterpreterSubject>(program, nans, steps);
}

const std::vector<Contender>& contenders() {
  static const std::vector<Contender> all = [] {
    std::vector<Contender> list = detail::machine_contenders();
    list.insert(list.end(), detail::engine_contenders().begin(), detail::engine_contenders().end());
    return list;
  }();
  return all;
}

}  // namespace skerry::fuzz
