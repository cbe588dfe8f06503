#include "engine/codegen/x64/emit.h"

#include <algorithm>

namespace skerry::x64 {

using codegen::Move;
using codegen::Source;

void Emitter::run(const codegen::ModuleContext& context, const ir::Function& function, const codegen::VCode& code,
                  const codegen::Allocation& allocation, codegen::CompiledFunction& out) {
  context_ = &context;
  function_ = &function;
  code_ = &code;
  allocation_ = &allocation;
  out_ = &out;
  out.clear();
  a_.clear();
  traps_.clear();
  edges_.clear();
  fars_.clear();
  signatures_.clear();
  tables_.clear();

  lay_out_frame();
  first_block_label_ = a_.new_labels(code.blocks.size());
  for (block_ = ir::Block(0); block_ != code.blocks.end_key(); block_ = block_.next()) {
    a_.bind(Label(first_block_label_.raw() + block_.raw()));
    const codegen::VBlock& block = code.blocks[block_];
    for (u32 i = block.begin; i < block.end; ++i) emit(code.insts[i]);
  }
  cold_code();
  a_.finish();
  out.code.assign(a_.code().begin(), a_.code().end());
  out.frame_size = frame_size_;
}

void Emitter::lay_out_frame() {
  saved_count_ = 0;
  for (Gpr reg : callee_saved) saved_count_ += allocation_->used_registers >> number(reg) & 1;
  outgoing_words_ = 0;
  has_calls_ = false;
  for (const VInst& inst : code_->insts) {
    if (vop_table[inst.op].kind != VKind::Call) continue;
    has_calls_ = true;
    const FuncType* type = code_->calls[u32(inst.imm)].type;
    if (type) outgoing_words_ = std::max(outgoing_words_, stack_arguments(*type) + overflowing_results(*type));
  }
  // A tail call with more stack arguments than came in collects them below first, and then moves them up to right
  // below two words and the padding of an odd number: the frame has room for those as well, lest the move be down.
  incoming_words_ = stack_arguments(*function_->signature);
  has_tail_calls_ = false;
  for (const VInst& inst : code_->insts) {
    VOp op = VOp(inst.op);
    if (op != VOp::TailDirect && op != VOp::TailImport && op != VOp::TailEntry) continue;
    has_tail_calls_ = true;
    u32 words = stack_arguments(*code_->calls[u32(inst.imm)].type);
    if (words > incoming_words_) outgoing_words_ = std::max(outgoing_words_, u32(align_up(words, 2)) + 2);
  }
  u64 words = saved_count_ + allocation_->slot_count + function_->slots.size() + outgoing_words_;
  frame_size_ = u32(align_up(8 * words, 16));
}

void Emitter::prologue() {
  a_.push(Gpr::Rbp);
  a_.mov(Width::W64, Gpr::Rbp, Gpr::Rsp);
  // What a leaf with a small frame may use is left free below the limit (abi/instance.h). With a loop, or a tail
  // call, which makes loops of functions, it compares nevertheless: an interruption that comes while it is
  // entered moves the limit (docs/abi.md).
  bool checks = has_calls_ || has_tail_calls_ || !function_->loops.empty() || frame_size_ > unchecked_frame;
  if (checks) {
    a_.mov(Width::W64, scratch_gpr, Mem::at(instance_register, offsetof(InstanceHeader, store)));
    Gpr lowest = Gpr::Rsp;
    if (frame_size_ > unchecked_frame) {
      lowest = far_register;
      a_.lea(Width::W64, lowest, Mem::at(Gpr::Rsp, -i32(frame_size_)));
    }
    a_.cmp(Width::W64, lowest, Mem::at(scratch_gpr, offsetof(StoreState, stack_limit)));
    a_.jcc(Condition::Below, trap_label(TrapCode::StackExhausted, function_->positions.empty() ? 0 : function_->positions[0]));
  }
  if (frame_size_) a_.sub(Width::W64, Gpr::Rsp, i32(frame_size_));
  u32 saved = 0;
  for (Gpr reg : callee_saved)
    if (allocation_->used_registers >> number(reg) & 1) a_.mov(Width::W64, Mem::at(Gpr::Rbp, -8 * i32(++saved)), reg);

  // Parameters go from where they arrive to their places: registers first, all at once, for
  // the words on the stack are nobody's destination.
  const CallInfo& entry = code_->calls[u32(code_->insts[0].imm)];
  const ir::BlockData& block = function_->blocks[ir::Block(0)];
  for (bool from_stack : {false, true}) {
    PlaceCounter places = argument_places();
    auto arrive = [&](VReg vreg, ir::Type type) {
      auto where = places.next(ir::is_float(type));
      if (code_->classes[vreg] == codegen::RegClass::Unused || place(vreg).is_none() || where.in_register == from_stack) return;
      if (where.in_register) {
        moves_.add({place(vreg), {Place::reg(where.index)}, type});
        return;
      }
      Mem from = Mem::at(Gpr::Rbp, 16 + 8 * i32(where.index));
      if (place(vreg).is_slot()) {
        a_.mov(Width::W64, scratch_gpr, from);
        a_.mov(Width::W64, slot(vreg), scratch_gpr);
      } else if (ir::is_float(type)) {
        a_.movsd(xmm(place(vreg)), from);
      } else {
        a_.mov(Width::W64, gpr(place(vreg)), from);
      }
    };
    for (VReg vreg : code_->results(entry)) arrive(vreg, ir::Type::I64);
    for (u32 i = 0; i < block.params; ++i) arrive(VReg(block.begin + i), function_->type(ir::Value(block.begin + i)));
    if (!from_stack) resolve_moves(far_register);
  }
}

void Emitter::epilogue() {
  u32 saved = 0;
  for (Gpr reg : callee_saved)
    if (allocation_->used_registers >> number(reg) & 1) a_.mov(Width::W64, reg, Mem::at(Gpr::Rbp, -8 * i32(++saved)));
  a_.leave();
}

void Emitter::emit(const VInst& inst) {
  if (emit_integer(inst) || emit_memory(inst) || emit_control(inst) || emit_float(inst) || emit_call(inst)) return;
  UNREACHABLE("an instruction that nobody emits");
}

void Emitter::cold_code() {
  for (const FarStub& stub : fars_) {
    a_.bind(stub.label);
    far_record_from_entry();
    a_.call(Mem::at(far_register, offsetof(FuncRecord, far_code)));
    call_site(stub.position);
    a_.jmp(stub.back);
  }
  for (usize i = 0; i < tables_.size(); ++i) jump_table(tables_[i]);
  for (usize i = 0; i < edges_.size(); ++i) {
    EdgeStub stub = edges_[i];
    a_.bind(stub.label);
    plan_edge(stub.target);
    resolve_moves(far_register);
    a_.jmp(Label(first_block_label_.raw() + function_->target_block(stub.target).raw()));
  }
  for (const SignatureStub& stub : signatures_) {
    a_.bind(stub.label);
    Label null = a_.new_label();
    a_.cmp(Width::W32, Mem::at(stub.entry, offsetof(TableEntry, handle)), 0);
    a_.jcc(Condition::Equal, null);
    raise(TrapCode::IndirectCallMismatch, stub.position);
    a_.bind(null);
    raise(TrapCode::UninitializedElement, stub.position);
  }
  for (const TrapStub& stub : traps_) {
    a_.bind(stub.label);
    raise(stub.code, stub.position);
  }
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

Mem Emitter::guest(VReg index, VReg base, i32 disp, Gpr scratch) {
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

ir::Type Emitter::type_of(VReg vreg) const {
  if (vreg.raw() < function_->insts.size()) return function_->type(ir::Value(vreg.raw()));
  return code_->classes[vreg] == codegen::RegClass::Float ? ir::Type::F64 : ir::Type::I64;
}

Source Emitter::source(VReg vreg) const {
  if (vreg.raw() < function_->insts.size()) {
    const ir::Inst& inst = (*function_)[ir::Value(vreg.raw())];
    if (inst.op == ir::Op::Const) return {Place(), inst.imm64()};
  }
  return {place(vreg)};
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

void Emitter::resolve_moves(Gpr copy_scratch) {
  constexpr u32 scratch[2] = {register_number(scratch_gpr), register_number(scratch_xmm)};
  moves_.resolve(scratch, [&](const Move& move) { emit_move(move, copy_scratch); });
}

bool Emitter::plan_edge(u32 target) {
  const ir::BlockData& block = function_->blocks[function_->target_block(target)];
  std::span<const u32> args = function_->target_args(target);
  for (u32 i = 0; i < args.size(); ++i) {
    VReg param(block.begin + i);
    if (code_->classes[param] == codegen::RegClass::Unused) continue;
    moves_.add({place(param), source(VReg(args[i])), function_->type(ir::Value(param.raw()))});
  }
  return !moves_.empty();
}

// The label of the target's block, or of a piece of code that moves what the edge hands over.
Label Emitter::edge_label(u32 target) {
  bool moves = plan_edge(target);
  moves_.clear();
  if (!moves) return Label(first_block_label_.raw() + function_->target_block(target).raw());
  Label label = a_.new_label();
  edges_.push_back({label, target});
  return label;
}

void Emitter::jump_edge(u32 target, ir::Block next) {
  plan_edge(target);
  resolve_moves(far_register);
  ir::Block to = function_->target_block(target);
  if (to != next) a_.jmp(Label(first_block_label_.raw() + to.raw()));
}

// --- traps

Label Emitter::trap_label(TrapCode code, u32 position) {
  Label label = a_.new_label();
  traps_.push_back({label, code, position});
  return label;
}

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
