#include "engine/codegen/x64/select.h"

#include <algorithm>

namespace skerry::x64 {

namespace {

// The rules by op: rules_of[op] .. rules_of[op + 1] in one array, in the order of their lists.
struct RuleTable {
  std::vector<Rule> rules;
  u32 first[u32(Op::Count) + 1];

  RuleTable() {
    const std::span<const Rule> lists[] = {integer_rules(), float_rules(), memory_rules(), control_rules()};
    for (u32 op = 0; op < u32(Op::Count); ++op) {
      first[op] = u32(rules.size());
      for (std::span<const Rule> list : lists)
        for (const Rule& rule : list) if (u32(rule.op) == op) rules.push_back(rule);
    }
    first[u32(Op::Count)] = u32(rules.size());
  }
  std::span<const Rule> of(Op op) const {
    return std::span(rules).subspan(first[u32(op)], first[u32(op) + 1] - first[u32(op)]);
  }
};

const RuleTable& rule_table() {
  static const RuleTable table;
  return table;
}

constexpr u32 loop_weight(u32 depth) {
  constexpr u32 weights[] = {1, 8, 64, 512, 4096};
  return weights[std::min(depth, 4u)];
}

}  // namespace

void Lower::run(const ir::Function& function, codegen::VCode& code, codegen::Liveness& liveness) {
  function_ = &function;
  code_ = &code;
  liveness_ = &liveness;
  code.clear();
  liveness.clear();
  code.blocks.resize(function.blocks.size());
  code.classes.reserve(function.insts.size() + function.insts.size() / 2);
  for (const Inst& inst : function.insts) code.classes.push(class_of(inst.type));
  liveness.hints.resize(function.insts.size());
  states_.clear();
  states_.resize(function.insts.size(), 0);
  result_pointer_ = overflowing_results(*function.signature) ? temp(RegClass::Int) : VReg::none();
  count_uses();
  for (u32 i = function.blocks.size(); i-- > 0;) lower_block(ir::Block(i));
  finish();
}

void Lower::count_uses() {
  use_counts_.clear();
  use_counts_.resize(function_->insts.size(), 0);
  for (const Inst& inst : function_->insts)
    function_->for_each_use(inst, [&](Value value) { use_counts_[value] = u8(std::min(use_counts_[value] + 1, 2)); });
}

void Lower::lower_block(ir::Block block) {
  const ir::BlockData& data = function_->blocks[block];
  block_begin_ = data.begin;
  codegen::VBlock& out = code_->blocks[block];
  out.weight = loop_weight(data.loop.is_none() ? 0 : function_->loops[data.loop].depth);
  out.end = u32(code_->insts.size());
  for (u32 i = data.end; i-- > data.begin + data.params;) {
    Value value(i);
    if (states_[value] & Folded) continue;
    if (info(inst(value).op).removable() && !is_needed(value)) continue;
    lower(value);
  }
  // A loop's back edges have handed over what turns out to be read only now: they go on doing
  // so for parameters that nobody reads, into no place.
  for (u32 i = data.begin; i < data.begin + data.params; ++i)
    if (!is_needed(Value(i))) code_->classes[VReg(i)] = RegClass::Unused;
  if (block.raw() == 0) lower_entry();
  out.begin = u32(code_->insts.size());
}

void Lower::lower(Value value) {
  const Inst& inst = this->inst(value);
  position_ = function_->positions[value.raw()];
  for (const Rule& rule : rule_table().of(inst.op)) {
    if (!rule.lower(*this, value, inst)) continue;
    code_->insts.insert(code_->insts.end(), pending_.rbegin(), pending_.rend());
    pending_.clear();
    return;
  }
  UNREACHABLE("an op without a rule that always succeeds");
}

void Lower::lower_entry() {
  PlaceCounter places = argument_places();
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
  entry_inst.op = u16(VOp::Entry);
  entry_inst.d = entry_inst.a = entry_inst.b = entry_inst.c = VReg::none();
  entry_inst.imm = index;
  code_->insts.push_back(entry_inst);
}

// What was appended last to first is turned around, and the blocks' ranges with it.
void Lower::finish() {
  std::reverse(code_->insts.begin(), code_->insts.end());
  u32 size = u32(code_->insts.size());
  for (codegen::VBlock& block : code_->blocks) {
    u32 begin = size - block.begin;
    block.begin = begin;
    block.end = size - block.end;
  }
  liveness_->hints.resize(code_->classes.size());
}

std::optional<i32> Lower::immediate(Value value) const {
  if (!is_constant(value)) return std::nullopt;
  i64 bits = type(value) == Type::I64 ? i64(constant(value)) : i64(i32(constant(value)));
  if (bits != i32(bits)) return std::nullopt;
  return i32(bits);
}

// A load moves down to its user past pure instructions only: whatever writes, or may trap
// first, stays on its side of the load.
bool Lower::folds_load(Value value, Value user) const {
  const Inst& load = inst(value);
  constexpr u32 reach = 12;
  if (load.op != Op::Load || !used_once(value) || !in_this_block(value) || user.raw() - value.raw() > reach) return false;
  if (!context.settings.bounds.covers(load.b) || load.b > 0x7fffffff || is_constant(Value(load.a))) return false;
  for (u32 i = value.raw() + 1; i < user.raw(); ++i)
    if (info(inst(Value(i)).op).effects & (ir::Writes | ir::MayTrap | ir::Calls)) return false;
  return true;
}

VReg Lower::use(Value value) {
  if (!is_constant(value)) {
    states_[value] |= Needed;
    return vreg_of(value);
  }
  bool is_float = ir::is_float(type(value));
  VReg vreg = temp(is_float ? RegClass::Float : RegClass::Int);
  emit(is_float ? VOp::FloatConstant : VOp::Constant, width_of(type(value)), vreg).imm = i64(constant(value));
  return vreg;
}

VInst& Lower::emit(VOp op, Width width, VReg d, VReg a, VReg b, u8 aux, i64 imm) {
  pending_.push_back({u16(op), u8(width), aux, position_, d, a, b, VReg::none(), imm});
  return pending_.back();
}

void Lower::hint(VReg vreg, u32 reg) {
  codegen::Hint& hint = liveness_->hints[vreg];
  if (hint.reg == 0xff) hint.reg = u8(reg);
}

VReg Lower::load_field(VReg base, u32 offset, Access access) {
  VReg d = temp(RegClass::Int);
  emit(VOp::LoadField, Width::W64, d, base, VReg::none(), u8(access), offset);
  return d;
}

void Lower::trap_if(Condition condition, TrapCode code) {
  emit(VOp::TrapIf, Width::W32, VReg::none(), VReg::none(), VReg::none(), u8(condition), i64(code));
}

Address Lower::address(Value address, u64 offset, MemoryIndex memory, u32 size) {
  Address out;
  const BoundsPlan& plan = context.settings.bounds;
  bool free = plan.covers(offset);
  if (is_constant(address)) {
    u64 sum = u32(constant(address)) + offset;
    if (free && sum <= 0x7fffffff) {
      out.disp = i32(sum);
    } else {
      out.index = temp(RegClass::Int);
      emit(VOp::Constant, Width::W64, out.index).imm = i64(sum);
    }
  } else if (free && offset <= 0x7fffffff) {
    out.index = use(address);
    out.disp = i32(offset);
  } else {
    VReg a = use(address);
    if (offset <= 0x7fffffff) {
      out.index = temp(RegClass::Int);
      emit(VOp::Lea, Width::W64, out.index, a, VReg::none(), 0, i64(offset));
    } else {
      VReg large = temp(RegClass::Int);
      emit(VOp::Constant, Width::W64, large).imm = i64(offset);
      out.index = temp(RegClass::Int);
      emit(VOp::Lea, Width::W64, out.index, a, large);
    }
  }
  u32 ref = context.layout.memory(memory);
  if (!free) {
    VReg record = load_field(VReg::none(), ref + offsetof(MemoryRef, record), Access::W64);
    VReg end = temp(RegClass::Int);
    if (out.index.is_none()) emit(VOp::Constant, Width::W64, end).imm = i64(out.disp) + size;
    else emit(VOp::Lea, Width::W64, end, out.index, VReg::none(), 0, size);
    emit(VOp::CompareField, Width::W64, VReg::none(), end, record, 0, offsetof(MemoryRecord, size));
    trap_if(Condition::Above, TrapCode::MemoryOutOfBounds);
  }
  if (memory.raw() != 0 || !context.settings.memory_base_register)
    out.base = load_field(VReg::none(), ref + offsetof(MemoryRef, base), Access::W64);
  return out;
}

VReg Lower::table_entry(Value index, TableIndex table, TrapCode code) {
  u32 ref = context.layout.table(table);
  VReg i = use(index);
  VReg record = load_field(VReg::none(), ref + offsetof(TableRef, record), Access::W64);
  VReg base = load_field(VReg::none(), ref + offsetof(TableRef, base), Access::W64);
  emit(VOp::CompareField, Width::W32, VReg::none(), i, record, 0, offsetof(TableRecord, length));
  trap_if(Condition::AboveEqual, code);
  if (context.settings.mask_indices) {
    VReg masked = temp(RegClass::Int);
    emit(VOp::MaskBelow, Width::W32, masked, i);
    i = masked;
  }
  static_assert(sizeof(TableEntry) == 24);
  VReg thrice = temp(RegClass::Int), entry = temp(RegClass::Int);
  emit(VOp::Lea, Width::W64, thrice, i, i, 1);
  emit(VOp::Lea, Width::W64, entry, base, thrice, 3);
  return entry;
}

u32 Lower::add_call(std::span<const u32> arguments, Value first_result, u32 results, const FuncType* type, u32 target) {
  codegen::CallInfo call{};
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
    PlaceCounter argument_at = argument_places(), result_at = result_places();
    if (overflowing_results(*type)) argument_at.next(false);
    for (u32 i = 0; i < arguments.size(); ++i) {
      auto where = argument_at.next(ir::is_float(this->type(Value(arguments[i]))));
      if (where.in_register && !is_constant(Value(arguments[i]))) hint(VReg(arguments[i]), where.index);
    }
    for (u32 i = 0; i < results; ++i) {
      auto where = result_at.next(ir::is_float(this->type(Value(first_result.raw() + i))));
      if (where.in_register) hint(VReg(first_result.raw() + i), where.index);
    }
  }
  return u32(code_->calls.size() - 1);
}

