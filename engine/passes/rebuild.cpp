#include "engine/passes/rebuild.h"

#include <algorithm>
#include <utility>

namespace skerry::passes {

using ir::Block;
using ir::Inst;
using ir::Loop;
using ir::Op;
using ir::Shape;
using ir::Value;

void Rebuild::run(ir::Function& function) {
  old_ = &function;
  out_.clear();
  out_.index = function.index;
  out_.signature = function.signature;
  out_.entry = function.entry;
  out_.slots = function.slots;
  out_.inlined.swap(function.inlined);
  out_.extra.reserve(function.extra.size());
  builder_.emplace(out_);
  dominators_.clear();
  u32 blocks = function.blocks.size();
  renamed_.assign(function.insts.size(), none);
  kept_.assign(function.insts.size(), 0);
  edges_.clear();
  incoming_.assign(blocks, none);
  back_edges_.assign(blocks, none);
  back_targets_.clear();
  new_blocks_.assign(blocks, none);
  next_blocks_.assign(blocks, none);
  loops_.assign(function.loops.size(), none);
  for (Block block(0); block < function.blocks.end_key(); block = block.next()) {
    function.for_each_target(function[Value(function.blocks[block].end - 1)], [&](u32 target) {
      u32 to = function.target_block(target).raw();
      if (to > block.raw()) return;
      back_targets_.push_back({target, back_edges_[to]});
      back_edges_[to] = u32(back_targets_.size() - 1);
    });
  }
  begin();

  for (Block block(0); block < function.blocks.end_key(); block = block.next()) {
    if (!begin_old_block(block)) continue;
    const ir::BlockData& data = function.blocks[block];
    work_ += data.end - data.begin;
    for (u32 at = data.begin + data.params; at < data.end; ++at) {
      Value value(at);
      if (renamed_[at] != none) continue;  // was written elsewhere
      builder_->at(function.positions[at]);
      Inst inst = with_renamed_operands(function[value]);
      if (at + 1 == data.end) end_block(value, inst);
      else renamed_[at] = visit(value, inst).raw();
    }
    DCHECK(!builder_->is_open());
  }
  finish_loops();
  std::swap(function, out_);
}

Inst Rebuild::with_renamed_operands(Inst inst) const {
  auto rename = [&](u32& operand) {
    operand = renamed_[operand];
    DCHECK(operand != none);
  };
  switch (ir::info(inst.op).shape) {
    case Shape::VVV: rename(inst.c); [[fallthrough]];
    case Shape::VV: case Shape::Compare: case Shape::Store: rename(inst.b); [[fallthrough]];
    case Shape::V: case Shape::Load: case Shape::VEntity: case Shape::Indirect: case Shape::Branch: case Shape::BrTable:
    case Shape::Result:
      rename(inst.a);
      break;
    case Shape::Param: case Shape::Const: case Shape::Entity: case Shape::Call: case Shape::Jump: case Shape::List:
    case Shape::Trap:
      break;
  }
  return inst;
}

// ----------------------------------------------------------------------------------- Blocks

bool Rebuild::begin_old_block(Block block) {
  const ir::Function& function = *old_;
  const ir::BlockData& data = function.blocks[block];
  bool is_header = !data.loop.is_none() && function.loops[data.loop].header == block;
  next_blocks_[block.raw()] = out_.blocks.size();
  if (block.raw() != 0 && incoming_[block.raw()] == none) return false;
  builder_->at(function.positions[data.begin]);
  if (is_header) {
    enter_loop(block);
    // Loops with this header, the outermost first: they are neighbours in the list.
    Loop first = data.loop;
    while (!function.loops[first].parent.is_none() && function.loops[function.loops[first].parent].header == block)
      first = function.loops[first].parent;
    for (Loop loop = first; loop <= data.loop; loop = loop.next()) {
      const ir::LoopData& from = function.loops[loop];
      Loop parent = new_loop(from.parent);
      u32 depth = parent.is_none() ? 1 : out_.loops[parent].depth + 1;
      Block made = out_.blocks.end_key();
      ir::LoopData copied{.header = made, .end = Block::none(), .parent = parent, .depth = depth};
      loops_[loop.raw()] = out_.loops.push(copied).raw();
    }
  }
  Loop loop = new_loop(data.loop);
  if (!is_header && continues(block, loop)) {
    const Edge& edge = edges_[incoming_[block.raw()]];
    std::span<const u32> arguments = out_.target_args(edge.target);
    for (u32 i = 0; i < data.params; ++i) renamed_[data.begin + i] = arguments[i];
    new_blocks_[block.raw()] = current().raw();
    builder_->reopen();
    begin_block(block, Opened::Continued);
    return true;
  }
  Block made = builder_->begin_block(loop);
  new_blocks_[block.raw()] = made.raw();
  if (block.raw() == 0) {
    dominators_.add_root();
    for (u32 i = 0; i < data.params; ++i) {
      kept_[data.begin + i] = 1;
      renamed_[data.begin + i] = builder_->param(function.type(Value(data.begin + i))).raw();
    }
  } else {
    u32 edge = incoming_[block.raw()];
    Block dominator = edges_[edge].from;
    while ((edge = edges_[edge].next) != none) dominator = dominators_.common(dominator, edges_[edge].from);
    dominators_.add(dominator);
    make_params(block, is_header);
  }
  begin_block(block, Opened::Fresh);
  return true;
}

// Whether all that leads to the block is the Jump just written, in the same loop.
bool Rebuild::continues(Block block, Loop loop) const {
  if (block.raw() == 0) return false;
  const Edge& edge = edges_[incoming_[block.raw()]];
  const ir::BlockData& last = out_.blocks[current()];
  return edge.next == none && edge.branch.raw() + 1 == out_.insts.size() && out_[edge.branch].op == Op::Jump &&
         last.loop == loop;
}

void Rebuild::make_params(Block block, bool is_header) {
  const ir::BlockData& data = old_->blocks[block];
  constant_params_.clear();
  u32 first = incoming_[block.raw()];
  for (u32 i = 0; i < data.params; ++i) {
    Value value(out_.extra[edges_[first].target + 2 + i]);
    bool same = true, equal = true;
    for (u32 e = edges_[first].next; e != none && equal; e = edges_[e].next) {
      Value other(out_.extra[edges_[e].target + 2 + i]);
      if (other == value) continue;
      same = false;
      equal = out_[value].op == Op::Const && out_[other] == out_[value];
    }
    if (!equal || (is_header && !back_edges_agree(block, i, value))) {
      kept_[data.begin + i] = 1;
      renamed_[data.begin + i] = builder_->param(old_->type(Value(data.begin + i))).raw();
    } else if (same) {
      renamed_[data.begin + i] = value.raw();
    } else {
      constant_params_.push_back({data.begin + i, out_[value]});
    }
  }
  for (const ConstantParam& one : constant_params_)
    renamed_[one.param] = constant(one.constant.type, one.constant.imm64()).raw();

  // What the edges bring for parameters that are left out goes.
  for (u32 e = first; e != none; e = edges_[e].next) {
    u32* target = out_.extra.data() + edges_[e].target;
    target[0] = new_blocks_[block.raw()];
    u32 count = 0;
    for (u32 i = 0; i < data.params; ++i) if (kept_[data.begin + i]) target[2 + count++] = target[2 + i];
    target[1] = count;
    work_ += data.params;
  }
}

// Whether all back edges to a header bring for a parameter what the entry does, or the parameter itself.
bool Rebuild::back_edges_agree(Block block, u32 param, Value value) {
  Value self(old_->blocks[block].begin + param);
  for (u32 e = back_edges_[block.raw()]; e != none; e = back_targets_[e].next) {
    Value brought(old_->target_args(back_targets_[e].target)[param]);
    ++work_;
    if (brought == self || (is_renamed(brought) && renamed(brought) == value)) continue;
    const Inst& inst = (*old_)[brought];
    if (inst.op != Op::Const || !(inst == out_[value])) return false;
  }
  return true;
}

void Rebuild::open_entry(Block header) {
  reopened_edge_ = incoming_[header.raw()];
  Edge& edge = edges_[reopened_edge_];
  DCHECK(edge.next == none && !builder_->is_open());
  if (edge.branch.raw() + 1 == out_.insts.size() && out_[edge.branch].op == Op::Jump) {
    reopened_ = out_[edge.branch];
    reopened_position_ = out_.positions.back();
    builder_->reopen();
    return;
  }
  // Loops with this header, the outermost last; what is around them is the new block's.
  Loop loop = old_->blocks[header].loop;
  while (!loop.is_none() && old_->loops[loop].header == header) loop = old_->loops[loop].parent;
  Block made = builder_->begin_block(new_loop(loop));
  dominators_.add(edge.from);
  // What the edge brought, the new block's Jump brings.
  u32 target = u32(out_.extra.size());
  u32 count = out_.extra[edge.target + 1];
  for (u32 i = 0; i < 2 + count; ++i) out_.extra.push_back(out_.extra[edge.target + i]);
  out_.extra[edge.target] = made.raw();
  out_.extra[edge.target + 1] = 0;
  edge.target = target;
  edge.from = made;
  reopened_ = {.op = Op::Jump, .b = target};
  reopened_position_ = old_->positions[old_->blocks[header].begin];
}

void Rebuild::close_again() {
  builder_->at(reopened_position_);
  edges_[reopened_edge_].branch = builder_->terminate(reopened_);
}

// -------------------------------------------------------------------- Instructions and lists

Value Rebuild::copy(Value, const Inst& inst) {
  Inst moved = inst;
  switch (ir::info(inst.op).shape) {
    case Shape::Call: moved.b = move_list(inst.b, 0, inst.c); break;
    case Shape::Indirect: moved.b = move_list(inst.b, 2, inst.c); break;
    default: break;
  }
  return builder_->append(moved);
}

void Rebuild::copy_terminator(Value, const Inst& inst) {
  Inst moved = inst;
  Value at = builder_->next();
  switch (ir::info(inst.op).shape) {
    case Shape::Call: case Shape::List: moved.b = move_list(inst.b, 0, inst.c); break;
    case Shape::Indirect: moved.b = move_list(inst.b, 2, inst.c); break;
    case Shape::Jump: moved.b = new_target(inst.b, at); break;
    case Shape::Branch:
      moved.b = new_target(inst.b, at);
      moved.c = new_target(inst.c, at);
      break;
    case Shape::BrTable: {
      // The first that names a target moves it, and leaves its new place there for the others.
      Array<u32>& extra = old_->extra;
      for (u32 i = 0; i < inst.c; ++i) {
        u32& target = extra[inst.b + i];
        if (extra[target + 1] != none) {
          u32 place = new_target(target, at);
          extra[target] = place;
          extra[target + 1] = none;
        }
        target = extra[target];
      }
      moved.b = u32(out_.extra.size());
      out_.extra.insert(out_.extra.end(), extra.begin() + inst.b, extra.begin() + inst.b + inst.c);
      work_ += inst.c;
      break;
    }
    default: break;
  }
  builder_->terminate(moved);
}

void Rebuild::jump(u32 old_target) {
  u32 target = new_target(old_target, builder_->next());
  builder_->terminate({.op = Op::Jump, .b = target});
}

void Rebuild::branch(Value condition, u32 then, u32 otherwise) {
  Value at = builder_->next();
  u32 b = new_target(then, at), c = new_target(otherwise, at);
  builder_->terminate({.op = Op::Branch, .a = condition.raw(), .b = b, .c = c});
}

void Rebuild::branch_to_next(Value condition, Side next, u32 other_target) {
  u32 other = new_target(other_target, builder_->next());
  u32 here = builder_->target(out_.blocks.end_key());
  Inst inst{.op = Op::Branch, .a = condition.raw(), .b = other, .c = here};
  if (next == Side::Then) std::swap(inst.b, inst.c);
  builder_->terminate(inst);
  Block from = current();
  builder_->begin_block(out_.blocks[from].loop);
  dominators_.add(from);
}

Value Rebuild::join(Value condition, Value then, Value otherwise) {
  Block from = current(), next = out_.blocks.end_key();
  const u32 arguments[] = {then.raw(), otherwise.raw()};
  u32 first = builder_->target(next, {&arguments[0], 1}), second = builder_->target(next, {&arguments[1], 1});
  builder_->terminate({.op = Op::Branch, .a = condition.raw(), .b = first, .c = second});
  builder_->begin_block(out_.blocks[from].loop);
  dominators_.add(from);
  return builder_->param(out_[then].type);
}

u32 Rebuild::new_target(u32 old_target, Value branch) {
  Block to = old_->target_block(old_target);
  std::span<const u32> arguments = old_->target_args(old_target);
  u32 target = u32(out_.extra.size());
  work_ += arguments.size() + 1;
  bool backwards = new_blocks_[to.raw()] != none;
  out_.extra.push_back(backwards ? new_blocks_[to.raw()] : none);
  out_.extra.push_back(0);
  const u8* kept = kept_.data() + old_->blocks[to].begin;
  for (u32 i = 0; i < arguments.size(); ++i) {
    if (backwards && !kept[i]) continue;
    DCHECK(renamed_[arguments[i]] != none);
    out_.extra.push_back(renamed_[arguments[i]]);
  }
  out_.extra[target + 1] = u32(out_.extra.size()) - target - 2;
  if (backwards) return target;
  edges_.push_back({target, current(), branch, incoming_[to.raw()]});
  incoming_[to.raw()] = u32(edges_.size() - 1);
  return target;
}

u32 Rebuild::move_list(u32 at, u32 fixed, u32 values) {
  u32 moved = u32(out_.extra.size());
  work_ += fixed + values;
  for (u32 i = 0; i < fixed; ++i) out_.extra.push_back(old_->extra[at + i]);
  for (u32 i = 0; i < values; ++i) out_.extra.push_back(renamed_[old_->extra[at + fixed + i]]);
  return moved;
}

void Rebuild::finish_loops() {
  for (Loop loop(0); loop < old_->loops.end_key(); loop = loop.next()) {
    if (loops_[loop.raw()] == none) continue;
    Block end = old_->loops[loop].end;
    out_.loops[Loop(loops_[loop.raw()])].end =
        end < old_->blocks.end_key() ? Block(next_blocks_[end.raw()]) : out_.blocks.end_key();
  }
}

}  // namespace skerry::passes
