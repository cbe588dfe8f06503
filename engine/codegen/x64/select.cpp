#include "engine/codegen/x64/select.h"

namespace skerry::x64 {

const codegen::RuleTable<Lower>& Isa::rules() {
  static const codegen::RuleTable<Lower> table({integer_rules(), float_rules(), memory_rules(), control_rules()});
  return table;
}

std::optional<i32> Lower::immediate(Value value) const {
  if (!is_constant(value)) return std::nullopt;
  i64 bits = type(value) == Type::I64 ? i64(constant(value)) : i64(i32(constant(value)));
  if (bits != i32(bits)) return std::nullopt;
  return i32(bits);
}

namespace {

constexpr bool is_load(Op op) {
  switch (op) {
    case Op::Load: case Op::Load8S: case Op::Load8U: case Op::Load16S: case Op::Load16U:
    case Op::Load32S: case Op::Load32U: return true;
    default: return false;
  }
}

}  // namespace

// A load moves down to its user past pure instructions only: whatever writes, or may trap
// first, stays on its side of the load.
bool Lower::folds_load(Value value, Value user) const {
  const Inst& load = inst(value);
  constexpr u32 reach = 12;
  if (!is_load(load.op) || !used_once(value) || !in_this_block(value) || user.raw() - value.raw() > reach) return false;
  if (!context.settings.bounds.covers(load.b) || load.b > 0x7fffffff || is_constant(Value(load.a))) return false;
  for (u32 i = value.raw() + 1; i < user.raw(); ++i)
    if (info(inst(Value(i)).op).effects & (ir::Writes | ir::MayTrap | ir::Calls)) return false;
  return true;
}

Address Lower::address_of_folded(Value value, u32 size, AddressForms forms) {
  mark_folded(value);
  return address_of_load(inst(value), size, forms);
}

bool Lower::operate_on_load(VOp op, u8 aux, Value value, const Inst& inst) {
  Value x(inst.a), load(inst.b);
  if (!folds_whole_load(load, value)) {
    if (!(info(inst.op).effects & ir::Commutes)) return false;
    std::swap(x, load);
    if (!folds_whole_load(load, value)) return false;
  }
  VReg a = use(x);
  Address at = address_of_folded(load, ir::is_64(inst.type) ? 8 : 4);
  VInst& out = emit(op, width_of(inst.type), def(value), a, at.index, aux, at.imm());
  out.c = at.base;
  out.position = function().positions[load.raw()];
  return true;
}

void Lower::make_constant(VReg vreg, Type type, u64 bits) {
  emit(ir::is_float(type) ? VOp::FloatConstant : VOp::Constant, width_of(type), vreg).imm = i64(bits);
}

VReg Lower::load_field(VReg base, u32 offset, Access access) {
  VReg d = temp(RegClass::Int);
  emit(VOp::LoadField, Width::W64, d, base, VReg::none(), u8(access), offset);
  return d;
}

void Lower::trap_if(Condition condition, TrapCode code) {
  emit(VOp::TrapIf, Width::W32, VReg::none(), VReg::none(), VReg::none(), u8(condition), i64(code));
}

// access at (x + (y << k) + c), k in 0..3, of i32 and without offset  =>  gs:[x + (y << k) + c] with the address-size
// prefix: both sums are cut to 32 bits, and what follows is the guard. (With an offset they are not the same: it is
// added to the sum that was cut, and may lead past 2^32, where the prefix would wrap.)
std::optional<Address> Lower::wrapping_address_of(Value address) {
  auto folds_here = [&](Value value, Op op) { return folds(value, op) && in_this_block(value); };
  Value sum = address, scaled = Value::none();
  Address out{.wraps = true};
  auto take_constant = [&] {
    if (sum.is_none() || !folds_here(sum, Op::IAdd) || !is_constant(Value(inst(sum).b))) return;
    out.disp = i32(u32(out.disp) + u32(constant(Value(inst(sum).b))));
    sum = Value(inst(sum).a);
  };
  auto shift_of = [&](Value value) -> std::optional<u8> {
    if (!folds_here(value, Op::IShl) || !is_constant(Value(inst(value).b))) return std::nullopt;
    u64 k = constant(Value(inst(value).b));
    return k >= 1 && k <= 3 ? std::optional(u8(k)) : std::nullopt;
  };
  take_constant();
  if (folds_here(sum, Op::IAdd)) {
    scaled = Value(inst(sum).b);
    sum = Value(inst(sum).a);
    if (!shift_of(scaled) && shift_of(sum)) std::swap(sum, scaled);
    take_constant();
  } else if (shift_of(sum)) {
    scaled = std::exchange(sum, Value::none());
  }
  if (sum == address) return std::nullopt;
  if (!scaled.is_none()) {
    if (auto k = shift_of(scaled)) {
      out.scale = *k;
      scaled = Value(inst(scaled).a);
    }
    out.base = use(scaled);
  }
  if (!sum.is_none()) out.index = use(sum);
  return out;
}

// A load over GS takes a cycle more than one over a register: a loop waits for that in each round where its next address
// is what it loads, and may where one load's address is loaded by another. (Not where the function's first block, which
// makes the register, is in a loop itself.)
bool Lower::is_waited_for(Value address) const {
  bool has_entry = function().blocks[ir::Block(0)].loop.is_none();
  if (!has_entry || !in_loop_without_calls() || address.raw() < loop_begin()) return false;
  if (Value next = next_round(address); !next.is_none()) address = next;
  return is_load(inst(address).op);
}

Address Lower::address_of_load(const Inst& load, u32 size, AddressForms forms) {
  Address out = address(Value(load.a), load.b, MemoryIndex(load.aux), size, forms);
  bool over_gs = context.settings.memory_base_register && load.aux == 0 && !out.wraps && !out.index.is_none();
  if (over_gs && is_waited_for(Value(load.a))) out.base = optional();
  return out;
}

void Lower::define_optional(VReg base) {
  i64 offset = context.layout.memory(MemoryIndex(0)) + offsetof(MemoryRef, base);
  emit(VOp::LoadField, Width::W64, base, VReg::none(), VReg::none(), u8(Access::W64), offset);
}

Address Lower::address(Value address, u64 offset, MemoryIndex memory, u32 size, AddressForms forms) {
  Address out;
  const BoundsPlan& plan = context.settings.bounds;
  bool free = plan.covers(offset);
  if (free && offset == 0 && memory.raw() == 0 && context.settings.memory_base_register && forms == AddressForms::All) {
    if (auto wrapping = wrapping_address_of(address)) return *wrapping;
  }
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
  // A table that cannot grow is always as long as it was declared; one that is imported has the limits asked for.
  const Limits& limits = context.module.tables[table].type.limits;
  bool is_fixed = limits.max == limits.min && limits.min <= INT32_MAX;
  VReg record = is_fixed ? VReg::none() : load_field(VReg::none(), ref + offsetof(TableRef, record), Access::W64);
  VReg base = load_field(VReg::none(), ref + offsetof(TableRef, base), Access::W64);
  if (is_fixed) emit(VOp::CompareImm, Width::W32, VReg::none(), i, VReg::none(), 0, i64(limits.min));
  else emit(VOp::CompareField, Width::W32, VReg::none(), i, record, 0, offsetof(TableRecord, length));
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

u8 Lower::condition(Value condition) {
  const Inst& test = inst(condition);
  if ((test.op == Op::ICmp || test.op == Op::FCmp) &&
      (used_once(condition) || in_this_block(condition)))
    return compare(condition);
  if (folds(condition, Op::IAnd) && in_this_block(condition)) test_bits(test);
  else test_zero(use(condition), Width::W32);
  return u8(Condition::NotEqual);
}

// (x & y) != 0: test x, y
void Lower::test_bits(const Inst& both) {
  Value p(both.a), q(both.b);
  Width width = width_of(both.type);
  if (std::optional<i32> mask = immediate(q)) {
    emit(VOp::TestImm, width, VReg::none(), use(p), VReg::none(), 0, *mask);
  } else {
    VReg first = use(p), second = use(q);
    emit(VOp::Test, width, VReg::none(), first, second);
  }
}

void Lower::test_zero(VReg value, Width width) { emit(VOp::Test, width, VReg::none(), value, value); }

// load(x) cond constant  =>  cmp [x], constant; x cond load(y)  =>  cmp x, [y]. Of a byte that is extended by zeros the
// low eight bits tell, as a number without sign.
bool Lower::compare_loaded(Value compare, Value x, Value y, ir::Cond& cond) {
  if (!used_once(compare)) return false;
  auto emit_for = [&](VOp op, Width width, Value load, const Address& at, i64 imm) -> VInst& {
    VInst& out = emit(op, width, VReg::none(), at.index, at.base, 0, imm);
    out.position = function().positions[load.raw()];
    return out;
  };
  if (is_constant(y)) {
    std::optional<i32> imm = immediate(y);
    if (!imm || !folds_load(x, lowered_value())) return false;
    Op op = inst(x).op;
    bool is_byte = op == Op::Load8U && *imm >= 0 && *imm <= 0xff;
    if (!is_byte && (op != Op::Load || ir::is_float(type(x)))) return false;
    Width width = is_byte ? Width::W8 : width_of(type(x));
    Address at = address_of_folded(x, bytes(width), AddressForms::Plain);
    emit_for(VOp::CompareLoadImm, width, x, at, at.with_immediate(is_byte ? i32(i8(*imm)) : *imm));
    if (is_byte) cond = without_sign(cond);
    return true;
  }
  if (!folds_whole_load(y, lowered_value())) {
    if (!folds_whole_load(x, lowered_value())) return false;
    std::swap(x, y);
    cond = swapped(cond);
  }
  VReg first = use(x);
  Width width = width_of(type(x));
  Address at = address_of_folded(y, bytes(width));
  emit_for(VOp::CompareLoad, width, y, at, at.imm()).c = first;
  return true;
}

u8 Lower::compare(Value value) {
  const Inst& inst = this->inst(value);
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
  if (compare_loaded(value, x, y, cond)) {
    // by the condition as it is now
  } else if (imm == 0 && equality && folds(x, Op::IAnd)) {
    test_bits(this->inst(x));
  } else if (imm == 0) {
    test_zero(use(x), width);
  } else if (imm) {
    emit(VOp::CompareImm, width, VReg::none(), use(x), VReg::none(), 0, *imm);
  } else {
    VReg first = use(x), second = use(y);
    emit(VOp::Compare, width, VReg::none(), first, second);
  }
  return u8(conditions[u8(cond)]);
}

}  // namespace skerry::x64
