#include "tests/fuzz/generator.h"

#include <algorithm>
#include <string>

#include "base/string.h"
#include "tests/fuzz/generate_body.h"
#include "text/binary_writer.h"

namespace skerry::fuzz {

namespace {

using text::Section;
using text::write_opcode;
using text::write_sized;
using text::write_string;
using text::write_vector;

ValueType random_type(Random& random, bool references) {
  constexpr ValueType numbers[] = {ValueType::I32, ValueType::I32, ValueType::I64, ValueType::F32, ValueType::F64};
  if (references && random.one_in(16)) return random.one_in(2) ? ValueType::FuncRef : ValueType::ExternRef;
  return random.pick(numbers);
}

Types random_types(Random& random, u32 usual, u32 most, bool references) {
  u32 count = random.one_in(6) ? random.below(most + 1) : random.below(usual + 1);
  Types types;
  for (u32 i = 0; i < count; ++i) {
    // Runs of one type, which fill the registers of its kind.
    if (count > 8 && i > 0 && random.one_in(2)) types.push_back(types.back());
    else types.push_back(random_type(random, references));
  }
  return types;
}

Outline make_outline(Random& random, const GeneratorOptions& options) {
  Outline outline;
  u32 types = random.between(3, 12);
  for (u32 i = 0; i < types; ++i)
    outline.types.push_back({random_types(random, 4, 24, options.references),
        random_types(random, 2, 20, options.references)});
  outline.types.push_back({{ValueType::I32, ValueType::I64}, {ValueType::I32, ValueType::I64}});
  u32 functions = random.between(1, options.functions);
  for (u32 i = 0; i < functions; ++i) outline.functions.push_back(random.below(outline.types.size()));

  outline.globals.push_back({ValueType::I32, Mutability::Var});
  for (u32 count = random.below(8); count > 0; --count)
    outline.globals.push_back({random_type(random, options.references), random.one_in(4) ? Mutability::Const
        : Mutability::Var});
  outline.memories.push_back(random.one_in(16) ? 0 : random.between(1, 2));
  if (options.memories && random.one_in(4)) outline.memories.insert(outline.memories.end(), random.between(1, 2), 1);
  if (options.references) {
    for (u32 count = random.below(3); count > 0; --count) {
      Outline::Table table{random.one_in(4) ? ValueType::ExternRef : ValueType::FuncRef, random.below(17), {}};
      if (table.element == ValueType::FuncRef) {
        for (u32 i = 0; i < table.size; ++i)
          table.initial.push_back(random.one_in(6) ? std::nullopt : std::optional(random.below(functions)));
      }
      outline.tables.push_back(std::move(table));
    }
    for (u32 count = random.below(3); count > 0; --count)
      outline.elems.push_back({random.one_in(4) ? ValueType::ExternRef : ValueType::FuncRef, random.below(10)});
  }
  if (options.bulk) {
    for (u32 count = random.below(3); count > 0; --count) outline.datas.push_back(random.below(200));
  }
  if (options.imports && random.one_in(2)) {
    // At least one function is the module's own.
    outline.imported_functions = random.below(std::min(functions, 4u));
    outline.imported_globals = random.one_in(2) ? 0 : random.below(outline.globals.size() + 1);
    outline.imported_memories = random.one_in(2) ? 0 : random.below(outline.memories.size() + 1);
    outline.imported_tables = random.one_in(2) ? 0 : random.below(outline.tables.size() + 1);
  }
  constexpr u32 rates[] = {4, 20, 100, 400};
  outline.trap_rate = options.traps ? random.pick(rates) : 0;
  return outline;
}

void write_limits(std::vector<u8>& out, u32 min, u32 max) {
  out.push_back(1);
  write_leb_unsigned(out, min);
  write_leb_unsigned(out, max);
}
void write_i32(std::vector<u8>& out, i32 value) {
  write_opcode(out, Opcode::I32Const);
  write_leb_signed(out, value);
}

class ModuleGenerator {
 public:
  ModuleGenerator(u64 seed, const GeneratorOptions& options) : random_(seed), options_(options) {}

