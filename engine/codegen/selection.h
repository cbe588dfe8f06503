// Selection: the half of instruction selection that is the same for every ISA.
//
// Blocks and instructions are visited last to first, so that when an instruction is reached
// all its users have been lowered: it is left out if nobody asked for it (dead, or folded
// into a user), and a user may fold what defines its operands. Each op has a list of rules,
// most specific first; the last one always succeeds. Rules append to `pending` in program order;
// the whole is turned around at the end.
//
// An ISA derives its Lower from Selection<Isa>, where Isa gives
//
//   using Lower                                   // the derived class, which rules are given
//   using Convention, static convention           // codegen/convention.h
//   static const RuleTable<Lower>& rules()
//   static constexpr u16 entry_op                 // the VInst of kind Entry
//
//   static constexpr bool holds_constants         // whether loops keep constants in registers (hold)
//
// and Lower has make_constant(VReg, Type, bits), which appends what makes a constant, and where constants are held
// make_field(VReg, bits) for a field of the instance that never changes, make_address(VReg, Value, bits) for what it
// makes of a value, and make_targets(VReg, Value) for where the targets of a br_table lie.

#pragma once

#include <algorithm>

#include "base/array.h"
#include "engine/codegen/convention.h"
#include "engine/codegen/live.h"
#include "engine/codegen/target.h"

namespace skerry::codegen {

using ir::Inst;
using ir::Op;
using ir::Type;
using ir::Value;

constexpr RegClass class_of(Type type) { return ir::is_float(type) ? RegClass::Float : RegClass::Int; }

// A rule: lowers `value`, or answers false and has emitted nothing.
template <class Lower>
struct Rule {
  Op op;
  bool (*lower)(Lower& l, Value value, const Inst& inst);
  std::string_view name;
};

// The rules by op: rules_of[op] .. rules_of[op + 1] in one array, in the order of their lists.
template <class Lower>
class RuleTable {
 public:
  RuleTable(std::initializer_list<std::span<const Rule<Lower>>> lists) {
    for (std::span<const Rule<Lower>> list : lists)
      for (const Rule<Lower>& rule : list) ++end_[u32(rule.op) + 1];
    u32 count = 0;
    for (u32& end : end_) end = count += end;
    // An op's end is the begin of the next one until its own rules are there.
    rules_.resize(count);
    for (std::span<const Rule<Lower>> list : lists)
      for (const Rule<Lower>& rule : list) rules_[end_[u32(rule.op)]++] = rule;
  }
  std::span<const Rule<Lower>> all() const { return rules_; }
  u32 first(Op op) const { return op == Op{} ? 0 : end_[u32(op) - 1]; }
  u32 end(Op op) const { return end_[u32(op)]; }
  // As Target::rules() has them.
  std::vector<RuleName> names() const {
    std::vector<RuleName> out;
    for (const Rule<Lower>& rule : rules_) out.push_back({rule.op, rule.name});
    return out;
  }

 private:
  Array<Rule<Lower>> rules_;
  u32 end_[u32(Op::Count) + 1] = {};
};

// Memory reused from function to function.
struct SelectionScratch {
  enum class HeldKind : u8 { Constant, Field, Address, Targets };
  struct Held {
    ir::Block home;  // where it is made
    HeldKind kind;
    Type type;       // of a constant
    u64 bits;
    Value value;     // of an address, of targets
    VReg vreg;
  };
  Array<VInst> pending;
  IndexMap<Value, u8> use_counts;
  IndexMap<Value, u8> states;
  std::vector<Held> held;
  IndexMap<ir::Loop, ir::Block> homes;
  IndexMap<ir::Loop, ir::Block> entries;
};

template <class Isa>
class Selection {
 public:
  using Lower = typename Isa::Lower;

  Selection(const ModuleContext& context, SelectionScratch& scratch, std::vector<u8>& fired)
      : context(context), pending_(scratch.pending), use_counts_(scratch.use_counts), states_(scratch.states),
        held_(scratch.held), homes_(scratch.homes), entries_(scratch.entries), fired_(fired) {
    fired_.resize(Isa::rules().all().size());
  }

  void run(const ir::Function& function, VCode& code, Liveness& liveness);

  const ModuleContext& context;

