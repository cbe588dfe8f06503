// Translator: the sink of validation that builds SSA (translate.h says what of what).
//
// Each open frame has its part of the control stack in FrameData, and each label the chain of
// edges that go to it: targets in `extra` that hold, in place of their block, the position of the
// one before. A block at a label is begun when its frame ends, and all edges are known.
//
// control.cpp has blocks and edges, operations.cpp what makes values; what runs for nearly every
// instruction is here, to be compiled into the validator.

#pragma once

#include "base/array.h"
#include "engine/abi/builtins.h"
#include "engine/ir/prune.h"
#include "engine/translate/fold.h"
#include "engine/translate/prescan.h"
#include "engine/translate/translate.h"
#include "engine/validate/function.h"

namespace skerry::translate {

// The list in extra that stands for no position.
constexpr u32 no_target = ~u32{0};

// Entries of extra and instructions, together, beyond which a function is refused. A byte of code makes about one,
// but a call or a branch that hands on a thousand values makes thousands of two bytes.
constexpr u64 hard_budget_of(u64 body_bytes) { return 3 * body_bytes + 2 * MiB; }

// What an `if` did with its condition.
enum class Arms : u8 { Both, OnlyThen, OnlyElse };

// The sink's part of a control frame.
struct FrameData {
  // Targets that go to the end of the frame, the last first: each holds in place of its block
  // the position of the one before. A loop's label is its header, and has none here.
  u32 edges = no_target;
  std::span<const u32> assigned;  // locals, in the prescan; none where locals are slots
  // The target of the br_table in progress that goes here.
  u32 table_stamp = 0;
  u32 table_target = 0;
  // loop
  ir::Block header;
  ir::Loop loop;
  // if
  Arms arms = Arms::Both;
  ir::Value branch;  // its Branch, whose second target is not there yet
  u32 saved = 0;     // in the stack of saved values: parameters, then assigned locals, as they were at the `if`
};

class Translator {
 public:
  using Value = ir::Value;
  using Frame = FrameData;
  using Label = validate::ControlFrame<Value, Frame>;
  using Operands = std::span<validate::Operand<Value>>;

  Translator(const wasm::Module& module, const Options& options, Scratch::Arrays& arrays, ir::Function& function,
             LocalsPolicy locals, u64 extra_budget, u64 hard_budget);

  bool over_budget() const { return over_budget_; }

  void at(u32 offset) { builder_.at(offset); }
  void begin_function(Label& label, std::span<const ValueType> locals);
  void end_function(Label& label, Operands operands);
  void block(Label& label, Operands operands);
  void loop(Label& label, Operands operands);
  void if_(Label& label, Value condition, Operands operands);
  void else_(Label& label, Operands operands);
  void else_params(Label& label, Operands operands);
  void end(Label& label, Operands operands);
  bool end_results(Label& label, Operands operands);
  void br(Label& label, Operands operands);
  void br_if(Label& label, Value condition, Operands operands);
  void br_table(std::span<Label* const> labels, Value index, Operands operands);
  void return_(Operands operands);
  void unreachable();

  Value local_get(u32 local) {
    count_operator();
    if (locals_ == LocalsPolicy::Values) [[likely]] return current(local);
    return slot_get(local);
  }
  void local_set(u32 local, Value value) {
    count_operator();
    if (locals_ == LocalsPolicy::Values) [[likely]] set_current(local, value);
    else slot_set(local, value);
  }
  void local_tee(u32 local, Value value) { local_set(local, value); }
  Value global_get(GlobalIndex global);
  void global_set(GlobalIndex global, Value value);
  Value select(ValueType type, Value first, Value second, Value condition);

  Value i32_const(i32 value) { return number(ir::Type::I32, u32(value)); }
  Value i64_const(i64 value) { return number(ir::Type::I64, u64(value)); }
  Value f32_const(u32 bits) { return number(ir::Type::F32, bits); }
  Value f64_const(u64 bits) { return number(ir::Type::F64, bits); }
  Value unary(Opcode opcode, Value x);
  Value binary(Opcode opcode, Value x, Value y);

  Value load(Opcode opcode, validate::MemArg memarg, Value address);
  void store(Opcode opcode, validate::MemArg memarg, Value address, Value value);
  Value memory_size(MemoryIndex memory);
  Value memory_grow(MemoryIndex memory, Value pages);
  void memory_init(DataIndex data, MemoryIndex memory, Value destination, Value source, Value count);
  void data_drop(DataIndex data);
  void memory_copy(MemoryIndex to, MemoryIndex from, Value destination, Value source, Value count);
  void memory_fill(MemoryIndex memory, Value destination, Value value, Value count);

