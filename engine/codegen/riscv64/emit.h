// Emission for riscv64: VCode with places -> machine code, by codegen/emission.h.
//
// t1, t2 and t6, ft10 and ft11 are kept from allocation as scratch: far_register and scratch_gpr for operands in
// slots, assembler_gpr for what an instruction cannot reach: a slot far from sp and s0, for one. So assembler_gpr holds
// nothing across an access to a slot. The frame is drawn in docs/abi.md.

#pragma once

#include "engine/codegen/emission.h"
#include "engine/codegen/riscv64/vinst.h"

namespace skerry::riscv64 {

using codegen::CallInfo;
using codegen::Place;

class Emitter : public codegen::Emission<Isa> {
 public:
  explicit Emitter(CpuFeatures cpu) : Emission(cpu) {}

  void run(const codegen::ModuleContext& context, const ir::Function& function, const codegen::VCode& code,
           const codegen::Allocation& allocation, codegen::CompiledFunction& out) {
    conversions_.clear();
    Emission::run(context, function, code, allocation, out);
  }

 private:
  friend codegen::Emission<Isa>;

  // Of a conversion whose result tells that it may have failed: the operand decides.
  struct ConversionStub {
    Label label;
    Label back;
    TruncateKind kind;
    Width width;
    Fpr from;
    Gpr result;
    u32 position;
  };

  // emit.cpp: the frame, and what Emission asks for
  void prologue();
  void epilogue();
  void restore_registers();
  void leave();  // from sp on where the frame register points
  void emit(const VInst& inst);
  void emit_move(const codegen::Move& move, Gpr copy_scratch);
  void load_word(Place to, bool is_float, const Mem& from);
  void store_word(const Mem& to, VReg vreg);
  void load_address(Gpr to, const Mem& mem);
  void jump(Label label) { a_.j(label); }
  void poll(Label interrupted);
  void count(Label expired);
  void warm_up(u32 loop);
  void load_counter_address();
  void begin_loop(u32) {}
  void begin_dispatch() {}
  void begin_table(u32 bytes);
  static bool repeats(const VInst& inst) {
    switch (VOp(inst.op)) {
      case VOp::Alu: case VOp::AluImm: case VOp::ShiftImm: case VOp::Constant: case VOp::Nothing:
      case VOp::MemoryAddress: case VOp::Load: return true;
      default: return false;
    }
  }
  void far_call(const FarStub& stub);
  void signature_failure(const SignatureStub& stub);
  void cold_code_of_isa();
  void raise(TrapCode code, u32 position);

  // emit_integer.cpp, emit_float.cpp, emit_memory.cpp, emit_call.cpp, emit_control.cpp
  bool emit_integer(const VInst& inst);
  bool emit_float(const VInst& inst);
  bool emit_memory(const VInst& inst);
  bool emit_call(const VInst& inst);
  bool emit_control(const VInst& inst);

  void count_slow(const VInst& inst);
  void count_ones(Gpr d);
  void move_if(const VInst& inst);
  void trap_if_overflow(const VInst& inst);
  void float_constant(Width width, Fpr to, u64 bits);
  void float_round(const VInst& inst);
  void float_min_max(const VInst& inst);
  void truncate(const VInst& inst);
  void truncate_saturating(const VInst& inst);
  void conversion_failure(const ConversionStub& stub);
  void memory_address(const VInst& inst);
  void load(Access access, VReg vreg, const Mem& from);
  void store(Access access, const Mem& to, Gpr value);
  void check_signature(const VInst& inst);
  void take_fuel(const VInst& inst);
  void call_function(FuncIndex function);
  void jump_function(FuncIndex function);
  void load_slot_address(FuncIndex function);
  void load_imported(FuncIndex function);
  void tail_call(const VInst& inst);
  void branch_table(const VInst& inst);
  void runtime_stub_address(RuntimeStub stub);

  // Operands
  Mem in_frame(i32 offset);  // offset from the frame register; one that instructions reach
  Mem slot(u32 index) { return in_frame(slot_offset(index)); }
  Mem slot(VReg vreg) { return slot(place(vreg).slot()); }
  using Emission::gpr;
  static Fpr fpr(Place place) { return Fpr(place.reg() - codegen::float_register_base); }
  bool is_float(VReg vreg) const { return code_->classes[vreg] == codegen::RegClass::Float; }
  Gpr gpr(VReg vreg, Gpr scratch);  // loaded into scratch from a slot; none: zero
  Fpr fpr(VReg vreg, Fpr scratch);
  Gpr result_gpr(VReg vreg, Gpr scratch = scratch_gpr) const { return in_register(vreg) ? gpr(place(vreg)) : scratch; }
  Fpr result_fpr(VReg vreg, Fpr scratch = scratch_fpr) const { return in_register(vreg) ? fpr(place(vreg)) : scratch; }
  void store_result(VReg vreg, Gpr from) { if (!in_register(vreg)) a_.sd(slot(vreg), from); }
  void store_result(VReg vreg, Fpr from) { if (!in_register(vreg)) a_.fstore(Width::W64, slot(vreg), from); }
  void move_to(Gpr to, VReg from);
  void move_to(Fpr to, VReg from);
  // A field of the runtime's records: of the instance where `base` is none.
  Mem field(VReg base, i32 disp, Gpr scratch);
  // Loads and stores of 64 bits at any displacement.
  void ld(Gpr to, const Mem& from) { a_.ld(to, a_.near(from)); }
  void sd(const Mem& to, Gpr from) { a_.sd(a_.near(to), from); }
  // The next instruction is one that may fault.
  void trap_site(TrapCode code, u32 position) { out_->traps.push_back({a_.next_offset(), code, position}); }

  std::vector<ConversionStub> conversions_;
};

}  // namespace skerry::riscv64