  // --- what rules read
  const Inst& inst(Value value) const { return (*function_)[value]; }
  Type type(Value value) const { return function_->type(value); }
  const ir::Function& function() const { return *function_; }
  bool is_constant(Value value) const { return inst(value).op == Op::Const; }
  u64 constant(Value value) const { return inst(value).imm64(); }
  bool used_once(Value value) const { return use_counts_[value] == 1; }
  bool in_this_block(Value value) const { return value.raw() >= block_begin_; }
  // May what defines `value` be computed at its user instead? Only for ops that are pure.
  bool folds(Value value, Op op) const { return inst(value).op == op && used_once(value); }
  // What is being lowered, at which what is folded will happen.
  Value lowered_value() const { return lowered_value_; }
  // Whether nobody reads the value behind here. What a loop does not define it reads again in its next round.
  bool ends_here(Value value) const { return !is_constant(value) && !is_needed(value) && value.raw() >= loop_begin_; }
  // Of two operands of which either may be the one whose register the result takes: whether y is the better one. It has
  // to end here, and a parameter of the loop is likely to be what the result is handed back to.
  bool is_better_tied(Value x, Value y) const {
    auto score = [&](Value value) { return ends_here(value) ? 1 + (value.raw() < loop_params_end_) : 0; };
    return score(y) > score(x);
  }

  // --- what rules write
  VReg def(Value value) const { return vreg_of(value); }
  VReg use(Value value) {  // a constant is made here
    if (!is_constant(value)) {
      states_[value] |= Needed | Whole;
      return vreg_of(value);
    }
    return constant_in_register(type(value), constant(value));
  }
  // The same for who reads the low half of an i32 alone, whatever the upper one holds.
  VReg use_low(Value value) {
    if (is_constant(value)) return use(value);
    states_[value] |= Needed;
    return vreg_of(value);
  }
  VReg constant_in_register(Type type, u64 bits) {
    if constexpr (Isa::holds_constants) {
      if (VReg held = held_constant(type, bits); !held.is_none()) return held;
    }
    VReg vreg = temp(class_of(type));
    static_cast<Lower*>(this)->make_constant(vreg, type, bits);
    return vreg;
  }
  // A constant as one of the registers that loops keep; none where who wants it makes it. Integers that are alike in
  // their registers are one.
  VReg held_constant(Type type, u64 bits) {
    if (!ir::is_float(type)) bits = Isa::register_bits(type, bits), type = Type::I64;
    return hold(home_, HeldKind::Constant, type, bits);
  }
  // A field of the instance that never changes; none where who wants it loads it.
  VReg held_field(u64 bits) { return hold(home_, HeldKind::Field, Type::Void, bits); }
  // What make_address makes of a value from outside of the loop, in front of the outermost loop that does not define it,
  // of those few that are looked at; none where it is from inside. Of no value: where constants are held.
  VReg held_address(Value value, u64 bits) {
    return hold(value.is_none() ? home_ : home_of(value), HeldKind::Address, Type::Void, bits, value);
  }
  // Where the targets of a br_table lie; none where it is no loop that would make that in each round.
  VReg held_targets(Value terminator) { return hold(home_, HeldKind::Targets, Type::Void, 0, terminator); }
  // Whether a value comes from outside of the loop, and may be held in another form.
  bool is_from_outside(Value value) const { return !home_of(value).is_none(); }
  // Whether a loop computed it that does not go around the block.
  bool is_of_past_loop(Value value) const {
    if (in_this_block(value) || function_->loops.empty()) return false;
    std::span<const ir::BlockData> blocks(&function_->blocks[ir::Block(0)], function_->blocks.size());
    auto behind = std::ranges::upper_bound(blocks, value.raw(), {}, &ir::BlockData::begin);
    ir::Loop loop = (behind - 1)->loop;
    if (loop.is_none()) return false;
    ir::Block end = function_->loops[loop].end;
    return end < function_->blocks.end_key() && function_->blocks[end].begin <= block_begin_;
  }
  // Whether constants that instructions here read are made elsewhere.
  bool holds_constants_here() const { return Isa::holds_constants && !home_.is_none(); }
  VReg temp(RegClass reg_class) { return code_->new_vreg(reg_class); }
  void mark_folded(Value value) { states_[value] |= Folded; }
  void mark_needed(Value value) { if (!is_constant(value)) states_[value] |= Needed | Whole; }
  bool is_needed(Value value) const { return states_[value] & Needed; }
  // Whether anybody reads more than the low half, as far as they say so by use_low().
  bool is_whole_needed(Value value) const { return states_[value] & Whole; }
  void hint(VReg vreg, u32 reg) {
    Hint& hint = liveness_->hints[vreg];
    if (hint.reg == 0xff) hint.reg = u8(reg);
  }
  // The same of a temporary.
  void prefer(VReg vreg, u32 reg) {
    if (liveness_->hints.size() < code_->classes.size()) liveness_->hints.resize(code_->classes.size());
    hint(vreg, reg);
  }
  // What a terminator hands over is needed where the block that it goes to reads it.
  void needs_targets(Value jump, const Inst& inst) {
    function_->for_each_target(inst, [&](u32 target) { needs_target(jump, target); });
  }
  u32 add_call(std::span<const u32> arguments, Value first_result, u32 results, const FuncType* type, u32 target);
  u32 add_return(std::span<const u32> results, Value value);
  // Whether the block is in an innermost loop without calls; in the gear best.
  bool in_loop_without_calls() const { return in_loop_without_calls_; }
  u32 loop_begin() const { return loop_begin_; }
  // What the end of the innermost loop hands to a parameter of its header; none for other values.
  Value next_round(Value param) const;
  // A register that is defined in front of all else, and that instructions can do without (VCode::optional).
  VReg optional() {
    if (code_->optional.is_none()) code_->optional = temp(RegClass::Int);
    return code_->optional;
  }
  // Lower may have one that defines it.
  void define_optional(VReg) {}
  // Where results go that overflow; none if none do.
  VReg result_pointer() const { return result_pointer_; }

