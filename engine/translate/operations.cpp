// The Translator's locals, globals, numbers, memories, tables, references, calls and fuel.

#include "engine/translate/translator.h"

namespace skerry::translate {

using ir::Block;
using ir::Cond;
using ir::Inst;
using ir::Loop;
using ir::Op;
using ir::Type;
using validate::FrameKind;

namespace {

// What the opcodes of numeric.def are.
struct Numeric {
  Op op = Op::Count;
  Type type = Type::Void;
  Cond cond = Cond::Eq;
};
struct NumericTable {
  Numeric rows[u16(Opcode::Count)];
  constexpr const Numeric& operator[](Opcode opcode) const { return rows[u16(opcode)]; }
};
consteval NumericTable make_numeric_table() {
  NumericTable table;
#define NUMERIC(opcode, op_, type_) table.rows[u16(Opcode::opcode)] = {Op::op_, Type::type_, Cond::Eq};
#define COMPARE(opcode, op_, cond_) table.rows[u16(Opcode::opcode)] = {Op::op_, Type::I32, Cond::cond_};
#define ACCESS(opcode, op_, type_) table.rows[u16(Opcode::opcode)] = {Op::op_, Type::type_, Cond::Eq};
#include "engine/translate/numeric.def"
#undef NUMERIC
#undef COMPARE
#undef ACCESS
  return table;
}
constexpr NumericTable numeric_table = make_numeric_table();

Type first_result(const FuncType& type) { return type.results.empty() ? Type::Void : ir::type_of(type.results[0]); }

}  // namespace

// ----------------------------------------------------------------- Locals, globals, numerics

ir::Value Translator::slot_get(u32 local) {
  return numbering_.add({.op = Op::SlotGet, .type = function_.slots[local], .b = local}, State::Slot);
}

void Translator::slot_set(u32 local, Value value) {
  numbering_.change(State::Slot);
  builder_.append({.op = Op::SlotSet, .a = value.raw(), .b = local});
}

ir::Value Translator::global_get(GlobalIndex global) {
  count_operator();
  Type type = ir::type_of(module_.globals[global].type.value);
  if (auto bits = constant_global(global)) return constant(type, *bits);
  return numbering_.add({.op = Op::GlobalGet, .type = type, .b = global.raw()}, State::Global);
}

void Translator::global_set(GlobalIndex global, Value value) {
  count_operator();
  numbering_.change(State::Global);
  builder_.append({.op = Op::GlobalSet, .a = value.raw(), .b = global.raw()});
}

// The value of a global of this module that never changes, where its expression is one constant.
std::optional<u64> Translator::constant_global(GlobalIndex index) const {
  const wasm::Global& global = module_.globals[index];
  if (index.raw() < module_.imported_globals || global.type.mutability != Mutability::Const) return std::nullopt;
  validate::Reader reader(module_.bytes, global.init.code);
  auto inst = wasm::read_instruction(reader, Features::implemented());
  auto end = wasm::read_instruction(reader, Features::implemented());
  if (!inst || !end || end->opcode != Opcode::End) return std::nullopt;
  switch (inst->opcode) {
    case Opcode::I32Const: case Opcode::F32Const: return u32(inst->bits);
    case Opcode::I64Const: case Opcode::F64Const: return inst->bits;
    default: return std::nullopt;
  }
}

ir::Value Translator::select(ValueType type, Value first, Value second, Value condition) {
  count_operator();
  if (is_dead()) return constant(ir::type_of(type), 0);
  return folder_.select(ir::type_of(type), first, second, condition);
}

// Folding looks at what made the operands. Of dead code nothing is kept, and an operand may be of
// what was dropped: such code gives zeros.
ir::Value Translator::unary(Opcode opcode, Value x) {
  count_operator();
  if (is_dead()) return constant(info(opcode).signature.back() == 'i' ? Type::I32 : numeric_table[opcode].type, 0);
  if (opcode == Opcode::I32Eqz) return folder_.compare(Op::ICmp, Cond::Eq, x, constant(Type::I32, 0));
  if (opcode == Opcode::I64Eqz) return folder_.compare(Op::ICmp, Cond::Eq, x, constant(Type::I64, 0));
  Numeric numeric = numeric_table[opcode];
  return folder_.unary(numeric.op, numeric.type, x);
}

ir::Value Translator::binary(Opcode opcode, Value x, Value y) {
  count_operator();
  Numeric numeric = numeric_table[opcode];
  if (is_dead()) return constant(info(opcode).signature.back() == 'i' ? Type::I32 : numeric.type, 0);
  if (numeric.op == Op::ICmp || numeric.op == Op::FCmp) return folder_.compare(numeric.op, numeric.cond, x, y);
  return folder_.binary(numeric.op, numeric.type, x, y);
}

// ---------------------------------------------------------------------------- Memory, tables

ir::Value Translator::load(Opcode opcode, validate::MemArg memarg, Value address) {
  count_operator();
  Numeric access = numeric_table[opcode];
  return numbering_.add({.op = access.op,
                         .type = access.type,
                         .aux = u8(memarg.memory.raw()),
                         .a = address.raw(),
                         .b = u32(memarg.offset)},
                        State::Memory);
}

void Translator::store(Opcode opcode, validate::MemArg memarg, Value address, Value value) {
  count_operator();
  numbering_.change(State::Memory);
  builder_.append({.op = numeric_table[opcode].op,
                   .aux = u8(memarg.memory.raw()),
                   .a = address.raw(),
                   .b = value.raw(),
                   .c = u32(memarg.offset)});
}

ir::Value Translator::memory_size(MemoryIndex memory) {
  count_operator();
  return numbering_.add({.op = Op::MemorySize, .type = Type::I32, .b = memory.raw()}, State::MemorySize);
}

// A call of the runtime: `indices` are its first arguments.
ir::Value Translator::builtin(Builtin builtin, std::span<const u32> indices, std::initializer_list<Value> arguments) {
  count_operator();
  std::array<u32, 5> list;
  u32 count = 0;
  for (u32 index : indices) list[count++] = constant(Type::I32, index).raw();
  for (Value argument : arguments) list[count++] = argument.raw();
  DCHECK(info(builtin).signature.find(':') == count);
  Type type = info(builtin).signature.ends_with(":i") ? Type::I32 : Type::Void;
  u32 at = builder_.list(std::span(list).first(count));
  return builder_.append({.op = Op::CallBuiltin, .type = type, .a = u32(builtin), .b = at, .c = count});
}

ir::Value Translator::memory_grow(MemoryIndex memory, Value pages) {
  numbering_.change(State::MemorySize);
  return builtin(Builtin::MemoryGrow, {{memory.raw()}}, {pages});
}
void Translator::memory_init(DataIndex data, MemoryIndex memory, Value destination, Value source, Value count) {
  numbering_.change(State::Memory);
  builtin(Builtin::MemoryInit, {{memory.raw(), data.raw()}}, {destination, source, count});
}
void Translator::data_drop(DataIndex data) { builtin(Builtin::DataDrop, {{data.raw()}}, {}); }
void Translator::memory_copy(MemoryIndex to, MemoryIndex from, Value destination, Value source, Value count) {
  numbering_.change(State::Memory);
  builtin(Builtin::MemoryCopy, {{to.raw(), from.raw()}}, {destination, source, count});
}
void Translator::memory_fill(MemoryIndex memory, Value destination, Value value, Value count) {
  numbering_.change(State::Memory);
  builtin(Builtin::MemoryFill, {{memory.raw()}}, {destination, value, count});
}

ir::Value Translator::table_get(TableIndex table, Value index) {
  count_operator();
  return numbering_.add({.op = Op::TableGet, .type = Type::Ref, .a = index.raw(), .b = table.raw()}, State::Table);
}
void Translator::table_set(TableIndex table, Value index, Value value) {
  numbering_.change(State::Table);
  builtin(Builtin::TableSet, {{table.raw()}}, {index, value});
}
ir::Value Translator::table_size(TableIndex table) {
  count_operator();
  return numbering_.add({.op = Op::TableSize, .type = Type::I32, .b = table.raw()}, State::Table);
}
ir::Value Translator::table_grow(TableIndex table, Value value, Value count) {
  numbering_.change(State::Table);
  return builtin(Builtin::TableGrow, {{table.raw()}}, {value, count});
}
void Translator::table_fill(TableIndex table, Value start, Value value, Value count) {
  numbering_.change(State::Table);
  builtin(Builtin::TableFill, {{table.raw()}}, {start, value, count});
}
void Translator::table_init(ElemIndex elem, TableIndex table, Value destination, Value source, Value count) {
  numbering_.change(State::Table);
  builtin(Builtin::TableInit, {{table.raw(), elem.raw()}}, {destination, source, count});
}
void Translator::elem_drop(ElemIndex elem) { builtin(Builtin::ElemDrop, {{elem.raw()}}, {}); }
void Translator::table_copy(TableIndex to, TableIndex from, Value destination, Value source, Value count) {
  numbering_.change(State::Table);
  builtin(Builtin::TableCopy, {{to.raw(), from.raw()}}, {destination, source, count});
}

ir::Value Translator::ref_is_null(Value reference) {
  count_operator();
  if (is_dead()) return constant(Type::I32, 0);
  return folder_.compare(Op::ICmp, Cond::Eq, reference, constant(Type::Ref, 0));
}
ir::Value Translator::ref_func(FuncIndex function) {
  count_operator();
  return numbering_.add({.op = Op::RefFunc, .type = Type::Ref, .b = function.raw()});
}

// ------------------------------------------------------------------------------------- Calls

u32 Translator::operand_list(Operands operands) {
  u32 at = u32(function_.extra.size());
  for (const auto& operand : operands) function_.extra.push_back(operand.value.raw());
  return at;
}

void Translator::call(FuncIndex function, Operands arguments) {
  if (is_dead()) return;
  count_operator();
  numbering_.change_all();
  call_type_ = &module_.type_of(function);
  call_ = builder_.append({.op = Op::Call,
                           .type = first_result(*call_type_),
                           .a = function.raw(),
                           .b = operand_list(arguments),
                           .c = u32(arguments.size())});
  close_fuel();
}

void Translator::call_indirect(TypeIndex type, TableIndex table, Value callee, Operands arguments) {
  if (is_dead()) return;
  count_operator();
  numbering_.change_all();
  call_type_ = &module_.types[type];
  u32 at = builder_.list({{type.raw(), table.raw()}});
  operand_list(arguments);
  call_ = builder_.append({.op = Op::CallIndirect,
                           .type = first_result(*call_type_),
                           .a = callee.raw(),
                           .b = at,
                           .c = u32(arguments.size())});
  close_fuel();
}

bool Translator::call_results(Operands results) {
  if (is_dead()) return false;
  if (results.empty()) return true;
  results[0].value = call_;
  for (u32 i = 1; i < results.size(); ++i)
    results[i].value =
        builder_.append({.op = Op::CallResult, .type = ir::type_of(results[i].type), .a = call_.raw(), .b = i});
  check_budget();
  return !is_dead();
}

void Translator::return_call(FuncIndex function, Operands arguments) {
  if (is_dead()) return;
  count_operator();
  terminate({.op = Op::ReturnCall, .a = function.raw(), .b = operand_list(arguments), .c = u32(arguments.size())});
}

void Translator::return_call_indirect(TypeIndex type, TableIndex table, Value callee, Operands arguments) {
  if (is_dead()) return;
  count_operator();
  u32 at = builder_.list({{type.raw(), table.raw()}});
  operand_list(arguments);
  terminate({.op = Op::ReturnCallIndirect, .a = callee.raw(), .b = at, .c = u32(arguments.size())});
}

// -------------------------------------------------------------------------------------- Fuel

void Translator::count_for_fuel() {
  if (is_dead()) return;
  if (fuel_.is_none()) fuel_ = builder_.append({.op = Op::Fuel});
  ++function_.insts[fuel_].b;
}

}  // namespace skerry::translate
