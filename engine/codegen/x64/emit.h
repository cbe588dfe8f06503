// Emission for x86-64: VCode with places -> machine code.
//
// One pass over the instructions in order. What an instruction needs in a register and the
// allocator has put in a slot is loaded into a scratch register before it, and a result
// stored after it: r10 and r11, xmm14 and xmm15 are kept from allocation for that. What
// edges between blocks hand over becomes parallel moves, before the jump, or in a piece of
// code of the edge's own behind the function. There, too, are the traps.
//
// The frame is drawn in docs/abi.md.

#pragma once

#include "engine/codegen/allocation.h"
#include "engine/codegen/parallel_move.h"
#include "engine/codegen/target.h"
#include "engine/codegen/x64/assembler.h"
#include "engine/codegen/x64/convention.h"
#include "engine/codegen/x64/vinst.h"

namespace skerry::x64 {

using codegen::CallInfo;
using codegen::Place;

class Emitter {
 public:
  explicit Emitter(CpuFeatures cpu) : a_(cpu) {}

  void run(const codegen::ModuleContext& context, const ir::Function& function, const codegen::VCode& code,
           const codegen::Allocation& allocation, codegen::CompiledFunction& out);

 private:
  // Where code goes that is jumped to seldom.
  struct TrapStub {
    Label label;
    TrapCode code;
    u32 position;
  };
  struct EdgeStub {
    Label label;
    u32 target;
  };
  struct FarStub {  // of a call of a table's element: its function belongs to another instance
    Label label;
    Label back;
    u32 position;
  };
  struct SignatureStub {
    Label label;
    Gpr entry;
    u32 position;
  };
  struct TableStub {
    Label label;
    u32 terminator;
  };

  // emit.cpp: the frame and the loop over blocks
  void lay_out_frame();
  void prologue();
  void epilogue();
  void emit(const VInst& inst);
  void cold_code();

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
  void float_min_max(const VInst& inst);
  void copy_sign(const VInst& inst);
  void float_from_u64(const VInst& inst);
  void truncate(const VInst& inst);
  void truncate_unsigned_64(Width width, Xmm from, Gpr to, bool saturates, u32 position);
  void load(Access access, VReg d, const Mem& from);
  void store(Access access, const Mem& to, Gpr value);
  void store(Access access, const Mem& to, Xmm value);
  enum class Instance : u8 { NotPassed, First };
  void call_function(FuncIndex function);
  void jump_function(FuncIndex function);
  void load_slot_address(FuncIndex function);
  void store_word(const Mem& to, VReg vreg);
  void place_arguments(const CallInfo& call, Mem words, VReg result_pointer);
  void move_arguments(const CallInfo& call, Instance instance);
  void fetch_results(const CallInfo& call);
  void tail_call(const VInst& inst);
  void return_(const VInst& inst);
  void branch(const VInst& inst);
  void branch_table(const VInst& inst);
  void jump_table(const TableStub& stub);
  void far_record_from_entry();
  void runtime_stub_address(RuntimeStub stub);

  // Operands
  Place place(VReg vreg) const { return allocation_->places[vreg]; }
  bool in_register(VReg vreg) const { return place(vreg).is_reg(); }
  Mem slot(u32 index) const { return Mem::at(Gpr::Rbp, -8 * i32(saved_count_ + index + 1)); }
  Mem slot(VReg vreg) const { return slot(place(vreg).slot()); }
  static Gpr gpr(Place place) { return Gpr(place.reg()); }
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
  Mem guest(VReg index, VReg base, i32 disp, Gpr scratch);
  Mem field(VReg base, i32 disp, Gpr scratch);

  // Moves
  void emit_move(const codegen::Move& move, Gpr copy_scratch);
  codegen::Source source(VReg vreg) const;
  ir::Type type_of(VReg vreg) const;
  bool plan_edge(u32 target);  // fills moves_; is there anything to move?
  void resolve_moves(Gpr copy_scratch);
  Label edge_label(u32 target);
  void jump_edge(u32 target, ir::Block next);

  // Traps
  void trap_site(TrapCode code, u32 position) { out_->traps.push_back({a_.offset(), code, position}); }
  Label trap_label(TrapCode code, u32 position);
  void raise(TrapCode code, u32 position);
  void call_site(u32 position) { out_->calls.push_back({a_.offset(), position}); }

  Assembler a_;
  const codegen::ModuleContext* context_ = nullptr;
  const ir::Function* function_ = nullptr;
  const codegen::VCode* code_ = nullptr;
  const codegen::Allocation* allocation_ = nullptr;
  codegen::CompiledFunction* out_ = nullptr;
  ir::Block block_;

  Label first_block_label_;
  u32 saved_count_ = 0;       // callee-saved registers kept in the frame
  u32 outgoing_words_ = 0;    // stack arguments and overflowing results of calls
  u32 incoming_words_ = 0;    // stack arguments of this function
  u32 frame_size_ = 0;
  bool has_calls_ = false;
  bool has_tail_calls_ = false;

  codegen::ParallelMove moves_;
  std::vector<TrapStub> traps_;
  std::vector<EdgeStub> edges_;
  std::vector<FarStub> fars_;
  std::vector<SignatureStub> signatures_;
  std::vector<TableStub> tables_;
};

}  // namespace skerry::x64
