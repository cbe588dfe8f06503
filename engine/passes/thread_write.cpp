// What thread.cpp has decided, written: nodes in their places, and the parameters that they need.

#include <algorithm>

#include "engine/passes/thread.h"

namespace skerry::passes {

using ir::Op;
using ir::Shape;
using ir::Type;

void ThreadJumps::place_nodes() {
  u32 blocks = from_->blocks.size();
  outside_.assign(blocks, none);
  text_.clear();
  auto place = [&](u32 node) {
    nodes_[node].place = u32(text_.size());
    text_.push_back(node);
  };
  for (u32 block = 0; block < blocks; ++block) {
    if (machine_at_[block] == none) {
      Node node{.block = block};
      node.successors = u32(successors_.size());
      for (u32 target : targets_of(block)) {
        u32 to = from_->target_block(target).raw();
        const Machine* machine = machine_at_[to] == none ? nullptr : &machines_[machine_at_[to]];
        if (machine) successors_.push_back({Successor::Kind::Node, copies_[entry_of(*machine, target)].first_node});
        else successors_.push_back({Successor::Kind::Outside, to});
      }
      node.count = u32(successors_.size()) - node.successors;
      outside_[block] = u32(nodes_.size());
      nodes_.push_back(node);
      place(outside_[block]);
      continue;
    }
    const Machine& machine = machines_[machine_at_[block]];
    std::vector<u32> ends;
    for (u32 c : machine.order) {
      for (u32 i = 0; i < copies_[c].nodes; ++i) place(copies_[c].first_node + i);
      ends.push_back(u32(text_.size()));
    }
    for (u32 c : machine.order) {
      const Copy& copy = copies_[c];
      if (copy.is_general && machine.is_looped) nodes_[copy.first_node].loop_end = ends.back();
      if (!copy.is_general && copy.last != none) nodes_[copy.first_node].loop_end = ends[copy.last];
    }
    block = machine.end - 1;
  }
  for (Successor& successor : successors_)
    if (successor.kind == Successor::Kind::Outside) successor = {Successor::Kind::Node, outside_[successor.value]};
}

u32 ThreadJumps::entry_of(const Machine& machine, u32 target) const {
  u32 state = machine.state - from_->blocks[Block(machine.header)].begin;
  const Inst& inst = (*from_)[Value(from_->target_args(target)[state])];
  if (machine.is_looped || inst.op != Op::Const) return machine.first_copy;
  for (u32 c : machine.order)
    if (!copies_[c].is_general && copies_[c].bits == u32(inst.imm64())) return c;
  return machine.first_copy;
}

// What no edge leads to is left out, and all that only it leads to.
void ThreadJumps::count_edges() {
  is_carried_.assign(from_->blocks.size(), 0);
  u32 made = 0;
  for (u32 place = 0; place < text_.size(); ++place) {
    Node& node = nodes_[text_[place]];
    if (place != 0 && node.forward == 0) continue;
    node.made = made++;
    u8& times = is_carried_[node.block];
    times = u8(std::min(times + 1, 2));
    for (u32 s = node.successors; s < node.successors + node.count; ++s) {
      Node& to = nodes_[successors_[s].value];
      if (to.place <= place) continue;
      ++to.forward;
      to.from = text_[place];
    }
  }
  work_ += text_.size();
}

// Values of blocks that are written more than once, and where they are live.
bool ThreadJumps::find_carried() {
  const ir::Function& f = *from_;
  std::vector<u8> times = std::move(is_carried_);
  std::vector<u32> wanted;
  is_carried_.assign(f.insts.size(), 0);
  for (usize i = 0; i < uses_.size(); ++i) {
    u32 value = uses_[i].value;
    if ((i > 0 && uses_[i - 1].value == value) || times[block_of_[value]] != 2) continue;
    is_carried_[value] = 1;
    wanted.push_back(value);
  }
  steps_left_ += u64{8} * f.insts.size() + 1024;
  return find_live(wanted);
}

void ThreadJumps::write() {
  const ir::Function& f = *from_;
  out_.clear();
  out_.index = f.index;
  out_.signature = f.signature;
  out_.entry = f.entry;
  out_.slots = f.slots;
  out_.inlined = f.inlined;
  builder_.emplace(out_);
  values_.assign(f.insts.size(), none);
  carried_.clear();
  open_.clear();
  for (u32 node : text_) if (nodes_[node].made != none) write_node(node);
  for (const OpenLoop& open : open_) out_.loops[open.loop].end = out_.blocks.end_key();
}

void ThreadJumps::enter_loops(const Node& node) {
  const ir::Function& f = *from_;
  Block here = out_.blocks.end_key();
  auto is_over = [&](const OpenLoop& open) {
    if (open.end_place != none) return node.place >= open.end_place;
    return node.block >= open.end || (open.copy != none && open.copy != node.copy);
  };
  while (!open_.empty() && is_over(open_.back())) {
    out_.loops[open_.back().loop].end = here;
    open_.pop_back();
  }
  auto open = [&](OpenLoop loop) {
    Loop parent = open_.empty() ? Loop::none() : open_.back().loop;
    loop.loop = out_.loops.push({.header = here, .end = here, .parent = parent, .depth = u32(open_.size()) + 1});
    open_.push_back(loop);
  };
  if (node.loop_end != 0) open({Loop::none(), node.loop_end, 0, 0});
  Loop first = f.blocks[Block(node.block)].loop;
  if (first.is_none() || f.loops[first].header.raw() != node.block || machine_at_[node.block] != none) return;
  // Loops with this header, the outermost first: they are neighbours in the list.
  Loop last = first;
  while (!f.loops[first].parent.is_none() && f.loops[f.loops[first].parent].header.raw() == node.block)
    first = f.loops[first].parent;
  for (Loop loop = first; loop <= last; loop = loop.next())
    open({Loop::none(), none, f.loops[loop].end.raw(), node.copy});
}

void ThreadJumps::write_node(u32 index) {
  const ir::Function& f = *from_;
  enter_loops(nodes_[index]);
  Node& node = nodes_[index];
  const ir::BlockData& data = f.blocks[Block(node.block)];
  ir::Builder& builder = *builder_;
  builder.at(f.positions[data.begin]);
  Block made = builder.begin_block(open_.empty() ? Loop::none() : open_.back().loop);
  DCHECK(made.raw() == node.made);
  node.begin = out_.blocks[made].begin;
  node.carried = u32(carried_.size());
  for (u32 at = data.begin; at < data.begin + data.params; ++at) values_[at] = builder.param(f.type(Value(at))).raw();
  for (u32 value : live_[node.block]) {
    bool meet = node.forward > 1;
    carried_.push_back(meet ? builder.param(f.type(Value(value))).raw() : value_in(nodes_[node.from], value));
  }
  work_ += data.end - data.begin + live_[node.block].size();

  for (u32 at = data.begin + data.params; at < data.end; ++at) {
    Inst inst = f[Value(at)];
    builder.at(f.positions[at]);
    const Successor* to = successors_.data() + node.successors;
    if (at + 1 == data.end && node.decided != none) {
      builder.terminate({.op = Op::Jump, .b = target(node, node.decided, *to)});
      break;
    }
    auto rename = [&](u32& operand) { operand = renamed(node, operand); };
    switch (ir::info(inst.op).shape) {
      case Shape::VVV: rename(inst.c); [[fallthrough]];
      case Shape::VV: case Shape::Compare: case Shape::Store: rename(inst.b); [[fallthrough]];
      case Shape::V: case Shape::Load: case Shape::VEntity: case Shape::Result: rename(inst.a); break;
      case Shape::Call: case Shape::List: inst.b = move_list(node, inst.b, 0, inst.c); break;
      case Shape::Indirect:
        rename(inst.a);
        inst.b = move_list(node, inst.b, 2, inst.c);
        break;
      case Shape::Jump: inst.b = target(node, inst.b, *to); break;
      case Shape::Branch:
        rename(inst.a);
        inst.b = target(node, inst.b, to[0]);
        inst.c = target(node, inst.c, to[1]);
        break;
      case Shape::BrTable: {
        rename(inst.a);
        std::span<const u32> old = targets_of(node.block);
        std::vector<u32> moved, list;
        for (usize i = 0; i < old.size(); ++i) moved.push_back(target(node, old[i], to[i]));
        for (u32 one : f.list(inst.b, inst.c))
          list.push_back(moved[usize(std::ranges::lower_bound(old, one) - old.begin())]);
        inst.b = builder.list(list);
        break;
      }
      case Shape::Param: case Shape::Const: case Shape::Entity: case Shape::Trap: break;
    }
    values_[at] = (at + 1 == data.end ? builder.terminate(inst) : builder.append(inst)).raw();
  }
}

u32 ThreadJumps::target(const Node& from, u32 old_target, const Successor& successor) {
  const Node& to = nodes_[successor.value];
  std::span<const u32> arguments = from_->target_args(old_target);
  std::vector<u32> moved;
  for (u32 argument : arguments) moved.push_back(renamed(from, argument));
  if (to.forward > 1) for (u32 value : live_[to.block]) moved.push_back(value_in(from, value));
  work_ += moved.size();
  return builder_->target(Block(to.made), moved);
}

u32 ThreadJumps::renamed(const Node& node, u32 old) const {
  u32 value = is_carried_[old] ? value_in(node, old) : values_[old];
  DCHECK(value != none);
  return value;
}

// The value in a node of one that several blocks make: the node's own, or what it is at the node's beginning.
u32 ThreadJumps::value_in(const Node& node, u32 old) const {
  const std::vector<u32>& live = live_[node.block];
  if (block_of_[old] == node.block) {
    const ir::BlockData& data = from_->blocks[Block(node.block)];
    u32 at = old - data.begin;
    return node.begin + at + (at >= data.params && node.forward > 1 ? u32(live.size()) : 0);
  }
  auto found = std::ranges::lower_bound(live, old);
  DCHECK(found != live.end() && *found == old);
  return carried_[node.carried + u32(found - live.begin())];
}

u32 ThreadJumps::move_list(const Node& node, u32 at, u32 fixed, u32 count) {
  u32 to = u32(out_.extra.size());
  for (u32 i = 0; i < fixed + count; ++i) {
    u32 word = from_->extra[at + i];
    out_.extra.push_back(i < fixed ? word : renamed(node, word));
  }
  return to;
}

}  // namespace skerry::passes