  std::vector<u8> run() {
    outline_ = make_outline(random_, options_);
    u32 all = u32(outline_.functions.size());
    std::vector<u8> out = {0, 'a', 's', 'm', 1, 0, 0, 0};

    Section types;
    for (const FuncType& type : outline_.types) {
      item(types).push_back(0x60);
      for (const Types* list : {&type.params, &type.results}) {
        write_leb_unsigned(types.bytes, list->size());
        for (ValueType value : *list) types.bytes.push_back(u8(value));
      }
    }
    put(out, 1, types);

    put(out, 2, imports());

    // Each function, then for each the one that is exported.
    Section functions;
    for (u32 copy = 0; copy < 2; ++copy)
      for (u32 i = outline_.imported_functions; i < all; ++i) write_leb_unsigned(item(functions),
          outline_.functions[i]);
    put(out, 3, functions);

    Section tables;
    for (u32 i = outline_.imported_tables; i < outline_.tables.size(); ++i) write_table(item(tables),
        outline_.tables[i]);
    put(out, 4, tables);

    Section memories;
    for (u32 i = outline_.imported_memories; i < outline_.memories.size(); ++i)
      write_memory(item(memories), outline_.memories[i]);
    put(out, 5, memories);

    put(out, 6, globals());
    put(out, 7, exports());
    put(out, 9, elems());
    if (!outline_.datas.empty()) {
      out.push_back(12);
      write_sized(out, std::vector<u8>{u8(outline_.datas.size() + 1)});
    }

    Section code;
    BodyGenerator bodies(random_, outline_, options_);
    for (u32 i = outline_.imported_functions; i < all; ++i)
      write_sized(item(code), bodies.generate(outline_.types[outline_.functions[i]],
          random_.between(8, options_.nodes)));
    for (u32 i = outline_.imported_functions; i < all; ++i) write_sized(item(code), exported_body(i));
    put(out, 10, code);
    put(out, 11, datas());
    return out;
  }

 private:
  static std::vector<u8>& item(Section& section) {
    ++section.count;
    return section.bytes;
  }
  static void put(std::vector<u8>& out, u8 id, const Section& section) {
    if (section.count == 0) return;
    std::vector<u8> contents;
    write_vector(contents, section);
    out.push_back(id);
    write_sized(out, contents);
  }

  static void write_table(std::vector<u8>& out, const Outline::Table& table) {
    out.push_back(u8(table.element));
    write_limits(out, table.size, table.size + 10);
  }
  static void write_memory(std::vector<u8>& out, u32 pages) { write_limits(out, pages, pages + 2); }

  Section imports() {
    Section section;
    auto add = [&](std::string_view name, u32 i, ExternKind kind) -> std::vector<u8>& {
      write_string(item(section), "host");
      write_string(section.bytes, concat(name, i));
      section.bytes.push_back(u8(kind));
      return section.bytes;
    };
    for (u32 i = 0; i < outline_.imported_functions; ++i)
      write_leb_unsigned(add("function", i, ExternKind::Func), outline_.functions[i]);
    for (u32 i = 0; i < outline_.imported_tables; ++i) write_table(add("table", i, ExternKind::Table),
        outline_.tables[i]);
    for (u32 i = 0; i < outline_.imported_memories; ++i)
      write_memory(add("memory", i, ExternKind::Memory), outline_.memories[i]);
    for (u32 i = 0; i < outline_.imported_globals; ++i) {
      add("global", i, ExternKind::Global).push_back(u8(outline_.globals[i].value));
      section.bytes.push_back(u8(outline_.globals[i].mutability));
    }
    return section;
  }

  Section globals() {
    Section section;
    for (u32 i = outline_.imported_globals; i < outline_.globals.size(); ++i) {
      const GlobalType& type = outline_.globals[i];
      item(section).push_back(u8(type.value));
      section.bytes.push_back(u8(type.mutability));
      switch (type.value) {
        case ValueType::I32: write_i32(section.bytes, i32(random_.next() >> random_.between(32, 63))); break;
        case ValueType::I64:
          write_opcode(section.bytes, Opcode::I64Const);
          write_leb_signed(section.bytes, i64(random_.next()));
          break;
        case ValueType::F32: case ValueType::F64: {
          bool wide = type.value == ValueType::F64;
          write_opcode(section.bytes, wide ? Opcode::F64Const : Opcode::F32Const);
          for (u32 i = 0; i < (wide ? 8 : 4); ++i) section.bytes.push_back(u8(random_.next()));
          break;
        }
        case ValueType::FuncRef:
          write_opcode(section.bytes, Opcode::RefFunc);
          write_leb_unsigned(section.bytes, random_.below(outline_.functions.size()));
          break;
        default:
          write_opcode(section.bytes, Opcode::RefNull);
          section.bytes.push_back(u8(type.value));
      }
      write_opcode(section.bytes, Opcode::End);
    }
    return section;
  }

