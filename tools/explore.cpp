// skerry explore: a page that shows what becomes of a module's functions, stage by stage (explore_page.h).
//
// Stages are a list, in the order of the compiler: the .wasm's instructions, the IR after each stage that the compiler
// tells of, machine instructions with their registers, machine code. A line of each is [place, text] or
// [place, text, note], where the place is the byte of the .wasm that it came from, -1 for none: by it the page links
// lines of all stages.
//
//   {"module": ..., "target": ..., "left_out": n,
//    "functions": [{"index", "name", "begin", "size", "code", "stages": [{"kind", "title", "lines": [...]}]}]}

#include <algorithm>
#include <cstdio>
#include <map>

#include "base/string.h"
#include "engine/decode/decode.h"
#include "engine/ir/print.h"
#include "engine/runtime/compile.h"
#include "engine/validate/module.h"
#include "text/print.h"
#include "tools/code_notes.h"
#include "tools/commands.h"
#include "tools/engine_options.h"
#include "tools/explore_page.h"
#include "tools/files.h"
#include "tools/module_file.h"
#include "tools/report.h"

namespace skerry::tools {
namespace {

// As a string of JSON that may also stand within an element of HTML.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\', out += c;
    else if (u8(c) < 0x20 || c == '<' || c == '>' || c == '&') out += concat("\\u", hex(u8(c), 4));
    else out += c;
  }
  return out + "\"";
}

class Lines {
 public:
  void add(i64 place, std::string_view text, std::string_view note = "") {
    json_ += concat(json_.empty() ? "[" : ",[", decimal_signed(place), ",", quoted(text));
    if (!note.empty()) json_ += concat(",", quoted(note));
    json_ += ']';
  }
  const std::string& json() const { return json_; }

 private:
  std::string json_;
};

class Explorer {
 public:
  Explorer(const runtime::Engine& engine, const wasm::Module& module, const InstanceLayout& layout)
      : module_(module), compiler_(engine, module, layout, engine.settings().calls, engine.config().gear),
        printer_(module, engine.features()),
        notes_(module, layout, engine.features(), NotePlaces::No),
        disassembler_(Disassembler::find(engine.target().name())) {
    compiler_.set_watch([this](std::string_view stage, const ir::Function& function) { add_ir(stage, function); });
  }

  Result<std::string> explore(FuncIndex function) {
    stages_.clear();
    times_.clear();
    body_ = module_.functions[function].body;
    Lines wasm;
    for (const auto& line : TRY(printer_.print(function))) wasm.add(place_of(line.position), line.text);
    add_stage("wasm", "wasm", wasm);
    const codegen::CompiledFunction& compiled = *TRY(compiler_.compile(function));
    Lines instructions;
    for (const auto& inst : compiler_.listing()) instructions.add(place_of(inst.position, compiled.inlined), inst.text);
    add_stage("vcode", "registers", instructions);
    add_code(function, compiled);
    std::string name(function.raw() < module_.function_names.size() ? module_.function_names[function] : "");
    if (name.empty()) name = concat("function[", function.raw(), "]");
    return concat("{\"index\":", function.raw(), ",\"name\":", quoted(printable(name)), ",\"begin\":", body_.offset,
                  ",\"size\":", body_.size, ",\"code\":", compiled.code.size(), ",\"stages\":[", stages_, "]}");
  }

 private:
  // What comes from no instruction is told by the compiler as being at the begin of the body, or nowhere. What comes
  // from a callee that was inlined is where the call is.
  i64 place_of(u32 position, std::span<const ir::InlinedCall> inlined = {}) const {
    position = ir::position_in_function(inlined, position);
    return position > body_.offset && position < body_.offset + body_.size ? i64(position) : -1;
  }

  void add_stage(std::string_view kind, std::string_view title, const Lines& lines) {
    stages_ += concat(stages_.empty() ? "" : ",", "{\"kind\":\"", kind, "\",\"title\":", quoted(title),
                      ",\"lines\":[", lines.json(), "]}");
  }

  void add_ir(std::string_view stage, const ir::Function& function) {
    Lines lines;
    for (const ir::PrintedLine& line : ir::print_lines(function))
      lines.add(place_of(line.position, function.inlined), line.text);
    // A pass that runs again is a stage of its own.
    u32 times = ++times_.try_emplace(std::string(stage)).first->second;
    add_stage("ir", concat("IR after ", stage, times > 1 ? concat(", ", times) : ""), lines);
  }

