#include "engine/ir/prune.h"

#include <algorithm>
#include <array>
#include <utility>

namespace skerry::ir {
namespace {

// What the fields of an operation mean to a pass that only follows values.
struct Fields {
  u8 values;     // the first so many of a, b, c are values
  bool lists;    // there are more in extra
  bool removable;
};
consteval std::array<Fields, u8(Op::Count)> make_fields() {
  std::array<Fields, u8(Op::Count)> all{};
  for (u8 i = 0; i < u8(Op::Count); ++i) {
    Fields& fields = all[i];
    fields.removable = op_table[i].removable();
    switch (op_table[i].shape) {
      case Shape::V: case Shape::Load: case Shape::VEntity: fields.values = 1; break;
      case Shape::VV: case Shape::Compare: case Shape::Store: fields.values = 2; break;
      case Shape::VVV: fields.values = 3; break;
      case Shape::Indirect: case Shape::Branch: case Shape::BrTable: fields.values = 1; [[fallthrough]];
      case Shape::Call: case Shape::List: case Shape::Jump: fields.lists = true; break;
      // All results of a call stand behind it, used or not.
      case Shape::Result: fields.values = 1, fields.removable = false; break;
      case Shape::Param: case Shape::Const: case Shape::Entity: case Shape::Trap: break;
    }
  }
  return all;
}
constexpr std::array<Fields, u8(Op::Count)> fields_of = make_fields();

}  // namespace

void Pruner::run(Function& function) {
  function_ = &function;
  mark_all();
  compact();
}

// ---------------------------------------------------------------------------------- Marking

void Pruner::mark_all() {
  const Function& function = *function_;
  live_.assign(function.insts.size(), Mark::Dead);
  incoming_.assign(function.blocks.size(), none);
  begins_.resize(function.blocks.size());
  edges_.clear();
  const Inst* insts = function.insts.data();
  Mark* live = live_.data();
  // The parameters of the function itself stay.
  std::fill_n(live, function.blocks[Block(0)].params, Mark::Live);
  for (u32 b = function.blocks.size(); b-- > 0;) {
    const BlockData& block = function.blocks[Block(b)];
    begins_[b] = block.begin;
    position_ = block.end - 1;
    live[position_] = Mark::Live;
    mark_operands(insts[position_]);
    function.for_each_target(insts[position_], [&](u32 target) {
      u32& last = incoming_[function.target_block(target).raw()];
      edges_.push_back({target, last});
      last = u32(edges_.size() - 1);
      mark_arguments(target);
    });
    // Operands of these are in front of them, where marking has yet to come.
    for (u32 at = position_, first = block.begin + block.params; at-- > first;) {
      const Inst& inst = insts[at];
      Fields fields = fields_of[u8(inst.op)];
      if (live[at] == Mark::Dead) {
        if (fields.removable) continue;
        live[at] = Mark::Live;
      }
      if (fields.values > 0) live[inst.a] = Mark::Live;
      if (fields.values > 1) live[inst.b] = Mark::Live;
      if (fields.values > 2) live[inst.c] = Mark::Live;
      if (fields.lists) mark_list(inst);
    }
    // Edges seen so far come from this block or later ones: they close a loop.
    position_ = block.begin;
    if (incoming_[b] == none) continue;
    for (u32 i = 0; i < block.params; ++i) if (live[block.begin + i] == Mark::Live) mark_incoming(block.begin + i);
    drain();
  }
}

void Pruner::mark(u32 value) {
  if (live_[value] == Mark::Live) return;
  live_[value] = Mark::Live;
  if (value >= position_) worklist_.push_back(value);
}

void Pruner::mark_operands(const Inst& inst) {
  Fields fields = fields_of[u8(inst.op)];
  if (fields.values > 0) mark(inst.a);
  if (fields.values > 1) mark(inst.b);
  if (fields.values > 2) mark(inst.c);
  if (fields.lists) mark_list(inst);
}

void Pruner::mark_list(const Inst& inst) {
  switch (info(inst.op).shape) {
    case Shape::Call: case Shape::List:
      for (u32 value : function_->list(inst.b, inst.c)) mark(value);
      break;
    case Shape::Indirect:
      for (u32 value : function_->list(inst.b + 2, inst.c)) mark(value);
      break;
    default: break;  // targets: mark_arguments
  }
}

void Pruner::mark_arguments(u32 target) {
  u32 first = function_->blocks[function_->target_block(target)].begin;
  std::span<const u32> arguments = function_->target_args(target);
  for (u32 i = 0; i < arguments.size(); ++i) if (live_[first + i] == Mark::Live) mark(arguments[i]);
}

// What the edges seen so far bring for a live parameter.
void Pruner::mark_incoming(u32 param) {
  const Inst& inst = function_->insts[Value(param)];
  for (u32 edge = incoming_[inst.a]; edge != none; edge = edges_[edge].next)
    mark(function_->target_args(edges_[edge].target)[inst.b]);
}

void Pruner::drain() {
  while (!worklist_.empty()) {
    u32 value = worklist_.back();
    worklist_.pop_back();
    const Inst& inst = function_->insts[Value(value)];
    if (inst.op == Op::Param) mark_incoming(value);
    else mark_operands(inst);
  }
}

// --------------------------------------------------------------------------------- Compacting

void Pruner::compact() {
  Function& function = *function_;
  renumbered_.resize(function.insts.size());
  extra_.clear();
  extra_.reserve(function.extra.size());
  Inst* insts = function.insts.data();
  u32* positions = function.positions.data();
  u32* renumbered = renumbered_.data();
  const Mark* live = live_.data();
  u32 to = 0;
  for (BlockData& block : function.blocks) {
    u32 from = block.begin, params_end = from + block.params, end = block.end;
    u32 begin = to;
    for (; from < params_end; ++from) {
      if (live[from] == Mark::Dead) continue;
      renumbered[from] = to;
      insts[to] = insts[from];
      insts[to].b = to - begin;
      positions[to++] = positions[from];
    }
    block.begin = begin;
    block.params = to - begin;
    for (; from < end; ++from) {
      if (live[from] == Mark::Dead) continue;
      renumbered[from] = to;
      // Fields are read and written one by one: a copy that is changed would wait for itself.
      const Inst& old = insts[from];
      u32 a = old.a, b = old.b, c = old.c;
      Fields fields = fields_of[u8(old.op)];
      insts[to] = old;
      Inst& inst = insts[to];
      if (fields.values > 0) inst.a = renumbered[a];
      if (fields.values > 1) inst.b = renumbered[b];
      if (fields.values > 2) inst.c = renumbered[c];
      if (fields.lists) move_lists(inst);
      positions[to++] = positions[from];
    }
    block.end = to;
  }
  function.insts.resize(to);
  function.positions.resize(to);
  std::swap(function.extra, extra_);
}

void Pruner::move_lists(Inst& inst) {
  switch (info(inst.op).shape) {
    case Shape::Call: case Shape::List: inst.b = move_list(inst.b, 0, inst.c); break;
    case Shape::Indirect: inst.b = move_list(inst.b, 2, inst.c); break;
    case Shape::Jump: inst.b = move_target(inst.b); break;
    case Shape::Branch:
      inst.b = move_target(inst.b);
      inst.c = move_target(inst.c);
      break;
    case Shape::BrTable: {
      Array<u32>& old = function_->extra;
      for (u32 i = 0; i < inst.c; ++i) {
        u32& target = old[inst.b + i];
        // The first that names a target moves it, and leaves its new place there for the others.
        if (old[target + 1] != none) {
          u32 moved = move_target(target);
          old[target] = moved;
          old[target + 1] = none;
        }
        target = old[target];
      }
      u32 at = u32(extra_.size());
      extra_.insert(extra_.end(), old.begin() + inst.b, old.begin() + inst.b + inst.c);
      inst.b = at;
      break;
    }
    default: break;
  }
}

// A list whose first `fixed` items are no values.
u32 Pruner::move_list(u32 at, u32 fixed, u32 values) {
  u32 moved = u32(extra_.size());
  const u32* item = function_->extra.data() + at;
  for (u32 i = 0; i < fixed; ++i) extra_.push_back(*item++);
  for (u32 i = 0; i < values; ++i) extra_.push_back(renumbered_[*item++]);
  return moved;
}

u32 Pruner::move_target(u32 target) {
  u32 moved = u32(extra_.size());
  Block to = function_->target_block(target);
  const Mark* live = live_.data() + begins_[to.raw()];
  extra_.push_back(to.raw());
  extra_.push_back(0);
  for (u32 argument : function_->target_args(target)) if (*live++ == Mark::Live) extra_.push_back(renumbered_[argument]);
  extra_[moved + 1] = u32(extra_.size()) - moved - 2;
  return moved;
}

}  // namespace skerry::ir
