// skerry inspect: what a module imports and exports, which features of WebAssembly it needs, and whether
// `skerry run` runs it: 0 if it does.

#include <cstdio>

#include "base/string.h"
#include "engine/decode/decode.h"
#include "engine/validate/validate.h"
#include "skerry/types.h"
#include "tools/commands.h"
#include "tools/engine_options.h"
#include "tools/module_file.h"
#include "tools/report.h"
#include "wasi/link.h"

namespace skerry::tools {
namespace {

// ------------------------------------------------------------------------------- Types as text

std::string print(std::span<const ValueType> types) {
  std::string text = "(";
  for (usize i = 0; i < types.size(); ++i) text += concat(i ? " " : "", name(types[i]));
  return text + ")";
}
std::string print(const FuncType& type) { return concat("func ", print(type.params), " -> ", print(type.results)); }
std::string print(const Limits& limits) {
  return limits.max ? concat(limits.min, " to ", *limits.max) : concat(limits.min, " or more");
}
std::string print(const MemoryType& type) { return concat("memory of ", print(type.limits), " pages"); }
std::string print(const TableType& type) { return concat("table of ", print(type.limits), " ", name(type.element)); }
std::string print(const GlobalType& type) {
  return concat("global ", type.mutability == Mutability::Var ? "mut " : "", name(type.value));
}

std::string print_extern(const wasm::Module& module, ExternKind kind, u32 index) {
  switch (kind) {
    case ExternKind::Func: return print(module.type_of(FuncIndex(index)));
    case ExternKind::Table: return print(module.tables[TableIndex(index)].type);
    case ExternKind::Memory: return print(module.memories[MemoryIndex(index)]);
    case ExternKind::Global: return print(module.globals[GlobalIndex(index)].type);
    case ExternKind::Tag: break;
  }
  return "tag";
}

// -------------------------------------------------------------------------------------- WASI

// What WASI provides: the type of a function by its names, as in wasi/preview1.def.
struct WasiFunction {
  std::string_view module, name, type;
};
std::vector<WasiFunction> wasi_functions() {
  std::vector<WasiFunction> all;
  auto note = [&](std::string_view module) {
    return [&all, module]<auto body>(std::string_view name, std::string_view type) { all.push_back({module, name, type}); };
  };
  wasi::for_each_preview1(note(wasi::preview1_module));
  wasi::for_each_unstable(note(wasi::unstable_module));
  return all;
}

bool has_type(const FuncType& found, std::string_view letters) {
  std::string text;
  auto add = [&](std::span<const ValueType> types) {
    for (ValueType type : types) text += type == ValueType::I32 ? 'i' : type == ValueType::I64 ? 'I' : '?';
  };
  add(found.params);
  text += ':';
  add(found.results);
  return text == letters;
}

enum class Provided : u8 { Yes, No, OtherType };

Provided provided(const wasm::Module& module, const wasm::Import& import, std::span<const WasiFunction> functions) {
  for (const WasiFunction& one : functions) {
    if (one.module != import.module || one.name != import.name) continue;
    bool same = import.kind == ExternKind::Func && has_type(module.type_of(FuncIndex(import.index)), one.type);
    return same ? Provided::Yes : Provided::OtherType;
  }
  return Provided::No;
}

// ---------------------------------------------------------------------------------- Features

bool is_valid(std::span<const u8> bytes, Features features) {
  Result<wasm::Module> module = wasm::decode(bytes, features);
  return module && validate::validate(*module, features);
}

// Those without which the module is not valid, though with all of `features` it is.
std::vector<FeatureInfo> needed(std::span<const u8> bytes, Features features) {
  std::vector<FeatureInfo> all;
  for (const FeatureInfo& row : feature_table) {
    Features without = features;
    without.remove(row.feature);
    if (features.has(row.feature) && !is_valid(bytes, without)) all.push_back(row);
  }
  return all;
}

// ----------------------------------------------------------------------------------- Listing

void put(const std::string& text) { std::fputs(text.c_str(), stdout); }

void print_row(const std::string& left, std::string_view right, std::string_view note) {
  constexpr usize width = 44;
  put(concat("  ", left, std::string(left.size() < width ? width - left.size() : 1, ' '), right,
             note.empty() ? "" : "    ", note, "\n"));
}

// Whether all is provided.
bool print_imports(const wasm::Module& module) {
  bool all = true;
  std::vector<WasiFunction> functions = wasi_functions();
  put("imports\n");
  for (const wasm::Import& import : module.imports) {
    Provided status = provided(module, import, functions);
    all &= status == Provided::Yes;
    print_row(printable(concat(import.module, ".", import.name)), print_extern(module, import.kind, import.index),
              status == Provided::Yes ? "" : status == Provided::No ? "NOT PROVIDED" : "PROVIDED WITH ANOTHER TYPE");
  }
  return all;
}

void print_features(std::span<const u8> bytes, Features features) {
  std::string text;
  u8 edition = 1;
  for (const FeatureInfo& row : needed(bytes, features)) {
    edition = std::max(edition, row.edition);
    if (row.edition > 1) text += concat(" ", row.flag);
  }
  put(concat("features\n  wasm", edition, text.empty() ? "" : ":", text, "\n"));
}

}  // namespace

int inspect_command(Words words) {
  CommandLine line("inspect", "FILE",
                   "Tells what a module (.wasm, .wat, or - for standard input) imports and exports, which features of\n"
                   "WebAssembly it needs, and whether `skerry run` runs it. The status is 0 if it does.");
  CommonOptions options;
  options.add_to(line);
  std::vector<std::string_view> files;
  if (auto status = line.parse(words, Options::Anywhere, files)) return *status;
  if (files.size() != 1) return line.mistake("one module is wanted");
  std::optional<Features> features = options.parse_features();
  if (!features) return exit_usage;
  std::optional<ModuleFile> file = read_wasm(std::string(files[0]), *features);
  if (!file) return exit_failure;

  Result<wasm::Module> module = wasm::decode(file->bytes, *features);
  Result<void> valid = module ? validate::validate(*module, *features) : Result<void>(module.take_failure());
  if (!module) {
    report(file->name, valid.error(), file->bytes, *features);
    put(concat("runs here\n  no: ", printable(valid.error().message), "\n"));
    return exit_failure;
  }
  put(concat(file->bytes.size(), " bytes, ", module->functions.size() - module->imported_functions, " functions\n"));
  bool all_provided = print_imports(*module);
  put("exports\n");
  for (const wasm::Export& one : module->exports) {
    print_row(one.name.empty() ? "(the empty name)" : printable(one.name), print_extern(*module, one.kind, one.index), "");
  }
  if (!valid) {
    report(file->name, valid.error(), file->bytes, *features);
    put(concat("runs here\n  no: ", printable(valid.error().message), "\n"));
    return exit_failure;
  }
  print_features(file->bytes, *features);
  put("runs here\n");
  if (all_provided) {
    put("  yes\n");
    return 0;
  }
  put("  no: imports are missing; of functions, --unknown-imports trap|default makes up for that\n");
  return exit_failure;
}

}  // namespace skerry::tools
