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

#include <cstdio>

#include "base/string.h"
#include "engine/decode/decode.h"
#include "engine/runtime/compile.h"
#include "engine/validate/module.h"
#include "tools/code_notes.h"
#include "tools/commands.h"
#include "tools/disassembly.h"
#include "tools/engine_options.h"
#include "tools/module_file.h"
#include "tools/report.h"

namespace skerry::tools {
namespace {

class Dumper {
 public:
  Dumper(const wasm::Module& module, const InstanceLayout& layout, Features features, Disassembler disassembler)
      : module_(module), notes_(module, layout, features, NotePlaces::Yes), disassembler_(std::move(disassembler)) {}

  void print(FuncIndex function, const codegen::CompiledFunction& compiled) {
    std::printf("%s, wasm 0x%x, %zu bytes\n", function_name(module_, function).c_str(),
                module_.functions[function].body.offset, compiled.code.size());
    std::vector<u32> stops;
    for (const codegen::TrapSite& site : compiled.traps) stops.push_back(site.offset);
    for (const codegen::CallSite& site : compiled.calls) stops.push_back(site.return_offset);
    for (const Line& line : disassembler_.lines(compiled.code, std::move(stops))) print(function, line, compiled);
    std::printf("\n");
  }

 private:
  void print(FuncIndex function, const Line& line, const codegen::CompiledFunction& compiled) {
    constexpr usize bytes_width = 24, text_width = 36;
    std::string bytes;
    for (u8 byte : std::span(compiled.code).subspan(line.offset, line.size)) bytes += concat(hex(byte, 2), " ");
    bytes.resize(std::max(bytes.size(), bytes_width), ' ');
    std::string text = line.text, notes = notes_.of(function, line, compiled);
    if (!notes.empty()) {
      text.resize(std::max(text.size(), line.text.empty() ? 0 : text_width), ' ');
      text += concat("; ", notes);
    }
    std::printf("%6x: %s %s\n", line.offset, bytes.c_str(), text.c_str());
  }

  const wasm::Module& module_;
  const CodeNotes notes_;
  const Disassembler disassembler_;
};

Result<void> dump(const ModuleFile& file, const runtime::Engine& engine, const std::string& wanted) {
  wasm::Module module = TRY(wasm::decode(file.bytes, engine.features()));
  TRY(validate::validate_module(module, engine.features()));
  InstanceLayout layout = InstanceLayout::of(module);
  std::vector<FuncIndex> functions = TRY(choose_functions(module, wanted));
  runtime::FunctionCompiler compiler(engine, module, layout, engine.settings().calls, engine.config().gear);
  Dumper dumper(module, layout, engine.features(), Disassembler::find(engine.target().name()));
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