  Section exports() {
    Section section;
    auto add = [&](std::string_view name, usize i, ExternKind kind, usize index) {
      write_string(item(section), concat(name, i));
      section.bytes.push_back(u8(kind));
      write_leb_unsigned(section.bytes, index);
    };
    usize all = outline_.functions.size(), own = all - outline_.imported_functions;
    for (usize i = 0; i < own; ++i) add("run", i, ExternKind::Func, all + i);
    for (usize i = 0; i < outline_.tables.size(); ++i) add("table", i, ExternKind::Table, i);
    for (usize i = 0; i < outline_.memories.size(); ++i) add("memory", i, ExternKind::Memory, i);
    for (usize i = 0; i < outline_.globals.size(); ++i) add("global", i, ExternKind::Global, i);
    return section;
  }

  void write_references(std::vector<u8>& out, ValueType type, const std::vector<std::optional<u32>>& functions) {
    write_leb_unsigned(out, functions.size());
    for (std::optional<u32> function : functions) {
      if (function) {
        write_opcode(out, Opcode::RefFunc);
        write_leb_unsigned(out, *function);
      } else {
        write_opcode(out, Opcode::RefNull);
        out.push_back(u8(type));
      }
      write_opcode(out, Opcode::End);
    }
  }

  // The passive ones of the outline first, then what the tables begin with, then one that
  // declares all functions.
  Section elems() {
    Section section;
    if (!options_.references) return section;
    u32 all = u32(outline_.functions.size());
    for (const Outline::Elem& elem : outline_.elems) {
      item(section).push_back(5);
      section.bytes.push_back(u8(elem.type));
      std::vector<std::optional<u32>> functions;
      for (u32 i = 0; i < elem.size; ++i) {
        bool null = elem.type == ValueType::ExternRef || random_.one_in(4);
        functions.push_back(null ? std::nullopt : std::optional(random_.below(all)));
      }
      write_references(section.bytes, elem.type, functions);
    }
    for (u32 i = 0; i < outline_.tables.size(); ++i) {
      const Outline::Table& table = outline_.tables[i];
      if (table.element != ValueType::FuncRef) continue;
      item(section).push_back(6);
      write_leb_unsigned(section.bytes, i);
      write_i32(section.bytes, 0);
      write_opcode(section.bytes, Opcode::End);
      section.bytes.push_back(u8(table.element));
      write_references(section.bytes, table.element, table.initial);
    }
    item(section).push_back(3);
    section.bytes.push_back(0);
    write_leb_unsigned(section.bytes, all);
    for (u32 i = 0; i < all; ++i) write_leb_unsigned(section.bytes, i);
    return section;
  }

  Section datas() {
    Section section;
    auto contents = [&](u32 size) {
      std::vector<u8> bytes;
      for (u32 i = 0; i < size; ++i) bytes.push_back(u8(random_.next()));
      write_sized(section.bytes, bytes);
    };
    for (u32 size : outline_.datas) {
      item(section).push_back(1);
      contents(size);
    }
    item(section).push_back(0);
    write_i32(section.bytes, 0);
    write_opcode(section.bytes, Opcode::End);
    contents(outline_.memories[0] ? random_.below(3000) : 0);
    return section;
  }

  std::vector<u8> exported_body(u32 function) {
    std::vector<u8> out = {0};
    write_i32(out, i32(random_.between(20, 300)));
    write_opcode(out, Opcode::GlobalSet);
    out.push_back(0);
    const FuncType& type = outline_.types[outline_.functions[function]];
    for (u32 i = 0; i < type.params.size(); ++i) {
      write_opcode(out, Opcode::LocalGet);
      write_leb_unsigned(out, i);
    }
    write_opcode(out, options_.tail_calls && random_.one_in(4) ? Opcode::ReturnCall : Opcode::Call);
    write_leb_unsigned(out, function);
    write_opcode(out, Opcode::End);
    return out;
  }

  Random random_;
  const GeneratorOptions& options_;
  Outline outline_;
};

}  // namespace

GeneratorOptions options_of(u64 seed) {
  GeneratorOptions options;
  options.nodes = seed % 16 == 0 ? 1500 : seed % 3 == 0 ? 60 : 200;
  options.functions = seed % 5 == 0 ? 2 : 6;
  return options;
}

std::vector<u8> generate_module(u64 seed, const GeneratorOptions& options) { return ModuleGenerator(seed,
    options).run(); }

}  // namespace skerry::fuzz
