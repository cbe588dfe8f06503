#include "engine/validate/module.h"

#include <algorithm>

#include "base/string.h"
#include "engine/decode/instruction.h"
#include "engine/validate/fault.h"
#include "engine/wasm/limits.h"

namespace skerry::validate {

namespace {

// Ids of the sections that errors point at where nothing finer is known (5.5.2).
enum Section : u8 { ImportSection = 2, TableSection = 4, MemorySection = 5, GlobalSection = 6, StartSection = 8,
                    ElementSection = 9, DataSection = 11 };

class ModuleValidator {
 public:
  ModuleValidator(const wasm::Module& module, Features features)
      : module_(module), features_(features & Features::implemented()) {}

  Result<void> run() {
    TRY(tables());
    TRY(memories());
    TRY(globals());
    TRY(exports());
    TRY(start());
    TRY(elems());
    return datas();
  }

 private:
  u32 offset_of(Section section) const { return module_.section_offsets[section]; }
  u32 offset_of(std::string_view name) const {
    return u32(reinterpret_cast<const u8*>(name.data()) - module_.bytes.data());
  }
  Failure<Error> invalid(u32 offset, std::string message) const {
    return fail(ErrorCode::Invalid, offset, std::move(message));
  }

  // --------------------------------------------------------------------- Types (Core 3.2)

  Result<void> check_limits(u32 offset, const Limits& limits) const {
    if (limits.max && *limits.max < limits.min)
      return invalid(offset, concat("size minimum must not be greater than maximum: ", limits.min, " is over ",
                                    *limits.max));
    return {};
  }

  Result<void> tables() const {
    for (u32 i = 0; i < module_.tables.size(); ++i) {
      u32 offset = offset_of(i < module_.imported_tables ? ImportSection : TableSection);
      const Limits& limits = module_.tables[TableIndex(i)].type.limits;
      TRY(within(check_limits(offset, limits), "table", i));
      if (limits.min > limits::table_elements)
        return fail(ErrorCode::Limit, offset, concat("table too large: ", limits.min, " elements, the limit is ",
                                                     limits::table_elements, ", in table ", i));
      if (i == 1 && !features_.has(Feature::ReferenceTypes)) return invalid(offset, "multiple tables");
    }
    return {};
  }

  Result<void> memories() const {
    for (u32 i = 0; i < module_.memories.size(); ++i) {
      u32 offset = offset_of(i < module_.imported_memories ? ImportSection : MemorySection);
      const Limits& limits = module_.memories[MemoryIndex(i)].limits;
      if (std::max(limits.min, limits.max.value_or(0)) > limits::memory32_pages)
        return invalid(offset, concat("memory size must be at most 65536 pages (4GiB), in memory ", i));
      TRY(within(check_limits(offset, limits), "memory", i));
      if (i == 1 && !features_.has(Feature::MultiMemory)) return invalid(offset, "multiple memories");
    }
    return {};
  }

  // ----------------------------------------------------------------------- Module (Core 3.4)

  Result<void> globals() const {
    for (u32 i = 0; i < module_.globals.size(); ++i) {
      const wasm::Global& global = module_.globals[GlobalIndex(i)];
      bool imported = i < module_.imported_globals;
      if (imported && global.type.mutability == Mutability::Var && !features_.has(Feature::MutableGlobals))
        return fail(ErrorCode::Unsupported, offset_of(ImportSection),
                    concat("global ", i, ", imported and mutable, needs the feature mutable-global, which is off"));
      if (!imported) TRY(within(const_expr(global.init, global.type.value, i), "global", i));
    }
    return {};
  }

  Result<void> exports() const {
    for (const wasm::Export& item : module_.exports) {
      auto check = [&](std::string_view what, u32 count) -> Result<void> {
        if (item.index < count) return {};
        return invalid(offset_of(item.name), concat("unknown ", what, " ", item.index, ", exported as \"", item.name,
                                                    "\""));
      };
      switch (item.kind) {
        case ExternKind::Func: TRY(check("function", module_.functions.size())); break;
        case ExternKind::Table: TRY(check("table", module_.tables.size())); break;
        case ExternKind::Memory: TRY(check("memory", module_.memories.size())); break;
        case ExternKind::Global: TRY(check("global", module_.globals.size())); break;
        case ExternKind::Tag: UNREACHABLE("tags are not decoded");
      }
      if (item.kind == ExternKind::Global && !features_.has(Feature::MutableGlobals) &&
          module_.globals[GlobalIndex(item.index)].type.mutability == Mutability::Var)
        return fail(ErrorCode::Unsupported, offset_of(item.name),
                    concat("global ", item.index,
                           ", exported and mutable, needs the feature mutable-global, which is off"));
    }
    return unique_exports();
  }

  Result<void> unique_exports() const {
    const auto& exports = module_.exports;
    const auto& order = module_.exports_by_name;
    u32 first = ~u32{0};  // the first that repeats a name
    for (usize i = 1; i < order.size(); ++i) {
      if (exports[order[i - 1]].name == exports[order[i]].name) first = std::min(first, order[i]);
    }
    if (first == ~u32{0}) return {};
    std::string_view name = exports[first].name;
    return invalid(offset_of(name), concat("duplicate export name \"", name, "\""));
  }

  Result<void> start() const {
    if (module_.start.is_none()) return {};
    u32 offset = offset_of(StartSection);
    if (!module_.functions.contains(module_.start))
      return invalid(offset, concat("unknown function ", module_.start.raw(), ", the start function"));
    const FuncType& type = module_.type_of(module_.start);
    if (!type.params.empty() || !type.results.empty())
      return invalid(offset, "start function must have neither parameters nor results");
    return {};
  }

