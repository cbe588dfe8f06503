#include "engine/decode/decode.h"

#include <algorithm>
#include <numeric>

#include "base/string.h"
#include "engine/decode/instruction.h"
#include "engine/decode/names.h"
#include "engine/decode/reader.h"
#include "engine/wasm/limits.h"

namespace skerry::wasm {

namespace {

enum class SectionId : u8 {
  Custom, Type, Import, Function, Table, Memory, Global, Export, Start, Element, Code, Data, DataCount, Tag,
};

constexpr std::string_view section_names[] = {"custom", "type",  "import",  "function", "table", "memory",     "global",
                                              "export", "start", "element", "code",     "data",  "data count", "tag"};

// The place of each section in a module (5.5.16); custom sections stand anywhere.
constexpr u8 section_order[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};

class Decoder {
 public:
  Decoder(std::span<const u8> bytes, Features features) : features_(features & Features::implemented()) {
    module_.bytes = bytes;
  }

  Result<Module> run() {
    TRY(all());
    return std::move(module_);
  }

 private:
  // ------------------------------------------------------------------------------ Sections

  Result<void> all() {
    if (module_.bytes.size() > limits::module_bytes)
      return fail(ErrorCode::Limit, 0, concat("module too large: ", module_.bytes.size(), " bytes"));
    Reader reader(module_.bytes, {0, u32(module_.bytes.size())});
    if (TRY(reader.bits32()) != 0x6d736100) return fail(ErrorCode::Malformed, 0, "magic header not detected");
    u32 version = TRY(reader.bits32());
    if (version != 1) return fail(ErrorCode::Malformed, 4, concat("unknown binary version ", version));
    u8 last = 0;
    while (!reader.at_end()) TRY(section(reader, last));
    return finish(reader.offset());
  }

  Result<void> section(Reader& reader, u8& last) {
    u32 start = reader.offset();
    u8 id = TRY(reader.byte());
    bool known = id <= u8(SectionId::Tag);
    if (id == u8(SectionId::DataCount) && !features_.has(Feature::BulkMemory)) known = false;
    if (!known) return fail(ErrorCode::Malformed, start, concat("malformed section id ", id));
    if (id == u8(SectionId::Tag)) return reader.unsupported(start, "the tag section", Feature::Exceptions).failure();
    if (id != u8(SectionId::Custom)) {
      if (section_order[id] <= last)
        return fail(ErrorCode::Malformed, start,
                    concat("unexpected content after last section: a ", section_names[id],
                           " section that is repeated or out of order"));
      last = section_order[id];
    }
    ByteRange range = TRY(reader.byte_vector("length out of bounds"));
    Reader contents(module_.bytes, range);
    Result<void> result = this->contents(SectionId(id), contents);
    if (result && !contents.at_end())
      result = fail(ErrorCode::Malformed, contents.offset(),
                    concat("section size mismatch: ", contents.remaining(), " bytes are left over"));
    if (!result) result.error().message += concat(", in the ", section_names[id], " section");
    return result;
  }

  Result<void> contents(SectionId id, Reader& reader) {
    if (id == SectionId::Custom) return custom_section(reader);
    module_.section_offsets[u8(id)] = reader.offset();
    switch (id) {
      case SectionId::Type: return type_section(reader);
      case SectionId::Import: return import_section(reader);
      case SectionId::Function: return function_section(reader);
      case SectionId::Table: return table_section(reader);
      case SectionId::Memory: return memory_section(reader);
      case SectionId::Global: return global_section(reader);
      case SectionId::Export: return export_section(reader);
      case SectionId::Start: return start_section(reader);
      case SectionId::Element: return element_section(reader);
      case SectionId::DataCount: return data_count_section(reader);
      case SectionId::Code: return code_section(reader);
      case SectionId::Data: return data_section(reader);
      case SectionId::Custom: case SectionId::Tag: break;
    }
    UNREACHABLE("kind of section");
  }

