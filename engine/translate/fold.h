// Folder: makes the values of operations, and where algebra knows better, something cheaper.
//
//   Value sum = folder.binary(Op::IAdd, Type::I32, x, y);
//
// Constant operands are computed, commutative operands brought into one order (a constant on
// the right), and the identities in fold.cpp applied, each of which looks at the operands' own
// instructions and no further. What is left goes through value numbering. Nothing that traps
// is folded away, and no float operation whose result is a NaN: its bits are the machine's.
//
// The rules are in fold_rules.h, for any numbering that has
//
//   Value add(Inst inst)                    // the inst, or one that computes the same
//   Value constant(Type type, u64 bits)
//
// translate has its own (Folder), and the passes of the best gear have another.

#pragma once

#include <optional>

#include "engine/translate/numbering.h"

namespace skerry::translate {

template <class Numbering>
class FolderOf {
 public:
  FolderOf(ir::Function& function, Numbering& numbering) : function_(function), numbering_(numbering) {}

  ir::Value unary(ir::Op op, ir::Type type, ir::Value x);
  ir::Value binary(ir::Op op, ir::Type type, ir::Value x, ir::Value y);
  ir::Value compare(ir::Op op, ir::Cond cond, ir::Value x, ir::Value y);
  ir::Value select(ir::Type type, ir::Value x, ir::Value y, ir::Value condition);

  // The bits of a value that is a constant; of an i32 or f32 in the low half.
  std::optional<u64> constant(ir::Value value) const {
    const ir::Inst& inst = function_[value];
    if (inst.op != ir::Op::Const) return std::nullopt;
    return inst.imm64();
  }

  // A condition for a branch: the value that is zero where `condition` is, or with `inverted` where it is not.
  struct Condition {
    ir::Value value;
    bool inverted;
  };
  Condition condition(ir::Value condition) const;

 private:
  ir::Value compare_with_constant(ir::Cond cond, ir::Value x, u64 bits, ir::Value y);
  std::optional<ir::Value> binary_with_constant(ir::Op op, ir::Type type, ir::Value x, u64 bits);
  std::optional<ir::Value> binary_of_same(ir::Op op, ir::Type type, ir::Value x);
  ir::Value make(ir::Op op, ir::Type type, ir::Value x, ir::Value y) {
    return numbering_.add({.op = op, .type = type, .a = x.raw(), .b = y.raw()});
  }

  ir::Function& function_;
  Numbering& numbering_;
};

using Folder = FolderOf<Numbering>;
extern template class FolderOf<Numbering>;

// What an operation on constants is: the bits of the result, none if it traps or is a NaN that it makes. `type` is
// the result's, `from` the operands' type.
std::optional<u64> evaluate(ir::Op op, ir::Type type, ir::Type from, u64 x, u64 y);
bool evaluate_compare(ir::Op op, ir::Cond cond, ir::Type from, u64 x, u64 y);

}  // namespace skerry::translate
