#include "engine/codegen/riscv64/emit.h"

namespace skerry::riscv64 {

using codegen::RelocationKind;

bool Emitter::emit_call(const VInst& inst) {
  VOp op = VOp(inst.op);
  switch (op) {
    case VOp::Entry: prologue(); return true;
    case VOp::CallDirect:
    case VOp::CallImport: {
      const CallInfo& call = call_of(inst);
      move_arguments(call);
      if (op == VOp::CallDirect) {
        call_function(FuncIndex(call.target));
      } else {
        load_imported(FuncIndex(call.target));
        a_.ld(scratch_gpr, Mem::at(far_register, offsetof(FuncRecord, far_code)));
        a_.call(scratch_gpr);
      }
      call_site(inst.position);
      fetch_results(call);
      return true;
    }
    case VOp::CallEntry: {
      const CallInfo& call = call_of(inst);
      // Where no argument goes the entry stays.
      Gpr entry = in_register(inst.a) ? gpr(place(inst.a)) : far_register;
      if (std::ranges::count(argument_gprs, entry)) entry = far_register;
      if (entry == far_register) move_to(far_register, inst.a);
      move_arguments(call);
      FarStub stub{a_.new_label(), a_.new_label(), inst.position, entry};
      bool is_private = inst.aux;
      if (!is_private) {
        a_.ld(scratch_gpr, Mem::at(entry, offsetof(TableEntry, instance)));
        a_.branch(Condition::NotEqual, scratch_gpr, instance_register, stub.label);
      } else if (entry != entry_register) {
        a_.mv(entry_register, entry);
      }
      a_.ld(scratch_gpr, Mem::at(entry, offsetof(TableEntry, code)));
      a_.call(scratch_gpr);
      call_site(inst.position);
      a_.bind(stub.back);
      if (!is_private) fars_.push_back(stub);
      fetch_results(call);
      return true;
    }
    case VOp::CallBuiltin: {
      const CallInfo& call = call_of(inst);
      move_arguments(call);
      a_.mv(argument_gprs[0], instance_register);
      a_.ld(far_register, Mem::at(instance_register, offsetof(InstanceHeader, builtins)));
      a_.ld(scratch_gpr, Mem::at(far_register, 8 * i32(builtin_slot(Builtin(call.target)))));
      a_.call(scratch_gpr);
      call_site(inst.position);
      fetch_results(call);
      return true;
    }
    case VOp::TailDirect:
    case VOp::TailImport:
    case VOp::TailEntry: tail_call(inst); return true;
    case VOp::Return:
      place_results(call_of(inst), inst.a.is_none() ? far_register : gpr(inst.a, far_register));
      epilogue();
      a_.ret();
      return true;
    default: return false;
  }
}

void Emitter::call_function(FuncIndex function) {
  if (context_->settings.calls == codegen::CallStyle::Direct) {
    a_.call_elsewhere();
    out_->relocations.push_back({a_.offset() - 8, RelocationKind::Call, function});
  } else {
    load_slot_address(function);
    a_.ld(far_register, Mem::at(scratch_gpr));
    a_.call(far_register);
  }
}

void Emitter::jump_function(FuncIndex function) {
  if (context_->settings.calls == codegen::CallStyle::Direct) {
    a_.tail_elsewhere();
    out_->relocations.push_back({a_.offset() - 8, RelocationKind::Call, function});
  } else {
    load_slot_address(function);
    a_.ld(far_register, Mem::at(scratch_gpr));
    a_.jr(far_register);
  }
}

// Whoever compiles the function finds its slot in the scratch register.
void Emitter::load_slot_address(FuncIndex function) {
  a_.la_elsewhere(scratch_gpr);
  out_->relocations.push_back({a_.offset() - 8, RelocationKind::EntrySlot, function});
}

void Emitter::load_imported(FuncIndex function) {
  ld(far_register, Mem::at(instance_register, i32(context_->layout.imported_function(function))));
}

void far_record_from_entry(Assembler& a, Gpr entry) {
  static_assert(sizeof(FuncRecord) == 48);
  a.lwu(far_register, Mem::at(entry, offsetof(TableEntry, handle)));
  a.slli(scratch_gpr, far_register, 1);
  a.add(far_register, far_register, scratch_gpr);
  a.slli(far_register, far_register, 4);
  a.ld(scratch_gpr, Mem::at(instance_register, offsetof(InstanceHeader, store)));
  a.ld(scratch_gpr, Mem::at(scratch_gpr, offsetof(StoreState, functions)));
  a.add(far_register, far_register, scratch_gpr);
}

// The frame goes before the callee runs. Its stack arguments take the place of this function's own, if
// they are not more. Else the frame shrinks to one that holds them (docs/abi.md, tail calls):
//
//   [s0 + 8]     return address, to this function's caller
//   [s0]         saved s0
//   [s0 - 8]     s1
//   [s0 - 16]    how many words of arguments there is room for
//   [sp ...]     the arguments
//
// and ra is TailReturn, which restores s1 and the memory base, and returns. Who tail-calls from there, with no more
// arguments than there is room for, finds that its return address is TailReturn and uses that room.
void Emitter::tail_call(const VInst& inst) {
  const CallInfo& call = call_of(inst);
  u32 words = convention.stack_arguments(*call.type);
  bool fits = words <= incoming_words_;
  VOp op = VOp(inst.op);
  if (op == VOp::TailEntry) move_to(far_register, inst.a);
  place_arguments(call, fits ? Mem::at(frame_register, 16) : Mem::at(Gpr::Sp), inst.b);
  // far_register is the entry's until then.
  auto jump_there = [&] {
    if (op == VOp::TailDirect) {
      jump_function(FuncIndex(call.target));
      return;
    }
    if (op == VOp::TailImport) {
      load_imported(FuncIndex(call.target));
    } else if (inst.aux) {  // the instance's own table
      a_.ld(scratch_gpr, Mem::at(far_register, offsetof(TableEntry, code)));
      a_.mv(entry_register, far_register);
      a_.jr(scratch_gpr);
      return;
    } else {
      Label far = a_.new_label();
      a_.ld(scratch_gpr, Mem::at(far_register, offsetof(TableEntry, instance)));
      a_.branch(Condition::NotEqual, scratch_gpr, instance_register, far);
      a_.ld(scratch_gpr, Mem::at(far_register, offsetof(TableEntry, code)));
      a_.jr(scratch_gpr);
      a_.bind(far);
      far_record_from_entry(a_, far_register);
    }
    a_.ld(scratch_gpr, Mem::at(far_register, offsetof(FuncRecord, far_code)));
    a_.jr(scratch_gpr);
  };
  if (fits) {
    epilogue();
    jump_there();
    return;
  }
  restore_registers();
  // s2 to s10 are the caller's again; scratch_gpr, assembler_gpr and ra are free.
  Label grow = a_.new_label();
  runtime_stub_address(RuntimeStub::TailReturn);
  a_.ld(assembler_gpr, Mem::at(frame_register, 8));
  a_.branch(Condition::NotEqual, scratch_gpr, assembler_gpr, grow);
  a_.ld(scratch_gpr, Mem::at(frame_register));
  a_.ld(scratch_gpr, Mem::at(scratch_gpr, -16));
  a_.li(assembler_gpr, words);
  a_.branch(Condition::Below, scratch_gpr, assembler_gpr, grow);
  for (u32 i = 0; i < words; ++i) {
    ld(scratch_gpr, Mem::at(Gpr::Sp, 8 * i32(i)));
    sd(Mem::at(frame_register, 16 + 8 * i32(i)), scratch_gpr);
  }
  leave();
  jump_there();
  a_.bind(grow);
  // The arguments move up, the last first, to right below the two words.
  u32 room = u32(align_up(words, 2));
  for (u32 i = words; i-- > 0;) {
    ld(scratch_gpr, Mem::at(Gpr::Sp, 8 * i32(i)));
    sd(Mem::at(frame_register, -16 - 8 * i32(room - i)), scratch_gpr);
  }
  a_.sd(Mem::at(frame_register, -8), instance_register);
  a_.li(scratch_gpr, words);
  a_.sd(Mem::at(frame_register, -16), scratch_gpr);
  runtime_stub_address(RuntimeStub::TailReturn);
  a_.mv(Gpr::Ra, scratch_gpr);
  load_address(Gpr::Sp, Mem::at(frame_register, -16 - 8 * i32(room)));
  jump_there();
}

}  // namespace skerry::riscv64
