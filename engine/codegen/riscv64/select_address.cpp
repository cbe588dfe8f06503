// Addresses of accesses.
//
// WebAssembly adds up an i32 address modulo 2^32, and then base, address and offset in 64 bits. An access here is
// to a register and 12 bits of offset, so that in general a sum is made in 32 bits, extended, and added to the base.
// Where the ranges of its terms (ir/ranges.h) say that the sum of their numbers lies in [0, 2^32), it is that sum:
//
//   base + (x + y + c mod 2^32) + offset  =  (base + x + rest) + y + disp,   rest + disp = c + offset
//
// with each term extended as its range says, all in 64 bits. In the gear best base + x + rest is held where x comes
// from outside of a loop (Selection::held_address), so that one instruction is left in it, or none. What is proved is
// that both sides are one number: what guards catch, whatever it is, is caught alike. Terms without a known range are
// [0, 2^32), and so with any other in a sum prove nothing.

#include "engine/codegen/riscv64/select.h"

namespace skerry::riscv64 {

namespace {

constexpr i64 modulus = i64{1} << 32;

// The number that a term is: unsigned, but of what is in the upper half throughout the signed one, which its register
// holds as it is.
ir::Range number_of(const ir::Ranges& ranges, Value value) { return ranges[value].about_zero(); }

i32 low_12_bits(i64 number) {
  i32 low = i32(number & 0xfff);
  return low >= 0x800 ? low - 0x1000 : low;
}

// x + y + c ..., of which the terms are values.
struct Sum {
  static constexpr u32 most = 3;
  Value terms[most];
  u32 count = 0;
  i64 constant = 0;
};

// Up to `most` terms; what would be more stays a sum of its own. So does what a loop that is over computed: its terms
// would live on for this alone, as a counter beside its next value (passes/rebase.h).
Sum sum_of(const Lower& l, Value address) {
  Sum sum;
  Value open[Sum::most] = {address};
  u32 left = 1;
  constexpr u32 most_steps = 8;
  for (u32 steps = 0; left > 0; ++steps) {
    Value value = open[--left];
    const Inst& inst = l.inst(value);
    if (inst.op == Op::Const) {
      sum.constant += u32(inst.imm64());
    } else if (inst.op == Op::IAdd && steps < most_steps && sum.count + left + 2 <= Sum::most &&
               !l.is_of_past_loop(value)) {
      open[left++] = Value(inst.a);
      open[left++] = Value(inst.b);
    } else {
      sum.terms[sum.count++] = value;
    }
  }
  return sum;
}

// Adds to the constant as many times 2^32 as make the sum of the numbers the address; false where none does for all.
bool is_address(const ir::Ranges& ranges, Sum& sum) {
  i64 low = sum.constant, high = sum.constant;
  for (u32 i = 0; i < sum.count; ++i) {
    ir::Range range = number_of(ranges, sum.terms[i]);
    low += range.low;
    high += range.high;
  }
  i64 wraps = low & ~(modulus - 1);
  sum.constant -= wraps;
  return high - wraps < modulus;
}

}  // namespace

// None: it is in its register.
VReg Lower::memory_base(MemoryIndex memory) {
  if (memory.raw() == 0 && context.settings.memory_base_register) return none();
  return load_field(none(), context.layout.memory(memory) + offsetof(MemoryRef, base), Access::W64);
}

// Where an access later in the block, with no call between, has the same index, its address becomes this one: what
// computed it there goes, and is done here. Emits nothing but says which register it is. `base`: what it is added to;
// `extended`: as which number.
VReg Lower::known_address(Value index, VReg base, Extended extended) {
  KnownAddress& known = known_[index.raw() % std::size(known_)];
  if (known.index == index && known.base == base && known.extended == extended && known.block == block_begin() &&
      known.calls == calls_) {
    u32 at = known.made_at;
    while (lowered()[at].d != known.vreg) ++at;
    VInst& later = lowered()[at];
    later.op = u16(VOp::Nothing);
    later.d = later.a = later.b = VReg::none();
  } else {
    known = {index, base, extended, temp(RegClass::Int), block_begin(), calls_, 0};
  }
  known.made_at = u32(lowered().size());
  return known.vreg;
}

VReg Lower::memory_address(Value index, VReg index_vreg) {
  VReg d = known_address(index, none(), Extended::Unsigned);
  emit(VOp::MemoryAddress, d, index_vreg, none(), u8(AddressPart::LowHalf));
  return d;
}

// base + the number of a term.
VReg Lower::term_address(Value term, VReg base) {
  ir::Range range = number_of(*ranges, term);
  VReg d = known_address(term, base, range.is_unsigned() ? Extended::Unsigned : Extended::Signed);
  // y << k with no bit lost, y unsigned  =>  sh<k>add.uw
  if (!base.is_none() && has(CpuFeature::Zba) && range.is_unsigned() && folds(term, Op::IShl)) {
    Value y(inst(term).a);
    std::optional<u32> k = amount(Value(inst(term).b));
    ir::Range shifted = (*ranges)[y];
    if (k && *k >= 1 && *k <= 3 && shifted.is_unsigned() && shifted.high << *k < modulus) {
      constexpr RRR ops[] = {RRR::Sh1addUw, RRR::Sh2addUw, RRR::Sh3addUw};
      emit(ops[*k - 1], d, low(y), base);
      return d;
    }
  }
  bool whole = !range.is_unsigned() || (range.is_signed() && !has(CpuFeature::Zba));
  VReg a = whole ? use(term) : use_low(term);
  emit(VOp::MemoryAddress, d, a, base, u8(whole ? AddressPart::Whole : AddressPart::LowHalf));
  return d;
}

// Memory 0's base + the number of a term, if there is one + rest.
void Lower::make_address(VReg d, Value term, u64 rest) {
  VReg sum = rest == 0 ? d : temp(RegClass::Int);
  if (!term.is_none()) {
    bool whole = !number_of(*ranges, term).is_unsigned();
    VReg a = whole ? use(term) : use_low(term);
    emit(VOp::MemoryAddress, sum, a, none(), u8(whole ? AddressPart::Whole : AddressPart::LowHalf));
    if (rest == 0) return;
  }
  VReg constant = temp(RegClass::Int);
  make_constant(constant, Type::I64, rest);
  if (term.is_none()) emit(VOp::MemoryAddress, d, constant, none(), u8(AddressPart::Whole));
  else emit(RRR::Add, d, sum, constant);
}

// The address as a sum in 64 bits, where that is one and takes an instruction at most.
std::optional<Address> Lower::sum_address(Value address, u64 offset) {
  if (!ranges || type(address) != Type::I32) return std::nullopt;
  Sum sum = sum_of(*this, address);
  if (sum.count == 0 || !is_address(*ranges, sum)) return std::nullopt;
  Value outside = Value::none(), inside = Value::none();
  for (u32 i = 0; i < sum.count; ++i) {
    Value& place = outside.is_none() && is_from_outside(sum.terms[i]) ? outside : inside;
    if (!place.is_none()) return std::nullopt;
    place = sum.terms[i];
  }
  i64 beyond = sum.constant + i64(offset);
  Address out{none(), low_12_bits(beyond)};
  i64 rest = beyond - out.disp;
  if (!outside.is_none() || rest != 0) {
    out.base = held_address(outside, u64(rest));
    if (out.base.is_none()) return std::nullopt;
  }
  if (!inside.is_none()) out.base = term_address(inside, out.base);
  return out;
}

// The sum of base, address and offset is one of 64 bits, and does not wrap. Of the offset the access itself
// takes the low 12 bits, as a signed number.
Address Lower::address(Value address, u64 offset, MemoryIndex memory, u32 size) {
  const BoundsPlan& plan = context.settings.bounds;
  bool constant = is_constant(address), in_register = memory.raw() == 0 && context.settings.memory_base_register;
  if (plan.covers(offset) && in_register && !constant)
    if (std::optional<Address> known = sum_address(address, offset)) return *known;
  u64 sum = offset + (constant ? u32(this->constant(address)) : 0);
  VReg index = constant ? none() : use_low(address);  // which is zero-extended
  if (!plan.covers(offset)) {
    VReg record = load_field(none(), context.layout.memory(memory) + offsetof(MemoryRef, record), Access::W64);
    VReg memory_size = load_field(record, offsetof(MemoryRecord, size), Access::W64);
    u64 beyond = sum + size;
    VReg end;
    if (constant) end = made(i64(beyond));
    else if (fits_signed(i64(beyond), 12)) end = made(RRI::Addi, zero_extended(index), i64(beyond));
    else end = made(RRR::Add, zero_extended(index), made(i64(beyond)));
    trap_if({Condition::Below, memory_size, end}, TrapCode::MemoryOutOfBounds);
  }
  Address out{memory_base(memory), low_12_bits(i64(sum))};
  u64 rest = sum - u64(i64(out.disp));
  auto add_base = [&](VReg x, AddressPart part) {
    VReg base = temp(RegClass::Int);
    emit(VOp::MemoryAddress, base, x, out.base, u8(part));
    out.base = base;
  };
  if (constant) {
    if (VReg held = in_register && rest != 0 ? held_address(Value::none(), rest) : none(); !held.is_none()) out.base = held;
    else if (rest != 0) add_base(made(i64(rest)), AddressPart::Whole);
    return out;
  }
  if (out.base.is_none()) out.base = memory_address(address, index);
  else add_base(index, AddressPart::LowHalf);
  if (rest != 0) out.base = made(RRR::Add, out.base, made(i64(rest)));
  return out;
}

}  // namespace skerry::riscv64