  Result<void> elems() const {
    for (u32 i = 0; i < module_.elems.size(); ++i)
      TRY(within(elem(module_.elems[ElemIndex(i)]), "element segment", i));
    return {};
  }

  Result<void> elem(const wasm::Elem& elem) const {
    u32 offset = elem.mode == wasm::SegmentMode::Active ? elem.offset.code.offset : offset_of(ElementSection);
    if (elem.mode == wasm::SegmentMode::Active) {
      if (!module_.tables.contains(elem.table)) return invalid(offset, concat("unknown table ", elem.table.raw()));
      ValueType element = module_.tables[elem.table].type.element;
      if (element != elem.type)
        return invalid(offset, concat("type mismatch: expected ", name(element), ", found ", name(elem.type)));
      TRY(const_expr(elem.offset, ValueType::I32, module_.globals.size()));
    }
    for (FuncIndex function : elem.functions) {
      if (!module_.functions.contains(function)) return invalid(offset, concat("unknown function ", function.raw()));
    }
    for (const wasm::ConstExpr& item : elem.expressions) TRY(const_expr(item, elem.type, module_.globals.size()));
    return {};
  }

  Result<void> datas() const {
    for (u32 i = 0; i < module_.datas.size(); ++i)
      TRY(within(data(module_.datas[DataIndex(i)]), "data segment", i));
    return {};
  }

  Result<void> data(const wasm::Data& data) const {
    if (data.mode != wasm::SegmentMode::Active) return {};
    if (!module_.memories.contains(data.memory))
      return invalid(data.offset.code.offset, concat("unknown memory ", data.memory.raw()));
    return const_expr(data.offset, ValueType::I32, module_.globals.size());
  }

  Result<void> within(Result<void> result, std::string_view what, u32 index) const {
    if (!result) result.error().message += concat(", in ", what, " ", index);
    return result;
  }

  // ------------------------------------------------------ Constant expressions (Core 3.3.10)

  // Globals from `globals` on are not yet defined where the expression stands.
  Result<void> const_expr(const wasm::ConstExpr& expr, ValueType expected, u32 globals) const {
    wasm::Reader reader(module_.bytes, expr.code);
    Array<ValueType> stack;
    while (true) {
      wasm::Instruction inst = TRY(wasm::read_instruction(reader, features_));
      if (inst.opcode == Opcode::End) {
        if (stack.empty()) return missing(reader, inst.offset, expected).failure();
        if (stack.size() > 1)
          return invalid(inst.offset, concat("type mismatch: expected one value, found ", stack.size()));
        if (stack[0] != expected) return mismatch(reader, inst.offset, expected, stack[0]).failure();
        return {};
      }
      if (!const_instruction(reader, inst, globals, stack)) return reader.failure();
    }
  }

  bool const_instruction(wasm::Reader& reader, const wasm::Instruction& inst, u32 globals,
                         Array<ValueType>& stack) const {
    switch (inst.opcode) {
      case Opcode::I32Const: stack.push_back(ValueType::I32); return true;
      case Opcode::I64Const: stack.push_back(ValueType::I64); return true;
      case Opcode::F32Const: stack.push_back(ValueType::F32); return true;
      case Opcode::F64Const: stack.push_back(ValueType::F64); return true;
      case Opcode::RefNull: stack.push_back(inst.type); return true;
      case Opcode::RefFunc:
        if (inst.index >= module_.functions.size())
          return unknown(reader, inst.offset, "function", inst.index, module_.functions.size());
        stack.push_back(ValueType::FuncRef);
        return true;
      case Opcode::GlobalGet: {
        // The second edition has only imports here, the third all that come before.
        if (!features_.has(Feature::Gc)) globals = std::min(globals, module_.imported_globals);
        if (inst.index >= globals) return unknown(reader, inst.offset, "global", inst.index, globals);
        GlobalType type = module_.globals[GlobalIndex(inst.index)].type;
        if (type.mutability == Mutability::Var)
          return reader.invalid(inst.offset,
                                concat("constant expression required: global ", inst.index, " is mutable"));
        stack.push_back(type.value);
        return true;
      }
      case Opcode::I32Add: case Opcode::I32Sub: case Opcode::I32Mul:
        if (features_.has(Feature::ExtendedConst)) return const_binary(reader, inst, ValueType::I32, stack);
        break;
      case Opcode::I64Add: case Opcode::I64Sub: case Opcode::I64Mul:
        if (features_.has(Feature::ExtendedConst)) return const_binary(reader, inst, ValueType::I64, stack);
        break;
      default:
        break;
    }
    return reader.invalid(inst.offset, concat("constant expression required, found ", info(inst.opcode).mnemonic));
  }

  bool const_binary(wasm::Reader& reader, const wasm::Instruction& inst, ValueType type,
                    Array<ValueType>& stack) const {
    for (int i = 0; i < 2; ++i) {
      if (stack.empty()) return missing(reader, inst.offset, type);
      if (stack.back() != type) return mismatch(reader, inst.offset, type, stack.back());
      stack.pop_back();
    }
    stack.push_back(type);
    return true;
  }

  const wasm::Module& module_;
  const Features features_;
};

}  // namespace

Result<void> validate_module(const wasm::Module& module, Features features) {
  return ModuleValidator(module, features).run();
}

}  // namespace skerry::validate
