// ir::Function: a function body in SSA form with block parameters.
//
// Everything is in a few flat arrays, filled front to back and never reordered:
//
//   insts      all instructions; a Value is the index of the instruction that makes it
//   positions  beside insts: the byte offset in the .wasm that each came from (and InlinedCall)
//   blocks     each a range of insts, in the order of the ranges: first its Params, last its
//              terminator. The order of blocks is that of the .wasm, in which a block comes
//              after its dominators and a loop is a run of blocks
//   extra      u32 lists: arguments of calls and of jumps
//   loops      a tree over runs of blocks
//
// A Function is reused for the next body by clear(), so that its arrays grow only to the
// largest. Invariants are checked by verify.h; docs/ir.md has the text form.

#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "base/index.h"
#include "engine/abi/trap.h"
#include "engine/wasm/types.h"

namespace skerry::ir {

struct ValueTag; struct BlockTag; struct LoopTag;
using Value = Index<ValueTag>;
using Block = Index<BlockTag>;
using Loop = Index<LoopTag>;

enum class Op : u8 {
#define OP(name, shape, effects, meaning) name,
#include "engine/ir/ops.def"
#undef OP
  Count,
};

// Ref is a 32-bit handle (docs/abi.md), zero for null.
enum class Type : u8 { Void, I32, I64, F32, F64, V128, Ref };

constexpr bool is_float(Type type) { return type == Type::F32 || type == Type::F64; }
constexpr bool is_64(Type type) { return type == Type::I64 || type == Type::F64; }
constexpr Type type_of(ValueType type) {
  switch (type) {
    case ValueType::I32: return Type::I32;
    case ValueType::I64: return Type::I64;
    case ValueType::F32: return Type::F32;
    case ValueType::F64: return Type::F64;
    case ValueType::V128: return Type::V128;
    case ValueType::FuncRef: case ValueType::ExternRef: return Type::Ref;
    case ValueType::Bottom: break;
  }
  return Type::Void;
}

// What the fields of an instruction are.
enum class Shape : u8 {
  Param,     // a: its block, b: which of the block's
  Const,     // b, c: imm64
  V,         // a
  VV,        // a, b
  VVV,       // a, b, c
  Compare,   // a, b; aux: Cond
  Load,      // a: address, b: offset; aux: memory
  Store,     // a: address, b: value, c: offset; aux: memory
  Entity,    // b: index
  VEntity,   // a: value, b: index
  Call,      // a: function or builtin, b: position in extra of the arguments, c: how many
  Indirect,  // a: table element index, b: position in extra of [type, table, arguments...], c: how many arguments
  Result,    // a: call, b: which
  Jump,      // b: target
  Branch,    // a: condition, b: target if not 0, c: target if 0
  BrTable,   // a: index, b: position in extra of the targets, c: how many, the default included
  List,      // b: position in extra, c: how many
  Trap,      // aux: TrapCode
};
// A target is a position in extra of [block, count, arguments...].

enum class Cond : u8 { Eq, Ne, LtS, LtU, GtS, GtU, LeS, LeU, GeS, GeU };  // floats: Eq Ne LtS GtS LeS GeS
constexpr Cond inverted(Cond cond) {  // not for floats
  constexpr Cond of[] = {Cond::Ne, Cond::Eq, Cond::GeS, Cond::GeU, Cond::LeS, Cond::LeU, Cond::GtS, Cond::GtU, Cond::LtS, Cond::LtU};
  return of[u8(cond)];
}
constexpr Cond swapped(Cond cond) {  // x cond y = y swapped(cond) x
  constexpr Cond of[] = {Cond::Eq, Cond::Ne, Cond::GtS, Cond::GtU, Cond::LtS, Cond::LtU, Cond::GeS, Cond::GeU, Cond::LeS, Cond::LeU};
  return of[u8(cond)];
}

constexpr Cond without_sign(Cond cond) {  // the same of the operands as unsigned numbers; of each pair it is the second
  return cond <= Cond::Ne ? cond : Cond(u8(cond) | 1);
}

enum Effects : u8 { Pure = 0, Reads = 1, Writes = 2, MayTrap = 4, Calls = 8, Terminates = 16, Commutes = 32 };

struct OpInfo {
  std::string_view name;
  Shape shape;
  u8 effects;
  std::string_view meaning;
  // May it be dropped when nobody uses its value?
  constexpr bool removable() const { return (effects & ~(Commutes | Reads)) == 0; }
  constexpr bool terminates() const { return effects & Terminates; }
};
inline constexpr OpInfo op_table[] = {
#define OP(name, shape, effects, meaning) {#name, Shape::shape, u8(effects), meaning},
#include "engine/ir/ops.def"
#undef OP
};
constexpr const OpInfo& info(Op op) { return op_table[u8(op)]; }

struct Inst {
  Op op;
  Type type = Type::Void;  // of its value; Void: it has none
  u8 aux = 0;              // Cond, memory index or TrapCode, as the shape says
  u8 unused = 0;
  u32 a = 0, b = 0, c = 0;

