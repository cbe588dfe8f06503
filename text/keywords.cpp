#include "text/keywords.h"

#include <algorithm>
#include <array>

namespace skerry::text {
namespace {

constexpr usize opcode_count = usize(Opcode::Count);

// The opcodes in the order of their mnemonics; those with equal ones in the table's order.
consteval std::array<Opcode, opcode_count> sort_opcodes() {
  std::array<Opcode, opcode_count> sorted;
  for (usize i = 0; i < opcode_count; ++i) sorted[i] = Opcode(i);
  std::sort(sorted.begin(), sorted.end(), [](Opcode a, Opcode b) {
    return info(a).mnemonic != info(b).mnemonic ? info(a).mnemonic < info(b).mnemonic : a < b;
  });
  return sorted;
}
constexpr std::array<Opcode, opcode_count> sorted_opcodes = sort_opcodes();

// What is no instruction: of modules first, then of scripts.
constexpr std::string_view other_keywords[] = {
    "module", "type", "func", "param", "result", "local", "import", "export", "table", "memory", "global", "elem",
    "data", "start", "offset", "item", "then", "mut", "declare", "i32", "i64", "f32", "f64", "v128", "funcref",
    "externref", "extern", "ref", "null", "shared", "before", "after", "first", "last", "code",
    "binary", "quote", "definition", "instance", "register", "invoke", "get", "assert_return", "assert_trap",
    "assert_exhaustion", "assert_invalid", "assert_malformed", "assert_unlinkable", "assert_exception",
    "ref.extern", "ref.host", "either", "nan:canonical", "nan:arithmetic", "i8x16", "i16x8", "i32x4", "i64x2",
    "f32x4", "f64x2",
};

}  // namespace

std::optional<Opcode> find_opcode(std::string_view mnemonic) {
  auto found = std::lower_bound(sorted_opcodes.begin(), sorted_opcodes.end(), mnemonic,
                                [](Opcode opcode, std::string_view word) { return info(opcode).mnemonic < word; });
  if (found == sorted_opcodes.end() || info(*found).mnemonic != mnemonic) return std::nullopt;
  return *found;
}

bool is_keyword(std::string_view word) {
  if (find_opcode(word)) return true;
  if (std::find(std::begin(other_keywords), std::end(other_keywords), word) != std::end(other_keywords)) return true;
  // offset=N and align=N are one word each (6.5.6).
  for (std::string_view prefix : {"offset=", "align="}) {
    if (!word.starts_with(prefix)) continue;
    std::string_view number = word.substr(prefix.size());
    return !number.empty() && number.find_first_not_of("0123456789") == number.npos;
  }
  return false;
}

}  // namespace skerry::text
