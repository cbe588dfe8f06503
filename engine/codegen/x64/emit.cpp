#include "engine/codegen/x64/emit.h"

namespace skerry::x64 {

using codegen::Move;

constexpr u32 code_line = 64;
static_assert(code_line <= codegen::CompiledFunction::most_alignment);

void Emitter::prologue() {
  if (!has_frame_) return receive_parameters();
  a_.push(Gpr::Rbp);
  a_.mov(Width::W64, Gpr::Rbp, Gpr::Rsp);
  if (checks_stack()) {
    a_.mov(Width::W64, scratch_gpr, Mem::at(instance_register, offsetof(InstanceHeader, store)));
    Gpr lowest = Gpr::Rsp;
    if (frame_size_ > unchecked_frame) {
      lowest = far_register;
      a_.lea(Width::W64, lowest, Mem::at(Gpr::Rsp, -i32(frame_size_)));
    }
    a_.cmp(Width::W64, lowest, Mem::at(scratch_gpr, offsetof(StoreState, stack_limit)));
    a_.jcc(Condition::Below, trap_label(TrapCode::StackExhausted, function_position()));
  }
  if (frame_size_) a_.sub(Width::W64, Gpr::Rsp, i32(frame_size_));
  for_each_saved([&](Gpr reg, i32 offset) { a_.mov(Width::W64, Mem::at(Gpr::Rbp, offset), reg); });
  receive_parameters();
}

void Emitter::poll(Label interrupted) {
  a_.mov(Width::W64, scratch_gpr, Mem::at(instance_register, offsetof(InstanceHeader, store)));
  a_.cmp(Width::W32, Mem::at(scratch_gpr, offsetof(StoreState, interrupt)), 0);
  a_.jcc(Condition::NotEqual, interrupted);
}

void Emitter::count(Label expired) {
  constexpr u8 dec_rip_relative[] = {0xff, 0x0d, 0, 0, 0, 0};
  a_.data(dec_rip_relative);
  out_->relocations.push_back({a_.offset() - 4, codegen::RelocationKind::Counter, function_->index});
  a_.jcc(Condition::Sign, expired);
}

void Emitter::warm_up(u32 loop) {
  a_.mov_constant(scratch_gpr, loop);
  a_.mov(Width::W64, far_register, Mem::at(instance_register, offsetof(InstanceHeader, builtins)));
  a_.call(Mem::at(far_register, 8 * i32(builtin_slot(RuntimeStub::WarmUp))));
}

void Emitter::restore_registers() {
  for_each_saved([&](Gpr reg, i32 offset) { a_.mov(Width::W64, reg, Mem::at(Gpr::Rbp, offset)); });
}

void Emitter::epilogue() {
  restore_registers();
  if (has_frame_) a_.leave();
}

void Emitter::emit(const VInst& inst) {
  if (is_tested(inst)) return;
  flags_of_ = nullptr;
  if (emit_integer(inst) || emit_memory(inst) || emit_control(inst) || emit_float(inst) || emit_call(inst)) return;
  UNREACHABLE("an instruction that nobody emits");
}

// add x, y; test x, x; jne  =>  add x, y; jne. The zero flag is as test would set it, and the moves that may be between
// change no flags. (Of the other flags that is not so: a sum may overflow.) In the best gear alone.
bool Emitter::is_tested(const VInst& test) const {
  if (VOp(test.op) != VOp::Test || test.a != test.b || !flags_of_) return false;
  if (flags_of_->d != test.a || flags_of_->width != test.width || !allocation_->plans_edges) return false;
  const VInst& user = (&test)[1];
  switch (VOp(user.op)) {
    case VOp::Branch: case VOp::SetIf: case VOp::MoveIf: case VOp::FloatMoveIf: case VOp::TrapIf:
      return user.aux == u8(Condition::Equal) || user.aux == u8(Condition::NotEqual);
    default: return false;
  }
}

void Emitter::far_call(const FarStub& stub) {
  far_record_from_entry(a_);
  a_.call(Mem::at(far_register, offsetof(FuncRecord, far_code)));
  call_site(stub.position);
}

void Emitter::signature_failure(const SignatureStub& stub) {
  Label null = a_.new_label();
  a_.cmp(Width::W32, Mem::at(stub.entry, offsetof(TableEntry, handle)), 0);
  a_.jcc(Condition::Equal, null);
  raise(TrapCode::IndirectCallMismatch, stub.position);
  a_.bind(null);
  raise(TrapCode::UninitializedElement, stub.position);
}

// The processor fetches decoded instructions by lines of code, and a small loop that lies in two takes a cycle more
// each time round. So it begins with a line if from where it is it would not end in the same.
void Emitter::begin_loop(u32 insts) {
  constexpr u32 bytes_of_inst = 5;  // about; of those that access memory over GS
  u32 size = insts * bytes_of_inst, at = a_.offset() % code_line;
  if (insts > code_line / bytes_of_inst) return;
  if (at + size > code_line) a_.nop(code_line - at);
  out_->alignment = code_line;
}

// Of an interpreter's loop each round jumps to the head from another place, runs it whole and leaves it by a jump that
// is hard to foresee. So the head has as much of one line of code as there is: from the line's beginning.
void Emitter::begin_dispatch() {
  a_.nop(u32(align_up(a_.offset(), code_line)) - a_.offset());
  out_->alignment = code_line;
}

void Emitter::begin_table(u32) {
  while (a_.offset() % 4) a_.int3();
}

// --- operands

Gpr Emitter::gpr(VReg vreg, Gpr scratch) {
  if (in_register(vreg)) return gpr(place(vreg));
  a_.mov(Width::W64, scratch, slot(vreg));
  return scratch;
}

Xmm Emitter::xmm(VReg vreg, Xmm scratch) {
  if (in_register(vreg)) return xmm(place(vreg));
  a_.movsd(scratch, slot(vreg));
  return scratch;
}

void Emitter::move_to(Gpr to, VReg from) {
  if (!in_register(from)) a_.mov(Width::W64, to, slot(from));
  else if (gpr(place(from)) != to) a_.mov(Width::W64, to, gpr(place(from)));
}

void Emitter::move_to(Xmm to, VReg from) {
  if (!in_register(from)) a_.movsd(to, slot(from));
  else if (xmm(place(from)) != to) a_.movaps(to, xmm(place(from)));
}

// gs:[x + (y << scale) + disp] in 32 bits.
Mem Emitter::wrapping(VReg x, VReg y, Scale scale, i32 disp, Gpr scratch) {
  if (y.is_none()) return Mem::at(gpr(x, far_register), disp).gs().wraps();
  if (x.is_none()) return Mem::scaled(gpr(y, far_register), scale, disp).gs().wraps();
  if (in_register(x) || in_register(y) || scratch != far_register) {
    Gpr base = gpr(x, far_register);
    Gpr index = gpr(y, base == far_register ? scratch : far_register);
    return Mem::indexed(base, index, scale, disp).gs().wraps();
  }
  // Both in slots, and one scratch register: their sum.
  Gpr sum = gpr(y, far_register);
  if (scale != Scale::By1) a_.shl(Width::W32, sum, u8(scale));
  a_.add(Width::W32, sum, slot(x));
  return Mem::at(sum, disp).gs().wraps();
}

Mem Emitter::guest(VReg index, VReg base, i64 imm, Gpr scratch) {
  i32 disp = i32(imm);
  // In no register it need not be read: the base of memory 0 is that of GS.
  if (!base.is_none() && allocation_->value_of(base) == code_->optional && !in_register(base)) base = VReg::none();
  if (u32 form = address_form(imm)) return wrapping(index, base, Scale(form - 1), disp, scratch);
  if (base.is_none()) {
    if (index.is_none()) return Mem::absolute(disp).gs();
    return Mem::at(gpr(index, far_register), disp).gs();
  }
  if (index.is_none()) return Mem::at(gpr(base, far_register), disp);
  if (in_register(base) || in_register(index) || scratch != far_register) {
    Gpr x = gpr(base, far_register);
    Gpr y = gpr(index, x == far_register ? scratch : far_register);
    return Mem::indexed(x, y, Scale::By1, disp);
  }
  // Both in slots, and one scratch register: their sum.
  Gpr x = gpr(base, far_register);
  a_.add(Width::W64, x, slot(index));
  return Mem::at(x, disp);
}

Mem Emitter::field(VReg base, i32 disp, Gpr scratch) {
  return Mem::at(base.is_none() ? instance_register : gpr(base, scratch), disp);
}

// --- moves

void Emitter::load_word(Place to, bool is_float, const Mem& from) {
  if (to.is_slot()) {
    a_.mov(Width::W64, scratch_gpr, from);
    a_.mov(Width::W64, slot(to.slot()), scratch_gpr);
  } else if (is_float) {
    a_.movsd(xmm(to), from);
  } else {
    a_.mov(Width::W64, gpr(to), from);
  }
}

void Emitter::store_word(const Mem& to, VReg vreg) {
  codegen::Source from = source(vreg);
  if (from.place.is_none()) {
    if (i64(from.constant) == i32(from.constant)) {
      a_.mov(Width::W64, to, i32(from.constant));
      return;
    }
    a_.mov_constant(scratch_gpr, from.constant);
    a_.mov(Width::W64, to, scratch_gpr);
  } else if (from.place.is_slot()) {
    a_.mov(Width::W64, scratch_gpr, slot(from.place.slot()));
    a_.mov(Width::W64, to, scratch_gpr);
  } else if (codegen::class_of(from.place.reg()) == codegen::RegClass::Float) {
    a_.movsd(to, xmm(from.place));
  } else {
    a_.mov(Width::W64, to, gpr(from.place));
  }
}

// None of the instructions here changes flags.
void Emitter::emit_move(const Move& move, Gpr copy_scratch) {
  bool is_float = ir::is_float(move.type);
  if (move.from.place.is_none()) {
    u64 bits = move.from.constant;
    if (move.to.is_slot()) {
      if (i64(bits) == i32(bits)) {
        a_.mov(Width::W64, slot(move.to.slot()), i32(bits));
      } else {
        a_.mov_constant(copy_scratch, bits);
        a_.mov(Width::W64, slot(move.to.slot()), copy_scratch);
      }
    } else if (!is_float) {
      a_.mov_constant(gpr(move.to), bits);
    } else if (bits == 0) {
      a_.xorps(xmm(move.to), xmm(move.to));
    } else if (move.type == ir::Type::F32) {
      a_.movss(xmm(move.to), Mem::rip(a_.constant32(u32(bits))));
    } else {
      a_.movsd(xmm(move.to), Mem::rip(a_.constant64(bits)));
    }
    return;
  }
  Place from = move.from.place;
  if (from.is_slot() && move.to.is_slot()) {
    a_.mov(Width::W64, copy_scratch, slot(from.slot()));
    a_.mov(Width::W64, slot(move.to.slot()), copy_scratch);
  } else if (from.is_slot()) {
    if (is_float) a_.movsd(xmm(move.to), slot(from.slot()));
    else a_.mov(Width::W64, gpr(move.to), slot(from.slot()));
  } else if (move.to.is_slot()) {
    if (is_float) a_.movsd(slot(move.to.slot()), xmm(from));
    else a_.mov(Width::W64, slot(move.to.slot()), gpr(from));
  } else {
    if (is_float) a_.movaps(xmm(move.to), xmm(from));
    else a_.mov(Width::W64, gpr(move.to), gpr(from));
  }
}

// --- traps

void Emitter::runtime_stub_address(RuntimeStub stub) {
  a_.mov(Width::W64, scratch_gpr, Mem::at(instance_register, offsetof(InstanceHeader, builtins)));
  a_.mov(Width::W64, scratch_gpr, Mem::at(scratch_gpr, 8 * i32(builtin_slot(stub))));
}

void Emitter::raise(TrapCode code, u32 position) {
  if (context_->settings.traps == codegen::TrapStyle::Fault) {
    trap_site(code, position);
    a_.ud2();
    return;
  }
  a_.mov_constant(Gpr::Rdi, u64(code));
  a_.mov(Width::W64, Gpr::Rsi, Mem::at(instance_register, offsetof(InstanceHeader, store)));
  runtime_stub_address(RuntimeStub::Unwind);
  a_.call(scratch_gpr);
  call_site(position);
}

}  // namespace skerry::x64
