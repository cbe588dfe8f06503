// Rules for calls and for what ends a block.

#include "engine/codegen/x64/select.h"

namespace skerry::x64 {

namespace {

VReg none() { return VReg::none(); }

bool jump(Lower& l, Value value, const Inst& inst) {
  l.needs_targets(value, inst);
  l.emit(VOp::Jump, Width::W64, none(), none(), none(), 0, value.raw());
  return true;
}

bool branch(Lower& l, Value value, const Inst& inst) {
  l.needs_targets(value, inst);
  u8 condition = l.condition(Value(inst.a));
  l.emit(VOp::Branch, Width::W64, none(), none(), none(), condition, value.raw());
  return true;
}

bool branch_table(Lower& l, Value value, const Inst& inst) {
  l.needs_targets(value, inst);
  l.emit(VOp::BranchTable, Width::W64, none(), l.use(Value(inst.a)), none(), 0, value.raw());
  return true;
}

bool trap(Lower& l, Value, const Inst& inst) {
  l.emit(VOp::Trap, Width::W64, none(), none(), none(), 0, inst.aux);
  return true;
}

bool return_(Lower& l, Value value, const Inst& inst) {
  u32 call = l.add_return(l.function().list(inst.b, inst.c), value);
  l.emit(VOp::Return, Width::W64, none(), l.result_pointer(), none(), 0, call);
  return true;
}

bool call(Lower& l, Value value, const Inst& inst) {
  FuncIndex function(inst.a);
  const FuncType& type = l.context.module.type_of(function);
  u32 call = l.add_call(l.function().list(inst.b, inst.c), value, u32(type.results.size()), &type, inst.a);
  bool imported = l.context.module.is_imported(function);
  l.emit(imported ? VOp::CallImport : VOp::CallDirect, Width::W64, none(), none(), none(), 0, call);
  return true;
}

TableIndex table_of(Lower& l, const Inst& inst) { return TableIndex(l.function().extra[inst.b + 1]); }

// Calls by a table that the instance has for itself go where the entry says, whose function it may be (abi/instance.h).
bool is_private(Lower& l, const Inst& inst) { return l.context.module.is_private(table_of(l, inst)); }

VReg checked_entry(Lower& l, const Inst& inst, TypeIndex type) {
  VReg entry = l.table_entry(Value(inst.a), table_of(l, inst), TrapCode::UndefinedElement);
  l.emit(VOp::CheckSignature, Width::W32, none(), entry, none(), 0, l.context.layout.signature(type));
  return entry;
}

bool call_indirect(Lower& l, Value value, const Inst& inst) {
  TypeIndex index(l.function().extra[inst.b]);
  const FuncType& type = l.context.module.types[index];
  VReg entry = checked_entry(l, inst, index);
  u32 call = l.add_call(l.function().list(inst.b + 2, inst.c), value, u32(type.results.size()), &type, index.raw());
  l.emit(VOp::CallEntry, Width::W64, none(), entry, none(), is_private(l, inst), call);
  return true;
}

bool call_builtin(Lower& l, Value value, const Inst& inst) {
  u32 results = inst.type == Type::Void ? 0 : 1;
  u32 call = l.add_call(l.function().list(inst.b, inst.c), value, results, nullptr, inst.a);
  l.emit(VOp::CallBuiltin, Width::W64, none(), none(), none(), 0, call);
  return true;
}

bool tail_call(Lower& l, Value value, const Inst& inst) {
  FuncIndex function(inst.a);
  const FuncType& type = l.context.module.type_of(function);
  u32 call = l.add_call(l.function().list(inst.b, inst.c), value, 0, &type, inst.a);
  VOp op = l.context.module.is_imported(function) ? VOp::TailImport : VOp::TailDirect;
  l.emit(op, Width::W64, none(), none(), l.result_pointer(), 0, call);
  return true;
}

bool tail_call_indirect(Lower& l, Value value, const Inst& inst) {
  TypeIndex index(l.function().extra[inst.b]);
  const FuncType& type = l.context.module.types[index];
  VReg entry = checked_entry(l, inst, index);
  u32 call = l.add_call(l.function().list(inst.b + 2, inst.c), value, 0, &type, index.raw());
  l.emit(VOp::TailEntry, Width::W64, none(), entry, l.result_pointer(), is_private(l, inst), call);
  return true;
}

constexpr Rule rules[] = {
    {Op::Jump, jump, "jump"},
    {Op::Branch, branch, "branch"},
    {Op::BrTable, branch_table, "branch_table"},
    {Op::Trap, trap, "trap"},
    {Op::Return, return_, "return_"},
    {Op::Call, call, "call"},
    {Op::CallIndirect, call_indirect, "call_indirect"},
    {Op::CallBuiltin, call_builtin, "call_builtin"},
    {Op::ReturnCall, tail_call, "tail_call"},
    {Op::ReturnCallIndirect, tail_call_indirect, "tail_call_indirect"},
};

}  // namespace

std::span<const Rule> control_rules() { return rules; }

}  // namespace skerry::x64
