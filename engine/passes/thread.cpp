#include "engine/passes/thread.h"

#include <algorithm>

#include "engine/translate/fold.h"

namespace skerry::passes {

using ir::Op;
using ir::Shape;
using ir::Type;

PassOutcome ThreadJumps::run(ir::Function& function) {
  from_ = &function;
  work_ = changes_ = 0;
  if (function.loops.empty() || !find_candidates()) return {work_, 0};
  find_edges();
  steps_left_ = u64{8} * function.insts.size() + 1024;
  budget_ = 2 * (growth * function.insts.size() + spare);
  general_left_ = 2 * function.insts.size();
  machines_.clear();
  nodes_.clear();
  copies_.clear();
  successors_.clear();
  u32 blocks = function.blocks.size();
  carrier_.assign(blocks, none);
  arrived_.assign(blocks, none);
  latest_.assign(blocks, none);
  machine_at_.assign(blocks, none);
  std::vector<u8> is_around(function.loops.size());  // another that is threaded
  for (const Candidate& candidate : candidates_) {
    const ir::LoopData& loop = function.loops[candidate.loop];
    if (is_around[candidate.loop.raw()] || machine_at_[loop.header.raw()] != none) continue;
    Machine machine{
        .loop = candidate.loop, .header = loop.header.raw(), .end = loop.end.raw(), .state = candidate.state};
    bool is_planned = find_carriers(machine) && plan(machine);
    for (u32 block : machine.carriers) carrier_[block] = none;
    if (!is_planned) continue;
    for (Loop around = loop.parent; !around.is_none(); around = function.loops[around].parent)
      is_around[around.raw()] = 1;
    machine_at_[machine.header] = u32(machines_.size());
    machines_.push_back(std::move(machine));
  }
  if (machines_.empty()) return {work_, 0};
  place_nodes();
  count_edges();
  if (!find_carried()) return {work_, 0};
  write();
  std::swap(function, out_);
  return {work_, changes_};
}

// ------------------------------------------------------------------------------- Which loops

// Parameters of the heads of loops by which a table of the loop chooses, and for which a way back may bring a constant.
// Those of inner loops first.
bool ThreadJumps::find_candidates() {
  const ir::Function& f = *from_;
  candidates_.clear();
  for (Block block(0); block < f.blocks.end_key(); block = block.next()) {
    const ir::BlockData& data = f.blocks[block];
    ++work_;
    if (data.loop.is_none()) continue;
    const Inst& last = f[Value(data.end - 1)];
    if (last.op != Op::BrTable) continue;
    u32 leaf = leaf_of(last.a);
    const ir::LoopData& loop = f.loops[data.loop];
    const ir::BlockData& header = f.blocks[loop.header];
    if (leaf < header.begin || leaf >= header.begin + header.params || f.type(Value(leaf)) != Type::I32) continue;
    // A head of several loops is left alone.
    if (header.loop != data.loop || (!loop.parent.is_none() && f.loops[loop.parent].header == loop.header)) continue;
    candidates_.push_back({data.loop, leaf});
  }
  if (candidates_.empty()) return false;
  std::ranges::sort(candidates_, [](const Candidate& a, const Candidate& b) {
    return a.loop != b.loop ? b.loop < a.loop : a.state < b.state;
  });
  // A few for a loop.
  constexpr u32 most = 4;
  usize kept = 0;
  for (const Candidate& candidate : candidates_) {
    bool is_known = false;
    usize count = 0;
    for (usize i = kept; i-- > 0 && candidates_[i].loop == candidate.loop; ++count)
      is_known |= candidates_[i].state == candidate.state;
    if (!is_known && count < most) candidates_[kept++] = candidate;
  }
  candidates_.erase(candidates_.begin() + i64(kept), candidates_.end());
  first_candidate_.assign(f.loops.size(), none);
  for (usize i = candidates_.size(); i-- > 0;) first_candidate_[candidates_[i].loop.raw()] = u32(i);
  // Forwards over the text: which parameters a constant may come to.
  brings_.assign(f.insts.size(), 0);
  for (Block block(0); block < f.blocks.end_key(); block = block.next()) {
    const ir::BlockData& data = f.blocks[block];
    if (data.loop.is_none()) continue;
    f.for_each_target(f[Value(data.end - 1)], [&](u32 target) {
      Block to = f.target_block(target);
      Loop loop = f.blocks[to].loop;
      std::span<const u32> arguments = f.target_args(target);
      work_ += 1 + arguments.size();
      if (loop.is_none()) return;
      if (to > block) {
        for (u32 i = 0; i < arguments.size(); ++i) brings_[f.blocks[to].begin + i] |= may_be_constant(arguments[i]);
        return;
      }
      if (first_candidate_[loop.raw()] == none) return;
      for (u32 i = first_candidate_[loop.raw()]; i < candidates_.size() && candidates_[i].loop == loop; ++i)
        candidates_[i].may_be_constant |= may_be_constant(arguments[candidates_[i].state - f.blocks[to].begin]);
    });
  }
  std::erase_if(candidates_, [](const Candidate& candidate) { return !candidate.may_be_constant; });
  return !candidates_.empty();
}

bool ThreadJumps::may_be_constant(u32 argument) const {
  return (*from_)[Value(argument)].op == Op::Const || brings_[argument];
}

// What a condition depends on besides constants, through a few instructions.
u32 ThreadJumps::leaf_of(u32 value) const {
  for (u32 depth = 0; depth <= 3; ++depth) {
    const Inst& inst = (*from_)[Value(value)];
    if (inst.op == Op::Param) return value;
    if (ir::info(inst.op).effects & ~ir::Commutes) return none;
    auto is_constant = [&](u32 operand) { return (*from_)[Value(operand)].op == Op::Const; };
    switch (ir::info(inst.op).shape) {
      case Shape::V: value = inst.a; break;
      case Shape::VV: case Shape::Compare:
        if (is_constant(inst.b)) value = inst.a;
        else if (is_constant(inst.a)) value = inst.b;
        else return none;
        break;
      default: return none;
    }
  }
  return none;
}

// By target block, and what block a value is of.
void ThreadJumps::find_edges() {
  const ir::Function& f = *from_;
  edges_begin_.assign(f.blocks.size() + 1, 0);
  block_of_.resize(f.insts.size());
  sizes_.assign(f.blocks.size(), 0);
  for (Block block(0); block < f.blocks.end_key(); block = block.next()) {
    const ir::BlockData& data = f.blocks[block];
    for (u32 at = data.begin; at < data.end; ++at) {
      block_of_[at] = block.raw();
      sizes_[block.raw()] += f[Value(at)].op != Op::Const;
    }
    for (u32 target : targets_of(block.raw())) ++edges_begin_[f.target_block(target).raw() + 1];
  }
  for (u32 i = 1; i < edges_begin_.size(); ++i) edges_begin_[i] += edges_begin_[i - 1];
  edges_.resize(edges_begin_.back());
  std::vector<u32> fill(edges_begin_.begin(), edges_begin_.end() - 1);
  for (u32 block = 0; block < f.blocks.size(); ++block)
    for (u32 target : targets_of(block)) edges_[fill[f.target_block(target).raw()]++] = {block, target};
  work_ += f.insts.size() + edges_.size();
  // The blocks in which a value of a loop is used, other than its own.
  uses_.clear();
  for (u32 at = 0; at < f.insts.size(); ++at) {
    f.for_each_use(f[Value(at)], [&](Value value) {
      u32 of = block_of_[value.raw()];
      if (of != block_of_[at] && !f.blocks[Block(of)].loop.is_none()) uses_.push_back({value.raw(), block_of_[at]});
    });
  }
  std::sort(uses_.begin(), uses_.end());
  work_ += uses_.size();
}

// The targets of a block; those of a table once each, ascending.
std::span<const u32> ThreadJumps::targets_of(u32 block) {
  targets_.clear();
  const Inst& last = (*from_)[Value(from_->blocks[Block(block)].end - 1)];
  from_->for_each_target(last, [&](u32 target) { targets_.push_back(target); });
  if (last.op == Op::BrTable) {
    std::sort(targets_.begin(), targets_.end());
    targets_.erase(std::unique(targets_.begin(), targets_.end()), targets_.end());
  }
  work_ += targets_.size();
  return targets_;
}

// Parameters of blocks of the loop that the state comes through, one for a block. False if no constant comes in.
bool ThreadJumps::find_carriers(Machine& machine) {
  const ir::Function& f = *from_;
  struct Item {
    u32 block, param;
  };
  std::vector<Item> items{{machine.header, machine.state - f.blocks[Block(machine.header)].begin}};
  bool any = false;
  for (usize i = 0; i < items.size(); ++i) {
    auto [block, param] = items[i];
    for (u32 e = edges_begin_[block]; e < edges_begin_[block + 1]; ++e) {
      ++work_;
      if (edges_[e].from < machine.header || edges_[e].from >= machine.end) continue;
      Value argument(f.target_args(edges_[e].target)[param]);
      const Inst& inst = f[argument];
      if (inst.op == Op::Const) any = true;
      if (inst.op != Op::Param || inst.a <= machine.header || f.blocks[Block(inst.a)].loop != machine.loop) continue;
      if (carrier_[inst.a] != none) continue;
      carrier_[inst.a] = inst.b;
      machine.carriers.push_back(inst.a);
      items.push_back({inst.a, inst.b});
    }
  }
  if (!any) return false;
  std::vector<u32> wanted;
  for (usize i = 1; i < items.size(); ++i) wanted.push_back(f.blocks[Block(items[i].block)].begin + items[i].param);
  std::sort(wanted.begin(), wanted.end());
  return find_live(wanted);
}

// Where values are live, walking back from each use. `wanted` are ascending. False if that takes too long.
bool ThreadJumps::find_live(std::span<const u32> wanted) {
  for (u32 block : live_blocks_) live_[block].clear();
  live_blocks_.clear();
  if (live_.size() < from_->blocks.size()) live_.resize(from_->blocks.size());
  std::vector<u32> stack;
  for (u32 value : wanted) {
    auto use = std::ranges::lower_bound(uses_, Use{value, 0});
    for (; use != uses_.end() && use->value == value; ++use) stack.push_back(use->block);
    while (!stack.empty()) {
      u32 block = stack.back();
      stack.pop_back();
      if (block == block_of_[value] || (!live_[block].empty() && live_[block].back() == value)) continue;
      if (live_[block].empty()) live_blocks_.push_back(block);
      live_[block].push_back(value);
      u32 count = edges_begin_[block + 1] - edges_begin_[block];
      if (steps_left_ < count + 1) return false;
      steps_left_ -= count + 1;
      work_ += count + 1;
      for (u32 e = edges_begin_[block]; e < edges_begin_[block + 1]; ++e) stack.push_back(edges_[e].from);
    }
  }
  return true;
}

bool ThreadJumps::is_live(u32 value, u32 block) const {
  return std::binary_search(live_[block].begin(), live_[block].end(), value);
}

// ------------------------------------------------------------------------- What becomes of one

bool ThreadJumps::plan(Machine& machine) {
  u32 nodes = u32(nodes_.size()), successors = u32(successors_.size());
  machine.first_copy = u32(copies_.size());
  // A state that is refused is not worth following: once more without it.
  for (u32 round = 0; round < 2; ++round) {
    usize refused = machine.refused.size();
    if (!try_plan(machine)) break;
    if (machine.refused.size() == refused || round == 1) return true;
    forget(machine, nodes, successors);
  }
  forget(machine, nodes, successors);
  return false;
}

void ThreadJumps::forget(Machine& machine, u32 nodes, u32 successors) {
  nodes_.resize(nodes);
  successors_.resize(successors);
  copies_.resize(machine.first_copy);
}

bool ThreadJumps::try_plan(Machine& machine) {
  const ir::Function& f = *from_;
  u32 begin = f.blocks[Block(machine.header)].begin;
  u32 end = machine.end < f.blocks.size() ? f.blocks[Block(machine.end)].begin : f.insts.size();
  machine.budget = std::min(growth * (end - begin) + spare, budget_);
  machine.is_looped = false;
  machine.entries.clear();
  copies_.push_back({.is_general = true});
  bool wants_general = false;
  for (u32 e = edges_begin_[machine.header]; e < edges_begin_[machine.header + 1]; ++e) {
    if (edges_[e].from >= machine.header) continue;
    const Inst& inst = f[Value(f.target_args(edges_[e].target)[machine.state - begin])];
    machine.entries.push_back(inst.op == Op::Const ? copy_of(machine, u32(inst.imm64())) : machine.first_copy);
    wants_general |= machine.entries.back() == machine.first_copy;
  }
  for (;;) {
    for (u32 copy = machine.first_copy + 1; copy < copies_.size(); ++copy) {
      if (copies_[copy].kind != Copy::Kind::Waiting) continue;
      if (explore(machine, copy, std::min(machine.budget, most_in_copy))) continue;
      copies_[copy].kind = Copy::Kind::Refused;
      machine.refused.push_back(copies_[copy].bits);
    }
    machine.copies = u32(copies_.size()) - machine.first_copy;
    bool has_general = copies_[machine.first_copy].kind == Copy::Kind::Made;
    if (!wants_general || has_general) {
      if (order_copies(machine)) break;
    }
    if (has_general) return false;
    wants_general = true;
    if (end - begin > general_left_) return false;
    general_left_ -= end - begin;
    machine.budget += end - begin;
    budget_ += end - begin;
    if (!explore(machine, machine.first_copy, machine.budget)) return false;
  }
  return resolve(machine);
}

// The copy for a state; that of the loop as it was if the state gets none.
u32 ThreadJumps::copy_of(Machine& machine, u32 bits) {
  for (u32 copy = machine.first_copy + 1; copy < copies_.size(); ++copy)
    if (copies_[copy].bits == bits) return copy;
  bool is_refused = std::ranges::find(machine.refused, bits) != machine.refused.end();
  if (is_refused || copies_.size() - machine.first_copy > most_copies) return machine.first_copy;
  copies_.push_back({.bits = bits});
  return u32(copies_.size() - 1);
}

void ThreadJumps::arrive(u32 block, Arrival arrival) {
  if (arrived_[block] == none) {
    waiting_.push_back(block);
    std::push_heap(waiting_.begin(), waiting_.end(), std::greater<>());
  }
  arrival.next = arrived_[block];
  arrivals_.push_back(arrival);
  arrived_[block] = u32(arrivals_.size() - 1);
}

// The nodes of a copy, block by block in text order. False if their instructions are more than `limit`.
bool ThreadJumps::explore(Machine& machine, u32 copy, u32 limit) {
  u32 first_node = u32(nodes_.size()), first_successor = u32(successors_.size());
  u32 cost = 0;
  std::vector<Arrival> here;
  arrivals_.clear();
  arrive(machine.header, {none, 0, none, none});
  while (!waiting_.empty()) {
    std::pop_heap(waiting_.begin(), waiting_.end(), std::greater<>());
    u32 block = waiting_.back();
    waiting_.pop_back();
    here.clear();
    for (u32 at = arrived_[block]; at != none; at = arrivals_[at].next) here.push_back(arrivals_[at]);
    arrived_[block] = none;
    std::ranges::sort(here, {}, [](const Arrival& a) { return std::array{a.known, a.bits, a.successor}; });
    for (usize i = 0; i < here.size(); ++i) {
      if (i == 0 || here[i].known != here[i - 1].known || here[i].bits != here[i - 1].bits) {
        nodes_.push_back({.block = block, .copy = copy, .known = here[i].known, .bits = here[i].bits});
        latest_[block] = u32(nodes_.size() - 1);
        add_successors(machine, latest_[block]);
        cost += sizes_[block] + nodes_.back().count;
      }
      if (here[i].successor != none) successors_[here[i].successor].value = latest_[block];
    }
    work_ += here.size();
    if (cost <= limit) continue;
    for (u32 left : waiting_) arrived_[left] = none;
    waiting_.clear();
    break;
  }
  work_ += cost;
  machine.budget -= std::min(machine.budget, cost);
  budget_ -= std::min(budget_, cost);
  if (cost > limit) {
    nodes_.resize(first_node);
    successors_.resize(first_successor);
    return false;
  }
  Copy& made = copies_[copy];
  made.kind = Copy::Kind::Made;
  made.first_node = first_node;
  made.nodes = u32(nodes_.size()) - first_node;
  made.next.clear();
  for (u32 i = first_successor; i < successors_.size(); ++i)
    if (successors_[i].kind == Successor::Kind::Copy) made.next.push_back(successors_[i].value);
  return true;
}

// Where a node goes.
void ThreadJumps::add_successors(Machine& machine, u32 index) {
  const ir::Function& f = *from_;
  Node node = nodes_[index];
  const ir::BlockData& data = f.blocks[Block(node.block)];
  const Inst& last = f[Value(data.end - 1)];
  node.successors = u32(successors_.size());
  if (last.op == Op::Branch || last.op == Op::BrTable) {
    if (auto bits = known(last.a, node, machine.state)) {
      if (last.op == Op::Branch) node.decided = u32(*bits) ? last.b : last.c;
      else node.decided = f.extra[last.b + std::min(u32(*bits), last.c - 1)];
    }
  }
  std::span<const u32> targets = targets_of(node.block);
  if (node.decided != none) targets = {&node.decided, 1};
  node.count = u32(targets.size());
  nodes_[index] = node;
  for (u32 target : targets) {
    u32 to = f.target_block(target).raw();
    std::span<const u32> arguments = f.target_args(target);
    if (to < machine.header || to >= machine.end) {
      successors_.push_back({Successor::Kind::Outside, to});
    } else if (to == machine.header) {
      auto bits = known(arguments[machine.state - f.blocks[Block(to)].begin], node, machine.state);
      u32 copy = bits ? copy_of(machine, u32(*bits)) : machine.first_copy;
      successors_.push_back({Successor::Kind::Copy, copy});
    } else if (to <= node.block) {
      successors_.push_back({Successor::Kind::Node, latest_[to]});
    } else {
      Arrival arrival{none, 0, u32(successors_.size()), none};
      if (f.blocks[Block(to)].loop == machine.loop) {
        if (carrier_[to] != none) {
          auto bits = known(arguments[carrier_[to]], node, machine.state);
          if (bits && copy_of(machine, u32(*bits)) != machine.first_copy)
            arrival = {f.blocks[Block(to)].begin + carrier_[to], u32(*bits), arrival.successor, none};
        } else if (node.known != none && is_live(node.known, to)) {
          arrival = {node.known, node.bits, arrival.successor, none};
        }
      }
      successors_.push_back({Successor::Kind::Node, none});
      arrive(to, arrival);
    }
  }
}

// What a value is in a node, if that is known.
std::optional<u64> ThreadJumps::known(u32 value, const Node& node, u32 state, u32 depth) const {
  const Inst& inst = (*from_)[Value(value)];
  if (inst.op == Op::Const) return inst.imm64();
  if (value == node.known) return node.bits;
  if (value == state && !copies_[node.copy].is_general) return copies_[node.copy].bits;
  if (depth == 0 || (ir::info(inst.op).effects & ~ir::Commutes)) return std::nullopt;
  Shape shape = ir::info(inst.op).shape;
  if (shape != Shape::V && shape != Shape::VV && shape != Shape::Compare) return std::nullopt;
  auto x = known(inst.a, node, state, depth - 1);
  if (!x) return std::nullopt;
  Type from = from_->type(Value(inst.a));
  if (shape == Shape::V) return translate::evaluate(inst.op, inst.type, from, *x, 0);
  auto y = known(inst.b, node, state, depth - 1);
  if (!y) return std::nullopt;
  if (shape == Shape::Compare) return translate::evaluate_compare(inst.op, inst.cond(), from, *x, *y);
  return translate::evaluate(inst.op, inst.type, from, *x, *y);
}

// ------------------------------------------------------------------------------------- Order

// A depth-first walk from where the loop is entered: a copy stands in front of what it jumps to, unless that leads back
// to it. False if a copy of the loop as it was is needed, and there is none.
bool ThreadJumps::order_copies(Machine& machine) {
  u32 first = machine.first_copy;
  bool has_general = copies_[first].kind == Copy::Kind::Made;
  struct Visit {
    u32 copy;
    usize next;
  };
  std::vector<u8> seen(machine.copies);
  std::vector<Visit> stack;
  std::vector<u32> left;  // in the order in which the walk leaves them
  auto visit = [&](u32 copy) {
    if (seen[copy - first] || copies_[copy].kind != Copy::Kind::Made) return;
    seen[copy - first] = 1;
    stack.push_back({copy, copies_[copy].next.size()});
    while (!stack.empty()) {
      Visit& top = stack.back();
      if (top.next == 0) {
        left.push_back(top.copy);
        stack.pop_back();
        continue;
      }
      u32 to = copies_[top.copy].next[--top.next];
      if (to == first || seen[to - first] || copies_[to].kind != Copy::Kind::Made) continue;
      seen[to - first] = 1;
      stack.push_back({to, copies_[to].next.size()});
    }
  };
  // The general copy last, so that it is the first.
  for (u32 i = u32(machine.entries.size()); i-- > 0;) if (machine.entries[i] != first) visit(machine.entries[i]);
  if (has_general) visit(first);
  machine.order.assign(left.rbegin(), left.rend());
  for (u32 i = 0; i < machine.order.size(); ++i) {
    copies_[machine.order[i]].order = i;
    copies_[machine.order[i]].last = none;
  }
  return find_loops(machine, has_general);
}

// Which copies are headers of loops. From the last to the first: a jump to one in front of it makes a loop of all
// between if nothing enters there.
bool ThreadJumps::find_loops(Machine& machine, bool has_general) {
  struct Jump {
    u32 from, to;  // by order; none: from outside, to the loop as it was
  };
  u32 first = machine.first_copy;
  std::vector<Jump> jumps;
  auto order_of = [&](u32 copy) {
    return copy == first || copies_[copy].kind != Copy::Kind::Made ? none : copies_[copy].order;
  };
  for (u32 c : machine.order) for (u32 to : copies_[c].next) jumps.push_back({copies_[c].order, order_of(to)});
  machine.is_looped = std::ranges::any_of(jumps, [](const Jump& jump) { return jump.to == none; });
  bool is_entered = std::ranges::any_of(machine.entries, [&](u32 copy) { return order_of(copy) == none; });
  if (!has_general && (machine.is_looped || is_entered)) return false;
  if (!machine.is_looped) for (u32 copy : machine.entries) jumps.push_back({none, order_of(copy)});
  for (u32 k = u32(machine.order.size()); k-- > u32(has_general);) {
    Copy& head = copies_[machine.order[k]];
    u32 last = none;
    for (const Jump& jump : jumps)
      if (jump.to == k && jump.from != none && jump.from >= k)
        last = last == none ? jump.from : std::max(last, jump.from);
    if (last == none) continue;
    bool goes_to_itself = std::ranges::any_of(jumps, [&](const Jump& jump) { return jump.to == k && jump.from == k; });
    for (u32 m = k + 1; m <= last; ++m)
      if (u32 inner = copies_[machine.order[m]].last; inner != none) last = std::max(last, inner);
    bool is_entered_inside = std::ranges::any_of(jumps, [&](const Jump& jump) {
      bool is_inside = jump.to != none && jump.to > k && jump.to <= last;
      return is_inside && (jump.from == none || jump.from < k || jump.from > last);
    });
    work_ += jumps.size();
    if (!is_entered_inside) {
      head.last = last;
      continue;
    }
    if (!has_general) return false;
    machine.is_looped = true;
    if (goes_to_itself) head.last = k;
  }
  return true;
}

// Whether any jump goes straight to a state's copy.
bool ThreadJumps::resolve(Machine& machine) {
  u64 before = changes_;
  for (u32 c : machine.order) {
    const Copy& from = copies_[c];
    for (u32 i = from.first_node; i < from.first_node + from.nodes; ++i) {
      for (u32 s = nodes_[i].successors; s < nodes_[i].successors + nodes_[i].count; ++s) {
        Successor& successor = successors_[s];
        if (successor.kind != Successor::Kind::Copy) continue;
        u32 to = successor.value;
        const Copy& copy = copies_[to];
        bool is_forward = copy.order > from.order;
        bool is_straight = !copy.is_general && copy.kind == Copy::Kind::Made &&
                           (is_forward || (copy.last != none && from.order <= copy.last));
        if (!is_straight) to = machine.first_copy;
        changes_ += is_straight;
        successor = {Successor::Kind::Node, copies_[to].first_node};
      }
    }
  }
  return changes_ != before;
}

}  // namespace skerry::passes
