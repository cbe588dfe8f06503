// The library, by its public headers, in several configurations.

#include "engine/codegen/riscv64/cpu.h"
#include "skerry/skerry.h"
#include "tests/fuzz/subject.h"

namespace skerry::fuzz {

namespace {

enum class Load : u8 { Binary, Artifact };

struct Variant {
  std::string_view name;
  Config config;
  Load load = Load::Binary;
};

const std::vector<Variant>& variants() {
  static const std::vector<Variant> all = [] {
    Config usual;
    usual.compiler_threads = 1;
    usual.guest_stack_bytes = 4 * MiB;
    std::vector<Variant> list = {{"engine", usual}};
    Config config = usual;
    config.compilation = Compilation::Lazy;
    config.cpu = riscv64::is_native() ? "rv64gc" : "x86-64-v1,+sse4.1";
    list.push_back({"engine, lazy, least CPU", config});
    config = usual;
    config.signal_handlers = SignalHandlers::Forbidden;
    config.mask_indices = false;
    list.push_back({"engine without signal handlers", config});
    config = usual;
    config.fuel = Fuel::Counted;
    list.push_back({"engine with fuel", config});
    list.push_back({"engine, from an artifact", usual, Load::Artifact});
    config = usual;
    config.gear = Gear::Tiered;
    config.warm_up = {.threshold = 2, .threshold_per_byte = 0, .threads = 0};
    list.push_back({"tiered, at the second call or iteration", config});
    config.fuel = Fuel::Counted;
    config.warm_up.threshold = 1;
    config.signal_handlers = SignalHandlers::Forbidden;
    list.push_back({"tiered, at once, with fuel and without signal handlers", config});
    usual.gear = Gear::Best;
    list.push_back({"best gear", usual});
    config = usual;
    config.compilation = Compilation::Lazy;
    config.cpu = riscv64::is_native() ? "rv64gc" : "x86-64-v1,+sse4.1";
    config.fuel = Fuel::Counted;
    list.push_back({"best gear, lazy, least CPU, with fuel", config});
    config = usual;
    config.signal_handlers = SignalHandlers::Forbidden;
    config.skip_passes = "number";
    list.push_back({"best gear without number and signal handlers", config});
    config = usual;
    config.skip_passes = "expand,hoist,prune";
    list.push_back({"best gear of number alone", config});
    return list;
  }();
  return all;
}

const Engine& engine(u32 index) {
  static std::vector<Engine> engines;
  for (usize i = engines.size(); i < variants().size(); ++i) {
    auto made = Engine::create(variants()[i].config);
    CHECK(made);
    engines.push_back(std::move(*made));
  }
  return engines[index];
}

class EngineSubject : public Subject {
 public:
  EngineSubject(u32 index, const Program& program)
      : variant_(variants()[index]), engine_(engine(index)), program_(program), store_(*Store::create(engine_)) {
    for (u32 i = 1; i < extern_count; ++i) externs_[i] = *ExternRef::create(store_, i);
  }

  std::string name() const override { return std::string(variant_.name); }

  Outcome instantiate() override {
    auto module = Module::from_binary(engine_, program_.bytes);
    CHECK(module);
    if (variant_.load == Load::Artifact) {
      auto artifact = module->serialise();
      CHECK(artifact);
      module = Module::from_artifact_trusted(engine_, *artifact);
      CHECK(module);
    }
    std::vector<Extern> imports;
    for (const wasm::Import& import : program_.module.imports) imports.push_back(make_import(import));
    auto made = Instance::create(store_, *module, imports);
    if (!made) {
      CHECK(made.error().trap());
      return Outcome::trapped(made.error().trap()->code());
    }
    instance_ = *made;
    return {};
  }

  Outcome invoke(const wasm::Export& function, const FuncType& type, std::span<const u64> arguments) override {
    auto found = instance_->func(function.name);
    CHECK(found);
    std::vector<Value> values;
    for (usize i = 0; i < arguments.size(); ++i) values.push_back(to_value(type.params[i], arguments[i]));
    auto called = found->call(values);
    if (!called) return Outcome::trapped(called.error().code());
    Outcome outcome;
    for (const Value& value : *called) outcome.results.push_back(from_value(value));
    return outcome;
  }
  u64 global(const wasm::Export& global) override { return from_value(*instance_->global(global.name)->get()); }
  std::span<const u8> memory(const wasm::Export& memory) override { return instance_->memory(memory.name)->bytes(); }
  std::vector<u32> table(const wasm::Export& table) override {
    Table found = *instance_->table(table.name);
    std::vector<u32> elements;
    for (u32 i = 0; i < found.size(); ++i) elements.push_back(u32(from_value(*found.get(i))));
    return elements;
  }
  void set_fuel(u64 fuel) override { store_.set_fuel(fuel); }
  std::optional<u64> fuel() override {
    return variant_.config.fuel == Fuel::Counted ? std::optional(store_.fuel()) : std::nullopt;
  }

 private:
  Value to_value(ValueType type, u64 bits) {
    switch (type) {
      case ValueType::FuncRef: return Value::null(type);
      case ValueType::ExternRef: return bits ? Value(externs_[bits]) : Value::null(type);
      default: return Value(type, bits, nullptr);
    }
  }
  static u64 from_value(const Value& value) {
    switch (value.type()) {
      case ValueType::FuncRef: return !value.as_func().is_null();
      case ValueType::ExternRef: {
        u32* number = value.as_extern().data<u32>();
        return number ? *number : 0;
      }
      default: return value.bits();
    }
  }

  Extern make_import(const wasm::Import& import) {
    const wasm::Module& module = program_.module;
    switch (import.kind) {
      case ExternKind::Func: {
        const FuncType& type = module.type_of(FuncIndex(import.index));
        auto call = [this, &type](Caller&, std::span<const Value> arguments, std::span<Value> results) -> Called<void> {
          std::vector<u64> seen;
          for (const Value& value : arguments) seen.push_back(from_value(value));
          auto numbers = host_.call(type, seen);
          if (!numbers) return Failure(Trap(TrapCode::Host));
          for (usize i = 0; i < results.size(); ++i) results[i] = to_value(type.results[i], (*numbers)[i]);
          return {};
        };
        return *Func::wrap_dynamic(store_, type, call);
      }
      case ExternKind::Table: {
        const TableType& type = module.tables[TableIndex(import.index)].type;
        return *Table::create(store_, type, Value::null(type.element));
      }
      case ExternKind::Memory: return *Memory::create(store_, module.memories[MemoryIndex(import.index)]);
      case ExternKind::Global: {
        const GlobalType& type = module.globals[GlobalIndex(import.index)].type;
        return *Global::create(store_, type, to_value(type.value, Host::global(type.value, import.index)));
      }
      case ExternKind::Tag: break;
    }
    UNREACHABLE("an import of no kind");
  }

  const Variant& variant_;
  const Engine& engine_;
  const Program& program_;
  Store store_;
  Host host_;
  ExternRef externs_[extern_count];
  std::optional<Instance> instance_;
};

std::unique_ptr<Subject> make(u32 index, const Program& program) {
  return std::make_unique<EngineSubject>(index, program);
}

}  // namespace

const std::vector<Contender>& detail::engine_contenders() {
  static const std::vector<Contender> all = [] {
    std::vector<Contender> list;
    for (u32 i = 0; i < variants().size(); ++i) {
      bool counts_fuel = variants()[i].config.fuel == Fuel::Counted;
      list.push_back({std::string(variants()[i].name), counts_fuel, make, i});
    }
    return list;
  }();
  return all;
}

}  // namespace skerry::fuzz
