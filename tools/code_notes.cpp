#include "tools/code_notes.h"

#include <charconv>

#include "base/string.h"
#include "engine/decode/instruction.h"
#include "tools/command_line.h"
#include "tools/report.h"

namespace skerry::tools {
namespace {

// The field of an instance at an offset from the instance register; empty where none begins.
std::string instance_field(const wasm::Module& module, const InstanceLayout& layout, u32 offset) {
  struct Named {
    u32 offset;
    std::string_view name;
  };
  constexpr Named header[] = {
      {offsetof(InstanceHeader, store), "store"},
      {offsetof(InstanceHeader, builtins), "builtins"},
      {offsetof(InstanceHeader, memory_base), "memory_base"},
      {offsetof(InstanceHeader, function_handles), "function_handles"},
      {offsetof(InstanceHeader, owner), "owner"},
  };
  for (const Named& field : header) {
    if (field.offset == offset) return std::string(field.name);
  }
  if (offset < sizeof(InstanceHeader)) return "";
  // The arrays behind the header, each up to the next.
  auto element = [&](u32 begin, usize count, usize size) -> std::optional<u32> {
    if (offset < begin || offset - begin >= count * size || (offset - begin) % 8 % size != 0) return std::nullopt;
    return u32((offset - begin) / size);
  };
  auto part = [&](u32 begin, usize size) { return (offset - begin) % size == 0 ? ".base" : ".record"; };
  if (auto i = element(layout.memories, module.memories.size(), sizeof(MemoryRef))) {
    return concat("memory ", *i, part(layout.memories, sizeof(MemoryRef)));
  }
  if (auto i = element(layout.tables, module.tables.size(), sizeof(TableRef))) {
    return concat("table ", *i, part(layout.tables, sizeof(TableRef)));
  }
  if (auto i = element(layout.functions, module.imported_functions, sizeof(FuncRecord*))) {
    return concat("record of ", function_name(module, FuncIndex(*i)));
  }
  if (auto i = element(layout.signatures, module.types.size(), sizeof(u32))) return concat("signature of type ", *i);
  if (auto i = element(layout.imported_globals, layout.imported_global_count, sizeof(GlobalCell*))) {
    return concat("cell of global ", *i);
  }
  if (auto i = element(layout.globals, module.globals.size() - layout.imported_global_count, sizeof(GlobalCell))) {
    return concat("global ", *i + layout.imported_global_count);
  }
  return "";
}

// Of an operand relative to the instance register of x86-64.
std::optional<u32> instance_offset(std::string_view text) {
  constexpr std::string_view base = "[r14";
  usize at = text.find(base);
  if (at == text.npos) return std::nullopt;
  text.remove_prefix(at + base.size());
  if (text.starts_with(']')) return 0;
  if (!text.starts_with(" + ")) return std::nullopt;
  text.remove_prefix(3);
  u32 offset = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (error != std::errc() || *end != ']') return std::nullopt;
  return offset;
}

}  // namespace

std::string function_name(const wasm::Module& module, FuncIndex function) {
  std::string text = concat("function ", function.raw());
  if (function.raw() < module.function_names.size() && !module.function_names[function].empty()) {
    text += concat(" \"", printable(module.function_names[function]), "\"");
  }
  return text;
}

std::string CodeNotes::of(FuncIndex function, const Line& line, const codegen::CompiledFunction& compiled) const {
  std::string notes;
  auto note = [&](const std::string& text) { notes += concat(notes.empty() ? "" : "; ", text); };
  u32 end = line.offset + line.size;
  for (const codegen::TrapSite& site : compiled.traps) {
    if (site.offset >= line.offset && site.offset < end) {
      if (places_ == NotePlaces::Yes) note(wasm_at(function, compiled, site.position));
      note(concat("traps: ", sentence(site.code)));
    }
  }
  for (const codegen::CallSite& site : compiled.calls) {
    if (places_ == NotePlaces::No) break;
    if (site.return_offset > line.offset && site.return_offset <= end) note(wasm_at(function, compiled, site.position));
  }
  for (const codegen::Relocation& relocation : compiled.relocations) {
    if (relocation.offset >= line.offset && relocation.offset < end) note(function_name(module_, relocation.function));
  }
  if (auto offset = instance_offset(line.text)) {
    if (std::string field = instance_field(module_, layout_, *offset); !field.empty()) note(field);
  }
  return notes;
}

// "wasm 0x33: call"
std::string CodeNotes::wasm_at(FuncIndex function, const codegen::CompiledFunction& compiled, u32 position) const {
  const ir::InlinedCall* inlined = ir::find_inlined(compiled.inlined, position);
  position = ir::position_in_wasm(compiled.inlined, position);
  std::string text = concat("wasm 0x", hex(position));
  wasm::ByteRange body = module_.functions[inlined ? inlined->function : function].body;
  u32 end = body.offset + body.size;
  if (position <= body.offset || position >= end) return text;  // not of an instruction
  wasm::Reader reader(module_.bytes, {position, end - position});
  auto instruction = wasm::read_instruction(reader, features_);
  return instruction ? concat(text, ": ", info(instruction->opcode).mnemonic) : text;
}

Result<std::vector<FuncIndex>> choose_functions(const wasm::Module& module, const std::string& wanted) {
  std::vector<FuncIndex> chosen;
  std::optional<u64> index = parse_count(wanted);
  for (u32 i = module.imported_functions; i < module.functions.size(); ++i) {
    bool has_name = i < module.function_names.size() && module.function_names[FuncIndex(i)] == wanted;
    if (wanted.empty() || index == i || (!index && has_name)) chosen.push_back(FuncIndex(i));
  }
  if (chosen.empty() && !wanted.empty()) {
    return fail(ErrorCode::Argument, concat("the module has no function of its own that is ", wanted));
  }
  return chosen;
}

}  // namespace skerry::tools
