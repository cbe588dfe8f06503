#include "engine/codegen/x64/emit.h"

namespace skerry::x64 {

using codegen::RelocationKind;

bool Emitter::emit_call(const VInst& inst) {
  VOp op = VOp(inst.op);
  switch (op) {
    case VOp::Entry: prologue(); return true;
    case VOp::CallDirect:
    case VOp::CallImport: {
      const CallInfo& call = code_->calls[u32(inst.imm)];
      move_arguments(call);
      if (op == VOp::CallDirect) {
        call_function(FuncIndex(call.target));
      } else {
        a_.mov(Width::W64, far_register, Mem::at(instance_register, i32(context_->layout.imported_function(FuncIndex(call.target)))));
        a_.call(Mem::at(far_register, offsetof(FuncRecord, far_code)));
      }
      call_site(inst.position);
      fetch_results(call);
      return true;
    }
    case VOp::CallEntry: {
      const CallInfo& call = code_->calls[u32(inst.imm)];
      move_to(far_register, inst.a);
      move_arguments(call);
      FarStub stub{a_.new_label(), a_.new_label(), inst.position};
      bool is_private = inst.aux;
      if (!is_private) {
        a_.cmp(Width::W64, instance_register, Mem::at(far_register, offsetof(TableEntry, instance)));
        a_.jcc(Condition::NotEqual, stub.label);
      }
      a_.call(Mem::at(far_register, offsetof(TableEntry, code)));
      call_site(inst.position);
      a_.bind(stub.back);
      if (!is_private) fars_.push_back(stub);
      fetch_results(call);
      return true;
    }
    case VOp::CallBuiltin: {
      const CallInfo& call = code_->calls[u32(inst.imm)];
      move_arguments(call);
      a_.mov(Width::W64, argument_gprs[0], instance_register);
      a_.mov(Width::W64, far_register, Mem::at(instance_register, offsetof(InstanceHeader, builtins)));
      a_.call(Mem::at(far_register, 8 * i32(builtin_slot(Builtin(call.target)))));
      call_site(inst.position);
      fetch_results(call);
      return true;
    }
    case VOp::TailDirect:
    case VOp::TailImport:
    case VOp::TailEntry: tail_call(inst); return true;
    case VOp::Return: return_(inst); return true;
    default: return false;
  }
}

void Emitter::call_function(FuncIndex function) {
  if (context_->settings.calls == codegen::CallStyle::Direct) {
    a_.call_elsewhere();
    out_->relocations.push_back({a_.offset() - 4, RelocationKind::Call, function});
  } else {
    load_slot_address(function);
    a_.call(Mem::at(scratch_gpr));
  }
}

// Whoever compiles the function finds its slot in the scratch register.
void Emitter::load_slot_address(FuncIndex function) {
  constexpr u8 lea_r11_rip_relative[] = {0x4c, 0x8d, 0x1d, 0, 0, 0, 0};
  a_.data(lea_r11_rip_relative);
  out_->relocations.push_back({a_.offset() - 4, RelocationKind::EntrySlot, function});
}

void Emitter::jump_function(FuncIndex function) {
  if (context_->settings.calls == codegen::CallStyle::Direct) {
    a_.jmp_elsewhere();
    out_->relocations.push_back({a_.offset() - 4, RelocationKind::Call, function});
  } else {
    load_slot_address(function);
    a_.jmp(Mem::at(scratch_gpr));
  }
}

void Emitter::return_(const VInst& inst) {
  const CallInfo& call = code_->calls[u32(inst.imm)];
  place_results(call, inst.a.is_none() ? far_register : gpr(inst.a, far_register));
  epilogue();
  a_.ret();
}

void far_record_from_entry(Assembler& a) {
  static_assert(sizeof(FuncRecord) == 48);
  a.mov(Width::W32, far_register, Mem::at(far_register, offsetof(TableEntry, handle)));
  a.lea(Width::W64, far_register, Mem::indexed(far_register, far_register, Scale::By2));
  a.shl(Width::W64, far_register, 4);
  a.mov(Width::W64, scratch_gpr, Mem::at(instance_register, offsetof(InstanceHeader, store)));
  a.add(Width::W64, far_register, Mem::at(scratch_gpr, offsetof(StoreState, functions)));
}

// The frame goes before the callee runs. Its stack arguments take the place of this function's own, if
// they are not more. Else the frame shrinks to one that holds them (docs/abi.md, tail calls):
//
//   [rbp + 8]    return address, of this function's caller
//   [rbp]        saved rbp
//   [rbp - 8]    r14
//   [rbp - 16]   how many words of arguments there is room for
//   [rsp + 8..]  the arguments
//   [rsp]        TailReturn, which restores r14 and the memory base, and returns
//
// and who tail-calls from there, with no more arguments than there is room for, finds that
// its return address is TailReturn and uses that room.
void Emitter::tail_call(const VInst& inst) {
  const CallInfo& call = code_->calls[u32(inst.imm)];
  u32 words = stack_arguments(*call.type);
  bool fits = words <= incoming_words_;
  VOp op = VOp(inst.op);
  if (op == VOp::TailEntry) move_to(far_register, inst.a);
  place_arguments(call, fits ? Mem::at(Gpr::Rbp, 16) : Mem::at(Gpr::Rsp), inst.b);
  auto jump_there = [&] {
    if (op == VOp::TailDirect) {
      jump_function(FuncIndex(call.target));
      return;
    }
    if (op == VOp::TailImport) {
      a_.mov(Width::W64, far_register, Mem::at(instance_register, i32(context_->layout.imported_function(FuncIndex(call.target)))));
    } else if (inst.aux) {  // the instance's own table
      a_.jmp(Mem::at(far_register, offsetof(TableEntry, code)));
      return;
    } else {
      Label far = a_.new_label();
      a_.cmp(Width::W64, instance_register, Mem::at(far_register, offsetof(TableEntry, instance)));
      a_.jcc(Condition::NotEqual, far, Reach::Short);
      a_.jmp(Mem::at(far_register, offsetof(TableEntry, code)));
      a_.bind(far);
      far_record_from_entry(a_);
    }
    a_.jmp(Mem::at(far_register, offsetof(FuncRecord, far_code)));
  };
  restore_registers();
  if (fits) {
    a_.leave();
    jump_there();
    return;
  }
  // rbx, r12, r13 and r15 are the caller's again; r11 alone is free.
  Label grow = a_.new_label();
  runtime_stub_address(RuntimeStub::TailReturn);
  a_.cmp(Width::W64, scratch_gpr, Mem::at(Gpr::Rbp, 8));
  a_.jcc(Condition::NotEqual, grow);
  a_.mov(Width::W64, scratch_gpr, Mem::at(Gpr::Rbp));
  a_.cmp(Width::W64, Mem::at(scratch_gpr, -16), i32(words));
  a_.jcc(Condition::Below, grow);
  for (u32 i = 0; i < words; ++i) {
    a_.mov(Width::W64, scratch_gpr, Mem::at(Gpr::Rsp, 8 * i32(i)));
    a_.mov(Width::W64, Mem::at(Gpr::Rbp, 16 + 8 * i32(i)), scratch_gpr);
  }
  a_.leave();
  jump_there();
  a_.bind(grow);
  // The arguments move up, the last first, to right below the two words.
  u32 room = u32(align_up(words, 2));
  for (u32 i = words; i-- > 0;) {
    a_.mov(Width::W64, scratch_gpr, Mem::at(Gpr::Rsp, 8 * i32(i)));
    a_.mov(Width::W64, Mem::at(Gpr::Rbp, -16 - 8 * i32(room - i)), scratch_gpr);
  }
  a_.mov(Width::W64, Mem::at(Gpr::Rbp, -8), instance_register);
  a_.mov(Width::W64, Mem::at(Gpr::Rbp, -16), i32(words));
  runtime_stub_address(RuntimeStub::TailReturn);
  a_.lea(Width::W64, Gpr::Rsp, Mem::at(Gpr::Rbp, -16 - 8 * i32(room)));
  a_.push(scratch_gpr);
  jump_there();
}

}  // namespace skerry::x64