  Result<void> finish(u32 end) {
    if (bodies_ != module_.functions.size() - module_.imported_functions)
      return fail(ErrorCode::Malformed, end, "function and code section have inconsistent lengths");
    if (module_.data_count && *module_.data_count != module_.datas.size())
      return fail(ErrorCode::Malformed, end, "data count and data section have inconsistent lengths");
    module_.declared_functions.resize(module_.functions.size());
    // At the end, since the section may stand before the functions that it names.
    for (const CustomSection& custom : module_.customs) {
      if (custom.name == "name") {
        read_names(module_, custom.bytes);
        break;
      }
    }
    return {};
  }

  Result<void> custom_section(Reader& reader) {
    if (module_.customs.size() == limits::custom_sections)
      return fail(ErrorCode::Limit, reader.offset(), concat("too many custom sections, the limit is ",
                                                            limits::custom_sections));
    std::string_view name = TRY(reader.name(limits::name_bytes));
    module_.customs.push_back({name, TRY(reader.take(reader.remaining()))});
    return {};
  }

  // --------------------------------------------------------------------------------- Types

  Result<void> type_section(Reader& reader) {
    u32 count = TRY(reader.count(limits::types, "types", 3));
    module_.types.reserve(count);
    for (u32 i = 0; i < count; ++i) module_.types.push(TRY(func_type(reader)));
    return {};
  }

  Result<FuncType> func_type(Reader& reader) {
    u32 start = reader.offset();
    u8 form = TRY(reader.byte());
    switch (form) {
      case 0x60: break;
      case 0x4e: case 0x4f: case 0x50: case 0x5e: case 0x5f:  // rec, sub final, sub, array, struct
        return reader.unsupported(start, concat("the type form 0x", hex(form)), Feature::Gc).failure();
      default:
        if (form & 0x80) return fail(ErrorCode::Malformed, start, "integer representation too long");
        return fail(ErrorCode::Malformed, start, concat("malformed type form 0x", hex(form, 2)));
    }
    FuncType type;
    type.params = TRY(value_types(reader, limits::parameters, "parameters"));
    start = reader.offset();
    type.results = TRY(value_types(reader, limits::results, "results"));
    if (type.results.size() > 1 && !features_.has(Feature::MultiValue))
      return fail(ErrorCode::Invalid, start, concat("invalid result arity: ", type.results.size(),
                                                    " results need the feature multi-value, which is off"));
    return type;
  }

  Result<std::vector<ValueType>> value_types(Reader& reader, u32 limit, std::string_view what) {
    std::vector<ValueType> types(TRY(reader.count(limit, what)));
    for (ValueType& type : types) type = TRY(read_value_type(reader, features_));
    return types;
  }

  enum class LimitsOf { Table, Memory };
  Result<Limits> read_limits(Reader& reader, LimitsOf kind) {
    Limits limits;
    u32 start = reader.offset();
    u8 flags = TRY(reader.byte());
    if (flags & 0x80) return fail(ErrorCode::Malformed, start, "integer representation too long, in limits");
    // Bits: there is a maximum, shared (memories alone), 64-bit addresses.
    if (flags > (kind == LimitsOf::Memory ? 7 : 5) || (kind == LimitsOf::Table && (flags & 2)))
      return fail(ErrorCode::Malformed, start, concat("integer too large: ", flags, " as flags of limits"));
    if (flags & 4) return reader.unsupported(start, "a 64-bit address type", Feature::Memory64).failure();
    if (flags & 2) return reader.unsupported(start, "a shared memory", Feature::Threads).failure();
    limits.min = TRY(reader.leb_u32());
    if (flags & 1) limits.max = TRY(reader.leb_u32());
    return limits;
  }

  Result<TableType> table_type(Reader& reader) {
    TableType type;
    type.element = TRY(read_reference_type(reader, features_));
    type.limits = TRY(read_limits(reader, LimitsOf::Table));
    return type;
  }

  Result<GlobalType> global_type(Reader& reader) {
    GlobalType type;
    type.value = TRY(read_value_type(reader, features_));
    u32 start = reader.offset();
    u8 mutability = TRY(reader.byte());
    if (mutability > 1) return fail(ErrorCode::Malformed, start, concat("malformed mutability ", mutability));
    type.mutability = mutability ? Mutability::Var : Mutability::Const;
    return type;
  }

