// Machine code in an instance of the tests' own (tests/isas/machine.h).

#include "tests/fuzz/subject.h"
#include "tests/isas/machine.h"

namespace skerry::fuzz {

namespace {

using tests::Machine;

struct Variant {
  std::string_view name;
  const tests::TestTarget* target;
  Machine::Options options;
};

const std::vector<Variant>& variants() {
  static const std::vector<Variant> all = [] {
    std::vector<const tests::TestTarget*> natives = tests::native_targets();
    if (natives.empty()) return std::vector<Variant>();
    std::vector<Variant> list = {{"machine code, least CPU", natives.front(), {}}, {"machine code", natives.back(), {}}};
    list.push_back({"machine code of split live ranges", natives.back(), {.allocator = codegen::Allocator::Ranges}});
    if (natives.back()->memory_base_register)
      list.push_back({"machine code with memory base register", natives.back(), {.memory_base_register = true}});
    return list;
  }();
  return all;
}

class MachineSubject : public Subject {
 public:
  MachineSubject(const Variant& variant, const Program& program) : variant_(variant), program_(program) {}

  std::string name() const override { return std::string(variant_.name); }

  // The interpreter makes what the instance begins with.
  Outcome instantiate() override {
    oracle::Instantiation made = store_.instantiate(program_);
    if (made.failed) return *made.failed;
    machine_.emplace(program_, *variant_.target, made.instance, variant_.options);
    return {};
  }
  Outcome invoke(const wasm::Export& function, const FuncType& type, std::span<const u64> arguments) override {
    Outcome outcome = machine_->invoke(function.name, arguments);
    for (usize i = 0; i < outcome.results.size(); ++i)
      if (type.results[i] == ValueType::FuncRef) outcome.results[i] = outcome.results[i] != 0;
    return outcome;
  }
  u64 global(const wasm::Export& global) override {
    u64 bits = machine_->global(GlobalIndex(global.index));
    ValueType type = program_.module.globals[GlobalIndex(global.index)].type.value;
    return type == ValueType::FuncRef ? bits != 0 : bits;
  }
  std::span<const u8> memory(const wasm::Export& memory) override { return machine_->memory(MemoryIndex(memory.index));
      }
  std::vector<u32> table(const wasm::Export& table) override {
    bool functions = program_.module.tables[TableIndex(table.index)].type.element == ValueType::FuncRef;
    std::vector<u32> elements;
    for (const TableEntry& entry : machine_->table(TableIndex(table.index)))
      elements.push_back(functions ? entry.handle != 0 : entry.handle);
    return elements;
  }

 private:
  const Variant& variant_;
  const Program& program_;
  oracle::Store store_;
  std::optional<Machine> machine_;
};

std::unique_ptr<Subject> make(u32 index, const Program& program) {
  if (!program.module.imports.empty()) return nullptr;
  return std::make_unique<MachineSubject>(variants()[index], program);
}

}  // namespace

const std::vector<Contender>& detail::machine_contenders() {
  static const std::vector<Contender> all = [] {
    std::vector<Contender> list;
    for (u32 i = 0; i < variants().size(); ++i) list.push_back({std::string(variants()[i].name), false, make, i});
    return list;
  }();
  return all;
}

}  // namespace skerry::fuzz
