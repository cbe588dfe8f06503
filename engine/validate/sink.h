// FunctionSink: what the validator tells while it goes through a body, so that one pass
// from bytes both validates and builds code.
//
// The validator keeps the operand stack and the control stack. Beside each type it carries
// a Sink::Value, and beside each control frame a Sink::Frame, which are the sink's own. It
// reports reachable instructions only, in order, after they are found valid: dead code is
// validated and not reported. A body may still turn out invalid after things were reported,
// so that a sink's work counts only once validation ends well.
//
// Operands are handed over as values, or where an instruction takes or leaves many as a
// span of the stack, which the sink may rewrite in place (for joins: the values after it).

#pragma once

#include <concepts>
#include <span>

#include "engine/decode/instruction.h"
#include "engine/wasm/module.h"
#include "engine/wasm/opcodes.h"

namespace skerry::validate {

template <class Value>
struct Operand {
  ValueType type;
  [[no_unique_address]] Value value;
};

enum class FrameKind : u8 { Function, Block, Loop, If, Else };

// A structured control instruction that is open.
template <class Value, class Data>
struct ControlFrame {
  FrameKind kind;
  bool entered;      // its start was reachable: the sink knows of it
  bool unreachable;  // the rest of the current sequence is
  // The rest comes after a branch, so that operands which are missing are of any type (the
  // appendix calls this unreachable). It implies the above, which is also of code behind an
  // end that the sink calls unreachable, where types are checked as ever.
  bool polymorphic;
  u32 height;        // operands below it
  u32 offset;        // of the opcode in the module, for messages
  std::span<const ValueType> params;
  std::span<const ValueType> results;
  [[no_unique_address]] Data data;

  // The types that a branch to this label takes (3.3.8).
  std::span<const ValueType> label_types() const { return kind == FrameKind::Loop ? params : results; }
};

using wasm::MemArg;

template <class S>
concept FunctionSink = requires(S s, typename S::Value v, ControlFrame<typename S::Value, typename S::Frame>& frame,
                                std::span<Operand<typename S::Value>> operands, Opcode op, MemArg memarg, u32 n,
                                std::span<const ValueType> types,
                                std::span<ControlFrame<typename S::Value, typename S::Frame>* const> frames) {
  // The byte offset, in the module, of the instruction reported next.
  s.at(n);

  // The locals are known: parameters first. `frame` is the function's own label.
  s.begin_function(frame, types);
  // The body has ended; `operands` are the results where `frame` is not unreachable. All
  // branches to the function's label were reported as br/br_if/br_table before.
  s.end_function(frame, operands);

  // block, loop: `operands` are the parameters, on the stack, and stay there.
  s.block(frame, operands);
  s.loop(frame, operands);
  // if: the condition is popped; `operands` as for block.
  s.if_(frame, v, operands);
  // else, for an `if` that was entered: `operands` are the results of the first arm (empty
  // and meaningless if frame.unreachable); afterwards the validator pushes the parameters
  // again, and `params` of the next call, where the sink writes their values.
  s.else_(frame, operands);
  s.else_params(frame, operands);
  // end of an entered block, loop, if or else. `operands` as for else. An `if` that ends
  // without else has params == results, and the sink adds the missing arm itself.
  s.end(frame, operands);
  // The results of the frame that has ended are on the stack again: the sink gives their
  // values. Answers whether code after the end is reachable.
  { s.end_results(frame, operands) } -> std::same_as<bool>;

  s.br(frame, operands);
  s.br_if(frame, v, operands);  // operands stay
  s.br_table(frames, v, operands);  // the last frame is the default
  s.return_(operands);
  s.unreachable();

  { s.local_get(n) } -> std::same_as<typename S::Value>;
  s.local_set(n, v);
  s.local_tee(n, v);
  { s.global_get(GlobalIndex()) } -> std::same_as<typename S::Value>;
  s.global_set(GlobalIndex(), v);
  { s.select(ValueType(), v, v, v) } -> std::same_as<typename S::Value>;  // first, second, condition

  { s.i32_const(i32()) } -> std::same_as<typename S::Value>;
  { s.i64_const(i64()) } -> std::same_as<typename S::Value>;
  { s.f32_const(u32()) } -> std::same_as<typename S::Value>;  // bits
  { s.f64_const(u64()) } -> std::same_as<typename S::Value>;
  // Every instruction of 5.4.7 and of the saturating conversions: its types are in its signature.
  { s.unary(op, v) } -> std::same_as<typename S::Value>;
  { s.binary(op, v, v) } -> std::same_as<typename S::Value>;

  { s.load(op, memarg, v) } -> std::same_as<typename S::Value>;
  s.store(op, memarg, v, v);  // address, value
  { s.memory_size(MemoryIndex()) } -> std::same_as<typename S::Value>;
  { s.memory_grow(MemoryIndex(), v) } -> std::same_as<typename S::Value>;
  s.memory_init(DataIndex(), MemoryIndex(), v, v, v);  // destination, source, count
  s.data_drop(DataIndex());
  s.memory_copy(MemoryIndex(), MemoryIndex(), v, v, v);  // to, from; destination, source, count
  s.memory_fill(MemoryIndex(), v, v, v);                 // destination, value, count

  { s.table_get(TableIndex(), v) } -> std::same_as<typename S::Value>;
  s.table_set(TableIndex(), v, v);
  { s.table_size(TableIndex()) } -> std::same_as<typename S::Value>;
  { s.table_grow(TableIndex(), v, v) } -> std::same_as<typename S::Value>;  // value, count
  s.table_fill(TableIndex(), v, v, v);                                     // start, value, count
  s.table_init(ElemIndex(), TableIndex(), v, v, v);
  s.elem_drop(ElemIndex());
  s.table_copy(TableIndex(), TableIndex(), v, v, v);

  { s.ref_null(ValueType()) } -> std::same_as<typename S::Value>;
  { s.ref_is_null(v) } -> std::same_as<typename S::Value>;
  { s.ref_func(FuncIndex()) } -> std::same_as<typename S::Value>;

  // Calls: `arguments` are popped afterwards; then the results are pushed, and the sink
  // writes their values in call_results, which follows at once, and answers whether code behind the call is reachable.
  s.call(FuncIndex(), operands);
  s.call_indirect(TypeIndex(), TableIndex(), v, operands);
  { s.call_results(operands) } -> std::same_as<bool>;
  s.return_call(FuncIndex(), operands);
  s.return_call_indirect(TypeIndex(), TableIndex(), v, operands);
};

}  // namespace skerry::validate