  u64 imm64() const { return b | u64(c) << 32; }
  Cond cond() const { return Cond(aux); }
  // Every field takes part, so that value numbering never merges unlike things.
  bool operator==(const Inst&) const = default;
};
static_assert(sizeof(Inst) == 16);

struct BlockData {
  u32 begin = 0;   // insts[begin, end)
  u32 end = 0;
  u32 params = 0;  // the first so many are its Params
  Loop loop = Loop::none();  // the innermost that it is in
};

struct LoopData {
  Block header;
  Block end;     // the first block behind it
  Loop parent = Loop::none();
  u32 depth = 1;
};

// A call in whose place the callee's instructions stand. Those have positions of their own, in a range behind all of
// the .wasm: begin + their distance from the begin of the callee's body.
struct InlinedCall {
  FuncIndex function;
  u32 body;   // where the callee's is in the .wasm, and its size
  u32 size;
  u32 begin;
  u32 call;   // the position of the call, which may itself be in such a range, further in front
};

// The last whose range begins at or before a position; null where none does: it is in the function's own body.
inline const InlinedCall* find_inlined(std::span<const InlinedCall> calls, u32 position) {
  auto behind = std::ranges::upper_bound(calls, position, {}, &InlinedCall::begin);
  return behind == calls.begin() ? nullptr : &behind[-1];
}
// Where in the .wasm the operator is that a position stands for.
inline u32 position_in_wasm(std::span<const InlinedCall> calls, u32 position) {
  const InlinedCall* in = find_inlined(calls, position);
  return in ? in->body + (position - in->begin) : position;
}
// The position in the function's own body: that of the call through which the operator came in.
inline u32 position_in_function(std::span<const InlinedCall> calls, u32 position) {
  while (const InlinedCall* in = find_inlined(calls, position)) position = in->call;
  return position;
}

// How a function begins.
enum class Entry : u8 {
  Call,  // its first block has the parameters of the signature
  Loop,  // in the place of a frame that has come to the head of a loop: the first block has no parameters (LoopValue)
};

struct Function {
  FuncIndex index;
  const FuncType* signature = nullptr;
  Entry entry = Entry::Call;

  IndexMap<Value, Inst> insts;
  Array<u32> positions;
  IndexMap<Block, BlockData> blocks;
  IndexMap<Loop, LoopData> loops;
  Array<u32> extra;
  Array<Type> slots;  // types of the frame slots; slot 0.. of SlotGet/SlotSet
  Array<InlinedCall> inlined;  // ascending

  void clear();

  const Inst& operator[](Value value) const { return insts[value]; }
  Type type(Value value) const { return insts[value].type; }

  // A target (Shape::Jump and others): where it goes and with what.
  Block target_block(u32 target) const { return Block(extra[target]); }
  std::span<const u32> target_args(u32 target) const { return {extra.data() + target + 2, extra[target + 1]}; }
  std::span<const u32> list(u32 at, u32 count) const { return {extra.data() + at, count}; }

  // Calls `visit(u32 target)` for each target of a terminator.
  template <class Visit>
  void for_each_target(const Inst& inst, Visit visit) const {
    switch (inst.op) {
      case Op::Jump: visit(inst.b); break;
      case Op::Branch: visit(inst.b); visit(inst.c); break;
      case Op::BrTable: for (u32 i = 0; i < inst.c; ++i) visit(extra[inst.b + i]); break;
      default: break;
    }
  }
  // Calls `visit(Value)` for each value that an instruction uses, those handed to targets included.
  template <class Visit>
  void for_each_use(const Inst& inst, Visit visit) const {
    auto all = [&](std::span<const u32> values) { for (u32 value : values) visit(Value(value)); };
    switch (info(inst.op).shape) {
      case Shape::V: case Shape::Load: case Shape::VEntity: visit(Value(inst.a)); break;
      case Shape::VV: case Shape::Compare: case Shape::Store: visit(Value(inst.a)); visit(Value(inst.b)); break;
      case Shape::VVV: visit(Value(inst.a)); visit(Value(inst.b)); visit(Value(inst.c)); break;
      case Shape::Call: case Shape::List: all(list(inst.b, inst.c)); break;
      case Shape::Indirect: visit(Value(inst.a)); all(list(inst.b + 2, inst.c)); break;
      case Shape::Branch: case Shape::BrTable: visit(Value(inst.a)); [[fallthrough]];
      case Shape::Jump: for_each_target(inst, [&](u32 target) { all(target_args(target)); }); break;
      case Shape::Param: case Shape::Const: case Shape::Entity: case Shape::Result: case Shape::Trap: break;
    }
  }
};

}  // namespace skerry::ir