u8 Lower::condition(Value condition) {
  const Inst& test = inst(condition);
  if ((test.op == Op::ICmp || test.op == Op::FCmp) && (used_once(condition) || in_this_block(condition))) return compare(test);
  VReg c = use(condition);
  emit(VOp::Test, Width::W32, VReg::none(), c, c);
  return u8(Condition::NotEqual);
}

u8 Lower::compare(const Inst& inst) {
  Value x(inst.a), y(inst.b);
  ir::Cond cond = inst.cond();
  if (inst.op == Op::FCmp) {
    // Unordered sets carry, zero and parity: "above" is false then, so that less-than tests
    // the swapped comparison.
    bool swap = cond == ir::Cond::LtS || cond == ir::Cond::LeS;
    VReg first = use(swap ? y : x), second = use(swap ? x : y);
    emit(VOp::FloatCompare, width_of(type(x)), VReg::none(), first, second);
    switch (cond) {
      case ir::Cond::Eq: return u8(FloatCondition::Equal);
      case ir::Cond::Ne: return u8(FloatCondition::NotEqual);
      case ir::Cond::LtS: case ir::Cond::GtS: return u8(Condition::Above);
      default: return u8(Condition::AboveEqual);
    }
  }
  constexpr Condition conditions[] = {Condition::Equal, Condition::NotEqual, Condition::Less, Condition::Below,
                                      Condition::Greater, Condition::Above, Condition::LessEqual,
                                      Condition::BelowEqual, Condition::GreaterEqual, Condition::AboveEqual};
  if (is_constant(x) && !is_constant(y)) {
    std::swap(x, y);
    cond = swapped(cond);
  }
  Width width = width_of(type(x));
  std::optional<i32> imm = immediate(y);
  bool equality = cond == ir::Cond::Eq || cond == ir::Cond::Ne;
  if (imm == 0 && equality && folds(x, Op::IAnd)) {
    // (x & y) == 0: test x, y
    Value p(this->inst(x).a), q(this->inst(x).b);
    if (std::optional<i32> mask = immediate(q)) {
      emit(VOp::TestImm, width, VReg::none(), use(p), VReg::none(), 0, *mask);
    } else {
      VReg first = use(p), second = use(q);
      emit(VOp::Test, width, VReg::none(), first, second);
    }
  } else if (imm == 0) {
    VReg c = use(x);
    emit(VOp::Test, width, VReg::none(), c, c);
  } else if (imm) {
    emit(VOp::CompareImm, width, VReg::none(), use(x), VReg::none(), 0, *imm);
  } else {
    VReg first = use(x), second = use(y);
    emit(VOp::Compare, width, VReg::none(), first, second);
  }
  return u8(conditions[u8(cond)]);
}

}  // namespace skerry::x64
