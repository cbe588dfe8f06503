// Emission for x86-64: VCode with places -> machine code, by codegen/emission.h.
//
// r10 and r11, xmm14 and xmm15 are kept from allocation as scratch. The frame is drawn in docs/abi.md.

#pragma once

#include "engine/codegen/emission.h"
#include "engine/codegen/x64/vinst.h"

namespace skerry::x64 {

using codegen::CallInfo;
using codegen::Place;

class Emitter : public codegen::Emission<Isa> {
 public:
  explicit Emitter(CpuFeatures cpu) : Emission(cpu) {}

 private:
  friend codegen::Emission<Isa>;

  // emit.cpp: the frame, and what Emission asks for
  void prologue();
  void epilogue();
  void restore_registers();
  void emit(const VInst& inst);
  bool is_tested(const VInst& test) const;
  void has_set_flags(const VInst& inst) { flags_of_ = &inst; }
  void emit_move(const codegen::Move& move, Gpr copy_scratch);
  void load_word(Place to, bool is_float, const Mem& from);
  void store_word(const Mem& to, VReg vreg);
  void load_address(Gpr to, const Mem& mem) { a_.lea(Width::W64, to, mem); }
  void jump(Label label) { a_.jmp(label); }
  void poll(Label interrupted);
  void count(Label expired);
  void warm_up(u32 loop);
  void begin_loop(u32 insts);
  void begin_dispatch();
  void begin_table(u32 bytes);
  static bool repeats(const VInst&) { return false; }
  void far_call(const FarStub& stub);
  void signature_failure(const SignatureStub& stub);
  void cold_code_of_isa() {}
  void raise(TrapCode code, u32 position);

  // emit_integer.cpp, emit_float.cpp, emit_memory.cpp, emit_call.cpp, emit_control.cpp
  bool emit_integer(const VInst& inst);
  bool emit_float(const VInst& inst);
  bool emit_memory(const VInst& inst);
  bool emit_call(const VInst& inst);
  bool emit_control(const VInst& inst);

  void alu(const VInst& inst);
  void alu_immediate(const VInst& inst);
  void lea(const VInst& inst);
  void shift_cl(const VInst& inst);
  void divide(const VInst& inst);
  void count_slow(const VInst& inst);
  void extend(const VInst& inst);
  void set_if(const VInst& inst);
  void float_arithmetic(const VInst& inst);
  void float_load(const VInst& inst);
  void float_min_max(const VInst& inst);
  void copy_sign(const VInst& inst);
  void float_from_u64(const VInst& inst);
  void truncate(const VInst& inst);
  void truncate_unsigned_64(Width width, Xmm from, Gpr to, bool saturates, u32 position);
  void load(Access access, VReg d, const Mem& from);
  void store(Access access, const Mem& to, Gpr value);
  void store(Access access, const Mem& to, Xmm value);
  void call_function(FuncIndex function);
  void jump_function(FuncIndex function);
  void load_slot_address(FuncIndex function);
  void tail_call(const VInst& inst);
  void return_(const VInst& inst);
  void branch(const VInst& inst);
  void branch_table(const VInst& inst);
  void runtime_stub_address(RuntimeStub stub);

  // Operands
  Mem slot(u32 index) const { return Mem::at(Gpr::Rbp, slot_offset(index)); }
  Mem slot(VReg vreg) const { return slot(place(vreg).slot()); }
  using Emission::gpr;
  static Xmm xmm(Place place) { return Xmm(place.reg() - codegen::float_register_base); }
  Gpr gpr(VReg vreg, Gpr scratch);  // loaded into scratch from a slot
  Xmm xmm(VReg vreg, Xmm scratch);
  Gpr result_gpr(VReg vreg, Gpr scratch = scratch_gpr) const { return in_register(vreg) ? gpr(place(vreg)) : scratch; }
  Xmm result_xmm(VReg vreg, Xmm scratch = scratch_xmm) const { return in_register(vreg) ? xmm(place(vreg)) : scratch; }
  void store_result(VReg vreg, Gpr from) { if (!in_register(vreg)) a_.mov(Width::W64, slot(vreg), from); }
  void store_result(VReg vreg, Xmm from) { if (!in_register(vreg)) a_.movsd(slot(vreg), from); }
  void move_to(Gpr to, VReg from);
  void move_to(Xmm to, VReg from);
  // Calls `use` with the register or the slot of an integer, of a float.
  template <class Use> void with_int(VReg vreg, Use use) {
    if (in_register(vreg)) use(gpr(place(vreg)));
    else use(slot(vreg));
  }
  template <class Use> void with_float(VReg vreg, Use use) {
    if (in_register(vreg)) use(xmm(place(vreg)));
    else use(slot(vreg));
  }
  // gs:[index + disp] or [base + index + disp]; may use far_register, and `scratch` unless it is far_register
  Mem guest(VReg index, VReg base, i64 imm, Gpr scratch);
  Mem wrapping(VReg x, VReg y, Scale scale, i32 disp, Gpr scratch);
  Mem field(VReg base, i32 disp, Gpr scratch);

  void trap_site(TrapCode code, u32 position) { out_->traps.push_back({a_.offset(), code, position}); }

  // What the flags tell of: the instruction just emitted, if it is one whose machine instruction sets the zero flag by
  // its result.
  const VInst* flags_of_ = nullptr;
};

}  // namespace skerry::x64
