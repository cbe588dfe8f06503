// Machine: the functions of a module as machine code, in the least instance that runs them.
//
// No runtime and no signal handlers: traps are calls, memories are checked explicitly. A module may have everything
// but imports. What its instance begins with is copied from one of the interpreter's, which is the
// first instance of its store: references are then the same numbers in both. It is how code generation is tested by
// itself, against the interpreter of the IR.

#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/codegen/target.h"
#include "tests/ir_interpreter/interpreter.h"
#include "tests/isas/targets.h"

namespace skerry::tests {

class Machine {
 public:
  struct Options {
    bool memory_base_register = false;  // where TestTarget says that it may
    bool fuel = false;                  // the program was translated with it
    codegen::Allocator allocator = codegen::Allocator::LinearScan;
  };

  // Without `initial` the memory and the globals are zero, and tables null.
  Machine(const oracle::Program& program, const TestTarget& target, const oracle::Instance* initial = nullptr);
  Machine(const oracle::Program& program, const TestTarget& target, const oracle::Instance* initial, Options options);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  oracle::Outcome invoke(std::string_view exported, std::span<const u64> arguments);
  std::span<u8> memory() { return memory(MemoryIndex(0)); }
  std::span<u8> memory(MemoryIndex i) { return {memories_[i].base, memories_[i].size}; }
  std::span<const TableEntry> table(TableIndex i) { return {tables_[i].base, tables_[i].length}; }
  u64 global(GlobalIndex i);
  void set_fuel(u64 fuel) { state_.fuel = fuel; }
  u64 fuel() const { return state_.fuel; }

 private:
  struct Builtins;
  using Enter = u32 (*)(StoreState*, FuncRecord*, u64* values);

  u8* place(std::span<const u8> code);
  u8* place_stub(codegen::StubKind kind, const FuncType* type, const void* address);
  void compile(codegen::Settings settings);
  void make_builtins();
  void make_instance(const oracle::Instance* initial);
  u8* reserve(u64 bytes);
  u8* instance_bytes() { return reinterpret_cast<u8*>(instance_.data()); }
  TableEntry entry(u32 handle, ValueType element);
  Enter enter_of(const FuncType& type);

  const oracle::Program& program_;
  InstanceLayout layout_;
  std::unique_ptr<codegen::Target> target_;
  u8* code_ = nullptr;
  u8* code_end_ = nullptr;
  std::vector<std::span<u8>> reserved_;
  std::vector<u64> instance_;
  std::vector<const void*> builtins_;
  std::vector<std::pair<const FuncType*, Enter>> enters_;
  IndexMap<FuncIndex, const u8*> functions_;
  u32 function_handles_ = 1;
  IndexMap<MemoryIndex, MemoryRecord> memories_;
  IndexMap<TableIndex, TableRecord> tables_;
  IndexMap<ElemIndex, std::vector<u32>> elems_;
  IndexMap<DataIndex, std::span<const u8>> datas_;
  StoreState state_{};
};

}  // namespace skerry::tests