  // The index of a type that there is: what comes later relies on it.
  Result<TypeIndex> type_index(Reader& reader) {
    u32 start = reader.offset();
    TypeIndex index(TRY(reader.leb_u32()));
    if (!module_.types.contains(index))
      return fail(ErrorCode::Invalid, start, concat("unknown type ", index.raw()));
    return index;
  }

  // ------------------------------------------------------------------- Imports, definitions

  Result<void> import_section(Reader& reader) {
    u32 count = TRY(reader.count(limits::imports, "imports", 4));
    module_.imports.reserve(count);
    for (u32 i = 0; i < count; ++i) {
      std::string_view module = TRY(reader.name(limits::name_bytes));
      std::string_view name = TRY(reader.name(limits::name_bytes));
      auto [kind, index] = TRY(import_item(reader));
      module_.imports.push_back({module, name, kind, index});
    }
    module_.imported_functions = module_.functions.size();
    module_.imported_tables = module_.tables.size();
    module_.imported_memories = module_.memories.size();
    module_.imported_globals = module_.globals.size();
    return {};
  }

  struct ImportItem {
    ExternKind kind;
    u32 index;
  };
  Result<ImportItem> import_item(Reader& reader) {
    u32 start = reader.offset();
    u8 kind = TRY(reader.byte());
    switch (kind) {
      case u8(ExternKind::Func):
        return ImportItem{ExternKind::Func, module_.functions.push({TRY(type_index(reader)), {}}).raw()};
      case u8(ExternKind::Table):
        TRY(room(start, module_.tables.size(), 1, limits::tables, "tables"));
        return ImportItem{ExternKind::Table, module_.tables.push({TRY(table_type(reader))}).raw()};
      case u8(ExternKind::Memory):
        TRY(room(start, module_.memories.size(), 1, limits::memories, "memories"));
        return ImportItem{ExternKind::Memory,
                          module_.memories.push({TRY(read_limits(reader, LimitsOf::Memory))}).raw()};
      case u8(ExternKind::Global):
        return ImportItem{ExternKind::Global, module_.globals.push({TRY(global_type(reader)), {}}).raw()};
      case u8(ExternKind::Tag):
        return reader.unsupported(start, "malformed import kind 4: a tag", Feature::Exceptions).failure();
      default:
        return fail(ErrorCode::Malformed, start, concat("malformed import kind ", kind));
    }
  }

  // Limits of index spaces hold for imports and definitions together.
  Result<void> room(u32 offset, u32 present, u32 more, u32 limit, std::string_view what) {
    if (u64{present} + more <= limit) return {};
    return fail(ErrorCode::Limit, offset,
                concat("too many ", what, ": ", u64{present} + more, ", the limit is ", limit));
  }
  Result<u32> definitions(Reader& reader, u32 present, u32 limit, std::string_view what, u32 item_bytes) {
    u32 start = reader.offset();
    u32 count = TRY(reader.count(limit, what, item_bytes));
    TRY(room(start, present, count, limit, what));
    return count;
  }

  Result<void> function_section(Reader& reader) {
    u32 count = TRY(definitions(reader, module_.functions.size(), limits::functions, "functions", 1));
    module_.functions.reserve(module_.functions.size() + count);
    for (u32 i = 0; i < count; ++i) module_.functions.push({TRY(type_index(reader)), {}});
    return {};
  }

  Result<void> table_section(Reader& reader) {
    u32 count = TRY(definitions(reader, module_.tables.size(), limits::tables, "tables", 3));
    for (u32 i = 0; i < count; ++i) {
      if (!reader.at_end() && reader.peek() == 0x40)
        return reader.unsupported(reader.offset(), "a table with an initial value", Feature::FunctionReferences)
            .failure();
      module_.tables.push({TRY(table_type(reader))});
    }
    return {};
  }

  Result<void> memory_section(Reader& reader) {
    u32 count = TRY(definitions(reader, module_.memories.size(), limits::memories, "memories", 2));
    for (u32 i = 0; i < count; ++i) module_.memories.push({TRY(read_limits(reader, LimitsOf::Memory))});
    return {};
  }

