// Instruction selection for riscv64: ir::Function -> VCode, by codegen/selection.h.
//
// What i32 values hold is said in convention.h: rules of 32 bits use the instructions that end in w.

#pragma once

#include "engine/codegen/riscv64/cpu.h"
#include "engine/codegen/riscv64/vinst.h"
#include "engine/codegen/selection.h"
#include "engine/ir/ranges.h"

namespace skerry::riscv64 {

using codegen::ModuleContext;
using codegen::RegClass;
using codegen::SelectionScratch;
using codegen::vreg_of;
using ir::Inst;
using ir::Op;
using ir::Type;
using ir::Value;

constexpr VReg none() { return VReg::none(); }
constexpr Width width_of(Type type) { return ir::is_64(type) ? Width::W64 : Width::W32; }
constexpr Access access_of(Type type) {
  switch (type) {
    case Type::I64: return Access::W64;
    case Type::F32: return Access::F32;
    case Type::F64: return Access::F64;
    default: return Access::S32;
  }
}

// Where in guest memory: [base + disp], or without base disp behind memory 0's.
struct Address {
  VReg base = VReg::none();
  i32 disp = 0;  // 12 bits
};

// a `condition` b, of registers; without b: of a and zero.
struct Test {
  Condition condition;
  VReg a, b;
};

using Rule = codegen::Rule<Lower>;

class Lower : public codegen::Selection<Isa> {
 public:
  // `ranges` in the gear best, else null.
  Lower(const ModuleContext& context, CpuFeatures cpu, SelectionScratch& scratch, std::vector<u8>& fired,
        const ir::Ranges* ranges = nullptr)
      : Selection(context, scratch, fired), cpu(cpu), ranges(ranges) {}

  CpuFeatures cpu;
  const ir::Ranges* ranges;

  bool has(CpuFeature feature) const { return cpu.has(feature); }
  // The constant as the signed number that its register holds.
  std::optional<i64> number(Value value) const;
  // The same, if it is an immediate of 12 bits.
  std::optional<i64> immediate(Value value) const;
  // The amount of a shift by a constant.
  std::optional<u32> amount(Value value) const;

  // The register of a value; none, which is the register zero, for the integer 0.
  VReg operand(Value value) { return !ir::is_float(type(value)) && number(value) == 0 ? none() : use(value); }
  // A register whose low half is the i32 `value`, for instructions that read no more: i32.wrap_i64 is left out.
  VReg low(Value value);

  VInst& emit(VOp op, VReg d, VReg a = VReg::none(), VReg b = VReg::none(), u8 aux = 0, i64 imm = 0) {
    return push({u16(op), u8(Width::W64), aux, 0, d, a, b, VReg::none(), imm});
  }
  VInst& emit(VOp op, Width width, VReg d, VReg a = VReg::none(), VReg b = VReg::none(), u8 aux = 0, i64 imm = 0) {
    return push({u16(op), u8(width), aux, 0, d, a, b, VReg::none(), imm});
  }
  void emit(RRR op, VReg d, VReg a, VReg b) { emit(VOp::Alu, d, a, b, u8(op)); }
  void emit(RRI op, VReg d, VReg a, i64 imm) { emit(VOp::AluImm, d, a, none(), u8(op), imm); }
  void emit(Shift op, VReg d, VReg a, u32 amount) { emit(VOp::ShiftImm, d, a, none(), u8(op), amount); }
  void emit(RR op, VReg d, VReg a) { emit(VOp::AluUnary, d, a, none(), u8(op)); }
  // The same into a register of its own.
  VReg made(RRR op, VReg a, VReg b);
  VReg made(RRI op, VReg a, i64 imm);
  VReg made(Shift op, VReg a, u32 amount);
  VReg made(i64 constant);
  void make_constant(VReg vreg, Type type, u64 bits);
  // An i32 as an unsigned number of 64 bits.
  VReg zero_extended(VReg a);

  // The address of an access of `size` bytes, with the check that the bounds plan wants.
  Address address(Value address, u64 offset, MemoryIndex memory, u32 size);
  // What decides whether `condition` != 0.
  Test condition(Value condition);
  // What decides an ICmp, or an FCmp; emits what comes before a branch.
  Test test(const Inst& compare);
  // d = whether an FCmp holds; of Ne, the opposite.
  void float_compare(const Inst& compare, VReg d);
  void trap_if(Test test, TrapCode code);
  VReg load_field(VReg base, u32 offset, Access access);
  // One of the instance that never changes.
  VReg constant_field(u32 offset, Access access);
  void make_field(VReg vreg, u64 bits) { emit(VOp::LoadField, vreg, none(), none(), u8(bits >> 32), i64(u32(bits))); }
  void make_address(VReg vreg, Value term, u64 rest);
  void make_targets(VReg vreg, Value terminator) {
    emit(VOp::TargetsAddress, vreg, none(), none(), 0, terminator.raw());
  }
  // The entry of a table at an index, for a call: of a table that `clamps` end_of_table if there is none.
  VReg function_entry(Value index, TableIndex table);
  bool clamps(TableIndex table) const { return is_fixed(table) && has(CpuFeature::Zbb); }
  // The entry of a table at an index that is checked, or traps with `code`.
  VReg table_entry(Value index, TableIndex table, TrapCode code);

  // Behind a call addresses are made anew, lest they take the registers that calls leave alone.
  void forget_addresses() { ++calls_; }

 private:
  bool is_fixed(TableIndex table) const;
  VReg table_base(TableIndex table);
  VReg entry_at(VReg index, VReg base);
  enum class Extended : u8 { Unsigned, Signed };
  // The address of an access that comes later in the block.
  struct KnownAddress {
    Value index = Value::none();
    VReg base;
    Extended extended;
    VReg vreg;
    u32 block;
    u32 calls;
    u32 made_at;  // in lowered(), or a little behind
  };

  VReg memory_base(MemoryIndex memory);
  VReg memory_address(Value index, VReg index_vreg);
  VReg known_address(Value index, VReg base, Extended extended);
  VReg term_address(Value term, VReg base);
  std::optional<Address> sum_address(Value address, u64 offset);

  KnownAddress known_[16];  // by the low bits of the index
  u32 calls_ = 0;
};

std::span<const Rule> integer_rules();
std::span<const Rule> float_rules();
std::span<const Rule> memory_rules();
std::span<const Rule> control_rules();

}  // namespace skerry::riscv64
