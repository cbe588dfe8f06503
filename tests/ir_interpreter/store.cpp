// Programs and their instances (Core 4.5).

#include "base/string.h"
#include "engine/decode/decode.h"
#include "engine/decode/instruction.h"
#include "engine/ir/verify.h"
#include "engine/validate/module.h"
#include "tests/ir_interpreter/bulk.h"
#include "tests/ir_interpreter/interpreter.h"

namespace skerry::oracle {

Result<std::unique_ptr<Program>> Program::load(std::vector<u8> bytes, Features features,
                                               const translate::Options& options) {
  auto program = std::make_unique<Program>();
  program->bytes = std::move(bytes);
  program->module = TRY(wasm::decode(program->bytes, features));
  const wasm::Module& module = program->module;
  TRY(validate::validate_module(module, features));
  translate::Scratch scratch;
  program->functions.resize(module.functions.size());
  for (FuncIndex index(module.imported_functions); index < module.functions.end_key(); index = index.next()) {
    ir::Function& function = program->functions[index];
    TRY(translate::translate_function(module, index, features, options, scratch, function));
    Result<void> verified = ir::verify(function, &module);
    if (!verified) return fail(ErrorCode::Artifact, concat("function ", index.raw(), ": ", verified.error().message));
  }
  return program;
}

std::optional<Extern> Instance::find(std::string_view name) const {
  for (const wasm::Export& item : program->module.exports) {
    if (item.name != name) continue;
    Extern found{.kind = item.kind};
    switch (item.kind) {
      case ExternKind::Func: found.function = functions[FuncIndex(item.index)]; break;
      case ExternKind::Table: found.table = tables[TableIndex(item.index)]; break;
      case ExternKind::Memory: found.memory = memories[MemoryIndex(item.index)]; break;
      case ExternKind::Global: found.global = globals[GlobalIndex(item.index)]; break;
      case ExternKind::Tag: return std::nullopt;
    }
    return found;
  }
  return std::nullopt;
}

Extern Store::add_function(FuncType type, HostFunction function) {
  functions_.push_back({std::move(type), nullptr, FuncIndex::none(), std::move(function)});
  return {.kind = ExternKind::Func, .function = u32(functions_.size() - 1)};
}
Extern Store::add_memory(MemoryType type) {
  memories_.push_back({type, std::vector<u8>(type.limits.min * page_size)});
  return {.kind = ExternKind::Memory, .memory = &memories_.back()};
}
Extern Store::add_table(TableType type) {
  tables_.push_back({type, std::vector<u32>(type.limits.min)});
  return {.kind = ExternKind::Table, .table = &tables_.back()};
}
Extern Store::add_global(GlobalType type, u64 bits) {
  globals_.push_back({type, bits});
  return {.kind = ExternKind::Global, .global = &globals_.back()};
}

namespace {

// External types match (Core 3.2.7): what is there has at least the size and at most the maximum.
bool fits(const skerry::Limits& wanted, u64 size, const std::optional<u64>& maximum) {
  return size >= wanted.min && (!wanted.max || (maximum && *maximum <= *wanted.max));
}

}  // namespace

std::optional<Error> Store::link(Instance& instance, const wasm::Import& import, const Extern& found) {
  const wasm::Module& module = instance.program->module;
  bool matches = found.kind == import.kind;
  if (matches) {
    switch (import.kind) {
      case ExternKind::Func:
        matches = functions_[found.function].type == module.type_of(FuncIndex(import.index));
        instance.functions.push(found.function);
        break;
      case ExternKind::Table: {
        const TableType& wanted = module.tables[TableIndex(import.index)].type;
        const Table& table = *found.table;
        matches = table.type.element == wanted.element && fits(wanted.limits, table.elements.size(), table.type.limits.max);
        instance.tables.push(found.table);
        break;
      }
      case ExternKind::Memory: {
        const MemoryType& wanted = module.memories[MemoryIndex(import.index)];
        matches = fits(wanted.limits, found.memory->bytes.size() / page_size, found.memory->type.limits.max);
        instance.memories.push(found.memory);
        break;
      }
      case ExternKind::Global:
        matches = found.global->type == module.globals[GlobalIndex(import.index)].type;
        instance.globals.push(found.global);
        break;
      case ExternKind::Tag: matches = false; break;
    }
  }
  if (matches) return std::nullopt;
  return Error{ErrorCode::Link, Error::no_offset, concat("incompatible import type: ", import.module, ".", import.name)};
}

u64 Store::evaluate(const Instance& instance, const wasm::ConstExpr& expression) {
  wasm::Reader reader(instance.program->module.bytes, expression.code);
  std::vector<u64> stack;
  auto binary = [&](auto compute) {
    u64 y = stack.back();
    stack.pop_back();
    stack.back() = compute(stack.back(), y);
  };
  for (;;) {
    auto inst = wasm::read_instruction(reader, Features::implemented());
    CHECK(inst);
    switch (inst->opcode) {
      case Opcode::I32Const: case Opcode::F32Const: stack.push_back(u32(inst->bits)); break;
      case Opcode::I64Const: case Opcode::F64Const: stack.push_back(inst->bits); break;
      case Opcode::GlobalGet: stack.push_back(instance.globals[GlobalIndex(inst->index)]->bits); break;
      case Opcode::RefNull: stack.push_back(0); break;
      case Opcode::RefFunc: stack.push_back(instance.functions[FuncIndex(inst->index)]); break;
      case Opcode::I32Add: binary([](u64 x, u64 y) { return u64{u32(x + y)}; }); break;
      case Opcode::I32Sub: binary([](u64 x, u64 y) { return u64{u32(x - y)}; }); break;
      case Opcode::I32Mul: binary([](u64 x, u64 y) { return u64{u32(x * y)}; }); break;
      case Opcode::I64Add: binary([](u64 x, u64 y) { return x + y; }); break;
      case Opcode::I64Sub: binary([](u64 x, u64 y) { return x - y; }); break;
      case Opcode::I64Mul: binary([](u64 x, u64 y) { return x * y; }); break;
      case Opcode::End: return stack.back();
      default: UNREACHABLE("not in a constant expression");
    }
  }
}

Instantiation Store::instantiate(const Program& program,
                                 const std::function<std::optional<Extern>(const wasm::Import&)>& resolve) {
  const wasm::Module& module = program.module;
  instances_.emplace_back();
  Instance& instance = instances_.back();
  instance.program = &program;
  for (const wasm::Import& import : module.imports) {
    std::optional<Extern> found = resolve ? resolve(import) : std::nullopt;
    if (!found) return {.error = Error{ErrorCode::Link, Error::no_offset, concat("unknown import: ", import.module, ".", import.name)}};
    if (auto error = link(instance, import, *found)) return {.error = std::move(error)};
  }
  for (MemoryIndex i(module.imported_memories); i < module.memories.end_key(); i = i.next()) {
    if (module.memories[i].limits.min > limits_.memory_pages)
      return {.error = Error{ErrorCode::Limit, Error::no_offset, "a memory larger than the store allows"}};
  }
  for (FuncIndex i(module.imported_functions); i < module.functions.end_key(); i = i.next()) {
    functions_.push_back({module.type_of(i), &instance, i, {}});
    instance.functions.push(u32(functions_.size() - 1));
  }
  for (TableIndex i(module.imported_tables); i < module.tables.end_key(); i = i.next())
    instance.tables.push(add_table(module.tables[i].type).table);
  for (MemoryIndex i(module.imported_memories); i < module.memories.end_key(); i = i.next())
    instance.memories.push(add_memory(module.memories[i]).memory);
  for (GlobalIndex i(module.imported_globals); i < module.globals.end_key(); i = i.next())
    instance.globals.push(add_global(module.globals[i].type, evaluate(instance, module.globals[i].init)).global);
  for (const wasm::Elem& elem : module.elems) {
    std::vector<u32> references;
    for (FuncIndex function : elem.functions) references.push_back(instance.functions[function]);
    for (const wasm::ConstExpr& expression : elem.expressions) references.push_back(u32(evaluate(instance, expression)));
    instance.elems.push(std::move(references));
  }
  for (const wasm::Data& data : module.datas) instance.datas.push(module.slice(data.bytes));

  // Active segments and the start function run as code would (4.5.4).
  auto failed = [&](TrapCode code) { return Instantiation{&instance, std::nullopt, Outcome::trapped(code)}; };
  for (ElemIndex i(0); i < module.elems.end_key(); i = i.next()) {
    const wasm::Elem& elem = module.elems[i];
    if (elem.mode == wasm::SegmentMode::Active) {
      u64 at = evaluate(instance, elem.offset);
      if (!copy_range(instance.tables[elem.table]->elements, at, instance.elems[i], 0, elem.size()))
        return failed(TrapCode::TableOutOfBounds);
    }
    if (elem.mode != wasm::SegmentMode::Passive) instance.elems[i].clear();
  }
  for (DataIndex i(0); i < module.datas.end_key(); i = i.next()) {
    const wasm::Data& data = module.datas[i];
    if (data.mode != wasm::SegmentMode::Active) continue;
    u64 at = evaluate(instance, data.offset);
    if (!copy_range(instance.memories[data.memory]->bytes, at, instance.datas[i], 0, data.bytes.size))
      return failed(TrapCode::MemoryOutOfBounds);
    instance.datas[i] = {};
  }
  if (!module.start.is_none()) {
    Outcome outcome = invoke(instance.functions[module.start], {});
    if (outcome.kind != Outcome::Kind::Returned) return {&instance, std::nullopt, std::move(outcome)};
  }
  return {&instance, std::nullopt, std::nullopt};
}

Outcome Store::invoke(const Instance& instance, std::string_view name, std::span<const u64> arguments) {
  std::optional<Extern> found = instance.find(name);
  CHECK(found && found->kind == ExternKind::Func);
  return invoke(found->function, arguments);
}

}  // namespace skerry::oracle
