// Rules for memories, globals, tables, references and frame slots.

#include "engine/codegen/riscv64/select.h"

namespace skerry::riscv64 {

namespace {

Access access_of_load(Op op, Type type) {
  switch (op) {
    case Op::Load8S: return Access::S8;
    case Op::Load8U: return Access::U8;
    case Op::Load16S: return Access::S16;
    case Op::Load16U: return Access::U16;
    case Op::Load32S: return Access::S32;
    case Op::Load32U: return Access::U32;
    default: return access_of(type);
  }
}

bool load(Lower& l, Value value, const Inst& inst) {
  Access access = access_of_load(inst.op, inst.type);
  Address at = l.address(Value(inst.a), inst.b, MemoryIndex(inst.aux), bytes(access));
  l.emit(VOp::Load, l.def(value), at.base, none(), u8(access), at.disp);
  return true;
}

Access access_of_store(const Lower& l, const Inst& inst) {
  switch (inst.op) {
    case Op::Store8: return Access::U8;
    case Op::Store16: return Access::U16;
    case Op::Store32: return Access::S32;
    default: return access_of(l.type(Value(inst.b)));
  }
}

// store of the float +0  =>  of the register zero
bool store_zero(Lower& l, Value, const Inst& inst) {
  Value y(inst.b);
  if (!ir::is_float(l.type(y)) || !l.is_constant(y) || l.constant(y) != 0) return false;
  Access access = ir::is_64(l.type(y)) ? Access::W64 : Access::S32;
  Address at = l.address(Value(inst.a), inst.c, MemoryIndex(inst.aux), bytes(access));
  l.emit(VOp::Store, none(), at.base, none(), u8(access), at.disp);
  return true;
}

bool store(Lower& l, Value, const Inst& inst) {
  Value y(inst.b);
  Access access = access_of_store(l, inst);
  VReg value = bytes(access) <= 4 && !is_float_access(access) ? l.low(y) : l.operand(y);
  Address at = l.address(Value(inst.a), inst.c, MemoryIndex(inst.aux), bytes(access));
  l.emit(VOp::Store, none(), at.base, value, u8(access), at.disp);
  return true;
}

bool memory_size(Lower& l, Value value, const Inst& inst) {
  VReg record = l.load_field(none(), l.context.layout.memory(MemoryIndex(inst.b)) + offsetof(MemoryRef, record), Access::W64);
  VReg size = l.load_field(record, offsetof(MemoryRecord, size), Access::W64);
  constexpr u32 page_shift = 16;
  static_assert(page_size == 1 << page_shift);
  l.emit(Shift::Srli, l.def(value), size, page_shift);
  return true;
}

// The cell of a global, and the offset in it or, without a cell, in the instance.
std::pair<VReg, u32> global_cell(Lower& l, GlobalIndex global) {
  const InstanceLayout& layout = l.context.layout;
  if (layout.is_imported(global)) return {l.load_field(none(), layout.imported_global(global), Access::W64), 0};
  return {none(), layout.global(global)};
}

bool global_get(Lower& l, Value value, const Inst& inst) {
  auto [cell, offset] = global_cell(l, GlobalIndex(inst.b));
  l.emit(VOp::LoadField, l.def(value), cell, none(), u8(access_of(inst.type)), offset);
  return true;
}

bool global_set(Lower& l, Value, const Inst& inst) {
  VReg x = l.operand(Value(inst.a));
  auto [cell, offset] = global_cell(l, GlobalIndex(inst.b));
  l.emit(VOp::StoreField, none(), cell, x, u8(access_of(l.type(Value(inst.a)))), offset);
  return true;
}

bool table_get(Lower& l, Value value, const Inst& inst) {
  VReg entry = l.table_entry(Value(inst.a), TableIndex(inst.b), TrapCode::TableOutOfBounds);
  l.emit(VOp::LoadField, l.def(value), entry, none(), u8(Access::S32), offsetof(TableEntry, handle));
  return true;
}

bool table_size(Lower& l, Value value, const Inst& inst) {
  VReg record = l.load_field(none(), l.context.layout.table(TableIndex(inst.b)) + offsetof(TableRef, record), Access::W64);
  l.emit(VOp::LoadField, l.def(value), record, none(), u8(Access::S32), offsetof(TableRecord, length));
  return true;
}

// A reference to an imported function is one of its own: whether two are of one function nobody can ask.
bool ref_func(Lower& l, Value value, const Inst& inst) {
  FuncIndex function(inst.b);
  VReg first = l.load_field(none(), offsetof(InstanceHeader, function_handles), Access::S32);
  if (fits_signed(i64(function.raw()), 12)) l.emit(RRI::Addiw, l.def(value), first, i64(function.raw()));
  else l.emit(RRR::Addw, l.def(value), first, l.made(i64(function.raw())));
  return true;
}

bool slot_get(Lower& l, Value value, const Inst& inst) {
  l.emit(VOp::LoadSlot, l.def(value), none(), none(), u8(access_of(inst.type)), inst.b);
  return true;
}

bool slot_set(Lower& l, Value, const Inst& inst) {
  VReg x = l.operand(Value(inst.a));
  l.emit(VOp::StoreSlot, none(), x, none(), u8(access_of(l.type(Value(inst.a)))), inst.b);
  return true;
}

bool loop_value(Lower& l, Value value, const Inst& inst) {
  VReg store = l.load_field(none(), offsetof(InstanceHeader, store), Access::W64);
  VReg cells = l.load_field(store, offsetof(StoreState, loop_values), Access::W64);
  l.emit(VOp::LoadField, l.def(value), cells, none(), u8(access_of(inst.type)), inst.b * u32(sizeof(LoopCell)));
  return true;
}

bool fuel(Lower& l, Value, const Inst& inst) {
  l.emit(VOp::TakeFuel, none(), none(), none(), 0, inst.b);
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
    {Op::Store, store_zero, "store_zero"},
    {Op::Store, store, "store"},
    {Op::Store8, store, "store"},
    {Op::Store16, store, "store"},
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

}  // namespace skerry::riscv64
