// Instruction selection for x86-64: ir::Function -> VCode, by codegen/selection.h.

#pragma once

#include "engine/codegen/selection.h"
#include "engine/codegen/x64/convention.h"
#include "engine/codegen/x64/cpu.h"
#include "engine/codegen/x64/vinst.h"

namespace skerry::x64 {

using codegen::ModuleContext;
using codegen::RegClass;
using codegen::SelectionScratch;
using codegen::vreg_of;
using ir::Inst;
using ir::Op;
using ir::Type;
using ir::Value;

constexpr Width width_of(Type type) { return ir::is_64(type) ? Width::W64 : Width::W32; }
constexpr Access access_of(Type type) {
  switch (type) {
    case Type::I64: return Access::W64;
    case Type::F32: return Access::F32;
    case Type::F64: return Access::F64;
    default: return Access::W32;
  }
}

// Where in guest memory: gs:[index + disp], or [base + index + disp]; or where it wraps, gs:[index + (base << scale) +
// disp], the sum cut to 32 bits.
struct Address {
  VReg index = VReg::none();
  VReg base = VReg::none();
  i32 disp = 0;
  bool wraps = false;
  u8 scale = 0;

  i64 imm() const { return wraps ? wrapping_address(disp, scale) : plain_address(disp); }
  // Of a plain one, with an immediate in the upper half.
  i64 with_immediate(i32 value) const { return i64(u64(u32(value)) << 32 | u32(disp)); }
};
// Whether an instruction can encode an address that wraps.
enum class AddressForms : u8 { All, Plain };

using Rule = codegen::Rule<Lower>;

class Lower : public codegen::Selection<Isa> {
 public:
  Lower(const ModuleContext& context, CpuFeatures cpu, SelectionScratch& scratch, std::vector<u8>& fired)
      : Selection(context, scratch, fired), cpu(cpu) {}

  CpuFeatures cpu;

  // Of rules that the gear quick does without.
  bool is_best() const { return context.settings.allocator == codegen::Allocator::Ranges; }
  // The constant as a sign-extended 32-bit immediate of an operation of its width, if it is one.
  std::optional<i32> immediate(Value value) const;
  // Is `value` a load that may be done by `user` itself?
  bool folds_load(Value value, Value user) const;
  // And of its type's width?
  bool folds_whole_load(Value value, Value user) const { return inst(value).op == Op::Load && folds_load(value, user); }

  VInst& emit(VOp op, Width width, VReg d, VReg a = VReg::none(), VReg b = VReg::none(), u8 aux = 0, i64 imm = 0) {
    return push({u16(op), u8(width), aux, 0, d, a, b, VReg::none(), imm});
  }
  void make_constant(VReg vreg, Type type, u64 bits);
  // The address of an access of `size` bytes, with the check that the bounds plan wants.
  Address address(Value address, u64 offset, MemoryIndex memory, u32 size, AddressForms forms = AddressForms::All);
  // Emits the comparison that decides whether `condition` != 0; the Condition or FloatCondition to test.
  u8 condition(Value condition);
  // Emits the comparison of an ICmp or FCmp.
  u8 compare(Value compare);
  // x op load(y): one instruction, `op` with `aux`, reads memory itself. If neither operand is such a load, false.
  bool operate_on_load(VOp op, u8 aux, Value value, const Inst& inst);
  // The address of a load that is folded.
  Address address_of_folded(Value load, u32 size, AddressForms forms = AddressForms::All);
  std::optional<Address> wrapping_address_of(Value address);
  bool compare_loaded(Value compare, Value x, Value y, ir::Cond& cond);
  void test_bits(const Inst& both);
  void test_zero(VReg value, Width width);
  void trap_if(Condition condition, TrapCode code);
  // The base of memory 0, for loads that are waited for.
  void define_optional(VReg base);
  bool is_waited_for(Value address) const;
  Address address_of_load(const Inst& load, u32 size, AddressForms forms = AddressForms::All);
  VReg load_field(VReg base, u32 offset, Access access);
  // The entry of a table at an index that is checked, or traps with `code`.
  VReg table_entry(Value index, TableIndex table, TrapCode code);
};

std::span<const Rule> integer_rules();
std::span<const Rule> float_rules();
std::span<const Rule> memory_rules();
std::span<const Rule> control_rules();

}  // namespace skerry::x64
