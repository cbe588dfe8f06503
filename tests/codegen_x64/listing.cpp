#include "tests/codegen_x64/listing.h"

#include <gtest/gtest.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/string.h"

namespace skerry::x64 {
namespace {

std::string in_hex(std::span<const u8> bytes) {
  std::string out;
  for (u8 byte : bytes) out += concat("0x", hex(byte, 2), " ");
  return out;
}

// The lines that llvm-mc prints for these bytes, tabs as single spaces.
std::vector<std::string> disassemble(std::span<const u8> bytes) {
  std::string path = testing::TempDir() + "skerry-listing-XXXXXX";
  int fd = mkstemp(path.data());
  CHECK(fd >= 0);
  FILE* input = fdopen(fd, "w");
  for (usize at = 0; at < bytes.size(); at += 16)
    fprintf(input, "%s\n", in_hex(bytes.subspan(at, std::min<usize>(16, bytes.size() - at))).c_str());
  fclose(input);

  std::string command = "PATH=\"$PATH:/usr/lib/llvm-19/bin\"; mc=$(command -v llvm-mc-19 || command -v llvm-mc) && ";
  command += "$mc --disassemble --triple=x86_64 --output-asm-variant=1 " + path + " 2>&1";
  FILE* output = popen(command.c_str(), "r");
  CHECK(output != nullptr);
  std::vector<std::string> lines;
  char* line = nullptr;
  usize capacity = 0;
  while (getline(&line, &capacity, output) >= 0) {
    std::string text;
    for (const char* c = line; *c && *c != '#'; ++c) {  // '#' begins a comment
      bool space = *c == ' ' || *c == '\t' || *c == '\n';
      if (!space) text.push_back(*c);
      else if (!text.empty() && text.back() != ' ') text.push_back(' ');
    }
    if (text.ends_with(' ')) text.pop_back();
    if (text.empty() || text == ".text") continue;
    // The prefix lock comes on a line of its own.
    if (!lines.empty() && lines.back() == "lock") lines.back() += concat(" ", text);
    else lines.push_back(text);
  }
  free(line);
  EXPECT_EQ(pclose(output), 0) << "llvm-mc of LLVM 19 must be in PATH";
  unlink(path.c_str());
  return lines;
}

}  // namespace

Listing::Listing() {
  origin = code.new_label();
  code.bind(origin);
}

void Listing::expect(std::string_view mnemonic, std::initializer_list<std::string_view> operands) {
  std::string text(mnemonic);
  std::string_view separator = " ";
  for (std::string_view operand : operands) {
    text += concat(separator, operand);
    separator = ", ";
  }
  lines_.push_back({code.offset(), text});
}

std::string Listing::text(i64 value) { return decimal_signed(value); }

std::string Listing::text(Label target) const { return text(i64(code.offset_of(target)) - code.offset()); }

std::string Listing::text(const Mem& mem, u32 bits) const {
  static constexpr std::string_view scales[] = {"", "2*", "4*", "8*"};
  std::string_view size = bits == 8    ? "byte ptr "
                          : bits == 16 ? "word ptr "
                          : bits == 32 ? "dword ptr "
                          : bits == 64 ? "qword ptr "
                          : bits == 128 ? "xmmword ptr "
                                        : "";
  std::string out = concat(size, mem.segment == Segment::Gs ? "gs:[" : "[");
  std::string sum;
  i64 disp = mem.disp;
  if (!mem.label.is_none()) {
    sum = "rip";
    disp += i64(code.offset_of(mem.label)) - code.offset();
  }
  if (mem.base != Mem::none) sum = name(Gpr(mem.base));
  if (mem.index != Mem::none) {
    // Without a base the scale is always written.
    std::string_view scale = mem.base == Mem::none && mem.scale == Scale::By1 ? "1*" : scales[u32(mem.scale)];
    sum += concat(sum.empty() ? "" : " + ", scale, name(Gpr(mem.index)));
  }
  if (sum.empty()) sum = text(disp);
  else if (disp != 0) sum += concat(disp < 0 ? " - " : " + ", decimal(u64(disp < 0 ? -disp : disp)));
  return concat(out, sum, "]");
}

std::string Listing::mismatches() {
  code.finish();
  CHECK(!lines_.empty() && lines_.back().end == code.offset());
  std::vector<std::string> read = disassemble(code.code());
  std::string out;
  u32 start = 0, count = 0;
  for (usize i = 0; i < lines_.size() && count < 10; ++i) {
    const Line& line = lines_[i];
    std::string got = i < read.size() ? read[i] : "nothing";
    if (got != line.text) {
      auto bytes = code.code().subspan(start, line.end - start);
      out += concat(in_hex(bytes), "is \"", got, "\", not \"", line.text, "\"\n");
      ++count;
    }
    start = line.end;
  }
  if (out.empty() && read.size() != lines_.size())
    out = concat(read.size(), " instructions instead of ", lines_.size(), "\n");
  return out;
}

}  // namespace skerry::x64
