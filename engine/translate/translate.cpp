#include "engine/translate/translate.h"

#include "engine/abi/builtins.h"
#include "engine/ir/prune.h"
#include "engine/translate/fold.h"
#include "engine/translate/prescan.h"
#include "engine/validate/function.h"

namespace skerry::translate {

using ir::Block;
using ir::Cond;
using ir::Function;
using ir::Inst;
using ir::Loop;
using ir::Op;
using ir::Type;
using validate::FrameKind;

namespace {

// The list in extra that stands for no position.
constexpr u32 none = ~u32{0};

// Extra and instructions that no function may exceed: what is left is a Limit.
constexpr u64 hard_budget = 64 * MiB;

// What the opcodes of numeric.def are.
struct Numeric {
  Op op = Op::Count;
  Type type = Type::Void;
  Cond cond = Cond::Eq;
};
struct NumericTable {
  Numeric rows[u16(Opcode::Count)];
  constexpr const Numeric& operator[](Opcode opcode) const { return rows[u16(opcode)]; }
};
consteval NumericTable make_numeric_table() {
  NumericTable table;
#define NUMERIC(opcode, op_, type_) table.rows[u16(Opcode::opcode)] = {Op::op_, Type::type_, Cond::Eq};
#define COMPARE(opcode, op_, cond_) table.rows[u16(Opcode::opcode)] = {Op::op_, Type::I32, Cond::cond_};
#define ACCESS(opcode, op_, type_) table.rows[u16(Opcode::opcode)] = {Op::op_, Type::type_, Cond::Eq};
#include "engine/translate/numeric.def"
#undef NUMERIC
#undef COMPARE
#undef ACCESS
  return table;
}
constexpr NumericTable numeric_table = make_numeric_table();

// What an `if` did with its condition.
enum class Arms : u8 { Both, OnlyThen, OnlyElse };

// The sink's part of a control frame.
struct FrameData {
  // Targets that go to the end of the frame, the last first: each holds in place of its block
  // the position of the one before. A loop's label is its header, and has none here.
  u32 edges = none;
  std::span<const u32> assigned;  // locals, in the prescan; none where locals are slots
  // The target of the br_table in progress that goes here.
  u32 table_stamp = 0;
  u32 table_target = 0;
  // loop
  Block header;
  Loop loop;
  // if
  Arms arms = Arms::Both;
  ir::Value branch;  // its Branch, whose second target is not there yet
  u32 saved = 0;     // in the stack of saved values: parameters, then assigned locals, as they were at the `if`
};

Type first_result(const FuncType& type) { return type.results.empty() ? Type::Void : ir::type_of(type.results[0]); }

}  // namespace

class Translator {
 public:
  using Value = ir::Value;
  using Frame = FrameData;
  using Label = validate::ControlFrame<Value, Frame>;
  using Operands = std::span<validate::Operand<Value>>;

  Translator(const wasm::Module& module, const Options& options, Scratch::Arrays& arrays, Function& function,
             LocalsPolicy locals, u64 extra_budget);

  bool over_budget() const { return over_budget_; }

  void at(u32 offset) { builder_.at(offset); }
  void begin_function(Label& label, std::span<const ValueType> locals);
  void end_function(Label& label, Operands operands);
  void block(Label& label, Operands operands);
  void loop(Label& label, Operands operands);
  void if_(Label& label, Value condition, Operands operands);
  void else_(Label& label, Operands operands);
  void else_params(Label& label, Operands operands);
  void end(Label& label, Operands operands);
  bool end_results(Label& label, Operands operands);
  void br(Label& label, Operands operands);
  void br_if(Label& label, Value condition, Operands operands);
  void br_table(std::span<Label* const> labels, Value index, Operands operands);
  void return_(Operands operands);
  void unreachable();

  Value local_get(u32 local);
  void local_set(u32 local, Value value);
  void local_tee(u32 local, Value value) { local_set(local, value); }
  Value global_get(GlobalIndex global);
  void global_set(GlobalIndex global, Value value);
  Value select(ValueType type, Value first, Value second, Value condition);