  Result<void> global_section(Reader& reader) {
    u32 count = TRY(definitions(reader, module_.globals.size(), limits::globals, "globals", 3));
    module_.globals.reserve(module_.globals.size() + count);
    for (u32 i = 0; i < count; ++i) {
      GlobalType type = TRY(global_type(reader));
      module_.globals.push({type, TRY(const_expr(reader))});
    }
    return {};
  }

  Result<void> export_section(Reader& reader) {
    u32 count = TRY(reader.count(limits::exports, "exports", 3));
    module_.exports.reserve(count);
    for (u32 i = 0; i < count; ++i) {
      std::string_view name = TRY(reader.name(limits::name_bytes));
      u32 start = reader.offset();
      u8 kind = TRY(reader.byte());
      if (kind == u8(ExternKind::Tag))
        return reader.unsupported(start, "malformed export kind 4: a tag", Feature::Exceptions).failure();
      if (kind > u8(ExternKind::Tag)) return fail(ErrorCode::Malformed, start, concat("malformed export kind ", kind));
      u32 index = TRY(reader.leb_u32());
      if (ExternKind(kind) == ExternKind::Func) declare(FuncIndex(index));
      if (ExternKind(kind) == ExternKind::Table && module_.tables.contains(TableIndex(index)))
        module_.tables[TableIndex(index)].is_exported = true;
      module_.exports.push_back({name, ExternKind(kind), index});
    }
    sort_exports();
    return {};
  }

  // By sorting, equal names are found as well: a hash table could be made slow by whoever chooses the names.
  void sort_exports() {
    const auto& exports = module_.exports;
    auto& order = module_.exports_by_name;
    order.resize(exports.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, [&](u32 a, u32 b) {
      auto names = exports[a].name <=> exports[b].name;
      return names != 0 ? names < 0 : a < b;
    });
  }

  Result<void> start_section(Reader& reader) {
    u32 at = reader.offset();
    module_.start = FuncIndex(TRY(reader.leb_u32()));
    // This index stands for none in a Module; no function has it.
    if (module_.start.is_none())
      return fail(ErrorCode::Invalid, at, concat("unknown function ", module_.start.raw(), ", the start function"));
    return {};
  }

  // ------------------------------------------------------------------------------- Segments

  Result<void> element_section(Reader& reader) {
    u32 count = TRY(reader.count(limits::elem_segments, "element segments", 3));
    module_.elems.reserve(count);
    for (u32 i = 0; i < count; ++i) module_.elems.push(TRY(elem(reader)));
    return {};
  }

  Result<Elem> elem(Reader& reader) {
    // Bits of the number in front of a segment (5.5.12). An active segment has a table index
    // if the second is set, where a passive one is then declarative.
    constexpr u32 not_active = 1, second = 2, expressions = 4;
    u32 start = reader.offset();
    u32 flags = TRY(reader.leb_u32());
    if (flags != 0 && !features_.has(Feature::BulkMemory))
      return reader.unsupported(start, concat("unknown table ", flags, ": a segment with flags"), Feature::BulkMemory)
          .failure();
    if (flags > 7) return fail(ErrorCode::Malformed, start, concat("malformed elements segment kind ", flags));
    Elem elem;
    if (flags & not_active) {
      elem.mode = flags & second ? SegmentMode::Declarative : SegmentMode::Passive;
    } else {
      elem.mode = SegmentMode::Active;
      elem.table = TableIndex(flags & second ? TRY(reader.leb_u32()) : 0);
      elem.offset = TRY(const_expr(reader));
    }
    // The first form, of the first edition, has neither a kind nor a type.
    if (flags & (not_active | second)) {
      if (flags & expressions) {
        elem.type = TRY(read_reference_type(reader, features_));
      } else {
        start = reader.offset();
        u8 kind = TRY(reader.byte());
        if (kind != 0) return fail(ErrorCode::Malformed, start, concat("malformed element kind ", kind));
      }
    }
    u32 count = TRY(reader.count(limits::table_elements, "elements"));
    if (flags & expressions) {
      elem.expressions.resize(count);
      for (ConstExpr& item : elem.expressions) item = TRY(const_expr(reader));
    } else {
      elem.functions.resize(count);
      for (FuncIndex& item : elem.functions) {
        item = FuncIndex(TRY(reader.leb_u32()));
        declare(item);
      }
    }
    return elem;
  }