  void add_code(FuncIndex function, const codegen::CompiledFunction& compiled) {
    std::vector<u32> stops;
    for (const codegen::TrapSite& site : compiled.traps) stops.push_back(site.offset);
    for (const codegen::CallSite& site : compiled.calls) stops.push_back(site.return_offset);
    Lines lines;
    for (const Line& line : disassembler_.lines(compiled.code, std::move(stops))) {
      auto behind = std::ranges::upper_bound(compiled.lines, line.offset, {}, &codegen::LineSite::offset);
      i64 place = behind == compiled.lines.begin() ? -1 : place_of(behind[-1].position, compiled.inlined);
      std::string text = line.text;
      if (text.empty()) {
        for (u8 byte : std::span(compiled.code).subspan(line.offset, line.size)) text += concat(hex(byte, 2), " ");
      }
      std::string offset = hex(line.offset);
      offset.insert(0, offset.size() < 5 ? 5 - offset.size() : 0, ' ');
      lines.add(place, concat(offset, "  ", text), notes_.of(function, line, compiled));
    }
    add_stage("code", "machine code", lines);
  }

  const wasm::Module& module_;
  runtime::FunctionCompiler compiler_;
  text::FunctionPrinter printer_;
  const CodeNotes notes_;
  const Disassembler disassembler_;
  wasm::ByteRange body_;  // of the function that is explored
  std::string stages_;    // its, as JSON
  std::map<std::string, u32> times_;  // that the compiler has told of a stage
};

struct Page {
  std::string html;
  usize left_out = 0;
};

// The functions up to the one that would make the page larger than the limit, but one at least.
Result<Page> make_page(const ModuleFile& file, const runtime::Engine& engine, const std::string& wanted, u64 limit) {
  wasm::Module module = TRY(wasm::decode(file.bytes, engine.features()));
  TRY(validate::validate_module(module, engine.features()));
  InstanceLayout layout = InstanceLayout::of(module);
  std::vector<FuncIndex> chosen = TRY(choose_functions(module, wanted));
  Explorer explorer(engine, module, layout);
  std::string functions;
  usize count = 0;
  for (; count < chosen.size(); ++count) {
    std::string one = TRY(explorer.explore(chosen[count]));
    if (count != 0 && functions.size() + one.size() > limit) break;
    functions += concat(count == 0 ? "" : ",\n", one);
  }
  Page page;
  page.left_out = chosen.size() - count;
  std::string name = file.name.substr(file.name.rfind('/') + 1);
  page.html = concat(explore_page_before, "{\"module\":", quoted(printable(name)), ",\"target\":",
                     quoted(engine.target().name()), ",\"left_out\":", page.left_out, ",\"functions\":[\n", functions,
                     "]}", explore_page_behind);
  return page;
}

constexpr u64 default_limit = 16 * MiB;

}  // namespace

int explore_command(Words words) {
  CommandLine line("explore", "FILE -o FILE.html",
                   "Writes a page that shows the functions of a module (.wasm, .wat, or - for standard input) as the\n"
                   "compiler sees them, stage by stage: instructions, IR, registers, machine code. One file, for any\n"
                   "browser.");
  EngineOptions options;
  std::string function, output, limit_text;
  line.text("--function", "INDEX|NAME", "this function alone", function);
  line.text("-o", "FILE", "write to FILE", output);
  line.text("--limit", "BYTES", "as many functions as fit in so much; 16M", limit_text);
  options.add_cross_to(line);
  options.add_to(line);
  std::vector<std::string_view> files;
  if (auto status = line.parse(words, Options::Anywhere, files)) return *status;
  if (files.size() != 1) return line.mistake("one module is wanted");
  if (output.empty()) return line.mistake("-o FILE is missing");
  std::optional<u64> limit = limit_text.empty() ? default_limit : parse_bytes(limit_text);
  if (!limit) return line.mistake("--limit wants a number of bytes");
  std::optional<Features> features = options.parse_features();
  if (!features) return exit_usage;
  std::optional<ModuleFile> file = read_wasm(std::string(files[0]), *features);
  if (!file) return exit_failure;
  options.lines = true;
  Result<std::shared_ptr<runtime::Engine>> engine = runtime::Engine::create(options.config());
  if (!engine) {
    report(engine.error().message);
    return exit_failure;
  }
  Result<Page> page = make_page(*file, **engine, function, *limit);
  if (!page) {
    report(file->name, page.error(), file->bytes, *features);
    return exit_failure;
  }
  if (page->left_out != 0) {
    report(concat(page->left_out, " functions are left out of the page, which would be larger than ", *limit,
                  " bytes; --function takes one of them, --limit more"));
  }
  auto written = write_file(output, {reinterpret_cast<const u8*>(page->html.data()), page->html.size()});
  if (written) return 0;
  report(written.error().message);
  return exit_failure;
}

}  // namespace skerry::tools
