// Instruction selection for x86-64: ir::Function -> VCode.
//
// Blocks and instructions are visited last to first, so that when an instruction is reached
// all its users have been lowered: it is left out if nobody asked for it (dead, or folded
// into a user), and a user may fold what defines its operands. Each op has a list of rules,
// most specific first; the last one always succeeds. Rules append to `pending` in program order;
// the whole is turned around at the end.

#pragma once

#include "engine/codegen/live.h"
#include "engine/codegen/target.h"
#include "engine/codegen/x64/convention.h"
#include "engine/codegen/x64/cpu.h"
#include "engine/codegen/x64/vinst.h"

namespace skerry::x64 {

using codegen::ModuleContext;
using codegen::RegClass;
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
constexpr RegClass class_of(Type type) { return ir::is_float(type) ? RegClass::Float : RegClass::Int; }

// Where in guest memory: gs:[index + disp], or [base + index + disp].
struct Address {
  VReg index = VReg::none();
  VReg base = VReg::none();
  i32 disp = 0;
};

// Memory reused from function to function.
struct LowerScratch {
  std::vector<VInst> pending;
  IndexMap<Value, u8> use_counts;
  IndexMap<Value, u8> states;
};

class Lower {
 public:
  Lower(const ModuleContext& context, CpuFeatures cpu, LowerScratch& scratch)
      : context(context), cpu(cpu), pending_(scratch.pending), use_counts_(scratch.use_counts), states_(scratch.states) {}

  void run(const ir::Function& function, codegen::VCode& code, codegen::Liveness& liveness);

  const ModuleContext& context;
  CpuFeatures cpu;

  // --- what rules read
  const Inst& inst(Value value) const { return (*function_)[value]; }
  Type type(Value value) const { return function_->type(value); }
  const ir::Function& function() const { return *function_; }
  bool is_constant(Value value) const { return inst(value).op == Op::Const; }
  u64 constant(Value value) const { return inst(value).imm64(); }
  // The constant as a sign-extended 32-bit immediate of an operation of its width, if it is one.
  std::optional<i32> immediate(Value value) const;
  bool used_once(Value value) const { return use_counts_[value] == 1; }
  bool in_this_block(Value value) const { return value.raw() >= block_begin_; }
  // May what defines `value` be computed at `user` instead? Only for ops that are pure.
  bool folds(Value value, Op op) const { return inst(value).op == op && used_once(value); }
  // Is `value` a load of its type's width that may be done by `user` itself?
  bool folds_load(Value value, Value user) const;

  // --- what rules write
  VReg def(Value value) const { return vreg_of(value); }
  VReg use(Value value);  // a constant is made here
  VReg temp(RegClass reg_class) { return code_->new_vreg(reg_class); }
  VInst& emit(VOp op, Width width, VReg d, VReg a = VReg::none(), VReg b = VReg::none(), u8 aux = 0, i64 imm = 0);
  void mark_folded(Value value) { states_[value] |= Folded; }
  void mark_needed(Value value) { if (!is_constant(value)) states_[value] |= Needed; }
  bool is_needed(Value value) const { return states_[value] & Needed; }
  void hint(VReg vreg, u32 reg);

  // The address of an access of `size` bytes, with the check that the bounds plan wants.
  Address address(Value address, u64 offset, MemoryIndex memory, u32 size);
  // Emits the comparison that decides whether `condition` != 0; the Condition or FloatCondition to test.
  u8 condition(Value condition);
  // Emits the comparison of an ICmp or FCmp.
  u8 compare(const Inst& compare);
  void trap_if(Condition condition, TrapCode code);
  VReg load_field(VReg base, u32 offset, Access access);
  // The entry of a table at an index that is checked, or traps with `code`.
  VReg table_entry(Value index, TableIndex table, TrapCode code);
  u32 add_call(std::span<const u32> arguments, Value first_result, u32 results, const FuncType* type, u32 target);
  VReg result_pointer() const { return result_pointer_; }

 private:
  enum State : u8 { Needed = 1, Folded = 2 };

  void count_uses();
  void lower_block(ir::Block block);
  void lower(Value value);
  void lower_entry();
  void finish();

  const ir::Function* function_ = nullptr;
  codegen::VCode* code_ = nullptr;
  codegen::Liveness* liveness_ = nullptr;
  std::vector<VInst>& pending_;
  IndexMap<Value, u8>& use_counts_;  // up to 2
  IndexMap<Value, u8>& states_;
  u32 block_begin_ = 0;
  u32 position_ = 0;
  VReg result_pointer_ = VReg::none();
};

// A rule: lowers `value`, or answers false and has emitted nothing.
struct Rule {
  Op op;
  bool (*lower)(Lower& l, Value value, const Inst& inst);
  std::string_view name;
};
std::span<const Rule> integer_rules();
std::span<const Rule> float_rules();
std::span<const Rule> memory_rules();
std::span<const Rule> control_rules();

}  // namespace skerry::x64
