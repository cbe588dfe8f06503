// NullSink: validation that builds nothing.

#pragma once

#include "engine/validate/sink.h"

namespace skerry::validate {

struct NullSink {
  struct Value {};
  struct Frame {};
  using Operands = std::span<Operand<Value>>;
  using Label = ControlFrame<Value, Frame>;

  void at(u32) {}
  void begin_function(Label&, std::span<const ValueType>) {}
  void end_function(Label&, Operands) {}
  void block(Label&, Operands) {}
  void loop(Label&, Operands) {}
  void if_(Label&, Value, Operands) {}
  void else_(Label&, Operands) {}
  void else_params(Label&, Operands) {}
  void end(Label&, Operands) {}
  bool end_results(Label&, Operands) { return true; }
  void br(Label&, Operands) {}
  void br_if(Label&, Value, Operands) {}
  void br_table(std::span<Label* const>, Value, Operands) {}
  void return_(Operands) {}
  void unreachable() {}
  Value local_get(u32) { return {}; }
  void local_set(u32, Value) {}
  void local_tee(u32, Value) {}
  Value global_get(GlobalIndex) { return {}; }
  void global_set(GlobalIndex, Value) {}
  Value select(ValueType, Value, Value, Value) { return {}; }
  Value i32_const(i32) { return {}; }
  Value i64_const(i64) { return {}; }
  Value f32_const(u32) { return {}; }
  Value f64_const(u64) { return {}; }
  Value unary(Opcode, Value) { return {}; }
  Value binary(Opcode, Value, Value) { return {}; }
  Value load(Opcode, MemArg, Value) { return {}; }
  void store(Opcode, MemArg, Value, Value) {}
  Value memory_size(MemoryIndex) { return {}; }
  Value memory_grow(MemoryIndex, Value) { return {}; }
  void memory_init(DataIndex, MemoryIndex, Value, Value, Value) {}
  void data_drop(DataIndex) {}
  void memory_copy(MemoryIndex, MemoryIndex, Value, Value, Value) {}
  void memory_fill(MemoryIndex, Value, Value, Value) {}
  Value table_get(TableIndex, Value) { return {}; }
  void table_set(TableIndex, Value, Value) {}
  Value table_size(TableIndex) { return {}; }
  Value table_grow(TableIndex, Value, Value) { return {}; }
  void table_fill(TableIndex, Value, Value, Value) {}
  void table_init(ElemIndex, TableIndex, Value, Value, Value) {}
  void elem_drop(ElemIndex) {}
  void table_copy(TableIndex, TableIndex, Value, Value, Value) {}
  Value ref_null(ValueType) { return {}; }
  Value ref_is_null(Value) { return {}; }
  Value ref_func(FuncIndex) { return {}; }
  void call(FuncIndex, Operands) {}
  void call_indirect(TypeIndex, TableIndex, Value, Operands) {}
  bool call_results(Operands) { return true; }
  void return_call(FuncIndex, Operands) {}
  void return_call_indirect(TypeIndex, TableIndex, Value, Operands) {}
};
static_assert(FunctionSink<NullSink>);

}  // namespace skerry::validate
