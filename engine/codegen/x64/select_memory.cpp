// Rules for memories, globals, tables, references and frame slots.

#include "engine/codegen/x64/select.h"

namespace skerry::x64 {

namespace {

VReg none() { return VReg::none(); }

Access access_of_load(Op op, Type type) {
  bool wide = type == Type::I64;
  switch (op) {
    case Op::Load8S: return wide ? Access::S8To64 : Access::S8To32;
    case Op::Load8U: return Access::U8;
    case Op::Load16S: return wide ? Access::S16To64 : Access::S16To32;
    case Op::Load16U: return Access::U16;
    case Op::Load32S: return Access::S32To64;
    case Op::Load32U: return Access::W32;
    default: return access_of(type);
  }
}

bool load(Lower& l, Value value, const Inst& inst) {
  Access access = access_of_load(inst.op, inst.type);
  Address at = l.address_of_load(inst, bytes(access));
  l.emit(VOp::Load, width_of(inst.type), l.def(value), at.index, at.base, u8(access), at.imm());
  return true;
}

Access access_of_store(const Lower& l, const Inst& inst) {
  switch (inst.op) {
    case Op::Store8: return Access::U8;
    case Op::Store16: return Access::U16;
    case Op::Store32: return Access::W32;
    default: return access_of(l.type(Value(inst.b)));
  }
}

// store constant: an immediate, up to 32 bits, sign-extended for 64
bool store_immediate(Lower& l, Value, const Inst& inst) {
  Value y(inst.b);
  if (!l.is_constant(y) || ir::is_float(l.type(y))) return false;
  std::optional<i32> imm = l.immediate(y);
  Access access = access_of_store(l, inst);
  if (!imm && access == Access::W64) return false;
  u32 bits = imm ? u32(*imm) : u32(l.constant(y));
  if (access == Access::U8) bits = u8(bits);
  if (access == Access::U16) bits = u16(bits);
  Address at = l.address(Value(inst.a), inst.c, MemoryIndex(inst.aux), bytes(access), AddressForms::Plain);
  l.emit(VOp::StoreImm, Width::W64, none(), at.index, at.base, u8(access), at.with_immediate(i32(bits)));
  return true;
}

// store load(a) op y at a  =>  op [a], y: one instruction reads and writes. It traps where the load would, which is
// first; where that does not, the store at the same bytes does not either.
bool store_operation(Lower& l, Value store, const Inst& inst) {
  Value result(inst.b);
  Alu alu;
  switch (l.inst(result).op) {
    case Op::IAdd: alu = Alu::Add; break;
    case Op::ISub: alu = Alu::Sub; break;
    case Op::IAnd: alu = Alu::And; break;
    case Op::IOr: alu = Alu::Or; break;
    case Op::IXor: alu = Alu::Xor; break;
    default: return false;
  }
  const Inst& operation = l.inst(result);
  u32 size = bytes(access_of_store(l, inst));
  auto is_from_there = [&](Value value) {
    const Inst& load = l.inst(value);
    return l.folds_load(value, store) && bytes(access_of_load(load.op, load.type)) == size && load.a == inst.a &&
           load.b == inst.c && load.aux == inst.aux;
  };
  if (!l.used_once(result) || !l.in_this_block(result)) return false;
  Value load(operation.a), y(operation.b);
  if (!is_from_there(load)) {
    if (!(info(operation.op).effects & ir::Commutes) || !is_from_there(y)) return false;
    std::swap(load, y);
  }
  // The low bytes of the result are those of the operands.
  Width width = size == 1 ? Width::W8 : size == 2 ? Width::W16 : size == 4 ? Width::W32 : Width::W64;
  std::optional<i32> imm = l.immediate(y);
  if (imm && width == Width::W8) imm = i8(*imm);
  // Constants of 16 bits take decoders long.
  if (imm && width == Width::W16 && *imm != i8(*imm)) return false;
  VReg value = imm ? none() : l.use(y);
  Address at = l.address_of_folded(load, size, imm ? AddressForms::Plain : AddressForms::All);
  i64 operands = imm ? at.with_immediate(*imm) : at.imm();
  VInst& out = l.emit(imm ? VOp::AluStoreImm : VOp::AluStore, width, none(), at.index, at.base, u8(alu), operands);
  out.c = value;
  out.position = l.function().positions[load.raw()];
  return true;
}

bool store(Lower& l, Value, const Inst& inst) {
  Access access = access_of_store(l, inst);
  VReg value = l.use(Value(inst.b));
  Address at = l.address(Value(inst.a), inst.c, MemoryIndex(inst.aux), bytes(access));
  l.emit(VOp::Store, Width::W64, none(), at.index, at.base, u8(access), at.imm()).c = value;
  return true;
}

bool memory_size(Lower& l, Value value, const Inst& inst) {
  VReg record = l.load_field(none(), l.context.layout.memory(MemoryIndex(inst.b)) + offsetof(MemoryRef, record), Access::W64);
  VReg size = l.load_field(record, offsetof(MemoryRecord, size), Access::W64);
  constexpr u32 page_shift = 16;
  static_assert(page_size == 1 << page_shift);
  l.emit(VOp::ShiftImm, Width::W64, l.def(value), size, none(), u8(Shift::Shr), page_shift);
  return true;
}

bool global_get(Lower& l, Value value, const Inst& inst) {
  GlobalIndex global(inst.b);
  const InstanceLayout& layout = l.context.layout;
  VReg cell = none();
  u32 offset = 0;
  if (layout.is_imported(global)) cell = l.load_field(none(), layout.imported_global(global), Access::W64);
  else offset = layout.global(global);
  l.emit(VOp::LoadField, width_of(inst.type), l.def(value), cell, none(), u8(access_of(inst.type)), offset);
  return true;
}

bool global_set(Lower& l, Value, const Inst& inst) {
  GlobalIndex global(inst.b);
  const InstanceLayout& layout = l.context.layout;
  VReg x = l.use(Value(inst.a)), cell = none();
  u32 offset = 0;
  if (layout.is_imported(global)) cell = l.load_field(none(), layout.imported_global(global), Access::W64);
  else offset = layout.global(global);
  l.emit(VOp::StoreField, Width::W64, none(), cell, x, u8(access_of(l.type(Value(inst.a)))), offset);
  return true;
}

bool table_get(Lower& l, Value value, const Inst& inst) {
  VReg entry = l.table_entry(Value(inst.a), TableIndex(inst.b), TrapCode::TableOutOfBounds);
  l.emit(VOp::LoadField, Width::W32, l.def(value), entry, none(), u8(Access::W32), offsetof(TableEntry, handle));
  return true;
}

bool table_size(Lower& l, Value value, const Inst& inst) {
  VReg record = l.load_field(none(), l.context.layout.table(TableIndex(inst.b)) + offsetof(TableRef, record), Access::W64);
  l.emit(VOp::LoadField, Width::W32, l.def(value), record, none(), u8(Access::W32), offsetof(TableRecord, length));
  return true;
}

// A reference to an imported function is one of its own: whether two are of one function nobody can ask.
bool ref_func(Lower& l, Value value, const Inst& inst) {
  FuncIndex function(inst.b);
  VReg first = l.load_field(none(), offsetof(InstanceHeader, function_handles), Access::W32);
  l.emit(VOp::AluImm, Width::W32, l.def(value), first, none(), u8(Alu::Add), function.raw());
  return true;
}

bool slot_get(Lower& l, Value value, const Inst& inst) {
  l.emit(VOp::LoadSlot, width_of(inst.type), l.def(value), none(), none(), u8(access_of(inst.type)), inst.b);
  return true;
}

bool slot_set(Lower& l, Value, const Inst& inst) {
  VReg x = l.use(Value(inst.a));
  l.emit(VOp::StoreSlot, Width::W64, none(), x, none(), u8(access_of(l.type(Value(inst.a)))), inst.b);
  return true;
}

bool loop_value(Lower& l, Value value, const Inst& inst) {
  VReg store = l.load_field(none(), offsetof(InstanceHeader, store), Access::W64);
  VReg cells = l.load_field(store, offsetof(StoreState, loop_values), Access::W64);
  l.emit(VOp::LoadField, width_of(inst.type), l.def(value), cells, none(), u8(access_of(inst.type)),
         i64{inst.b} * sizeof(LoopCell));
  return true;
}

bool fuel(Lower& l, Value, const Inst& inst) {
  l.emit(VOp::TakeFuel, Width::W64, none(), none(), none(), 0, inst.b);
  return true;
}

constexpr Rule rules[] = {
    {Op::Load, load, "load"},
    {Op::Load8S, load, "load"},
    {Op::Load8U, load, "load"},
    {Op::Load16S, load, "load"},
    {Op::Load16U, load, "load"},
    {Op::Load32S, load, "load"},
    {Op::Load32U, load, "load"},
    {Op::Store, store_immediate, "store_immediate"},
    {Op::Store, store_operation, "store_operation"},
    {Op::Store, store, "store"},
    {Op::Store8, store_immediate, "store_immediate"},
    {Op::Store8, store_operation, "store_operation"},
    {Op::Store8, store, "store"},
    {Op::Store16, store_immediate, "store_immediate"},
    {Op::Store16, store_operation, "store_operation"},
    {Op::Store16, store, "store"},
    {Op::Store32, store_immediate, "store_immediate"},
    {Op::Store32, store_operation, "store_operation"},
    {Op::Store32, store, "store"},
    {Op::MemorySize, memory_size, "memory_size"},
    {Op::GlobalGet, global_get, "global_get"},
    {Op::GlobalSet, global_set, "global_set"},
    {Op::TableGet, table_get, "table_get"},
    {Op::TableSize, table_size, "table_size"},
    {Op::RefFunc, ref_func, "ref_func"},
    {Op::SlotGet, slot_get, "slot_get"},
    {Op::SlotSet, slot_set, "slot_set"},
    {Op::LoopValue, loop_value, "loop_value"},
    {Op::Fuel, fuel, "fuel"},
};

}  // namespace

std::span<const Rule> memory_rules() { return rules; }

}  // namespace skerry::x64