 protected:
  VInst& push(VInst inst) {
    inst.position = position_;
    pending_.push_back(inst);
    return pending_.back();
  }

  // What has been lowered, last to first.
  Array<VInst>& lowered() { return code_->insts; }
  u32 block_begin() const { return block_begin_; }

 private:
  enum State : u8 { Needed = 1, Folded = 2, Whole = 4 };

  void count_uses();
  void lower_block(ir::Block block);
  void lower(Value value);
  void lower_entry();
  void finish();
  void needs_target(Value jump, u32 target);
  void find_homes();
  using HeldKind = SelectionScratch::HeldKind;
  VReg hold(ir::Block home, HeldKind kind, Type type, u64 bits, Value value = Value::none());
  ir::Block home_of(Value value) const;
  void make_held(ir::Block block);
  void flush() {
    for (usize i = pending_.size(); i > 0; --i) code_->insts.push_back(pending_[i - 1]);
    pending_.clear();
  }
  bool has_no_calls(ir::Loop loop) const;

  const ir::Function* function_ = nullptr;
  VCode* code_ = nullptr;
  Liveness* liveness_ = nullptr;
  Array<VInst>& pending_;
  IndexMap<Value, u8>& use_counts_;  // up to 2
  IndexMap<Value, u8>& states_;
  std::vector<SelectionScratch::Held>& held_;  // those that are not made yet
  IndexMap<ir::Loop, ir::Block>& homes_;               // none: constants are made where they are used
  IndexMap<ir::Loop, ir::Block>& entries_;             // the one block from which a loop is entered, or none
  ir::Loop loop_ = ir::Loop::none();                   // the innermost around the block
  ir::Block home_ = ir::Block::none();                 // of the innermost loop around the block
  std::vector<u8>& fired_;           // by rule: whether it was used
  u32 block_begin_ = 0;
  u32 loop_begin_ = 0;       // the first value of the innermost loop around the block
  u32 loop_params_end_ = 0;  // behind the loop's parameters, which come first
  bool in_loop_without_calls_ = false;
  Value lowered_value_ = Value::none();
  u32 position_ = 0;
  VReg result_pointer_ = VReg::none();
};

template <class Isa>
void Selection<Isa>::run(const ir::Function& function, VCode& code, Liveness& liveness) {
  function_ = &function;
  code_ = &code;
  liveness_ = &liveness;
  code.clear();
  liveness.clear();
  loop_ = ir::Loop::none();
  in_loop_without_calls_ = false;
  code.blocks.resize(function.blocks.size());
  code.classes.reserve(function.insts.size() + function.insts.size() / 2);
  for (const Inst& inst : function.insts) code.classes.push(class_of(inst.type));
  liveness.hints.resize(function.insts.size());
  states_.clear();
  states_.resize(function.insts.size(), 0);
  result_pointer_ = Isa::convention.overflowing_results(*function.signature) ? temp(RegClass::Int) : VReg::none();
  count_uses();
  if constexpr (Isa::holds_constants) find_homes();
  for (u32 i = function.blocks.size(); i-- > 0;) lower_block(ir::Block(i));
  finish();
}

template <class Isa>
void Selection<Isa>::count_uses() {
  use_counts_.clear();
  use_counts_.resize(function_->insts.size(), 0);
  for (const Inst& inst : function_->insts)
    function_->for_each_use(inst, [&](Value value) { use_counts_[value] = u8(std::min(use_counts_[value] + 1, 2)); });
}

// Where a machine has no immediates of the size that programs use, a loop would make its constants in each round. In
// the gear best they and fields that never change are made in the block from which the outermost loop around is
// entered, if that is one, and live from there on: the allocator decides whether in a register. From a slot they cost a
// load, which is no more than most cost to make.
template <class Isa>
void Selection<Isa>::find_homes() {
  held_.clear();
  homes_.clear();
  homes_.resize(function_->loops.size(), ir::Block::none());
  entries_.clear();
  entries_.resize(function_->loops.size(), ir::Block::none());
  if (context.settings.allocator != Allocator::Ranges || function_->loops.empty()) return;
  constexpr ir::Block several = ir::Block(~u32{0} - 1);
  for (ir::Block block(0); block != function_->blocks.end_key(); block = block.next()) {
    const ir::BlockData& data = function_->blocks[block];
    function_->for_each_target(inst(Value(data.end - 1)), [&](u32 target) {
      ir::Block to = function_->target_block(target);
      ir::Loop loop = function_->blocks[to].loop;
      if (to <= block || loop.is_none() || function_->loops[loop].header != to) return;
      homes_[loop] = homes_[loop].is_none() ? block : several;
    });
  }
  for (ir::Loop loop(0); loop != function_->loops.end_key(); loop = loop.next()) {
    ir::Loop parent = function_->loops[loop].parent;
    if (homes_[loop] == several) homes_[loop] = ir::Block::none();
    entries_[loop] = homes_[loop];
    if (!parent.is_none() && !homes_[parent].is_none()) homes_[loop] = homes_[parent];
  }
}

// None where it is made by who wants it.
template <class Isa>
VReg Selection<Isa>::hold(ir::Block home, HeldKind kind, Type type, u64 bits, Value value) {
  constexpr usize most = 24;
  if (home.is_none()) return VReg::none();
  for (const auto& held : held_)
    if (held.home == home && held.kind == kind && held.type == type && held.bits == bits && held.value == value)
      return held.vreg;
  if (held_.size() == most) return VReg::none();
  held_.push_back({home, kind, type, bits, value, temp(kind == HeldKind::Constant ? class_of(type) : RegClass::Int)});
  return held_.back().vreg;
}

// What is defined in front of a loop's header in the text, and dominates a block of the loop, dominates the header, and
// so the end of the one block from which it is entered. Of loops around loops the innermost few are looked at.
template <class Isa>
ir::Block Selection<Isa>::home_of(Value value) const {
  ir::Block home = ir::Block::none();
  if (context.settings.allocator != Allocator::Ranges) return home;
  constexpr u32 most = 8;
  u32 looked_at = 0;
  for (ir::Loop loop = loop_; !loop.is_none() && looked_at < most; loop = function_->loops[loop].parent, ++looked_at) {
    if (value.raw() >= function_->blocks[function_->loops[loop].header].begin) break;
    if (!entries_[loop].is_none()) home = entries_[loop];
  }
  return home;
}

// In front of the block's terminator.
template <class Isa>
void Selection<Isa>::make_held(ir::Block block) {
  std::erase_if(held_, [&](const SelectionScratch::Held& held) {
    if (held.home != block) return false;
    Lower& lower = static_cast<Lower&>(*this);
    switch (held.kind) {
      case HeldKind::Constant: lower.make_constant(held.vreg, held.type, held.bits); break;
      case HeldKind::Field: lower.make_field(held.vreg, held.bits); break;
      case HeldKind::Address: lower.make_address(held.vreg, held.value, held.bits); break;
      case HeldKind::Targets: lower.make_targets(held.vreg, held.value); break;
    }
    return true;
  });
  flush();
}

constexpr u32 loop_weight(u32 depth) {
  constexpr u32 weights[] = {1, 8, 64, 512, 4096};
  return weights[std::min(depth, 4u)];
}

template <class Isa>
void Selection<Isa>::lower_block(ir::Block block) {
  const ir::BlockData& data = function_->blocks[block];
  block_begin_ = data.begin;
  loop_begin_ = loop_params_end_ = 0;
  if (!data.loop.is_none()) {
    const ir::BlockData& header = function_->blocks[function_->loops[data.loop].header];
    loop_begin_ = header.begin;
    loop_params_end_ = header.begin + header.params;
  }
  if (data.loop != loop_) {
    loop_ = data.loop;
    in_loop_without_calls_ = context.settings.allocator == Allocator::Ranges && has_no_calls(loop_);
  }
  if constexpr (Isa::holds_constants) home_ = data.loop.is_none() ? ir::Block::none() : homes_[data.loop];
  VBlock& out = code_->blocks[block];
  out.weight = loop_weight(data.loop.is_none() ? 0 : function_->loops[data.loop].depth);
  out.end = u32(code_->insts.size());
  for (u32 i = data.end; i-- > data.begin + data.params;) {
    Value value(i);
    if (states_[value] & Folded) continue;
    if (info(inst(value).op).removable() && !is_needed(value)) continue;
    lower(value);
    if constexpr (Isa::holds_constants) if (i + 1 == data.end) make_held(block);
  }
  // A loop's back edges have handed over what turns out to be read only now: they go on doing
  // so for parameters that nobody reads, into no place.
  for (u32 i = data.begin; i < data.begin + data.params; ++i)
    if (!is_needed(Value(i))) code_->classes[VReg(i)] = RegClass::Unused;
  if (block.raw() == 0) {
    if (!code_->optional.is_none()) {
      static_cast<Lower*>(this)->define_optional(code_->optional);
      flush();
    }
    lower_entry();
  }
  out.begin = u32(code_->insts.size());
}

template <class Isa>
void Selection<Isa>::lower(Value value) {
  const Inst& inst = this->inst(value);
  position_ = function_->positions[value.raw()];
  lowered_value_ = value;
  const RuleTable<Lower>& table = Isa::rules();
  for (u32 i = table.first(inst.op); i < table.end(inst.op); ++i) {
    if (!table.all()[i].lower(static_cast<Lower&>(*this), value, inst)) continue;
    fired_[i] = true;
    flush();
    return;
  }
  UNREACHABLE("an op without a rule that always succeeds");
}

template <class Isa>
void Selection<Isa>::lower_entry() {
  auto places = Isa::convention.argument_places();
  auto arrive = [&](VReg vreg, bool is_float) {
    auto where = places.next(is_float);
    if (where.in_register) hint(vreg, where.index);
  };
  u32 results = u32(code_->lists.size());
  if (!result_pointer_.is_none()) {
    code_->lists.push_back(result_pointer_);
    liveness_->hints.resize(code_->classes.size());
    arrive(result_pointer_, false);
  }
  const ir::BlockData& entry = function_->blocks[ir::Block(0)];
  for (u32 i = 0; i < entry.params; ++i) arrive(VReg(entry.begin + i), ir::is_float(type(Value(entry.begin + i))));
  u32 index = u32(code_->calls.size());
  code_->calls.push_back({0, 0, results, u32(code_->lists.size()) - results, function_->signature, 0});
  VInst entry_inst{};
  entry_inst.op = Isa::entry_op;
  entry_inst.d = entry_inst.a = entry_inst.b = entry_inst.c = VReg::none();
  entry_inst.imm = index;
  code_->insts.push_back(entry_inst);
}

// What was appended last to first is turned around, and the blocks' ranges with it.
template <class Isa>
void Selection<Isa>::finish() {
  std::reverse(code_->insts.begin(), code_->insts.end());
  u32 size = u32(code_->insts.size());
  for (VBlock& block : code_->blocks) {
    u32 begin = size - block.begin;
    block.begin = begin;
    block.end = size - block.end;
  }
  liveness_->hints.resize(code_->classes.size());
}

// Asked once for each loop that has none within, whose blocks are all its own.
template <class Isa>
bool Selection<Isa>::has_no_calls(ir::Loop loop) const {
  if (loop.is_none()) return false;
  const ir::LoopData& data = function_->loops[loop];
  ir::Loop next = loop.next();
  if (next < function_->loops.end_key() && function_->loops[next].parent == loop) return false;
  u32 end = function_->blocks[ir::Block(data.end.raw() - 1)].end;
  for (u32 i = function_->blocks[data.header].begin; i < end; ++i)
    if (info(inst(Value(i)).op).effects & ir::Calls) return false;
  return true;
}

template <class Isa>
Value Selection<Isa>::next_round(Value param) const {
  Value next = Value::none();
  if (param.raw() < loop_begin_ || param.raw() >= loop_params_end_) return next;
  const ir::LoopData& loop = function_->loops[loop_];
  u32 end = function_->blocks[ir::Block(loop.end.raw() - 1)].end;
  function_->for_each_target(inst(Value(end - 1)), [&](u32 target) {
    if (function_->target_block(target) == loop.header) next = Value(function_->target_args(target)[param.raw() - loop_begin_]);
  });
  return next;
}

// A block further down has been lowered, and it is known which of its parameters are read, and of which the low half
// alone is: then in the gear best nobody makes the upper one of what is handed over. Of a loop's header it is not known.
template <class Isa>
void Selection<Isa>::needs_target(Value jump, u32 target) {
  const ir::BlockData& block = function_->blocks[function_->target_block(target)];
  std::span<const u32> arguments = function_->target_args(target);
  bool backwards = block.begin <= jump.raw(), tells_halves = context.settings.allocator == Allocator::Ranges;
  for (u32 i = 0; i < arguments.size(); ++i) {
    Value param(block.begin + i), argument(arguments[i]);
    if (backwards || is_whole_needed(param) || (is_needed(param) && !tells_halves)) mark_needed(argument);
    else if (is_needed(param) && !is_constant(argument)) states_[argument] |= Needed;
  }
}

template <class Isa>
u32 Selection<Isa>::add_call(std::span<const u32> arguments, Value first_result, u32 results, const FuncType* type,
                             u32 target) {
  CallInfo call{};
  call.arguments = u32(code_->lists.size());
  call.argument_count = u32(arguments.size());
  for (u32 argument : arguments) {
    mark_needed(Value(argument));
    code_->lists.push_back(VReg(argument));
  }
  call.results = u32(code_->lists.size());
  call.result_count = results;
  for (u32 i = 0; i < results; ++i) {
    Value result(first_result.raw() + i);
    code_->lists.push_back(is_needed(result) ? vreg_of(result) : VReg::none());
  }
  call.type = type;
  call.target = target;
  code_->calls.push_back(call);
  if (type) {
    auto argument_at = Isa::convention.argument_places(), result_at = Isa::convention.result_places();
    if (Isa::convention.overflowing_results(*type)) argument_at.next(false);
    for (u32 argument : arguments) {
      auto where = argument_at.next(ir::is_float(this->type(Value(argument))));
      if (where.in_register && !is_constant(Value(argument))) hint(VReg(argument), where.index);
    }
    for (u32 i = 0; i < results; ++i) {
      auto where = result_at.next(ir::is_float(this->type(Value(first_result.raw() + i))));
      if (where.in_register) hint(VReg(first_result.raw() + i), where.index);
    }
  }
  return u32(code_->calls.size() - 1);
}

template <class Isa>
u32 Selection<Isa>::add_return(std::span<const u32> results, Value value) {
  u32 call = add_call(results, value, 0, nullptr, 0);
  auto places = Isa::convention.result_places();
  for (u32 result : results) {
    auto where = places.next(ir::is_float(type(Value(result))));
    if (where.in_register && !is_constant(Value(result))) hint(VReg(result), where.index);
  }
  return call;
}

}  // namespace skerry::codegen