  Value i32_const(i32 value) { return constant(Type::I32, u32(value)); }
  Value i64_const(i64 value) { return constant(Type::I64, u64(value)); }
  Value f32_const(u32 bits) { return constant(Type::F32, bits); }
  Value f64_const(u64 bits) { return constant(Type::F64, bits); }
  Value unary(Opcode opcode, Value x);
  Value binary(Opcode opcode, Value x, Value y);

  Value load(Opcode opcode, validate::MemArg memarg, Value address);
  void store(Opcode opcode, validate::MemArg memarg, Value address, Value value);
  Value memory_size(MemoryIndex memory);
  Value memory_grow(MemoryIndex memory, Value pages);
  void memory_init(DataIndex data, MemoryIndex memory, Value destination, Value source, Value count);
  void data_drop(DataIndex data);
  void memory_copy(MemoryIndex to, MemoryIndex from, Value destination, Value source, Value count);
  void memory_fill(MemoryIndex memory, Value destination, Value value, Value count);

  Value table_get(TableIndex table, Value index);
  void table_set(TableIndex table, Value index, Value value);
  Value table_size(TableIndex table);
  Value table_grow(TableIndex table, Value value, Value count);
  void table_fill(TableIndex table, Value start, Value value, Value count);
  void table_init(ElemIndex elem, TableIndex table, Value destination, Value source, Value count);
  void elem_drop(ElemIndex elem);
  void table_copy(TableIndex to, TableIndex from, Value destination, Value source, Value count);

  Value ref_null(ValueType) { return constant(Type::Ref, 0); }
  Value ref_is_null(Value reference);
  Value ref_func(FuncIndex function);

  void call(FuncIndex function, Operands arguments);
  void call_indirect(TypeIndex type, TableIndex table, Value callee, Operands arguments);
  void call_results(Operands results);
  void return_call(FuncIndex function, Operands arguments);
  void return_call_indirect(TypeIndex type, TableIndex table, Value callee, Operands arguments);

 private:
  // Blocks and edges
  void open_frame(Label& label);
  u32 edge(Label& label, Operands operands);
  u32 saved_edge(Label& label);
  u32 new_target(Label& label, u32 operand_count);
  void jump(u32 target);
  void begin_block();
  void begin_next(u32 target);
  void join(Label& label);
  bool continue_behind_jump(Label& label);
  void end_loop(Label& label, bool reachable);

  // Code that is unreachable since a condition is a constant
  bool is_dead() const { return dead_depth_ != 0; }
  void begin_dead();
  void end_dead();

  // Instructions
  Value constant(Type type, u64 bits) { return numbering_.constant(type, bits); }
  Value builtin(Builtin builtin, std::span<const u32> indices, std::initializer_list<Value> arguments);
  u32 operand_list(Operands operands);
  void terminate(const Inst& inst);
  void return_values(Operands operands);
  std::optional<u64> constant_global(GlobalIndex global) const;
  void give_up();

  // Fuel
  void count_operator();
  void close_fuel() { fuel_ = Value::none(); }

  const wasm::Module& module_;
  const Options options_;
  const LocalsPolicy locals_;
  const u64 extra_budget_;
  bool over_budget_ = false;
  Function& function_;
  ir::Builder builder_;
  Numbering numbering_;
  Folder folder_;

  const Prescan& prescan_;
  u32 next_frame_ = 0;  // in prescan_.frames()
  std::vector<Value>& current_;  // by local: its value now
  std::vector<Value>& saved_;    // of open ifs
  std::vector<Value>& results_;  // of the frame that has ended
  std::vector<u8>& columns_;     // join: whether a column varies between edges
  bool results_reachable_ = false;
  u32 table_stamp_ = 0;

  Loop current_loop_ = Loop::none();
  // The Branch, and its target, that alone leads to the open block; none if that is not so.
  Value only_branch_ = Value::none();
  u32 only_target_ = none;
  i32 depth_ = 0;  // open frames that the sink knows of
  // The depth at which a constant condition made the rest of a sequence unreachable; 0: it is
  // not. What is told meanwhile goes to the end of the arrays, from where end_dead takes it
  // away again; no block ends in it. Below 0: to the end of the function, which is given up.
  i32 dead_depth_ = 0;
  struct Mark {
    u32 insts, extra;
  } dead_mark_ = {};

