#include "tests/isas/disassemble.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "base/string.h"
#include "tests/support/process.h"

namespace skerry::tests {

namespace {

struct Line {
  u32 offset;
  u32 size;
  std::string text;
};

struct Syntax {
  std::string_view isa;
  std::vector<std::string> options;
  bool counts_from_end;  // distances are from the end of the instruction
  std::regex jump;       // its last operand is a distance
  std::regex instance_field;
  std::string field_begin, field_end;
  std::regex trap;
};

const Syntax& syntax_of(std::string_view isa) {
  static const Syntax all[] = {
      {"x86_64", {"--triple=x86_64", "--output-asm-variant=1"}, true, std::regex("^(j[a-z]+|call) (-?\\d+)$"),
       std::regex("\\[r14(?: \\+ (\\d+))?\\]"), "[r14 + ", "]", std::regex("ud2")},
      {"riscv64", {"--triple=riscv64", "--mattr=+m,+a,+f,+d,+c,+zba,+zbb,+zbs"}, false,
       std::regex("^(j|jal|b(?:eq|ne|lt|ge|le|gt)[uz]*) (?:.*, )?(-?\\d+)$"), std::regex("\\b(\\d+)\\(s1\\)"), "", "(s1)", std::regex("unimp")},
  };
  for (const Syntax& syntax : all) if (syntax.isa == isa) return syntax;
  UNREACHABLE("no such ISA");
}

std::vector<Line> read_lines(const Syntax& syntax, std::span<const u8> code, u32 offset) {
  std::string bytes;
  for (u8 byte : code) bytes += concat("0x", hex(byte), " ");
  std::vector<std::string> command = {"llvm-mc", "--disassemble", "--show-encoding"};
  if (run_process({"llvm-mc-19", "--version"}).status == 0) command[0] = "llvm-mc-19";
  command.insert(command.end(), syntax.options.begin(), syntax.options.end());
  Outcome outcome = run_process(command, bytes);
  static const std::regex form("^\\s*(.*?)\\s*[#;] encoding: \\[(.*)\\]$");
  std::vector<Line> lines;
  for (usize at = 0; at < outcome.out.size();) {
    usize end = std::min(outcome.out.find('\n', at), outcome.out.size());
    std::string text = outcome.out.substr(at, end - at);
    at = end + 1;
    std::smatch match;
    if (!std::regex_match(text, match, form)) continue;
    std::string encoding = match[2];
    u32 size = u32(std::count(encoding.begin(), encoding.end(), ',')) + 1;
    std::string plain = std::regex_replace(match[1].str(), std::regex("\\s+"), " ");
    lines.push_back({offset, size, plain});
    offset += size;
  }
  return lines;
}

std::string field_name(const wasm::Module& module, const InstanceLayout& layout, u32 offset) {
  constexpr std::pair<usize, std::string_view> header[] = {
      {offsetof(InstanceHeader, store), "store"}, {offsetof(InstanceHeader, builtins), "builtins"},
      {offsetof(InstanceHeader, memory_base), "memory_base"},
      {offsetof(InstanceHeader, function_handles), "function_handles"}};
  for (auto [at, name] : header) if (at == offset) return std::string(name);
  for (MemoryIndex i(0); i < module.memories.end_key(); i = i.next()) {
    if (offset == layout.memory(i) + offsetof(MemoryRef, base)) return concat("memory", i.raw(), ".base");
    if (offset == layout.memory(i) + offsetof(MemoryRef, record)) return concat("memory", i.raw(), ".record");
  }
  for (TableIndex i(0); i < module.tables.end_key(); i = i.next()) {
    if (offset == layout.table(i) + offsetof(TableRef, base)) return concat("table", i.raw(), ".base");
    if (offset == layout.table(i) + offsetof(TableRef, record)) return concat("table", i.raw(), ".record");
  }
  for (FuncIndex i(0); i.raw() < module.imported_functions; i = i.next())
    if (offset == layout.imported_function(i)) return concat("function", i.raw());
  for (TypeIndex i(0); i < module.types.end_key(); i = i.next())
    if (offset == layout.signature(i)) return concat("signature", i.raw());
  for (GlobalIndex i(0); i < module.globals.end_key(); i = i.next())
    if (offset == (layout.is_imported(i) ? layout.imported_global(i) : layout.global(i))) return concat("global", i.raw());
  return decimal(offset);
}

// Of a jump within the function: not of one that a relocation is for.
std::optional<u32> target_of(const Syntax& syntax, const codegen::CompiledFunction& code, const Line& line) {
  for (const codegen::Relocation& relocation : code.relocations)
    if (relocation.offset >= line.offset && relocation.offset < line.offset + line.size) return std::nullopt;
  std::smatch match;
  if (!std::regex_match(line.text, match, syntax.jump)) return std::nullopt;
  return line.offset + (syntax.counts_from_end ? line.size : 0) + u32(std::stol(match[2]));
}

// What a line refers to beside the code, by the line before it where it takes two.
std::optional<u32> data_of(const Line& before, const Line& line) {
  static const std::regex rip("\\[rip (\\+|-) (\\d+)\\]");
  static const std::regex high("auipc (\\w+), (\\d+)"), low("(?:addi|ld) \\w+, (?:(\\w+), (-?\\d+)|(-?\\d+)\\((\\w+)\\))"),
      low_float("f(?:lw|ld) \\w+, (-?\\d+)\\((\\w+)\\)");
  std::smatch match, first;
  if (std::regex_search(line.text, match, rip)) return line.offset + line.size + u32(std::stol(match[2])) * (match[1] == "+" ? 1 : -1);
  if (!std::regex_match(before.text, first, high)) return std::nullopt;
  i64 base = before.offset + (std::stol(first[2]) << 12);
  if (std::regex_match(line.text, match, low)) return u32(base + std::stol(match[2].matched ? match[2] : match[3]));
  if (std::regex_match(line.text, match, low_float)) return u32(base + std::stol(match[1]));
  return std::nullopt;
}

bool matches(const Line& line, const char* pattern) { return std::regex_match(line.text, std::regex(pattern)); }

// How many lines make the frame.
usize prologue(const std::vector<Line>& lines) {
  usize at = 0;
  auto skip = [&](const char* pattern) {
    if (at < lines.size() && matches(lines[at], pattern)) return ++at != 0;
    return false;
  };
  if (skip("push rbp")) {
    skip("mov rbp, rsp");
    if (skip("mov r11, qword ptr \\[r14\\]")) {
      skip("lea r10, \\[rsp - \\d+\\]");
      skip("cmp (rsp|r10), qword ptr \\[r11\\]");
      skip("jb -?\\d+");
    }
    skip("sub rsp, \\d+");
  } else if (skip("addi sp, sp, -\\d+")) {
    skip("sd ra, \\d+\\(sp\\)");
    skip("sd s0, \\d+\\(sp\\)");
    skip("(addi s0, sp, \\d+|mv s0, sp)");
    if (skip("ld t2, 0\\(s1\\)")) {
      skip("ld t2, 0\\(t2\\)");
      skip("bltu sp, t2, \\d+");
    }
  }
  return at;
}

}  // namespace

std::string disassemble(std::string_view isa, const codegen::CompiledFunction& code, const wasm::Module& module,
                        const InstanceLayout& layout) {
  const Syntax& syntax = syntax_of(isa);
  // Code ends where data begins that it refers to, and goes on where it jumps to next behind that.
  std::vector<Line> lines;
  std::set<u32> targets, data;
  usize kept = 0, first = 0;
  for (u32 at = 0; at < code.code.size();) {
    bool met_data = false;
    for (const Line& line : read_lines(syntax, std::span(code.code).subspan(at), at)) {
      if (data.contains(line.offset)) {
        met_data = true;
        break;
      }
      if (lines.empty()) lines.push_back({});
      if (auto refers = data_of(lines.back(), line)) data.insert(*refers);
      lines.push_back(line);
    }
    if (first == 0) {
      lines.erase(lines.begin());
      first = prologue(lines);
    }
    for (; kept < lines.size(); ++kept)
      if (auto target = target_of(syntax, code, lines[kept]); target && kept >= first) targets.insert(*target);
    if (!met_data) break;
    auto next = targets.upper_bound(lines.back().offset + lines.back().size);
    if (next == targets.end()) break;
    at = *next;
  }

  std::map<u32, std::string> calls;
  for (const codegen::Relocation& relocation : code.relocations) calls[relocation.offset] = concat("function", relocation.function.raw());
  auto label = [&](u32 offset) { return concat("L", std::distance(targets.begin(), targets.find(offset))); };
  std::string out;
  bool goes_on = true;  // from the line before
  for (usize i = first; i < lines.size(); ++i) {
    const Line& line = lines[i];
    std::string text = line.text;
    bool is_target = targets.contains(line.offset);
    if (is_target) out += concat(label(line.offset), ":\n");
    // What undoes the frame, and what only the comparison of the stack jumps to, or nothing
    if (matches(line, "(leave|pop rbp|ld ra, \\d+\\(sp\\)|ld s0, \\d+\\(sp\\)|addi sp, sp, \\d+|int3)")) continue;
    if (!goes_on && !is_target && std::regex_match(text, syntax.trap)) continue;
    auto call = calls.lower_bound(line.offset);
    if (call != calls.end() && call->first < line.offset + line.size) {
      text = concat(text.substr(0, text.find_last_of(" ,")), ' ', call->second);
    } else if (auto target = target_of(syntax, code, line)) {
      text = concat(text.substr(0, text.find_last_of(' ') + 1), label(*target));
    }
    std::smatch match;
    if (std::regex_search(text, match, syntax.instance_field)) {
      u32 offset = match[1].matched ? u32(std::stol(match[1])) : 0;
      text = concat(match.prefix().str(), syntax.field_begin, field_name(module, layout, offset), syntax.field_end, match.suffix().str());
    }
    out += concat("  ", text, '\n');
    goes_on = !(text == "ret" || text.starts_with("jmp") || text.starts_with("j ") || text.starts_with("jr ") || std::regex_match(text, syntax.trap));
  }
  return out;
}

}  // namespace skerry::tests