  Value table_get(TableIndex table, Value index);
  void table_set(TableIndex table, Value index, Value value);
  Value table_size(TableIndex table);
  Value table_grow(TableIndex table, Value value, Value count);
  void table_fill(TableIndex table, Value start, Value value, Value count);
  void table_init(ElemIndex elem, TableIndex table, Value destination, Value source, Value count);
  void elem_drop(ElemIndex elem);
  void table_copy(TableIndex to, TableIndex from, Value destination, Value source, Value count);

  Value ref_null(ValueType) { return number(ir::Type::Ref, 0); }
  Value ref_is_null(Value reference);
  Value ref_func(FuncIndex function);

  void call(FuncIndex function, Operands arguments);
  void call_indirect(TypeIndex type, TableIndex table, Value callee, Operands arguments);
  bool call_results(Operands results);
  void return_call(FuncIndex function, Operands arguments);
  void return_call_indirect(TypeIndex type, TableIndex table, Value callee, Operands arguments);

 private:
  // Blocks and edges
  void open_frame(Label& label);
  u32 edge(Label& label, Operands operands);
  u32 saved_edge(Label& label);
  u32 new_target(Label& label, u32 operand_count);
  void jump(u32 target);
  void begin_block();
  void begin_next(u32 target);
  void join(Label& label);
  bool continue_behind_jump(Label& label);
  void end_loop(Label& label, bool reachable);

  // Code that is unreachable since a condition is a constant
  bool is_dead() const { return dead_depth_ != 0; }
  void begin_dead();
  void end_dead();

  // The values of locals
  Value current(u32 local) const {
    Value value = current_[local];
    if (value.is_none()) [[unlikely]] return zeros_[u8(ir::type_of(types_[local]))];
    return value;
  }
  void set_current(u32 local, Value value) {
    if (current_[local].is_none()) [[unlikely]] assigned_.push_back(local);
    current_[local] = value;
  }
  void make_zeros(std::span<const ValueType> locals);

  // Instructions
  Value constant(ir::Type type, u64 bits) { return numbering_.constant(type, bits); }
  Value number(ir::Type type, u64 bits) {
    count_operator();
    return constant(type, bits);
  }
  Value builtin(Builtin builtin, std::span<const u32> indices, std::initializer_list<Value> arguments);
  Value slot_get(u32 local);
  void slot_set(u32 local, Value value);
  u32 operand_list(Operands operands);
  void terminate(ir::Inst inst);
  void return_values(Operands operands);
  std::optional<u64> constant_global(GlobalIndex global) const;
  void check_budget();
  void give_up();

  // Fuel. An instruction that does something was told. Straight-line code pays once, where it begins:
  // the Fuel in front of its first operator counts up to the next branch, call or label.
  void count_operator() {
    if (options_.fuel) [[unlikely]] count_for_fuel();
  }
  void count_for_fuel();
  void close_fuel() { fuel_ = Value::none(); }

  const wasm::Module& module_;
  const Options options_;
  const LocalsPolicy locals_;
  const u64 extra_budget_;
  const u64 hard_budget_;
  bool over_budget_ = false;
  ir::Function& function_;
  ir::Builder builder_;
  Numbering numbering_;
  Folder folder_;

  const Prescan& prescan_;
  u32 next_frame_ = 0;  // in prescan_.frames()
  // By local: its value now, or none where that is still the zero of its type. A body may declare 50,000 locals in five
  // bytes: only those that it assigns, which assigned_ lists, cost anything.
  Array<Value>& current_;
  Array<u32>& assigned_;
  std::span<const ValueType> types_;
  Value zeros_[8];  // by ir::Type
  Array<Value>& saved_;    // of open ifs
  Array<Value>& results_;  // of the frame that has ended
  Array<u8>& columns_;     // join: whether a column varies between edges
  bool results_reachable_ = false;
  u32 table_stamp_ = 0;

  ir::Loop current_loop_ = ir::Loop::none();
  // The Branch, and its target, that alone leads to the open block; none if that is not so.
  Value only_branch_ = Value::none();
  u32 only_target_ = no_target;
  i32 depth_ = 0;  // open frames that the sink knows of
  // The depth at which a constant condition made the rest of a sequence unreachable; 0: it is
  // not. What is told meanwhile goes to the end of the arrays, from where end_dead takes it
  // away again; no block ends in it. Below 0: to the end of the function, which is given up.
  i32 dead_depth_ = 0;
  struct Mark {
    u32 insts, extra;
  } dead_mark_ = {};

  Value call_ = Value::none();                   // the call just made
  const FuncType* call_type_ = nullptr;
  Value fuel_ = Value::none();  // the Fuel that counts the operators of now; none where one is to begin
};

struct Scratch::Arrays {
  Prescan prescan;
  validate::Scratch<Translator> validation;
  Array<ir::Value> current;
  Array<u32> assigned;
  Array<ir::Value> saved;
  Array<ir::Value> results;
  Array<u8> columns;
  ir::Pruner pruner;
};

}  // namespace skerry::translate
