#include "engine/codegen/riscv64/emit.h"

namespace skerry::riscv64 {

using codegen::Move;

// A frame that is small enough is made at once, and looked at when it is there: what lies below the limit is free
// for so much (abi/instance.h). A large one is compared before anything is written to it.
void Emitter::prologue() {
  if (!has_frame_) return receive_parameters();
  bool large = frame_size_ > unchecked_frame;
  i32 size = large ? 0 : i32(frame_size_);
  a_.addi(Gpr::Sp, Gpr::Sp, -16 - size);
  a_.sd(Mem::at(Gpr::Sp, size + 8), Gpr::Ra);
  a_.sd(Mem::at(Gpr::Sp, size), frame_register);
  a_.addi(frame_register, Gpr::Sp, size);
  if (large) {
    a_.li(far_register, frame_size_);
    a_.sub(far_register, Gpr::Sp, far_register);
  }
  if (checks_stack()) {
    a_.ld(scratch_gpr, Mem::at(instance_register, offsetof(InstanceHeader, store)));
    a_.ld(scratch_gpr, Mem::at(scratch_gpr, offsetof(StoreState, stack_limit)));
    a_.branch(Condition::Below, large ? far_register : Gpr::Sp, scratch_gpr,
              trap_label(TrapCode::StackExhausted, function_position()));
  }
  if (large) a_.mv(Gpr::Sp, far_register);
  for_each_saved([&](Gpr reg, i32 offset) { a_.sd(in_frame(offset), reg); });
  receive_parameters();
}

void Emitter::poll(Label interrupted) {
  a_.ld(scratch_gpr, Mem::at(instance_register, offsetof(InstanceHeader, store)));
  a_.lw(scratch_gpr, Mem::at(scratch_gpr, offsetof(StoreState, interrupt)));
  a_.branch(Condition::NotEqual, scratch_gpr, Gpr::Zero, interrupted);
}

void Emitter::count(Label expired) {
  load_counter_address();
  a_.lw(far_register, Mem::at(scratch_gpr));
  a_.addiw(far_register, far_register, -1);
  a_.sw(Mem::at(scratch_gpr), far_register);
  a_.branch(Condition::Less, far_register, Gpr::Zero, expired);
}

void Emitter::load_counter_address() {
  a_.la_elsewhere(scratch_gpr);
  out_->relocations.push_back({a_.offset() - 8, codegen::RelocationKind::Counter, function_->index});
}

void Emitter::warm_up(u32 loop) {
  a_.ld(far_register, Mem::at(instance_register, offsetof(InstanceHeader, builtins)));
  a_.ld(far_register, Mem::at(far_register, 8 * i32(builtin_slot(RuntimeStub::WarmUp))));
  a_.li(scratch_gpr, loop);
  a_.call(far_register);
}

void Emitter::restore_registers() {
  for_each_saved([&](Gpr reg, i32 offset) { a_.ld(reg, in_frame(offset)); });
}

void Emitter::epilogue() {
  if (!has_frame_) return;
  restore_registers();
  if (frame_size_ > unchecked_frame) {
    leave();
    return;
  }
  i32 size = i32(frame_size_);
  a_.ld(Gpr::Ra, Mem::at(Gpr::Sp, size + 8));
  a_.ld(frame_register, Mem::at(Gpr::Sp, size));
  a_.addi(Gpr::Sp, Gpr::Sp, size + 16);
}

void Emitter::leave() {
  a_.mv(Gpr::Sp, frame_register);
  a_.ld(Gpr::Ra, Mem::at(Gpr::Sp, 8));
  a_.ld(frame_register, Mem::at(Gpr::Sp));
  a_.addi(Gpr::Sp, Gpr::Sp, 16);
}

void Emitter::emit(const VInst& inst) {
  if (emit_integer(inst) || emit_memory(inst) || emit_control(inst) || emit_float(inst) || emit_call(inst)) return;
  UNREACHABLE("an instruction that nobody emits");
}

void Emitter::far_call(const FarStub& stub) {
  if (stub.entry != far_register) a_.mv(far_register, stub.entry);
  far_record_from_entry(a_, far_register);
  a_.ld(scratch_gpr, Mem::at(far_register, offsetof(FuncRecord, far_code)));
  a_.call(scratch_gpr);
  call_site(stub.position);
}

void Emitter::signature_failure(const SignatureStub& stub) {
  Label null = a_.new_label();
  a_.lw(scratch_gpr, Mem::at(stub.entry, offsetof(TableEntry, handle)));
  a_.branch(Condition::Equal, scratch_gpr, Gpr::Zero, null);
  if (stub.is_clamped) {
    Label in_table = a_.new_label();
    a_.li(assembler_gpr, u64(i64(i32(no_element))));
    a_.branch(Condition::NotEqual, scratch_gpr, assembler_gpr, in_table);
    raise(TrapCode::UndefinedElement, stub.position);
    a_.bind(in_table);
  }
  raise(TrapCode::IndirectCallMismatch, stub.position);
  a_.bind(null);
  raise(TrapCode::UninitializedElement, stub.position);
}

void Emitter::cold_code_of_isa() {
  for (const ConversionStub& stub : conversions_) {
    a_.bind(stub.label);
    conversion_failure(stub);
  }
}

void Emitter::begin_table(u32 bytes) {
  a_.align(4);
  a_.keep_together(bytes);
}

// --- operands

// Compressed instructions reach 504 bytes above sp.
Mem Emitter::in_frame(i32 offset) {
  i64 above = i64(frame_size_) + offset;
  if (above <= 504 || !fits_signed(offset, 12)) {
    if (fits_signed(above, 12)) return Mem::at(Gpr::Sp, i32(above));
    return a_.near(Mem::at(frame_register, offset));
  }
  return Mem::at(frame_register, offset);
}

Gpr Emitter::gpr(VReg vreg, Gpr scratch) {
  if (vreg.is_none()) return Gpr::Zero;
  if (in_register(vreg)) return gpr(place(vreg));
  a_.ld(scratch, slot(vreg));
  return scratch;
}

Fpr Emitter::fpr(VReg vreg, Fpr scratch) {
  if (in_register(vreg)) return fpr(place(vreg));
  a_.fload(Width::W64, scratch, slot(vreg));
  return scratch;
}

void Emitter::move_to(Gpr to, VReg from) {
  if (!in_register(from)) a_.ld(to, slot(from));
  else if (gpr(place(from)) != to) a_.mv(to, gpr(place(from)));
}

void Emitter::move_to(Fpr to, VReg from) {
  if (!in_register(from)) a_.fload(Width::W64, to, slot(from));
  else if (fpr(place(from)) != to) a_.fmv(Width::W64, to, fpr(place(from)));
}

Mem Emitter::field(VReg base, i32 disp, Gpr scratch) {
  return a_.near(Mem::at(base.is_none() ? instance_register : gpr(base, scratch), disp));
}

// --- moves

void Emitter::load_word(Place to, bool is_float, const Mem& from) {
  if (to.is_slot()) {
    ld(scratch_gpr, from);
    a_.sd(slot(to.slot()), scratch_gpr);
  } else if (is_float) {
    a_.fload(Width::W64, fpr(to), a_.near(from));
  } else {
    ld(gpr(to), from);
  }
}

void Emitter::store_word(const Mem& to, VReg vreg) {
  codegen::Source from = source(vreg);
  if (from.place.is_none()) {
    if (from.constant != 0) a_.li(scratch_gpr, from.constant);
    sd(to, from.constant != 0 ? scratch_gpr : Gpr::Zero);
  } else if (from.place.is_slot()) {
    a_.ld(scratch_gpr, slot(from.place.slot()));
    sd(to, scratch_gpr);
  } else if (codegen::class_of(from.place.reg()) == codegen::RegClass::Float) {
    a_.fstore(Width::W64, a_.near(to), fpr(from.place));
  } else {
    sd(to, gpr(from.place));
  }
}

void Emitter::load_address(Gpr to, const Mem& mem) {
  Mem near = a_.near(mem);
  a_.addi(to, near.base, near.disp);
}

// Floats are moved and spilled whole, with the box around an f32.
void Emitter::emit_move(const Move& move, Gpr copy_scratch) {
  bool is_float = ir::is_float(move.type);
  Place from = move.from.place;
  if (from.is_none()) {
    u64 bits = move.from.constant;
    if (is_float && move.to.is_reg()) {
      float_constant(ir::is_64(move.type) ? Width::W64 : Width::W32, fpr(move.to), bits);
    } else if (move.to.is_reg()) {
      a_.li(gpr(move.to), bits);
    } else {
      if (bits != 0) a_.li(copy_scratch, bits);
      a_.sd(slot(move.to.slot()), bits != 0 ? copy_scratch : Gpr::Zero);
    }
  } else if (from.is_slot() && move.to.is_slot()) {
    a_.ld(copy_scratch, slot(from.slot()));
    a_.sd(slot(move.to.slot()), copy_scratch);
  } else if (from.is_slot()) {
    if (is_float) a_.fload(Width::W64, fpr(move.to), slot(from.slot()));
    else a_.ld(gpr(move.to), slot(from.slot()));
  } else if (move.to.is_slot()) {
    if (is_float) a_.fstore(Width::W64, slot(move.to.slot()), fpr(from));
    else a_.sd(slot(move.to.slot()), gpr(from));
  } else {
    if (is_float) a_.fmv(Width::W64, fpr(move.to), fpr(from));
    else a_.mv(gpr(move.to), gpr(from));
  }
}

// --- traps

void Emitter::runtime_stub_address(RuntimeStub stub) {
  a_.ld(scratch_gpr, Mem::at(instance_register, offsetof(InstanceHeader, builtins)));
  a_.ld(scratch_gpr, Mem::at(scratch_gpr, 8 * i32(builtin_slot(stub))));
}

void Emitter::raise(TrapCode code, u32 position) {
  if (context_->settings.traps == codegen::TrapStyle::Fault) {
    trap_site(code, position);
    a_.unimp();
    return;
  }
  a_.li(Gpr::A0, u64(code));
  a_.ld(Gpr::A1, Mem::at(instance_register, offsetof(InstanceHeader, store)));
  runtime_stub_address(RuntimeStub::Unwind);
  a_.call(scratch_gpr);
  call_site(position);
}

}  // namespace skerry::riscv64
