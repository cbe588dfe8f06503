#include "tests/codegen_riscv64/listing.h"

#include <algorithm>

#include "base/string.h"
#include "tests/support/llvm_mc.h"

namespace skerry::riscv64 {

void Listing::expect(std::string_view mnemonic, std::initializer_list<std::string_view> operands) {
  std::string text(mnemonic);
  std::string_view separator = " ";
  for (std::string_view operand : operands) {
    text += concat(separator, operand);
    separator = ", ";
  }
  lines_.push_back(std::move(text));
}

std::string Listing::text(i64 value) { return decimal_signed(value); }

std::string Listing::text(const Mem& mem) { return concat(text(i64(mem.disp)), "(", name(mem.base), ")"); }

std::string Listing::mismatches() {
  constexpr std::string_view machine = "--triple=riscv64 --mattr=+m,+a,+f,+d,+c,+zba,+zbb,+zbs";
  code.finish();
  std::span<const u8> rest = code.code();
  auto encodings = tests::assemble(lines_, machine);
  std::vector<u8> theirs;
  std::string out;
  u32 count = 0;
  for (usize i = 0; i < lines_.size() && count < 10; ++i) {
    if (i >= encodings.size()) return out + concat("llvm-mc does not know \"", lines_[i], "\" or one before\n");
    theirs.insert(theirs.end(), encodings[i].begin(), encodings[i].end());
    u32 length = rest.empty() ? 0 : (rest[0] & 3) == 3 ? 4 : 2;
    std::span<const u8> ours = rest.first(std::min<usize>(length, rest.size()));
    rest = rest.subspan(ours.size());
    if (std::ranges::equal(ours, encodings[i])) continue;
    out += concat("\"", lines_[i], "\" is ", tests::in_hex(ours), "and not ", tests::in_hex(encodings[i]), "\n");
    ++count;
  }
  if (!rest.empty()) out += concat(rest.size(), " bytes more than expected\n");
  if (tests::disassemble(code.code(), machine) != tests::disassemble(theirs, machine)) out += "they read differently\n";
  return out;
}

}  // namespace skerry::riscv64
