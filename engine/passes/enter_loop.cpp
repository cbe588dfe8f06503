#include "engine/passes/enter_loop.h"

#include <algorithm>

#include "engine/ir/builder.h"

namespace skerry::passes {

using ir::Op;
using ir::Shape;

bool EnterLoop::run(const ir::Function& from, Loop loop, HasCell has_cell, const void* context) {
  from_ = &from;
  has_cell_ = has_cell;
  context_ = context;
  if (from.loops[loop].depth > most_copies) return false;
  find_copies(loop);
  if (!find_blocks() || !find_entry_values()) return false;
  out_.clear();
  out_.index = from.index;
  out_.signature = from.signature;
  out_.entry = ir::Entry::Loop;
  out_.slots = from.slots;
  write_entry();
  for (u32 i = 0; i < copies_.size(); ++i)
    if (copies_[i].is_wanted) write_copy(i);
  return true;
}

void EnterLoop::find_copies(Loop loop) {
  copies_.clear();
  copy_at_.assign(from_->blocks.size(), none);
  for (; !loop.is_none(); loop = from_->loops[loop].parent) {
    Block header = from_->loops[loop].header;
    copy_at_[header.raw()] = u32(copies_.size());
    copies_.push_back({header, from_->blocks[header].begin, copies_.empty(), {}, 0});
  }
}

// One pass forwards over the text behind each head: what goes back goes to the head of a loop that is in the copy, and
// is known, or to one around it, and leaves for another copy.
bool EnterLoop::find_blocks() {
  std::vector<u8> reached(from_->blocks.size());
  u32 next_block = 1;
  u64 insts = 0;
  for (u32 i = 0; i < copies_.size(); ++i) {
    Copy& copy = copies_[i];
    if (!copy.is_wanted) continue;
    std::fill(reached.begin(), reached.end(), 0);
    reached[copy.header.raw()] = 1;
    copy.first_block = next_block;
    for (Block block = copy.header; block < from_->blocks.end_key(); block = block.next()) {
      if (!reached[block.raw()]) continue;
      copy.blocks.push_back(block.raw());
      const ir::BlockData& data = from_->blocks[block];
      insts += data.end - data.begin;
      from_->for_each_target((*from_)[Value(data.end - 1)], [&](u32 target) {
        Block to = from_->target_block(target);
        u32 other = copy_at_[to.raw()];
        if (other != none && other > i) copies_[other].is_wanted = true;
        else reached[to.raw()] = 1;
      });
    }
    next_block += u32(copy.blocks.size());
    if (insts > u64{growth} * from_->insts.size() + spare) return false;
  }
  return true;
}

bool EnterLoop::find_entry_values() {
  needed_.clear();
  cells_.clear();
  is_needed_.assign(from_->insts.size(), 0);
  bool all = true;
  for (const Copy& copy : copies_) {
    if (!copy.is_wanted) continue;
    for (u32 block : copy.blocks) {
      const ir::BlockData& data = from_->blocks[Block(block)];
      for (u32 at = data.begin; at < data.end; ++at) {
        from_->for_each_use((*from_)[Value(at)], [&](Value value) {
          if (value.raw() < copy.first_value) all = all && need(value);
        });
      }
    }
  }
  // What the loop's own head is given.
  const ir::BlockData& header = from_->blocks[copies_[0].header];
  for (u32 i = 0; i < header.params; ++i) all = all && need(Value(header.begin + i));
  // What is computed again asks for its operands, which are further ahead.
  for (usize i = 0; all && i < needed_.size(); ++i) {
    Value value(needed_[i]);
    const Inst& inst = (*from_)[value];
    if (inst.op == Op::Const) continue;
    if (has_cell_(context_, value)) {
      cells_.push_back(value);
      continue;
    }
    Shape shape = ir::info(inst.op).shape;
    bool has_operands = shape == Shape::V || shape == Shape::VV || shape == Shape::VVV || shape == Shape::Compare;
    if (!has_operands || (ir::info(inst.op).effects & ~ir::Commutes) != ir::Pure) return false;
    from_->for_each_use(inst, [&](Value operand) { all = all && need(operand); });
  }
  std::sort(needed_.begin(), needed_.end());
  std::sort(cells_.begin(), cells_.end());
  return all && cells_.size() + from_->slots.size() <= most_cells;
}

bool EnterLoop::need(Value value) {
  if (is_needed_[value.raw()]) return true;
  is_needed_[value.raw()] = 1;
  needed_.push_back(value.raw());
  return needed_.size() <= u64{growth} * most_cells;
}

void EnterLoop::write_entry() {
  ir::Builder builder(out_);
  const ir::BlockData& header = from_->blocks[copies_[0].header];
  builder.begin_block();
  builder.at(from_->positions[header.begin]);
  entry_values_.assign(from_->insts.size(), none);
  u32 cell = 0;
  for (u32 old : needed_) {
    Inst inst = (*from_)[Value(old)];
    if (inst.op != Op::Const && cell < cells_.size() && cells_[cell].raw() == old) {
      inst = {.op = Op::LoopValue, .type = inst.type, .b = cell++};
    } else if (inst.op != Op::Const) {
      Shape shape = ir::info(inst.op).shape;
      inst.a = entry_values_[inst.a];
      if (shape != Shape::V) inst.b = entry_values_[inst.b];
      if (shape == Shape::VVV) inst.c = entry_values_[inst.c];
    }
    entry_values_[old] = builder.append(inst).raw();
  }
  for (u32 slot = 0; slot < from_->slots.size(); ++slot) {
    Value value = builder.append({.op = Op::LoopValue, .type = from_->slots[slot], .b = u32(cells_.size()) + slot});
    builder.append({.op = Op::SlotSet, .a = value.raw(), .b = slot});
  }
  std::vector<u32> arguments;
  for (u32 i = 0; i < header.params; ++i) arguments.push_back(entry_values_[header.begin + i]);
  builder.terminate({.op = Op::Jump, .b = builder.target(Block(copies_[0].first_block), arguments)});
}

void EnterLoop::write_copy(u32 index) {
  const Copy& copy = copies_[index];
  values_ = entry_values_;
  // The head has values of its own, which the entry's are only the first of.
  std::fill(values_.begin() + copy.first_value, values_.end(), none);
  new_blocks_.assign(from_->blocks.size(), none);
  loops_.assign(from_->loops.size(), none);
  for (u32 i = 0; i < copy.blocks.size(); ++i) new_blocks_[copy.blocks[i]] = copy.first_block + i;
  for (u32 block : copy.blocks) write_block(index, Block(block));
}

// The loops that begin at the block, but those around the copy's own.
void EnterLoop::open_loops(u32 index, Block block) {
  const Copy& copy = copies_[index];
  std::vector<Loop> begun;
  for (Loop loop = from_->blocks[block].loop; !loop.is_none() && from_->loops[loop].header == block;
       loop = from_->loops[loop].parent) {
    begun.push_back(loop);
  }
  for (; !begun.empty(); begun.pop_back()) {
    const ir::LoopData& data = from_->loops[begun.back()];
    auto behind = std::lower_bound(copy.blocks.begin(), copy.blocks.end(), data.end.raw());
    Loop parent = new_loop(data.parent);
    u32 depth = parent.is_none() ? 1 : out_.loops[parent].depth + 1;
    loops_[begun.back().raw()] = out_.loops.push({Block(new_blocks_[block.raw()]),
        Block(copy.first_block + u32(behind - copy.blocks.begin())), parent, depth}).raw();
  }
}

void EnterLoop::write_block(u32 index, Block block) {
  open_loops(index, block);
  const ir::BlockData& data = from_->blocks[block];
  ir::Builder builder(out_);
  Block made = builder.begin_block(new_loop(data.loop));
  for (u32 at = data.begin; at < data.end; ++at) {
    Inst inst = (*from_)[Value(at)];
    builder.at(from_->positions[at]);
    switch (ir::info(inst.op).shape) {
      case Shape::Param:
        values_[at] = builder.param(inst.type).raw();
        continue;
      case Shape::V: case Shape::Load: case Shape::VEntity: case Shape::Result: inst.a = renamed(inst.a); break;
      case Shape::VVV: inst.c = renamed(inst.c); [[fallthrough]];
      case Shape::VV: case Shape::Compare: case Shape::Store:
        inst.a = renamed(inst.a);
        inst.b = renamed(inst.b);
        break;
      case Shape::Call: case Shape::List: inst.b = move_list(inst.b, 0, inst.c); break;
      case Shape::Indirect:
        inst.a = renamed(inst.a);
        inst.b = move_list(inst.b, 2, inst.c);
        break;
      case Shape::Jump: inst.b = move_target(index, inst.b); break;
      case Shape::Branch:
        inst.a = renamed(inst.a);
        inst.b = move_target(index, inst.b);
        inst.c = move_target(index, inst.c);
        break;
      case Shape::BrTable: {
        inst.a = renamed(inst.a);
        // Equal targets stay one.
        std::vector<u32> old(from_->list(inst.b, inst.c).begin(), from_->list(inst.b, inst.c).end());
        std::vector<u32> distinct = old, moved;
        std::sort(distinct.begin(), distinct.end());
        distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
        for (u32 target : distinct) moved.push_back(move_target(index, target));
        for (u32& target : old)
          target = moved[usize(std::lower_bound(distinct.begin(), distinct.end(), target) - distinct.begin())];
        inst.b = builder.list(old);
        break;
      }
      case Shape::Const: case Shape::Entity: case Shape::Trap: break;
    }
    values_[at] = (at + 1 == data.end ? builder.terminate(inst) : builder.append(inst)).raw();
  }
  DCHECK(made.raw() == new_blocks_[block.raw()]);
  (void)made;
}

u32 EnterLoop::move_list(u32 at, u32 fixed, u32 count) {
  u32 to = u32(out_.extra.size());
  for (u32 i = 0; i < fixed + count; ++i) {
    u32 word = from_->extra[at + i];
    out_.extra.push_back(i < fixed ? word : renamed(word));
  }
  return to;
}

u32 EnterLoop::move_target(u32 index, u32 target) {
  Block to = from_->target_block(target);
  u32 other = copy_at_[to.raw()];
  u32 at = move_list(target, 2, u32(from_->target_args(target).size()));
  out_.extra[at] = other != none && other > index ? copies_[other].first_block : new_blocks_[to.raw()];
  return at;
}

}  // namespace skerry::passes
