// The interpreter of the IR: the oracle that machine code is compared with.
//
//   Result<std::unique_ptr<Program>> program = Program::load(wasm);
//   Store store;
//   Instantiation made = store.instantiate(**program, resolve);
//   Outcome outcome = store.invoke(*made.instance, "f", {1, 2});
//
// It runs ir::Function over plain memories, tables and globals, as simply as it can, and
// shares nothing with code generation but the IR. Programs come by decode, validation and
// translation, so that what is wrong there is wrong here too: the specification's test suite,
// run by this interpreter, is the ground under it.
//
// Everything of a store lives as long as the store. A program must outlive the stores that it
// is instantiated in. Guest calls use no native stack; a host function that calls back does.

#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/ir/function.h"
#include "engine/translate/translate.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"
#include "tests/ir_interpreter/operations.h"

namespace skerry::oracle {

// A module with its functions in the IR.
struct Program {
  std::vector<u8> bytes;
  wasm::Module module;
  IndexMap<FuncIndex, ir::Function> functions;  // empty for imports

  // Decodes, validates, translates, and verifies what came out (an error there is of the code Artifact).
  static Result<std::unique_ptr<Program>> load(std::vector<u8> bytes, Features features = Features::implemented(),
                                               const translate::Options& options = {});
};

struct Outcome {
  enum class Kind : u8 { Returned, Trapped, OutOfSteps };
  Kind kind = Kind::Returned;
  TrapCode trap = TrapCode::Unreachable;
  std::vector<u64> results;  // bits, as in operations.h

  static Outcome trapped(TrapCode code) { return {Kind::Trapped, code, {}}; }
};

using HostFunction = std::function<Outcome(std::span<const u64> arguments)>;

struct Memory {
  MemoryType type;
  std::vector<u8> bytes;
};
struct Table {
  TableType type;
  std::vector<u32> elements;  // references
};
struct Global {
  GlobalType type;
  u64 bits;
};

struct Instance;

// What a reference to a function stands for. 0 is null.
struct FunctionRecord {
  FuncType type;
  Instance* instance;  // null: a host function
  FuncIndex index;
  HostFunction host;
};

struct Extern {
  ExternKind kind;
  u32 function = 0;  // a reference
  Table* table = nullptr;
  Memory* memory = nullptr;
  Global* global = nullptr;
};

struct Instance {
  const Program* program;
  IndexMap<FuncIndex, u32> functions;  // references
  IndexMap<TableIndex, Table*> tables;
  IndexMap<MemoryIndex, Memory*> memories;
  IndexMap<GlobalIndex, Global*> globals;
  IndexMap<ElemIndex, std::vector<u32>> elems;  // empty once dropped
  IndexMap<DataIndex, std::span<const u8>> datas;

  std::optional<Extern> find(std::string_view name) const;
};

struct Limits {
  u64 steps = 1'000'000'000;  // instructions of the IR in one invocation
  u32 call_depth = 5'000;
  u32 memory_pages = 2'048;   // of one memory
  u32 table_elements = 10'000'000;
};

struct Instantiation {
  Instance* instance = nullptr;  // there even if the start function or a segment trapped, since others may hold parts
  std::optional<Error> error;    // it did not link
  std::optional<Outcome> failed;
};

class Store {
 public:
  explicit Store(Limits limits = {}, Nans nans = Nans::Machine) : limits_(limits), nans_(nans) { functions_.emplace_back(); }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // For Op::Fuel. Unlimited unless set.
  void set_fuel(u64 fuel) { fuel_ = fuel; }
  u64 fuel() const { return fuel_; }

  Extern add_function(FuncType type, HostFunction function);
  Extern add_memory(MemoryType type);
  Extern add_table(TableType type);
  Extern add_global(GlobalType type, u64 bits);

  // `resolve` gives what is imported.
  Instantiation instantiate(const Program& program,
                            const std::function<std::optional<Extern>(const wasm::Import&)>& resolve = {});

  const FuncType& type_of(u32 function) const { return functions_[function].type; }
  Outcome invoke(u32 function, std::span<const u64> arguments);
  // An exported function; it must be there and of as many parameters.
  Outcome invoke(const Instance& instance, std::string_view name, std::span<const u64> arguments);

 private:
  friend class Interpreter;

  std::optional<Error> link(Instance& instance, const wasm::Import& import, const Extern& found);
  u64 evaluate(const Instance& instance, const wasm::ConstExpr& expression);

  const Limits limits_;
  const Nans nans_;
  u64 fuel_ = ~u64{0};
  u64 steps_ = 0;  // left of the invocation in progress
  u32 depth_ = 0;  // of calls, over all invocations in progress
  std::deque<FunctionRecord> functions_;
  std::deque<Memory> memories_;
  std::deque<Table> tables_;
  std::deque<Global> globals_;
  std::deque<Instance> instances_;
};

}  // namespace skerry::oracle
