#include "tools/disassembly.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>

#include "base/string.h"
#include "tools/command_line.h"
#include "tools/report.h"

namespace skerry::tools {
namespace {

// What a command prints; empty if it could not be run.
std::string output_of(const std::string& command) {
  std::string output;
  std::FILE* pipe = popen(command.c_str(), "re");
  if (!pipe) return output;
  char buffer[4096];
  for (usize got; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, got);
  pclose(pipe);
  return output;
}

struct Instruction {
  std::string text;
  std::vector<std::optional<u8>> bytes;  // none: where a branch goes
};

// A line of llvm-mc: "\tmov\trax, rcx      # encoding: [0x48,0x89,0xc8]"; bytes of branches may be letters instead.
std::optional<Instruction> parse_line(std::string_view line) {
  constexpr std::string_view mark = "# encoding: [";
  usize at = line.find(mark);
  if (at == line.npos) return std::nullopt;
  Instruction instruction;
  for (char c : line.substr(0, at)) instruction.text += c == '\t' ? ' ' : c;
  usize first = instruction.text.find_first_not_of(' '), last = instruction.text.find_last_not_of(' ');
  instruction.text = first == std::string::npos ? "" : instruction.text.substr(first, last + 1 - first);
  std::string_view list = line.substr(at + mark.size());
  list = list.substr(0, list.find(']'));
  while (!list.empty()) {
    std::optional<u64> byte = parse_count(list.substr(0, list.find(',')));
    instruction.bytes.push_back(byte ? std::optional(u8(*byte)) : std::nullopt);
    list.remove_prefix(std::min(list.size(), list.substr(0, list.find(',')).size() + 1));
  }
  return instruction;
}

std::vector<Instruction> disassemble(const std::string& command, std::span<const u8> code) {
  std::vector<Instruction> instructions;
  char path[] = "/tmp/skerry-objdump-XXXXXX";
  int fd = mkstemp(path);
  std::FILE* file = fd < 0 ? nullptr : fdopen(fd, "w");
  if (!file) return instructions;
  for (u8 byte : code) std::fprintf(file, "0x%02x ", byte);
  std::fclose(file);
  std::string output = output_of(
      concat(command, " --disassemble --show-encoding ", path, " 2>/dev/null"));
  unlink(path);
  for (std::string_view rest = output; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (auto instruction = parse_line(line)) instructions.push_back(std::move(*instruction));
  }
  return instructions;
}

// llvm-mc tells the distance of a jump from its end; this tells the place, as lines begin with it.
std::string with_target(std::string text, u32 end) {
  usize space = text.rfind(' ');
  if (!text.starts_with('j') || space == text.npos) return text;
  i64 distance = 0;
  const char* last = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data() + space + 1, last, distance);
  if (error != std::errc() || stop != last) return text;
  return concat(text.substr(0, space), " ", hex(u64(end + distance)));
}

}  // namespace

Disassembler Disassembler::find(std::string_view target) {
  std::string path = output_of("PATH=\"$PATH:/usr/lib/llvm-19/bin\"; command -v llvm-mc-19 || command -v llvm-mc");
  path = path.substr(0, path.find('\n'));
  if (path.empty()) report("llvm-mc-19 is not installed: instructions are shown as bytes");
  bool is_x64 = target == "x86_64";
  std::string options = is_x64 ? " --triple=x86_64 --output-asm-variant=1"
                               : concat(" --triple=", target, " --mattr=+m,+a,+f,+d,+c,+zba,+zbb,+zbs");
  return Disassembler(path.empty() ? "" : path + options, is_x64);
}

std::vector<Line> Disassembler::lines(std::span<const u8> code, std::vector<u32> stops) const {
  std::sort(stops.begin(), stops.end());
  std::vector<Line> lines;
  u32 at = 0;
  auto bytes_up_to = [&](u32 end) {
    constexpr u32 row = 16;
    while (at < end) {
      auto stop = std::upper_bound(stops.begin(), stops.end(), at);
      u32 next = std::min({end, at + row, stop == stops.end() ? end : *stop});
      lines.push_back({at, next - at, ""});
      at = next;
    }
  };
  if (!command_.empty()) {
    for (Instruction& instruction : disassemble(command_, code)) {
      // What llvm-mc could not read it left out: bytes up to where this instruction's are.
      auto found = std::search(code.begin() + at, code.end(), instruction.bytes.begin(), instruction.bytes.end(),
                               [](u8 byte, std::optional<u8> wanted) { return !wanted || *wanted == byte; });
      if (found == code.end() || instruction.bytes.empty()) break;
      bytes_up_to(u32(found - code.begin()));
      u32 size = u32(instruction.bytes.size());
      std::string text = std::move(instruction.text);
      lines.push_back({at, size, is_x64_ ? with_target(std::move(text), at + size) : std::move(text)});
      at += size;
    }
  }
  bytes_up_to(u32(code.size()));
  return lines;
}

}  // namespace skerry::tools
