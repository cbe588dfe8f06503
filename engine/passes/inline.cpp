#include "engine/passes/inline.h"

#include <algorithm>
#include <utility>

namespace skerry::passes {

using ir::Block;
using ir::Inst;
using ir::Loop;
using ir::Op;
using ir::Shape;
using ir::Value;

namespace {

// Whether the instructions of a callee can stand in its caller.
bool is_suitable(const ir::Function& callee) {
  if (!callee.slots.empty() || !callee.blocks[Block(0)].loop.is_none()) return false;
  bool returns = false;
  for (const ir::BlockData& block : callee.blocks) {
    switch (callee[Value(block.end - 1)].op) {
      case Op::ReturnCall: case Op::ReturnCallIndirect: return false;
      case Op::Return: returns = true; break;
      default: break;
    }
  }
  return returns;
}

}  // namespace

std::optional<u32> Callees::translate(FuncIndex function, ir::Function& out) {
  if (costs_.empty()) costs_.assign(module_.functions.size(), 0);
  out.clear();
  u64 cost = unsuitable;
  if (translate::translate_function(module_, function, features_, options_, scratch_, out) && is_suitable(out))
    cost = std::max<u64>(module_.functions[function].body.size, out.insts.size() + out.extra.size());
  costs_[function.raw()] = u16(std::min<u64>(cost, unsuitable));
  if (cost >= unsuitable) return std::nullopt;
  return u32(cost);
}

PassOutcome InlineCalls::run(Callees& callees, ir::Function& function) {
  module_ = &callees.module();
  callees_ = &callees;
  work_ = function.insts.size();
  changes_ = 0;
  budget_ = u64{module_->functions[function.index].body.size} + spare;
  if (!may_inline(function)) return {work_, 0};
  out_.clear();
  out_.index = function.index;
  out_.signature = function.signature;
  out_.entry = function.entry;
  out_.slots = function.slots;
  builder_.emplace(out_);
  Body& body = bodies_[0];
  body.from = &function;
  body.around = Loop::none();
  begin(body);
  copy_body(0);
  std::swap(function, out_);
  return {work_, changes_};
}

bool InlineCalls::may_inline(const ir::Function& function) const {
  for (const Inst& inst : function.insts) {
    if (inst.op == Op::Call && inst.a >= module_->imported_functions &&
        module_->functions[FuncIndex(inst.a)].body.size <= small_in_loop) {
      return true;
    }
  }
  return false;
}

bool InlineCalls::wants(u32 depth, const Inst& call) const {
  if (depth == most_deep || !callees_->may_inline(FuncIndex(call.a), budget_)) return false;
  bool in_loop = !out_.blocks[builder_->current()].loop.is_none();
  if (module_->functions[FuncIndex(call.a)].body.size > (in_loop ? small_in_loop : small)) return false;
  for (u32 i = 0; i <= depth; ++i)
    if (bodies_[i].from->index.raw() == call.a) return false;
  return true;
}

void InlineCalls::begin(Body& body) {
  const ir::Function& from = *body.from;
  body.inlined_call = none;
  body.renamed.assign(from.insts.size(), none);
  body.new_blocks.assign(from.blocks.size(), none);
  body.waiting.assign(from.blocks.size(), none);
  body.new_loops.assign(from.loops.size(), none);
  body.moved_targets.assign(from.extra.size(), none);
}

// ------------------------------------------------------------------------------------ Bodies

// The entry of a callee continues the open block, and its parameters are renamed already.
void InlineCalls::copy_body(u32 depth) {
  Body& body = bodies_[depth];
  const ir::Function& from = *body.from;
  for (Block block(0); block < from.blocks.end_key(); block = block.next()) {
    const ir::BlockData& data = from.blocks[block];
    work_ += data.end - data.begin;
    if (depth == 0 || block.raw() != 0) begin_block(depth, block);
    for (u32 at = data.begin + data.params; at + 1 < data.end; ++at) copy(depth, Value(at));
    builder_->at(position_of(body, Value(data.end - 1)));
    copy_terminator(depth, block);
  }
  for (Loop loop(0); loop < from.loops.end_key(); loop = loop.next()) {
    Block end = from.loops[loop].end;
    out_.loops[Loop(body.new_loops[loop.raw()])].end =
        end < from.blocks.end_key() ? Block(body.new_blocks[end.raw()]) : out_.blocks.end_key();
  }
}

void InlineCalls::begin_block(u32 depth, Block block) {
  Body& body = bodies_[depth];
  const ir::Function& from = *body.from;
  const ir::BlockData& data = from.blocks[block];
  auto new_loop = [&](Loop loop) { return loop.is_none() ? body.around : Loop(body.new_loops[loop.raw()]); };
  // Loops with this header, the outermost first: they are neighbours in the list.
  Loop first = data.loop;
  auto begins_here = [&](Loop loop) { return !loop.is_none() && from.loops[loop].header == block; };
  if (begins_here(first)) {
    while (begins_here(from.loops[first].parent)) first = from.loops[first].parent;
    for (Loop loop = first; loop <= data.loop; loop = loop.next()) {
      Loop parent = new_loop(from.loops[loop].parent);
      u32 outside = parent.is_none() ? 0 : out_.loops[parent].depth;
      ir::LoopData made{.header = out_.blocks.end_key(), .end = Block::none(), .parent = parent, .depth = outside + 1};
      body.new_loops[loop.raw()] = out_.loops.push(made).raw();
    }
  }
  builder_->at(position_of(body, Value(data.begin)));
  Block made = builder_->begin_block(new_loop(data.loop));
  body.new_blocks[block.raw()] = made.raw();
  patch(body.waiting[block.raw()], made);
  for (u32 i = 0; i < data.params; ++i)
    body.renamed[data.begin + i] = builder_->param(from.type(Value(data.begin + i))).raw();
}

// Targets that have waited for a block's number.
void InlineCalls::patch(u32 chain, Block block) {
  while (chain != none) chain = std::exchange(out_.extra[chain], block.raw());
}

u32 InlineCalls::position_of(const Body& body, Value value) const {
  u32 position = body.from->positions[value.raw()];
  if (&body == bodies_) return position;
  // What comes from no instruction is at the begin of the body.
  u32 distance = position - body.body_begin;
  return body.positions + (distance < body.body_size ? distance : 0);
}

// ------------------------------------------------------------------------------ Instructions

void InlineCalls::copy(u32 depth, Value value) {
  Body& body = bodies_[depth];
  const ir::Function& from = *body.from;
  Inst inst = from[value];
  builder_->at(position_of(body, value));
  auto rename = [&](u32& operand) {
    operand = body.renamed[operand];
    DCHECK(operand != none);
  };
  switch (ir::info(inst.op).shape) {
    case Shape::VVV: rename(inst.c); [[fallthrough]];
    case Shape::VV: case Shape::Compare: case Shape::Store: rename(inst.b); [[fallthrough]];
    case Shape::V: case Shape::Load: case Shape::VEntity: rename(inst.a); break;
    case Shape::Call:
      if (inst.op == Op::Call && wants(depth, inst)) {
        std::optional<u32> cost = callees_->translate(FuncIndex(inst.a), bodies_[depth + 1].made);
        if (cost && *cost <= budget_) {
          budget_ -= *cost;
          return inline_call(depth, value);
        }
      }
      inst.b = move_list(body, inst.b, 0, inst.c);
      break;
    case Shape::Indirect:
      rename(inst.a);
      inst.b = move_list(body, inst.b, 2, inst.c);
      break;
    case Shape::Result:
      // A callee that was put in place has left its results.
      if (inst.a == body.inlined_call) {
        body.renamed[value.raw()] = body.results[inst.b];
        return;
      }
      rename(inst.a);
      break;
    default: break;
  }
  body.renamed[value.raw()] = builder_->append(inst).raw();
}

void InlineCalls::inline_call(u32 depth, Value value) {
  Body& caller = bodies_[depth];
  Body& callee = bodies_[depth + 1];
  const Inst call = (*caller.from)[value];
  const wasm::ByteRange& range = module_->functions[FuncIndex(call.a)].body;
  u32 position = position_of(caller, value);
  u32 positions = u32(module_->bytes.size());
  if (!out_.inlined.empty()) {
    const ir::InlinedCall& last = out_.inlined.back();
    positions = last.begin + last.size;
  }
  out_.inlined.push_back({FuncIndex(call.a), range.offset, range.size, positions, position});
  ++changes_;

  callee.from = &callee.made;
  callee.body_begin = range.offset;
  callee.body_size = range.size;
  callee.positions = positions;
  callee.around = out_.blocks[builder_->current()].loop;
  begin(callee);
  std::span<const u32> arguments = caller.from->list(call.b, call.c);
  for (u32 i = 0; i < arguments.size(); ++i) callee.renamed[i] = caller.renamed[arguments[i]];

  u32 returns = std::exchange(returns_, none);
  copy_body(depth + 1);
  builder_->at(position);
  if (!builder_->is_open()) {
    Block behind = builder_->begin_block(callee.around);
    patch(returns_, behind);
    returned_.clear();
    for (ValueType type : callee.from->signature->results)
      returned_.push_back(builder_->param(ir::type_of(type)).raw());
  }
  returns_ = returns;
  std::swap(caller.results, returned_);
  caller.inlined_call = value.raw();
  caller.renamed[value.raw()] = caller.results.empty() ? none : caller.results[0];
}

// ------------------------------------------------------------------------------- Terminators

void InlineCalls::copy_terminator(u32 depth, Block block) {
  Body& body = bodies_[depth];
  ir::Function& from = *body.from;
  Inst inst = from[Value(from.blocks[block].end - 1)];
  if (inst.op == Op::Return && depth > 0) return return_to_caller(depth, block, inst);
  auto rename = [&](u32& operand) { operand = body.renamed[operand]; };
  switch (ir::info(inst.op).shape) {
    case Shape::Call: case Shape::List: inst.b = move_list(body, inst.b, 0, inst.c); break;
    case Shape::Indirect:
      rename(inst.a);
      inst.b = move_list(body, inst.b, 2, inst.c);
      break;
    case Shape::Jump: inst.b = move_target(body, inst.b); break;
    case Shape::Branch:
      rename(inst.a);
      inst.b = move_target(body, inst.b);
      inst.c = move_target(body, inst.c);
      break;
    case Shape::BrTable: {
      rename(inst.a);
      for (u32 i = 0; i < inst.c; ++i) move_target(body, from.extra[inst.b + i]);
      u32 list = u32(out_.extra.size());
      for (u32 i = 0; i < inst.c; ++i) out_.extra.push_back(body.moved_targets[from.extra[inst.b + i]]);
      work_ += inst.c;
      inst.b = list;
      break;
    }
    default: break;
  }
  builder_->terminate(inst);
}

// A return at the end, if it is not in a loop and there is no other, goes on in its block.
void InlineCalls::return_to_caller(u32 depth, Block block, const Inst& inst) {
  const Body& body = bodies_[depth];
  const ir::Function& from = *body.from;
  bool is_last = block.next() == from.blocks.end_key();
  if (is_last && returns_ == none && from.blocks[block].loop.is_none()) {
    returned_.clear();
    for (u32 value : from.list(inst.b, inst.c)) returned_.push_back(body.renamed[value]);
    return;
  }
  u32 target = u32(out_.extra.size());
  out_.extra.push_back(returns_);
  out_.extra.push_back(inst.c);
  move_list(body, inst.b, 0, inst.c);
  returns_ = target;
  builder_->terminate({.op = Op::Jump, .b = target});
}

u32 InlineCalls::move_list(const Body& body, u32 at, u32 fixed, u32 values) {
  u32 moved = u32(out_.extra.size());
  work_ += fixed + values;
  for (u32 i = 0; i < fixed; ++i) out_.extra.push_back(body.from->extra[at + i]);
  for (u32 i = 0; i < values; ++i) out_.extra.push_back(body.renamed[body.from->extra[at + fixed + i]]);
  return moved;
}

u32 InlineCalls::move_target(Body& body, u32 target) {
  u32& moved = body.moved_targets[target];
  if (moved != none) return moved;
  moved = u32(out_.extra.size());
  u32 block = body.from->extra[target], count = body.from->extra[target + 1];
  bool backwards = body.new_blocks[block] != none;
  out_.extra.push_back(backwards ? body.new_blocks[block] : std::exchange(body.waiting[block], moved));
  out_.extra.push_back(count);
  move_list(body, target + 2, 0, count);
  return moved;
}

}  // namespace skerry::passes
