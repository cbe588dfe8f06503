#include "tests/codegen_x64/listing.h"

#include "base/string.h"
#include "tests/support/llvm_mc.h"

namespace skerry::x64 {
namespace {

std::vector<std::string> disassemble(std::span<const u8> bytes) {
  std::vector<std::string> lines;
  for (std::string& line : tests::disassemble(bytes, "--triple=x86_64 --output-asm-variant=1")) {
    // The prefix lock comes on a line of its own.
    if (!lines.empty() && lines.back() == "lock") lines.back() += concat(" ", line);
    else lines.push_back(std::move(line));
  }
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
  Width width = mem.sum == Sum::Wraps ? Width::W32 : Width::W64;
  i64 disp = mem.disp;
  if (!mem.label.is_none()) {
    sum = "rip";
    disp += i64(code.offset_of(mem.label)) - code.offset();
  }
  if (mem.base != Mem::none) sum = name(Gpr(mem.base), width);
  if (mem.index != Mem::none) {
    // Without a base the scale is always written.
    std::string_view scale = mem.base == Mem::none && mem.scale == Scale::By1 ? "1*" : scales[u32(mem.scale)];
    sum += concat(sum.empty() ? "" : " + ", scale, name(Gpr(mem.index), width));
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
      out += concat(tests::in_hex(bytes), "is \"", got, "\", not \"", line.text, "\"\n");
      ++count;
    }
    start = line.end;
  }
  if (out.empty() && read.size() != lines_.size())
    out = concat(read.size(), " instructions instead of ", lines_.size(), "\n");
  return out;
}

}  // namespace skerry::x64