  Result<void> data_count_section(Reader& reader) {
    module_.data_count = TRY(reader.leb_u32());
    return {};
  }

  Result<void> data_section(Reader& reader) {
    u32 start = reader.offset();
    u32 count = TRY(reader.count(limits::data_segments, "data segments", 2));
    if (module_.data_count && *module_.data_count != count)
      return fail(ErrorCode::Malformed, start, "data count and data section have inconsistent lengths");
    module_.datas.reserve(count);
    for (u32 i = 0; i < count; ++i) module_.datas.push(TRY(data(reader)));
    return {};
  }

  Result<Data> data(Reader& reader) {
    u32 start = reader.offset();
    u32 flags = TRY(reader.leb_u32());
    if (flags != 0 && !features_.has(Feature::BulkMemory))
      return reader.unsupported(start, concat("unknown memory ", flags, ": a segment with flags"), Feature::BulkMemory)
          .failure();
    if (flags > 2) return fail(ErrorCode::Malformed, start, concat("malformed data segment kind ", flags));
    Data data;
    if (flags != 1) {
      data.mode = SegmentMode::Active;
      data.memory = MemoryIndex(flags == 2 ? TRY(reader.leb_u32()) : 0);
      data.offset = TRY(const_expr(reader));
    }
    data.bytes = TRY(reader.byte_vector());
    return data;
  }

  // ----------------------------------------------------------------------------------- Code

  Result<void> code_section(Reader& reader) {
    u32 start = reader.offset();
    module_.code_section = {start, reader.remaining()};
    u32 count = TRY(reader.count(limits::functions, "bodies", 3));
    if (count != module_.functions.size() - module_.imported_functions)
      return fail(ErrorCode::Malformed, start, "function and code section have inconsistent lengths");
    for (u32 i = 0; i < count; ++i) {
      FuncIndex function(module_.imported_functions + i);
      Result<ByteRange> range = body(reader);
      if (!range) {
        range.error().message += concat(", in function ", function.raw());
        return range.take_failure();
      }
      module_.functions[function].body = *range;
    }
    bodies_ = count;
    return {};
  }

  Result<ByteRange> body(Reader& reader) {
    u32 start = reader.offset();
    ByteRange range = TRY(reader.byte_vector());
    if (range.size > limits::function_body_bytes)
      return fail(ErrorCode::Limit, start,
                  concat("function body too large: ", range.size, " bytes, the limit is ",
                         limits::function_body_bytes));
    return range;
  }

  // Finds the end of a constant expression. Any instruction may stand there as far as the
  // grammar goes, blocks with ends of their own too.
  Result<ConstExpr> const_expr(Reader& reader) {
    u32 start = reader.offset();
    for (u32 depth = 1; depth > 0;) {
      Instruction inst = TRY(read_instruction(reader, features_));
      if (inst.opcode == Opcode::End) --depth;
      if (info(inst.opcode).immediates == Immediates::BlockType) ++depth;
      if (inst.opcode == Opcode::RefFunc) declare(FuncIndex(inst.index));
    }
    return ConstExpr{{start, reader.offset() - start}};
  }

  // An index that there is not is reported by validate_module.
  void declare(FuncIndex function) {
    BitSet& declared = module_.declared_functions;
    if (declared.size() < module_.functions.size()) declared.resize(module_.functions.size());
    if (function.raw() < declared.size()) declared.insert(function.raw());
  }

  const Features features_;
  Module module_;
  u32 bodies_ = 0;
};

}  // namespace

Result<Module> decode(std::span<const u8> bytes, Features features) { return Decoder(bytes, features).run(); }

}  // namespace skerry::wasm
