// skerry objdump: the machine code of a module's functions, and what its bytes stand for.
//
//   function 3 "fib", wasm 0x2a, 93 bytes
//        0: 55                       push rbp
//       10: 49 8b 46 10              mov rax, qword ptr [r14 + 16]      ; memory_base
//       1c: e8 00 00 00 00           call 0                             ; wasm 0x33: call; function 3 "fib"
//       31: 0f 0b                    ud2                                ; wasm 0x40: unreachable; traps: unreachable
//
// Instructions are read by llvm-mc of LLVM 19 if it is installed; otherwise there are bytes alone, a line ending
// where something is to be told of them.

#include <charconv>
#include <cstdio>

#include "base/string.h"
#include "engine/decode/decode.h"
#include "engine/decode/instruction.h"
#include "engine/runtime/compile.h"
#include "engine/validate/module.h"
#include "tools/commands.h"
#include "tools/disassembly.h"
#include "tools/engine_options.h"
#include "tools/module_file.h"
#include "tools/report.h"

namespace skerry::tools {
namespace {

std::string function_name(const wasm::Module& module, FuncIndex function) {
  std::string text = concat("function ", function.raw());
  if (function.raw() < module.function_names.size() && !module.function_names[function].empty()) {
    text += concat(" \"", printable(module.function_names[function]), "\"");
  }
  return text;
}

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

class Dumper {
 public:
  Dumper(const wasm::Module& module, const InstanceLayout& layout, Features features, Disassembler disassembler)
      : module_(module), layout_(layout), features_(features), disassembler_(std::move(disassembler)) {}

  void print(FuncIndex function, const codegen::CompiledFunction& compiled) {
    body_ = module_.functions[function].body;
    std::printf("%s, wasm 0x%x, %zu bytes\n", function_name(module_, function).c_str(),
                body_.offset, compiled.code.size());
    std::vector<u32> stops;
    for (const codegen::TrapSite& site : compiled.traps) stops.push_back(site.offset);
    for (const codegen::CallSite& site : compiled.calls) stops.push_back(site.return_offset);
    for (const Line& line : disassembler_.lines(compiled.code, std::move(stops))) print(line, compiled);
    std::printf("\n");
  }

 private:
  void print(const Line& line, const codegen::CompiledFunction& compiled) {
    constexpr usize bytes_width = 24, text_width = 36;
    std::string bytes;
    for (u8 byte : std::span(compiled.code).subspan(line.offset, line.size)) bytes += concat(hex(byte, 2), " ");
    bytes.resize(std::max(bytes.size(), bytes_width), ' ');
    std::string text = line.text, notes = notes_of(line, compiled);
    if (!notes.empty()) {
      text.resize(std::max(text.size(), line.text.empty() ? 0 : text_width), ' ');
      text += concat("; ", notes);
    }
    std::printf("%6x: %s %s\n", line.offset, bytes.c_str(), text.c_str());
  }

  std::string notes_of(const Line& line, const codegen::CompiledFunction& compiled) const {
    std::string notes;
    auto note = [&](const std::string& text) { notes += concat(notes.empty() ? "" : "; ", text); };
    u32 end = line.offset + line.size;
    for (const codegen::TrapSite& site : compiled.traps) {
      if (site.offset >= line.offset && site.offset < end) {
        note(concat(wasm_at(site.position), "; traps: ", sentence(site.code)));
      }
    }
    for (const codegen::CallSite& site : compiled.calls) {
      if (site.return_offset > line.offset && site.return_offset <= end) note(wasm_at(site.position));
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
  std::string wasm_at(u32 position) const {
    std::string text = concat("wasm 0x", hex(position));
    u32 end = body_.offset + body_.size;
    if (position <= body_.offset || position >= end) return text;  // not of an instruction
    wasm::Reader reader(module_.bytes, {position, end - position});
    auto instruction = wasm::read_instruction(reader, features_);
    return instruction ? concat(text, ": ", info(instruction->opcode).mnemonic) : text;
  }

  // Of an operand relative to the instance register of x86-64.
  static std::optional<u32> instance_offset(std::string_view text) {
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

  const wasm::Module& module_;
  const InstanceLayout& layout_;
  const Features features_;
  const Disassembler disassembler_;
  wasm::ByteRange body_;  // of the function that is printed
};

// The functions that are meant: all of the module's own, or one by its index or name.
Result<std::vector<FuncIndex>> choose(const wasm::Module& module, const std::string& wanted) {
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

Result<void> dump(const ModuleFile& file, const runtime::Engine& engine, const std::string& wanted) {
  wasm::Module module = TRY(wasm::decode(file.bytes, engine.features()));
  TRY(validate::validate_module(module, engine.features()));
  InstanceLayout layout = InstanceLayout::of(module);
  std::vector<FuncIndex> functions = TRY(choose(module, wanted));
  runtime::FunctionCompiler compiler(engine, module, layout, engine.settings().calls);
  Dumper dumper(module, layout, engine.features(), Disassembler::find());
  for (FuncIndex function : functions) dumper.print(function, *TRY(compiler.compile(function)));
  return {};
}

}  // namespace

int objdump_command(Words words) {
  CommandLine line("objdump", "FILE",
                   "Compiles a module (.wasm, .wat, or - for standard input) and shows the machine code of its functions,\n"
                   "with the places in the .wasm, trap codes, callees and fields of the instance that it names.");
  EngineOptions options;
  std::string function;
  line.text("--function", "INDEX|NAME", "of this function alone", function);
  options.add_cross_to(line);
  options.add_to(line);
  std::vector<std::string_view> files;
  if (auto status = line.parse(words, Options::Anywhere, files)) return *status;
  if (files.size() != 1) return line.mistake("one module is wanted");
  std::optional<Features> features = options.parse_features();
  if (!features) return exit_usage;
  std::optional<ModuleFile> file = read_wasm(std::string(files[0]), *features);
  if (!file) return exit_failure;
  Result<std::shared_ptr<runtime::Engine>> engine = runtime::Engine::create(options.config());
  if (!engine) {
    report(engine.error().message);
    return exit_failure;
  }
  Result<void> done = dump(*file, **engine, function);
  if (done) return 0;
  report(file->name, done.error(), file->bytes, *features);
  return exit_failure;
}

}  // namespace skerry::tools
