// The Translator's blocks, edges, joins and loops.

#include "engine/translate/translator.h"

#include <string.h>

namespace skerry::translate {

using ir::Block;
using ir::Cond;
using ir::Inst;
using ir::Loop;
using ir::Op;
using ir::Type;
using validate::FrameKind;

Translator::Translator(const wasm::Module& module, const Options& options, Scratch::Arrays& arrays, ir::Function& function,
                       LocalsPolicy locals, u64 extra_budget, u64 hard_budget)
    : module_(module),
      options_(options),
      locals_(locals),
      extra_budget_(extra_budget),
      hard_budget_(hard_budget),
      function_(function),
      builder_(function),
      numbering_(function, builder_),
      folder_(function, numbering_),
      prescan_(arrays.prescan),
      current_(arrays.current),
      assigned_(arrays.assigned),
      saved_(arrays.saved),
      results_(arrays.results),
      columns_(arrays.columns) {
  saved_.clear();
}

// ------------------------------------------------------------------------------ The function

void Translator::begin_function(Label&, std::span<const ValueType> locals) {
  depth_ = 1;
  numbering_.reset(options_.reuse ? Numbering::Reuse::Yes : Numbering::Reuse::No);
  begin_block();
  for (u32 local : assigned_) current_[local] = Value::none();
  assigned_.clear();
  if (current_.size() < locals.size()) current_.resize(locals.size());
  types_ = locals;
  usize param_count = function_.signature->params.size();
  for (u32 i = 0; i < param_count; ++i) set_current(i, builder_.param(ir::type_of(locals[i])));
  make_zeros(locals.subspan(param_count));
  if (locals_ == LocalsPolicy::Values) return;
  numbering_.change(State::Slot);
  for (u32 i = 0; i < locals.size(); ++i) {
    function_.slots.push_back(ir::type_of(locals[i]));
    builder_.append({.op = Op::SlotSet, .a = current(i).raw(), .b = i});
  }
}

// The zeros of the locals behind the parameters, one of each type; pruned where nobody reads them. Runs of one type are
// skipped 64 at a time.
void Translator::make_zeros(std::span<const ValueType> locals) {
  constexpr usize step = 64;
  std::fill(std::begin(zeros_), std::end(zeros_), Value::none());
  for (usize i = 0; i < locals.size(); ++i) {
    while (i + step < locals.size() && memcmp(&locals[i], &locals[i + 1], step) == 0) i += step;
    Type type = ir::type_of(locals[i]);
    Value& zero = zeros_[u8(type)];
    if (zero.is_none()) zero = constant(type, 0);
  }
}

void Translator::end_function(Label& label, Operands operands) {
  bool reachable = !label.unreachable;
  if (over_budget_) return;
  if (is_dead()) {
    end_dead();
    reachable = false;
  }
  if (label.data.edges == no_target) {
    if (reachable) return_values(operands);
    return;
  }
  if (reachable) jump(edge(label, operands));
  join(label);
  u32 at = u32(function_.extra.size());
  for (Value value : results_) function_.extra.push_back(value.raw());
  terminate({.op = Op::Return, .b = at, .c = u32(results_.size())});
}

void Translator::return_values(Operands operands) {
  terminate({.op = Op::Return, .b = operand_list(operands), .c = u32(operands.size())});
}

// -------------------------------------------------------------------------- Blocks and edges

void Translator::begin_block() {
  builder_.begin_block(current_loop_);
  numbering_.begin_extended_block();
  only_branch_ = Value::none();
  close_fuel();
}

// Begins a block that only `target` of the Branch just made leads to.
void Translator::begin_next(u32 target) {
  only_branch_ = Value(builder_.next().raw() - 1);
  only_target_ = target;
  function_.extra[target] = builder_.begin_block(current_loop_).raw();
  close_fuel();
}

void Translator::terminate(Inst inst) {
  builder_.terminate(inst);
  check_budget();
}

void Translator::check_budget() {
  u64 extra = function_.extra.size();
  if (extra > extra_budget_ || extra + function_.insts.size() > hard_budget_) [[unlikely]] give_up();
}

// The rest of the body is validated as if it were dead.
void Translator::give_up() {
  over_budget_ = true;
  dead_depth_ = -1;
}

void Translator::open_frame(Label& label) {
  ++depth_;
  if (locals_ == LocalsPolicy::Slots) return;
  std::span<const Prescan::Frame> frames = prescan_.frames();
  while (next_frame_ < frames.size() && frames[next_frame_].offset < label.offset) ++next_frame_;
  if (next_frame_ < frames.size() && frames[next_frame_].offset == label.offset)
    label.data.assigned = prescan_.assigned(frames[next_frame_]);
}

// A target to the label of a frame, with room for operands and then the assigned locals, which are put there.
u32 Translator::new_target(Label& label, u32 operand_count) {
  Frame& frame = label.data;
  u32 target = u32(function_.extra.size());
  u32 count = operand_count + u32(frame.assigned.size());
  function_.extra.resize(target + 2 + count);
  u32* extra = function_.extra.data() + target;
  extra[1] = count;
  if (label.kind == FrameKind::Loop) {
    extra[0] = frame.header.raw();
  } else {
    extra[0] = frame.edges;
    frame.edges = target;
  }
  return target;
}

u32 Translator::edge(Label& label, Operands operands) {
  u32 target = new_target(label, u32(operands.size()));
  u32* arguments = function_.extra.data() + target + 2;
  for (const auto& operand : operands) *arguments++ = operand.value.raw();
  for (u32 local : label.data.assigned) *arguments++ = current(local).raw();
  return target;
}

// The edge of an `if` without else that is not taken: everything as it was at the `if`.
u32 Translator::saved_edge(Label& label) {
  u32 params = u32(label.params.size());
  u32 target = new_target(label, params);
  u32* arguments = function_.extra.data() + target + 2;
  for (u32 i = label.data.saved; i < saved_.size(); ++i) *arguments++ = saved_[i].raw();
  return target;
}

// Ends the open block with a Jump. An empty block that only a Branch leads to is taken away: the Branch goes where the
// Jump would.
void Translator::jump(u32 target) {
  if (!only_branch_.is_none() && builder_.is_empty()) {
    Inst& branch = function_.insts[only_branch_];
    (branch.b == only_target_ ? branch.b : branch.c) = target;
    builder_.drop_block();
    only_branch_ = Value::none();
    return;
  }
  terminate({.op = Op::Jump, .b = target});
}

void Translator::block(Label& label, Operands) { open_frame(label); }

void Translator::loop(Label& label, Operands operands) {
  open_frame(label);
  if (is_dead()) return;
  Frame& frame = label.data;
  u32 target = u32(function_.extra.size());
  function_.extra.push_back(no_target);
  function_.extra.push_back(u32(operands.size() + frame.assigned.size()));
  for (const auto& operand : operands) function_.extra.push_back(operand.value.raw());
  for (u32 local : frame.assigned) {
    function_.extra.push_back(current(local).raw());
  }
  jump(target);

  u32 parent_depth = current_loop_.is_none() ? 0 : function_.loops[current_loop_].depth;
  frame.header = function_.blocks.end_key();
  function_.extra[target] = frame.header.raw();
  frame.loop = function_.loops.push({.header = frame.header, .end = Block::none(), .parent = current_loop_, .depth = parent_depth + 1});
  current_loop_ = frame.loop;
  begin_block();
  for (auto& operand : operands) operand.value = builder_.param(ir::type_of(operand.type));
  for (u32 local : frame.assigned) set_current(local, builder_.param(function_.type(current(local))));
}

void Translator::end_loop(Label& label, bool reachable) {
  Loop loop = label.data.loop;
  ir::LoopData& data = function_.loops[loop];
  current_loop_ = data.parent;
  Block last = builder_.current();
  if (!reachable) {
    data.end = last.next();
    return;
  }
  // The block that is open has no way back to the header: it belongs to the code behind the
  // loop. If it is the header itself, nothing branched, and there is no loop.
  function_.blocks[last].loop = data.parent;
  if (last == data.header) {
    DCHECK(loop.next() == function_.loops.end_key());
    function_.loops.resize(loop.raw());
  } else {
    data.end = last;
  }
}

void Translator::if_(Label& label, Value condition, Operands operands) {
  open_frame(label);
  if (is_dead()) return;
  count_operator();
  Frame& frame = label.data;
  if (saved_.size() + operands.size() + frame.assigned.size() > hard_budget_) [[unlikely]] return give_up();
  frame.saved = u32(saved_.size());
  for (const auto& operand : operands) saved_.push_back(operand.value);
  for (u32 local : frame.assigned) saved_.push_back(current(local));

  if (auto bits = folder_.constant(condition)) {
    frame.arms = u32(*bits) ? Arms::OnlyThen : Arms::OnlyElse;
    if (frame.arms == Arms::OnlyElse) begin_dead();
    return;
  }
  auto [value, inverted] = folder_.condition(condition);
  u32 then = builder_.target(Block());
  frame.branch = builder_.next();
  Inst branch{.op = Op::Branch, .a = value.raw(), .b = then, .c = no_target};
  // The target for the else arm, which is not known yet, is field b if the condition is inverted.
  if (inverted) std::swap(branch.b, branch.c);
  terminate(branch);
  begin_next(then);
}

void Translator::else_(Label& label, Operands operands) {
  bool reachable = !label.unreachable;
  Frame& frame = label.data;
  if (is_dead()) {
    if (depth_ > dead_depth_) return;
    end_dead();
    reachable = false;
  }
  if (reachable) jump(edge(label, operands));
  if (frame.arms == Arms::OnlyThen) {
    begin_dead();
    return;
  }
  usize params = label.params.size();
  for (usize i = 0; i < frame.assigned.size(); ++i) set_current(frame.assigned[i], saved_[frame.saved + params + i]);
  if (frame.arms == Arms::OnlyElse) return;  // the block goes on
  u32 target = builder_.target(function_.blocks.end_key());
  Inst& branch = function_.insts[frame.branch];
  (branch.b == no_target ? branch.b : branch.c) = target;
  begin_block();
  only_branch_ = frame.branch;
  only_target_ = target;
}

void Translator::else_params(Label& label, Operands operands) {
  if (is_dead()) {
    ValueType type = ValueType::Bottom;
    Value zero;
    for (auto& operand : operands) {
      if (operand.type != type) zero = constant(ir::type_of(type = operand.type), 0);
      operand.value = zero;
    }
    return;
  }
  for (usize i = 0; i < operands.size(); ++i) operands[i].value = saved_[label.data.saved + i];
}

void Translator::end(Label& label, Operands operands) {
  bool reachable = !label.unreachable;
  if (is_dead()) {
    if (depth_-- > dead_depth_) return;
    end_dead();
    reachable = false;
  } else {
    --depth_;
  }
  Frame& frame = label.data;
  results_.clear();
  for (const auto& operand : operands) results_.push_back(operand.value);

  if (label.kind == FrameKind::Loop) {
    end_loop(label, reachable);
    results_reachable_ = reachable;
    return;
  }
  if (label.kind == FrameKind::If && frame.arms == Arms::OnlyElse) {
    // Nothing at all runs: what was before the `if` goes on.
    usize params = label.params.size();
    results_.assign(saved_.begin() + frame.saved, saved_.begin() + frame.saved + i64(params));
    for (usize i = 0; i < frame.assigned.size(); ++i) set_current(frame.assigned[i], saved_[frame.saved + params + i]);
    saved_.resize(frame.saved);
    results_reachable_ = true;
    return;
  }
  if (label.kind == FrameKind::If && frame.arms == Arms::Both) {
    if (reachable) jump(edge(label, operands));
    reachable = false;
    u32 target = saved_edge(label);
    Inst& branch = function_.insts[frame.branch];
    (branch.b == no_target ? branch.b : branch.c) = target;
  }
  if (label.kind == FrameKind::If || label.kind == FrameKind::Else) saved_.resize(frame.saved);
  if (frame.edges == no_target) {
    results_reachable_ = reachable;
    return;
  }
  results_reachable_ = true;
  if (reachable) jump(edge(label, operands));
  else if (continue_behind_jump(label)) return;
  join(label);
}

bool Translator::end_results(Label&, Operands operands) {
  if (is_dead()) return false;
  if (results_reachable_) {
    for (usize i = 0; i < operands.size(); ++i) operands[i].value = results_[i];
  }
  return results_reachable_;
}

// Where the only edge to a label is the Jump just made, the block goes on.
bool Translator::continue_behind_jump(Label& label) {
  u32 target = label.data.edges;
  const Inst& last = function_[Value(builder_.next().raw() - 1)];
  if (function_.extra[target] != no_target || last.op != Op::Jump || last.b != target) return false;
  if (builder_.is_open() || function_.blocks[builder_.current()].loop != current_loop_) return false;
  std::span<const u32> arguments = function_.target_args(target);
  usize result_count = label.results.size();
  results_.clear();
  for (usize i = 0; i < result_count; ++i) results_.push_back(Value(arguments[i]));
  for (usize i = 0; i < label.data.assigned.size(); ++i) set_current(label.data.assigned[i], Value(arguments[result_count + i]));
  builder_.reopen();
  close_fuel();
  return true;
}

// Begins the block at the end of a frame. A column is what all edges bring for one result or local. Where it is one
// value, that value dominates all ends of the edges, hence the block: no parameter is made. Equal constants are made
// again here.
void Translator::join(Label& label) {
  Frame& frame = label.data;
  Array<u32>& extra = function_.extra;
  u32 result_count = u32(label.results.size()), count = result_count + u32(frame.assigned.size());
  enum : u8 { Same, EqualConstants, Varies };
  columns_.assign(count, Same);
  const u32* first = extra.data() + frame.edges + 2;
  for (u32 target = extra[frame.edges]; target != no_target; target = extra[target]) {
    const u32* arguments = extra.data() + target + 2;
    for (u32 i = 0; i < count; ++i) {
      if (arguments[i] == first[i] || columns_[i] == Varies) continue;
      const Inst& inst = function_[Value(arguments[i])];
      columns_[i] = inst.op == Op::Const && inst == function_[Value(first[i])] ? EqualConstants : Varies;
    }
  }

  results_.resize(count);
  for (u32 i = 0; i < count; ++i) results_[i] = Value(first[i]);
  u32 varying = 0;
  Block block = function_.blocks.end_key();
  begin_block();
  for (u32 i = 0; i < count; ++i) {
    if (columns_[i] == Varies) results_[i] = builder_.param(function_.type(results_[i])), ++varying;
  }
  for (u32 i = 0; i < count; ++i) {
    if (columns_[i] != EqualConstants) continue;
    Inst inst = function_[results_[i]];
    results_[i] = constant(inst.type, inst.imm64());
  }
  for (u32 i = result_count; i < count; ++i) set_current(frame.assigned[i - result_count], results_[i]);
  results_.resize(result_count);

  for (u32 target = frame.edges; target != no_target;) {
    u32 before = extra[target];
    u32* arguments = extra.data() + target + 2;
    extra[target] = block.raw();
    extra[target + 1] = varying;
    if (varying < count) {
      u32 kept = 0;
      for (u32 i = 0; i < count; ++i) if (columns_[i] == Varies) arguments[kept++] = arguments[i];
    }
    target = before;
  }
}

void Translator::begin_dead() {
  if (is_dead()) return;
  dead_depth_ = depth_;
  dead_mark_ = {function_.insts.size(), u32(function_.extra.size())};
  close_fuel();
}

void Translator::end_dead() {
  dead_depth_ = 0;
  function_.insts.resize(dead_mark_.insts);
  function_.positions.resize(dead_mark_.insts);
  function_.extra.resize(dead_mark_.extra);
}

void Translator::br(Label& label, Operands operands) {
  if (is_dead()) return;
  count_operator();
  if (label.kind == FrameKind::Function) return return_values(operands);
  jump(edge(label, operands));
}

void Translator::br_if(Label& label, Value condition, Operands operands) {
  if (is_dead()) return;
  if (auto bits = folder_.constant(condition)) {
    if (!u32(*bits)) return count_operator();
    br(label, operands);
    begin_dead();
    return;
  }
  count_operator();
  auto [value, inverted] = folder_.condition(condition);
  u32 taken = edge(label, operands);
  u32 next = builder_.target(Block());
  Inst branch{.op = Op::Branch, .a = value.raw(), .b = taken, .c = next};
  if (inverted) std::swap(branch.b, branch.c);
  terminate(branch);
  begin_next(next);
}

void Translator::br_table(std::span<Label* const> labels, Value index, Operands operands) {
  if (is_dead()) return;
  if (auto bits = folder_.constant(index)) {
    usize i = std::min<usize>(u32(*bits), labels.size() - 1);
    br(*labels[i], operands.last(labels[i]->label_types().size()));
    return;
  }
  count_operator();
  ++table_stamp_;
  u32 distinct = 0;
  for (Label* label : labels) {
    Frame& frame = label->data;
    if (frame.table_stamp == table_stamp_) continue;
    frame.table_stamp = table_stamp_;
    frame.table_target = edge(*label, operands.last(label->label_types().size()));
    ++distinct;
  }
  // One label for every index: no choice.
  if (distinct == 1) return jump(labels[0]->data.table_target);
  u32 list = u32(function_.extra.size());
  for (Label* label : labels) function_.extra.push_back(label->data.table_target);
  terminate({.op = Op::BrTable, .a = index.raw(), .b = list, .c = u32(labels.size())});
}

void Translator::return_(Operands operands) {
  if (is_dead()) return;
  count_operator();
  return_values(operands);
}

void Translator::unreachable() {
  if (is_dead()) return;
  count_operator();
  terminate({.op = Op::Trap, .aux = u8(TrapCode::Unreachable)});
}

}  // namespace skerry::translate
