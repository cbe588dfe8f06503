#include "engine/codegen/x64/registers.h"

namespace skerry::x64 {

std::string_view name(Gpr reg, Width width) {
  static constexpr std::string_view names[4][gpr_count] = {
      {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil",
       "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"},
      {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di",
       "r8w", "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w"},
      {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi",
       "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"},
      {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
       "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"},
  };
  return names[u32(width)][number(reg)];
}

std::string_view name(Xmm reg) {
  static constexpr std::string_view names[xmm_count] = {
      "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
      "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
  };
  return names[number(reg)];
}

std::string_view name(Condition condition) {
  static constexpr std::string_view names[16] = {
      "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g",
  };
  return names[u32(condition)];
}

}  // namespace skerry::x64
