#include "engine/codegen/riscv64/select.h"

namespace skerry::riscv64 {

const codegen::RuleTable<Lower>& Isa::rules() {
  static const codegen::RuleTable<Lower> table({integer_rules(), float_rules(), memory_rules(), control_rules()});
  return table;
}

std::optional<i64> Lower::number(Value value) const {
  if (!is_constant(value)) return std::nullopt;
  return type(value) == Type::I64 ? i64(constant(value)) : i64(i32(constant(value)));
}

std::optional<i64> Lower::immediate(Value value) const {
  std::optional<i64> number = this->number(value);
  return number && fits_signed(*number, 12) ? number : std::nullopt;
}

std::optional<u32> Lower::amount(Value value) const {
  if (!is_constant(value)) return std::nullopt;
  return u32(constant(value) & (ir::is_64(type(value)) ? 63 : 31));
}

VReg Lower::low(Value value) {
  if (folds(value, Op::Wrap)) return use(Value(inst(value).a));
  return number(value) == 0 ? none() : use_low(value);
}

VReg Lower::made(RRR op, VReg a, VReg b) {
  VReg d = temp(RegClass::Int);
  emit(op, d, a, b);
  return d;
}

VReg Lower::made(RRI op, VReg a, i64 imm) {
  VReg d = temp(RegClass::Int);
  emit(op, d, a, imm);
  return d;
}

VReg Lower::made(Shift op, VReg a, u32 amount) {
  VReg d = temp(RegClass::Int);
  emit(op, d, a, amount);
  return d;
}

VReg Lower::made(i64 constant) { return constant_in_register(Type::I64, u64(constant)); }

void Lower::make_constant(VReg vreg, Type type, u64 bits) {
  if (ir::is_float(type)) emit(VOp::FloatConstant, width_of(type), vreg).imm = i64(bits);
  else emit(VOp::Constant, vreg).imm = type == Type::I64 ? i64(bits) : i64(i32(bits));
}

VReg Lower::zero_extended(VReg a) {
  VReg d = temp(RegClass::Int);
  emit(VOp::ZeroExtend, d, a);
  return d;
}

VReg Lower::load_field(VReg base, u32 offset, Access access) {
  VReg d = temp(RegClass::Int);
  emit(VOp::LoadField, d, base, none(), u8(access), offset);
  return d;
}

VReg Lower::constant_field(u32 offset, Access access) {
  VReg held = held_field(u64(access) << 32 | offset);
  return held.is_none() ? load_field(none(), offset, access) : held;
}

void Lower::trap_if(Test test, TrapCode code) {
  emit(VOp::TrapIf, none(), test.a, test.b, u8(test.condition), i64(code));
}

// A table that cannot grow is always as long as it was declared, and where it was; one that is imported has the limits
// asked for.
bool Lower::is_fixed(TableIndex table) const {
  const Limits& limits = context.module.tables[table].type.limits;
  return limits.max == limits.min && limits.min > 0 && limits.min < INT32_MAX;
}

VReg Lower::table_base(TableIndex table) {
  u32 base_at = context.layout.table(table) + offsetof(TableRef, base);
  return is_fixed(table) ? constant_field(base_at, Access::W64) : load_field(none(), base_at, Access::W64);
}

// Below the length or that, and so not negative.
VReg Lower::entry_at(VReg index, VReg base) {
  static_assert(sizeof(TableEntry) == 24);
  if (has(CpuFeature::Zba)) return made(RRR::Sh3add, made(RRR::Sh1add, index, index), base);
  VReg thrice = made(RRR::Add, made(Shift::Slli, index, 1), index);
  return made(RRR::Add, made(Shift::Slli, thrice, 3), base);
}

// Of a table that cannot grow an index is held to its length: there stands what no signature fits, also where speculation
// goes past the comparison of signatures.
VReg Lower::function_entry(Value index, TableIndex table) {
  if (!clamps(table)) return table_entry(index, table, TrapCode::UndefinedElement);
  VReg i = use(index), base = table_base(table);
  return entry_at(made(RRR::Minu, i, made(i64(context.module.tables[table].type.limits.min))), base);
}

VReg Lower::table_entry(Value index, TableIndex table, TrapCode code) {
  u32 ref = context.layout.table(table);
  VReg i = use(index);
  const Limits& limits = context.module.tables[table].type.limits;
  bool is_fixed = this->is_fixed(table);
  VReg base = table_base(table);
  if (is_fixed && has(CpuFeature::Zbb)) {
    VReg last = made(i64(limits.min - 1));
    trap_if({Condition::Below, last, i}, code);
    // The last where speculation went past the branch.
    if (context.settings.mask_indices) i = made(RRR::Minu, i, last);
  } else {
    VReg length;
    if (is_fixed) {
      length = made(i64(limits.min));
    } else {
      VReg record = load_field(none(), ref + offsetof(TableRef, record), Access::W64);
      length = load_field(record, offsetof(TableRecord, length), Access::S32);
    }
    trap_if({Condition::AboveEqual, i, length}, code);
    if (context.settings.mask_indices) {
      // i & -(i < length): zero where speculation went past the branch
      VReg below = made(RRR::Sltu, i, length);
      i = made(RRR::And, i, made(RRR::Sub, none(), below));
    }
  }
  return entry_at(i, base);
}

Test Lower::condition(Value condition) {
  const Inst& compare = inst(condition);
  if ((compare.op == Op::ICmp || compare.op == Op::FCmp) && (used_once(condition) || in_this_block(condition))) return test(compare);
  return {Condition::NotEqual, use(condition), none()};
}

void Lower::float_compare(const Inst& compare, VReg d) {
  Value x(compare.a), y(compare.b);
  ir::Cond cond = compare.cond();
  if (cond == ir::Cond::GtS || cond == ir::Cond::GeS) std::swap(x, y);
  VReg a = use(x), b = use(y);
  bool equality = cond == ir::Cond::Eq || cond == ir::Cond::Ne;
  RFF op = equality ? RFF::Feq : cond == ir::Cond::LtS || cond == ir::Cond::GtS ? RFF::Flt : RFF::Fle;
  emit(VOp::FloatCompare, width_of(type(x)), d, a, b, u8(op));
}

Test Lower::test(const Inst& compare) {
  Value x(compare.a), y(compare.b);
  ir::Cond cond = compare.cond();
  if (compare.op == Op::FCmp) {
    VReg d = temp(RegClass::Int);
    float_compare(compare, d);
    return {cond == ir::Cond::Ne ? Condition::Equal : Condition::NotEqual, d, none()};
  }
  VReg a = operand(x), b = operand(y);
  switch (cond) {
    case ir::Cond::Eq: return {Condition::Equal, a, b};
    case ir::Cond::Ne: return {Condition::NotEqual, a, b};
    case ir::Cond::LtS: return {Condition::Less, a, b};
    case ir::Cond::LtU: return {Condition::Below, a, b};
    case ir::Cond::GtS: return {Condition::Less, b, a};
    case ir::Cond::GtU: return {Condition::Below, b, a};
    case ir::Cond::LeS: return {Condition::GreaterEqual, b, a};
    case ir::Cond::LeU: return {Condition::AboveEqual, b, a};
    case ir::Cond::GeS: return {Condition::GreaterEqual, a, b};
    default: return {Condition::AboveEqual, a, b};
  }
}

}  // namespace skerry::riscv64
