#include "engine/passes/hoist.h"

#include <algorithm>

#include "engine/passes/value_table.h"

namespace skerry::passes {

using ir::Block;
using ir::Inst;
using ir::Loop;
using ir::Op;
using ir::Type;
using ir::Value;

namespace {

// Of instructions that cost no more than what brings a value back from a slot of the frame.
enum class Cost : u8 { Stays, Cheap, Dear };

Cost cost_of(const Inst& inst) {
  switch (inst.op) {
    // Tested where they stand, or free where they are used.
    case Op::Const: case Op::Param: case Op::ICmp: case Op::FCmp: case Op::CallResult: case Op::RefFunc:
      return Cost::Stays;
    case Op::IMul: case Op::IDivS: case Op::IDivU: case Op::IRemS: case Op::IRemU: case Op::IPopcnt:
    case Op::FAdd: case Op::FSub: case Op::FMul: case Op::FDiv: case Op::FMin: case Op::FMax: case Op::FSqrt:
    case Op::FCeil: case Op::FFloor: case Op::FTrunc: case Op::FNearest: case Op::TruncS: case Op::TruncU:
    case Op::TruncSatS: case Op::TruncSatU: case Op::ConvertS: case Op::ConvertU: case Op::Demote: case Op::Promote:
    case Op::Load: case Op::Load8S: case Op::Load8U: case Op::Load16S: case Op::Load16U: case Op::Load32S:
    case Op::Load32U: case Op::TableGet: case Op::TableSize: case Op::MemorySize:
      return Cost::Dear;
    default: return Cost::Cheap;
  }
}

// Cheap instructions that may move out of a loop, less its parameters: about half of the registers.
constexpr u32 room = 6;

constexpr bool is_pure(const Inst& inst) {
  return !(ir::info(inst.op).effects & (ir::Reads | ir::Writes | ir::MayTrap | ir::Calls));
}

// Places in text order: of block b, and in front of it.
constexpr u32 place_of(Block block) { return 2 * block.raw() + 1; }
constexpr u32 place_before(Block block) { return 2 * block.raw(); }

}  // namespace

PassOutcome HoistInvariants::run(const AliasClasses& classes, ir::Function& function) {
  if (function.loops.empty()) return {};
  classes_ = &classes;
  changes_ = 0;
  u64 before = work();
  Rebuild::run(function);
  return {work() - before, changes_};
}

void HoistInvariants::begin() {
  const ir::Function& function = old();
  facts_.assign(function.loops.size(), {});
  places_.assign(function.insts.size(), 0);
  moved_.clear();
  open_.clear();
  first_alike_.assign(function.insts.size(), none);
  known_.clear();
  known_count_ = 0;
  find_facts();
  for (Block block(0); block < function.blocks.end_key(); block = block.next()) decide(block);
}

void HoistInvariants::find_facts() {
  const ir::Function& function = old();
  for (Block block(0); block < function.blocks.end_key(); block = block.next()) {
    const ir::BlockData& data = function.blocks[block];
    function.for_each_target(function[Value(data.end - 1)], [&](u32 target) {
      Block to = function.target_block(target);
      Loop loop = function.blocks[to].loop;
      if (to > block && !loop.is_none() && function.loops[loop].header == to) ++facts_[loop.raw()].entries;
    });
    if (data.loop.is_none()) continue;
    LoopFacts& facts = facts_[data.loop.raw()];
    if (function.loops[data.loop].header == block) facts.cheap_room = room - std::min(room, data.params);
    for (u32 at = data.begin; at < data.end; ++at) {
      const Inst& inst = function[Value(at)];
      u8 effects = ir::info(inst.op).effects;
      if (effects & (ir::Writes | ir::Calls)) facts.writes |= classes_->written_by(inst);
      if (effects & ir::Calls) facts.calls = true;
    }
  }
  for (u32 i = function.loops.size(); i-- > 0;) {
    Loop parent = function.loops[Loop(i)].parent;
    if (parent.is_none()) continue;
    facts_[parent.raw()].writes |= facts_[i].writes;
    facts_[parent.raw()].calls |= facts_[i].calls;
  }
}

void HoistInvariants::decide(Block block) {
  const ir::Function& function = old();
  const ir::BlockData& data = function.blocks[block];
  while (!open_.empty() && function.loops[open_.back()].end <= block) open_.pop_back();
  if (!data.loop.is_none() && function.loops[data.loop].header == block) open_.push_back(data.loop);
  for (u32 at = data.begin; at < data.end; ++at) places_[at] = place_of(block);
  if (open_.empty()) return;
  // Whether nothing with an effect is in front, in the header of the innermost loop.
  bool first = function.loops[open_.back()].header == block;
  for (u32 at = data.begin + data.params; at + 1 < data.end; ++at) {
    Value value(at);
    const Inst& inst = function[value];
    u8 effects = ir::info(inst.op).effects;
    Loop loop = Loop::none();
    if (!(effects & (ir::Writes | ir::Calls)) && cost_of(inst) != Cost::Stays) loop = outermost(inst, first);
    if (loop.is_none()) {
      first &= !(effects & (ir::Writes | ir::MayTrap | ir::Calls));
      continue;
    }
    LoopFacts& facts = facts_[loop.raw()];
    places_[at] = place_before(function.loops[loop].header);
    u32 alike = none;
    if (is_pure(inst)) {
      Inst key = with_first_alike(inst);
      alike = find_known(key, loop);
      if (alike == none) know(key, loop, value);
    }
    if (alike == none) facts.cheap_room -= cost_of(inst) == Cost::Cheap;
    first_alike_[at] = alike == none ? at : alike;
    moved_.push_back({value, alike, facts.moved});
    facts.moved = u32(moved_.size() - 1);
    ++changes_;
  }
}

// The outermost loop that an instruction may leave; none if it stays. `first`: nothing with an effect is in front of it
// in the header of the innermost.
Loop HoistInvariants::outermost(const Inst& inst, bool first) {
  const ir::Function& function = old();
  u32 last = 0;
  function.for_each_use(inst, [&](Value operand) {
    if (function[operand].op != Op::Const) last = std::max(last, places_[operand.raw()]);
  });
  u8 effects = ir::info(inst.op).effects;
  // Where the operands allow it, from the outermost such loop inwards.
  auto from = std::partition_point(open_.begin(), open_.end(), [&](Loop loop) {
    return place_before(function.loops[loop].header) < last;
  });
  ClassSet reads = 0;
  if (effects & ir::Reads) {
    u32 index = classes_->read_by(inst);
    if (index != AliasClasses::none) reads = ClassSet{1} << index;
  }
  bool traps = effects & ir::MayTrap;
  if (traps) {
    // From the header of the innermost loop in front of that loop, and no further.
    if (!first || from == open_.end()) return Loop::none();
    from = open_.end() - 1;
  }
  constexpr u32 tries = 8;
  u32 tried = 0;
  for (; from != open_.end() && tried < tries; ++from, ++tried) {
    const LoopFacts& facts = facts_[from->raw()];
    if (facts.entries != 1 || (facts.writes & reads)) continue;
    if (known_count_ != 0 && is_pure(inst) && find_known(with_first_alike(inst), *from) != none) return *from;
    if (cost_of(inst) == Cost::Cheap && (facts.cheap_room == 0 || facts.calls)) continue;
    return *from;
  }
  return Loop::none();
}

// ------------------------------------------------------------------------- What computes the same

Inst HoistInvariants::with_first_alike(Inst inst) const {
  auto replace = [&](u32& operand) {
    if (first_alike_[operand] != none) operand = first_alike_[operand];
  };
  switch (ir::info(inst.op).shape) {
    case ir::Shape::VVV: replace(inst.c); [[fallthrough]];
    case ir::Shape::VV: case ir::Shape::Compare: replace(inst.b); [[fallthrough]];
    case ir::Shape::V: replace(inst.a); break;
    default: break;
  }
  return inst;
}

u32 HoistInvariants::find_known(const Inst& inst, Loop loop) {
  if (known_.empty()) return none;
  usize mask = known_.size() - 1;
  for (usize i = hash_of(inst, loop.raw()) & mask;; i = (i + 1) & mask) {
    const Known& known = known_[i];
    if (known.value == none || (known.loop == loop.raw() && known.inst == inst)) return known.value;
  }
}

void HoistInvariants::know(const Inst& inst, Loop loop, Value value) {
  auto put = [&](const Known& known) {
    usize mask = known_.size() - 1, i = hash_of(known.inst, known.loop) & mask;
    while (known_[i].value != none) i = (i + 1) & mask;
    known_[i] = known;
  };
  if (++known_count_ * 2 > known_.size()) {
    std::vector<Known> old(known_.empty() ? 32 : known_.size() * 2);
    std::swap(old, known_);
    for (const Known& known : old) if (known.value != none) put(known);
  }
  put({inst, loop.raw(), value.raw()});
}

// ----------------------------------------------------------------------------------------- Moving

void HoistInvariants::enter_loop(Block header) {
  const ir::Function& function = old();
  Loop loop = function.blocks[header].loop;
  u32 at = facts_[loop.raw()].moved;
  if (at == none) return;
  order_.clear();
  for (; at != none; at = moved_[at].next) order_.push_back(moved_[at]);
  open_entry(header);
  for (; !order_.empty(); order_.pop_back()) {
    Value value = order_.back().value;
    if (order_.back().alike != none) {
      set_renamed(value, renamed(Value(order_.back().alike)));
      continue;
    }
    builder().at(function.positions[value.raw()]);
    // Constants may stand in the loop.
    function.for_each_use(function[value], [&](Value operand) {
      if (!is_renamed(operand)) set_renamed(operand, copy(operand, function[operand]));
    });
    set_renamed(value, copy(value, with_renamed_operands(function[value])));
  }
  close_again();
}

}  // namespace skerry::passes