  Value call_ = Value::none();                   // the call just made
  const FuncType* call_type_ = nullptr;
  Value fuel_ = Value::none();  // the Fuel that counts the operators of now; none where one is to begin
};

struct Scratch::Arrays {
  Prescan prescan;
  validate::Scratch<Translator> validation;
  std::vector<ir::Value> current;
  std::vector<ir::Value> saved;
  std::vector<ir::Value> results;
  std::vector<u8> columns;
  ir::Pruner pruner;
};

Scratch::Scratch() : arrays_(std::make_unique<Arrays>()) {}
Scratch::~Scratch() = default;
Scratch::Scratch(Scratch&&) noexcept = default;
Scratch& Scratch::operator=(Scratch&&) noexcept = default;

Translator::Translator(const wasm::Module& module, const Options& options, Scratch::Arrays& arrays, Function& function,
                       LocalsPolicy locals, u64 extra_budget)
    : module_(module),
      options_(options),
      locals_(locals),
      extra_budget_(extra_budget),
      function_(function),
      builder_(function),
      numbering_(function, builder_),
      folder_(function, numbering_),
      prescan_(arrays.prescan),
      current_(arrays.current),
      saved_(arrays.saved),
      results_(arrays.results),
      columns_(arrays.columns) {
  saved_.clear();
}

// ------------------------------------------------------------------------------ The function

void Translator::begin_function(Label&, std::span<const ValueType> locals) {
  depth_ = 1;
  numbering_.reset();
  begin_block();
  usize param_count = function_.signature->params.size();
  current_.resize(locals.size());
  for (usize i = 0; i < param_count; ++i) current_[i] = builder_.param(ir::type_of(locals[i]));
  // The zeros of the other locals, one of each type; pruned where nobody reads them.
  Value zeros[8];
  std::fill(std::begin(zeros), std::end(zeros), Value::none());
  for (usize i = param_count; i < locals.size(); ++i) {
    Type type = ir::type_of(locals[i]);
    Value& zero = zeros[u8(type)];
    if (zero.is_none()) zero = constant(type, 0);
    current_[i] = zero;
  }
  if (locals_ == LocalsPolicy::Values) return;
  numbering_.change(State::Slot);
  for (usize i = 0; i < locals.size(); ++i) {
    function_.slots.push_back(ir::type_of(locals[i]));
    builder_.append({.op = Op::SlotSet, .a = current_[i].raw(), .b = u32(i)});
  }
}

void Translator::end_function(Label& label, Operands operands) {
  bool reachable = !label.unreachable;
  if (over_budget_) return;
  if (is_dead()) {
    end_dead();
    reachable = false;
  }
  if (label.data.edges == none) {
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

void Translator::terminate(const Inst& inst) {
  builder_.terminate(inst);
  if (function_.extra.size() > extra_budget_) [[unlikely]] give_up();
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
  for (u32 local : label.data.assigned) *arguments++ = current_[local].raw();
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
  function_.extra.push_back(none);
  function_.extra.push_back(u32(operands.size() + frame.assigned.size()));
  for (const auto& operand : operands) function_.extra.push_back(operand.value.raw());
  for (u32 local : frame.assigned) {
    function_.extra.push_back(current_[local].raw());
  }
  jump(target);

  u32 parent_depth = current_loop_.is_none() ? 0 : function_.loops[current_loop_].depth;
  frame.header = function_.blocks.end_key();
  function_.extra[target] = frame.header.raw();
  frame.loop = function_.loops.push({.header = frame.header, .end = Block::none(), .parent = current_loop_, .depth = parent_depth + 1});
  current_loop_ = frame.loop;
  begin_block();
  for (auto& operand : operands) operand.value = builder_.param(ir::type_of(operand.type));
  for (u32 local : frame.assigned) current_[local] = builder_.param(function_.type(current_[local]));
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
  frame.saved = u32(saved_.size());
  for (const auto& operand : operands) saved_.push_back(operand.value);
  for (u32 local : frame.assigned) saved_.push_back(current_[local]);

  if (auto bits = folder_.constant(condition)) {
    frame.arms = u32(*bits) ? Arms::OnlyThen : Arms::OnlyElse;
    if (frame.arms == Arms::OnlyElse) begin_dead();
    return;
  }
  auto [value, inverted] = folder_.condition(condition);
  u32 then = builder_.target(Block());
  frame.branch = builder_.next();
  Inst branch{.op = Op::Branch, .a = value.raw(), .b = then, .c = none};
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
  for (usize i = 0; i < frame.assigned.size(); ++i) current_[frame.assigned[i]] = saved_[frame.saved + params + i];
  if (frame.arms == Arms::OnlyElse) return;  // the block goes on
  u32 target = builder_.target(function_.blocks.end_key());
  Inst& branch = function_.insts[frame.branch];
  (branch.b == none ? branch.b : branch.c) = target;
  begin_block();
  only_branch_ = frame.branch;
  only_target_ = target;
}

void Translator::else_params(Label& label, Operands operands) {
  if (is_dead()) {
    for (auto& operand : operands) operand.value = constant(ir::type_of(operand.type), 0);
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
    for (usize i = 0; i < frame.assigned.size(); ++i) current_[frame.assigned[i]] = saved_[frame.saved + params + i];
    saved_.resize(frame.saved);
    results_reachable_ = true;
    return;
  }
  if (label.kind == FrameKind::If && frame.arms == Arms::Both) {
    if (reachable) jump(edge(label, operands));
    reachable = false;
    u32 target = saved_edge(label);
    Inst& branch = function_.insts[frame.branch];
    (branch.b == none ? branch.b : branch.c) = target;
  }
  if (label.kind == FrameKind::If || label.kind == FrameKind::Else) saved_.resize(frame.saved);
  if (frame.edges == none) {
    results_reachable_ = reachable;
    return;
  }
  results_reachable_ = true;
  if (reachable) jump(edge(label, operands));
  else if (continue_behind_jump(label)) return;
  join(label);
}

bool Translator::end_results(Label&, Operands operands) {
  if (is_dead()) {
    for (auto& operand : operands) operand.value = constant(ir::type_of(operand.type), 0);
    return true;
  }
  if (results_reachable_) {
    for (usize i = 0; i < operands.size(); ++i) operands[i].value = results_[i];
  }
  return results_reachable_;
}

// Where the only edge to a label is the Jump just made, the block goes on.
bool Translator::continue_behind_jump(Label& label) {
  u32 target = label.data.edges;
  const Inst& last = function_[Value(builder_.next().raw() - 1)];
  if (function_.extra[target] != none || last.op != Op::Jump || last.b != target) return false;
  if (builder_.is_open() || function_.blocks[builder_.current()].loop != current_loop_) return false;
  std::span<const u32> arguments = function_.target_args(target);
  usize result_count = label.results.size();
  results_.clear();
  for (usize i = 0; i < result_count; ++i) results_.push_back(Value(arguments[i]));
  for (usize i = 0; i < label.data.assigned.size(); ++i) current_[label.data.assigned[i]] = Value(arguments[result_count + i]);
  builder_.reopen();
  close_fuel();
  return true;
}

// Begins the block at the end of a frame. A column is what all edges bring for one result or local. Where it is one
// value, that value dominates all ends of the edges, hence the block: no parameter is made. Equal constants are made
// again here.
void Translator::join(Label& label) {
  Frame& frame = label.data;
  std::vector<u32>& extra = function_.extra;
  u32 result_count = u32(label.results.size()), count = result_count + u32(frame.assigned.size());
  enum : u8 { Same, EqualConstants, Varies };
  columns_.assign(count, Same);
  const u32* first = extra.data() + frame.edges + 2;
  for (u32 target = extra[frame.edges]; target != none; target = extra[target]) {
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
  for (u32 i = result_count; i < count; ++i) current_[frame.assigned[i - result_count]] = results_[i];
  results_.resize(result_count);

  for (u32 target = frame.edges; target != none;) {
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

// ----------------------------------------------------------------- Locals, globals, numerics

ir::Value Translator::local_get(u32 local) {
  count_operator();
  if (locals_ == LocalsPolicy::Values) [[likely]] return current_[local];
  return numbering_.add({.op = Op::SlotGet, .type = function_.slots[local], .b = local}, State::Slot);
}

void Translator::local_set(u32 local, Value value) {
  count_operator();
  if (locals_ == LocalsPolicy::Values) [[likely]] {
    current_[local] = value;
    return;
  }
  numbering_.change(State::Slot);
  builder_.append({.op = Op::SlotSet, .a = value.raw(), .b = local});
}

ir::Value Translator::global_get(GlobalIndex global) {
  count_operator();
  Type type = ir::type_of(module_.globals[global].type.value);
  if (auto bits = constant_global(global)) return constant(type, *bits);
  return numbering_.add({.op = Op::GlobalGet, .type = type, .b = global.raw()}, State::Global);
}

void Translator::global_set(GlobalIndex global, Value value) {
  count_operator();
  numbering_.change(State::Global);
  builder_.append({.op = Op::GlobalSet, .a = value.raw(), .b = global.raw()});
}

// The value of a global of this module that never changes, where its expression is one constant.
std::optional<u64> Translator::constant_global(GlobalIndex index) const {
  const wasm::Global& global = module_.globals[index];
  if (index.raw() < module_.imported_globals || global.type.mutability != Mutability::Const) return std::nullopt;
  validate::Reader reader(module_.bytes, global.init.code);
  auto inst = wasm::read_instruction(reader, Features::implemented());
  auto end = wasm::read_instruction(reader, Features::implemented());
  if (!inst || !end || end->opcode != Opcode::End) return std::nullopt;
  switch (inst->opcode) {
    case Opcode::I32Const: case Opcode::F32Const: return u32(inst->bits);
    case Opcode::I64Const: case Opcode::F64Const: return inst->bits;
    default: return std::nullopt;
  }
}

ir::Value Translator::select(ValueType type, Value first, Value second, Value condition) {
  count_operator();
  return folder_.select(ir::type_of(type), first, second, condition);
}

ir::Value Translator::unary(Opcode opcode, Value x) {
  count_operator();
  if (opcode == Opcode::I32Eqz) return folder_.compare(Op::ICmp, Cond::Eq, x, constant(Type::I32, 0));
  if (opcode == Opcode::I64Eqz) return folder_.compare(Op::ICmp, Cond::Eq, x, constant(Type::I64, 0));
  Numeric numeric = numeric_table[opcode];
  return folder_.unary(numeric.op, numeric.type, x);
}

ir::Value Translator::binary(Opcode opcode, Value x, Value y) {
  count_operator();
  Numeric numeric = numeric_table[opcode];
  if (numeric.op == Op::ICmp || numeric.op == Op::FCmp) return folder_.compare(numeric.op, numeric.cond, x, y);
  return folder_.binary(numeric.op, numeric.type, x, y);
}

// ---------------------------------------------------------------------------- Memory, tables

ir::Value Translator::load(Opcode opcode, validate::MemArg memarg, Value address) {
  count_operator();
  Numeric access = numeric_table[opcode];
  return numbering_.add({.op = access.op,
                         .type = access.type,
                         .aux = u8(memarg.memory.raw()),
                         .a = address.raw(),
                         .b = u32(memarg.offset)},
                        State::Memory);
}

void Translator::store(Opcode opcode, validate::MemArg memarg, Value address, Value value) {
  count_operator();
  numbering_.change(State::Memory);
  builder_.append({.op = numeric_table[opcode].op,
                   .aux = u8(memarg.memory.raw()),
                   .a = address.raw(),
                   .b = value.raw(),
                   .c = u32(memarg.offset)});
}

ir::Value Translator::memory_size(MemoryIndex memory) {
  count_operator();
  return numbering_.add({.op = Op::MemorySize, .type = Type::I32, .b = memory.raw()}, State::MemorySize);
}

// A call of the runtime: `indices` are its first arguments.
ir::Value Translator::builtin(Builtin builtin, std::span<const u32> indices, std::initializer_list<Value> arguments) {
  count_operator();
  std::array<u32, 5> list;
  u32 count = 0;
  for (u32 index : indices) list[count++] = constant(Type::I32, index).raw();
  for (Value argument : arguments) list[count++] = argument.raw();
  DCHECK(info(builtin).signature.find(':') == count);
  Type type = info(builtin).signature.ends_with(":i") ? Type::I32 : Type::Void;
  u32 at = builder_.list(std::span(list).first(count));
  return builder_.append({.op = Op::CallBuiltin, .type = type, .a = u32(builtin), .b = at, .c = count});
}

ir::Value Translator::memory_grow(MemoryIndex memory, Value pages) {
  numbering_.change(State::MemorySize);
  return builtin(Builtin::MemoryGrow, {{memory.raw()}}, {pages});
}
void Translator::memory_init(DataIndex data, MemoryIndex memory, Value destination, Value source, Value count) {
  numbering_.change(State::Memory);
  builtin(Builtin::MemoryInit, {{memory.raw(), data.raw()}}, {destination, source, count});
}
void Translator::data_drop(DataIndex data) { builtin(Builtin::DataDrop, {{data.raw()}}, {}); }
void Translator::memory_copy(MemoryIndex to, MemoryIndex from, Value destination, Value source, Value count) {
  numbering_.change(State::Memory);
  builtin(Builtin::MemoryCopy, {{to.raw(), from.raw()}}, {destination, source, count});
}
void Translator::memory_fill(MemoryIndex memory, Value destination, Value value, Value count) {
  numbering_.change(State::Memory);
  builtin(Builtin::MemoryFill, {{memory.raw()}}, {destination, value, count});
}

ir::Value Translator::table_get(TableIndex table, Value index) {
  count_operator();
  return numbering_.add({.op = Op::TableGet, .type = Type::Ref, .a = index.raw(), .b = table.raw()}, State::Table);
}
void Translator::table_set(TableIndex table, Value index, Value value) {
  numbering_.change(State::Table);
  builtin(Builtin::TableSet, {{table.raw()}}, {index, value});
}
ir::Value Translator::table_size(TableIndex table) {
  count_operator();
  return numbering_.add({.op = Op::TableSize, .type = Type::I32, .b = table.raw()}, State::Table);
}
ir::Value Translator::table_grow(TableIndex table, Value value, Value count) {
  numbering_.change(State::Table);
  return builtin(Builtin::TableGrow, {{table.raw()}}, {value, count});
}
void Translator::table_fill(TableIndex table, Value start, Value value, Value count) {
  numbering_.change(State::Table);
  builtin(Builtin::TableFill, {{table.raw()}}, {start, value, count});
}
void Translator::table_init(ElemIndex elem, TableIndex table, Value destination, Value source, Value count) {
  numbering_.change(State::Table);
  builtin(Builtin::TableInit, {{table.raw(), elem.raw()}}, {destination, source, count});
}
void Translator::elem_drop(ElemIndex elem) { builtin(Builtin::ElemDrop, {{elem.raw()}}, {}); }
void Translator::table_copy(TableIndex to, TableIndex from, Value destination, Value source, Value count) {
  numbering_.change(State::Table);
  builtin(Builtin::TableCopy, {{to.raw(), from.raw()}}, {destination, source, count});
}

ir::Value Translator::ref_is_null(Value reference) {
  count_operator();
  return folder_.compare(Op::ICmp, Cond::Eq, reference, constant(Type::Ref, 0));
}
ir::Value Translator::ref_func(FuncIndex function) {
  count_operator();
  return numbering_.add({.op = Op::RefFunc, .type = Type::Ref, .b = function.raw()});
}

// ------------------------------------------------------------------------------------- Calls

u32 Translator::operand_list(Operands operands) {
  u32 at = u32(function_.extra.size());
  for (const auto& operand : operands) function_.extra.push_back(operand.value.raw());
  return at;
}

void Translator::call(FuncIndex function, Operands arguments) {
  count_operator();
  numbering_.change_all();
  call_type_ = &module_.type_of(function);
  call_ = builder_.append({.op = Op::Call,
                           .type = first_result(*call_type_),
                           .a = function.raw(),
                           .b = operand_list(arguments),
                           .c = u32(arguments.size())});
  close_fuel();
}

void Translator::call_indirect(TypeIndex type, TableIndex table, Value callee, Operands arguments) {
  count_operator();
  numbering_.change_all();
  call_type_ = &module_.types[type];
  u32 at = builder_.list({{type.raw(), table.raw()}});
  operand_list(arguments);
  call_ = builder_.append({.op = Op::CallIndirect,
                           .type = first_result(*call_type_),
                           .a = callee.raw(),
                           .b = at,
                           .c = u32(arguments.size())});
  close_fuel();
}

void Translator::call_results(Operands results) {
  if (results.empty()) return;
  results[0].value = call_;
  for (u32 i = 1; i < results.size(); ++i)
    results[i].value =
        builder_.append({.op = Op::CallResult, .type = ir::type_of(results[i].type), .a = call_.raw(), .b = i});
  if (function_.insts.size() > hard_budget) [[unlikely]] give_up();
}

void Translator::return_call(FuncIndex function, Operands arguments) {
  if (is_dead()) return;
  count_operator();
  terminate({.op = Op::ReturnCall, .a = function.raw(), .b = operand_list(arguments), .c = u32(arguments.size())});
}

void Translator::return_call_indirect(TypeIndex type, TableIndex table, Value callee, Operands arguments) {
  if (is_dead()) return;
  count_operator();
  u32 at = builder_.list({{type.raw(), table.raw()}});
  operand_list(arguments);
  terminate({.op = Op::ReturnCallIndirect, .a = callee.raw(), .b = at, .c = u32(arguments.size())});
}

// -------------------------------------------------------------------------------------- Fuel

// An instruction that does something was told. Straight-line code pays once, where it begins:
// the Fuel in front of its first operator counts up to the next branch, call or loop.
void Translator::count_operator() {
  if (!options_.fuel || is_dead()) [[likely]] return;
  if (fuel_.is_none()) fuel_ = builder_.append({.op = Op::Fuel});
  ++function_.insts[fuel_].b;
}

// ------------------------------------------------------------------------------- The driver

namespace {

// The offset of the code behind the declarations of locals, and their number; nothing if they are malformed.
struct CodeStart {
  u32 offset;
  u32 local_count;
};
std::optional<CodeStart> find_code(const wasm::Module& module, FuncIndex index) {
  wasm::ByteRange body = module.functions[index].body;
  const u8* base = module.bytes.data();
  const u8* at = base + body.offset;
  const u8* end = at + body.size;
  auto groups = read_leb_u32(at, end);
  if (!groups.next) return std::nullopt;
  at = groups.next;
  u64 count = module.type_of(index).params.size();
  for (u32 i = 0; i < groups.value; ++i) {
    auto locals = read_leb_u32(at, end);
    if (!locals.next || locals.next == end) return std::nullopt;
    at = locals.next + 1;  // a value type is one byte
    count += locals.value;
    if (count > limits::locals) return std::nullopt;
  }
  return CodeStart{u32(at - base), u32(count)};
}

}  // namespace

Result<TranslateOutcome> translate_function(const wasm::Module& module, FuncIndex index, Features features,
                                            const Options& options, Scratch& scratch, Function& out) {
  Scratch::Arrays& arrays = scratch.arrays();
  wasm::ByteRange body = module.functions[index].body;
  // Where there is no code to scan, validation says why.
  CodeStart code = find_code(module, index).value_or(CodeStart{body.offset + body.size, 0});
  u32 end = body.offset + body.size;
  arrays.prescan.scan(module.bytes.subspan(code.offset, end - code.offset), code.offset, code.local_count);
  TranslateOutcome outcome{.work = arrays.prescan.work()};

  LocalsPolicy locals = arrays.prescan.over_budget() ? LocalsPolicy::Slots : options.locals;
  for (;;) {
    out.clear();
    out.index = index;
    out.signature = &module.type_of(index);
    u64 budget = locals == LocalsPolicy::Values ? budget_of(body.size) : hard_budget;
    Translator translator(module, options, arrays, out, locals, budget);
    TRY(validate::validate_function(module, index, features, translator, arrays.validation));
    outcome.locals_in_slots = locals == LocalsPolicy::Slots;
    outcome.work += out.insts.size() + out.extra.size();
    if (!translator.over_budget()) {
      arrays.pruner.run(out);
      return outcome;
    }
    if (locals == LocalsPolicy::Slots)
      return fail(ErrorCode::Limit, body.offset, concat("function ", index.raw(), " carries too many values over its branches"));
    locals = LocalsPolicy::Slots;
  }
}

}  // namespace skerry::translate
