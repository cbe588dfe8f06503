// Rebuild: a pass as a walk over a function that writes a new one.
//
// Blocks are visited in text order and written in that order, so that what docs/ir.md says of the order holds again: a
// block comes behind its dominators, a loop is a run of blocks. A pass derives its class and says what becomes of each
// instruction; fields that name values come to it renamed. By itself, rebuilding
//
//   * leaves out blocks that no edge leads to any more,
//   * leaves out parameters for which all edges bring one value, or equal constants,
//   * continues a block where all that leads to the next is the Jump at its end,
//   * knows the dominators of what it has written.
//
// A parameter of a loop's header must be judged before the back edges are written: it goes if each of them brings, in
// the old function, the parameter itself or what the entry brings.
//
// Each instruction, list entry and edge is visited once; dominators add the logarithm of their depth to an edge.
// Blocks are compared by index alone, so that what a pass adds in front of a block has to be written in front of it.

#pragma once

#include <optional>

#include "engine/ir/builder.h"
#include "engine/passes/dominators.h"

namespace skerry::passes {

class Rebuild {
 public:
  virtual ~Rebuild() = default;
  void run(ir::Function& function);
  // Instructions and list entries that were visited: what the time is in proportion to.
  u64 work() const { return work_; }

 protected:
  using Block = ir::Block;
  using Inst = ir::Inst;
  using Loop = ir::Loop;
  using Op = ir::Op;
  using Value = ir::Value;

  struct Edge {
    u32 target;   // in extra of the new function
    Block from;   // new
    Value branch; // the terminator that has it
    u32 next;     // in edges_, to the same old block
  };
  static constexpr u32 none = ~u32{0};

  // ------------------------------------------------------------------------ What a pass says

  // Before anything else; old() is the function.
  virtual void begin() {}
  // In front of the first block of loops; edges_to(header) are all edges to it but the back edges.
  virtual void enter_loop(Block header) { (void)header; }
  // A block is open, its parameters are made. `merged`: it is the continuation of the one before.
  enum class Opened : u8 { Fresh, Continued };
  virtual void begin_block(Block old_block, Opened opened) { (void)old_block, (void)opened; }
  // The new value for an instruction that is neither parameter nor terminator; `inst` with its operands renamed, but
  // for those in lists.
  virtual Value visit(Value old, const Inst& inst) { return copy(old, inst); }
  // A terminator, its own operands renamed. Ends the block by one.
  virtual void end_block(Value old, const Inst& inst) { copy_terminator(old, inst); }
  // A constant in the open block.
  virtual Value constant(ir::Type type, u64 bits) { return builder_->constant(type, bits); }

  // --------------------------------------------------------------------- What a pass may use

  const ir::Function& old() const { return *old_; }
  ir::Function& out() { return out_; }
  const ir::Function& out() const { return out_; }
  ir::Builder& builder() { return *builder_; }
  const DominatorTree& dominators() const { return dominators_; }
  Value renamed(Value old) const { return Value(renamed_[old.raw()]); }
  void set_renamed(Value old, Value value) { renamed_[old.raw()] = value.raw(); }
  bool is_renamed(Value old) const { return renamed_[old.raw()] != none; }
  Block current() const { return Block(out_.blocks.size() - 1); }
  // The operands that stand in a, b, c.
  Inst with_renamed_operands(Inst inst) const;

  // The instruction as it is, its list with it.
  Value copy(Value old, const Inst& inst);
  void copy_terminator(Value old, const Inst& inst);
  // Ends the block by going on at a target of the old function.
  void jump(u32 old_target);
  void branch(Value condition, u32 then, u32 otherwise);
  // Ends the block by a Branch of which one side is a new block, which is then open, in the same loop.
  enum class Side : u8 { Then, Otherwise };
  void branch_to_next(Value condition, Side next, u32 other_target);
  // Ends the block by a Branch to a new block, which is then open, in the same loop; its parameter is the choice.
  Value join(Value condition, Value then, Value otherwise);

  // The same where what the choices are is computed on sides of their own: 0 if the condition holds, and 1. Where a
  // side has a block, `write(side)` writes into it what is then in `sides`; where it has none, before. The block behind
  // is open, with no parameters yet.
  template <class Write>
  void open_sides(Value condition, const bool (&has_side)[2], const std::vector<u32> (&sides)[2], Write write) {
    Block from = current();
    u32 next = out_.blocks.size();
    Block behind(next + has_side[0] + has_side[1]);
    for (u32 side : {0u, 1u}) if (!has_side[side]) write(side);
    u32 targets[2];
    for (u32 side : {0u, 1u}) {
      Block of_side(next + (side && has_side[0]));
      targets[side] = has_side[side] ? builder_->target(of_side) : builder_->target(behind, sides[side]);
    }
    builder_->terminate({.op = Op::Branch, .a = condition.raw(), .b = targets[0], .c = targets[1]});
    auto begin = [&] {
      builder_->begin_block(out_.blocks[from].loop);
      dominators_.add(from);
    };
    for (u32 side : {0u, 1u}) {
      if (!has_side[side]) continue;
      begin();
      write(side);
      u32 target = builder_->target(behind, sides[side]);
      builder_->terminate({.op = Op::Jump, .b = target});
    }
    begin();
  }

  const std::vector<Edge>& edges() const { return edges_; }
  u32 first_edge_to(Block old_block) const { return incoming_[old_block.raw()]; }
  // The block from which the only edge to a header comes is open: that which ends here by a Jump there, or a new one on
  // the edge, in the loop around. close_again() ends it by that Jump.
  void open_entry(Block header);
  void close_again();
  Loop new_loop(Loop old) const { return old.is_none() ? Loop::none() : Loop(loops_[old.raw()]); }

 private:
  bool begin_old_block(Block block);
  bool continues(Block block, Loop loop) const;
  void make_params(Block block, bool is_header);
  bool back_edges_agree(Block block, u32 param, Value value);
  u32 new_target(u32 old_target, Value branch);
  u32 move_list(u32 at, u32 fixed, u32 values);
  void finish_loops();

  ir::Function* old_ = nullptr;  // given up: its lists are marked while they are moved
  ir::Function out_;
  std::optional<ir::Builder> builder_;
  DominatorTree dominators_;
  std::vector<u32> renamed_;      // by old value
  std::vector<Edge> edges_;       // forward ones, written
  std::vector<u32> incoming_;     // by old block: the last of edges_ to it
  std::vector<u32> back_edges_;   // by old header: the first of back_targets_
  struct BackTarget {
    u32 target;  // old
    u32 next;
  };
  std::vector<BackTarget> back_targets_;
  std::vector<u32> new_blocks_;   // by old block: the new one of it, or none
  std::vector<u32> next_blocks_;  // by old block: the first new one at or behind its place
  std::vector<u32> loops_;        // by old loop: the new one
  std::vector<u8> kept_;          // by old value, of parameters: whether the new block has them
  struct ConstantParam {
    u32 param;  // old
    Inst constant;
  };
  std::vector<ConstantParam> constant_params_;  // of the block whose parameters are made
  Inst reopened_;  // the Jump that close_again() makes
  u32 reopened_edge_ = 0;
  u32 reopened_position_ = 0;
  u64 work_ = 0;
};

}  // namespace skerry::passes
