// The operands of x86-64 instructions: registers, widths, conditions, memory operands.

#pragma once

#include <string_view>

#include "base/check.h"
#include "base/index.h"
#include "base/types.h"
#include "engine/codegen/label.h"

namespace skerry::x64 {

enum class Gpr : u8 { Rax, Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi, R8, R9, R10, R11, R12, R13, R14, R15 };

enum class Xmm : u8 {
  Xmm0, Xmm1, Xmm2, Xmm3, Xmm4, Xmm5, Xmm6, Xmm7, Xmm8, Xmm9, Xmm10, Xmm11, Xmm12, Xmm13, Xmm14, Xmm15
};

constexpr u32 gpr_count = 16;
constexpr u32 xmm_count = 16;

// The number of a register as ModRM, REX and VEX spell it.
constexpr u32 number(Gpr reg) { return u32(reg); }
constexpr u32 number(Xmm reg) { return u32(reg); }

// The width of an integer operation. W32 clears bits 63:32 of its register, W8 and W16 keep the rest.
enum class Width : u8 { W8, W16, W32, W64 };

constexpr u32 bytes(Width width) { return 1u << u32(width); }

// The condition codes of jcc, setcc and cmovcc, by their encoding (SDM volume 1, appendix B). Less and Greater
// compare signed, Below and Above unsigned. ucomiss and ucomisd set Parity for unordered.
enum class Condition : u8 {
  Overflow, NotOverflow, Below, AboveEqual, Equal, NotEqual, BelowEqual, Above,
  Sign, NotSign, Parity, NotParity, Less, GreaterEqual, LessEqual, Greater,
};

// Holds exactly when `condition` does not.
constexpr Condition invert(Condition condition) { return Condition(u8(condition) ^ 1); }

// The condition that `cmp y, x` must test where `cmp x, y` tested this one.
constexpr Condition commute(Condition condition) {
  switch (condition) {
    case Condition::Below: return Condition::Above;
    case Condition::Above: return Condition::Below;
    case Condition::BelowEqual: return Condition::AboveEqual;
    case Condition::AboveEqual: return Condition::BelowEqual;
    case Condition::Less: return Condition::Greater;
    case Condition::Greater: return Condition::Less;
    case Condition::LessEqual: return Condition::GreaterEqual;
    case Condition::GreaterEqual: return Condition::LessEqual;
    case Condition::Equal:
    case Condition::NotEqual: return condition;
    default: UNREACHABLE("the sign, parity and overflow of a comparison do not commute");
  }
}

using codegen::Label;

enum class Scale : u8 { By1, By2, By4, By8 };
enum class Segment : u8 { None, Gs };

// What is done with the sum of base, index and displacement: Wraps cuts it to 32 bits, as the address-size prefix
// has it, before a segment's base is added.
enum class Sum : u8 { Whole, Wraps };

// A memory operand. Addresses are computed in 64 bits, but where the sum wraps; an index register is not extended.
//
//   Mem::at(Gpr::Rbp, -8)                                [rbp - 8]
//   Mem::at(Gpr::Rcx, 16).gs()                           gs:[rcx + 16]
//   Mem::indexed(Gpr::Rax, Gpr::Rcx, Scale::By8, 4)      [rax + rcx*8 + 4]
//   Mem::scaled(Gpr::Rcx, Scale::By4, 4)                 [rcx*4 + 4]
//   Mem::indexed(Gpr::Rax, Gpr::Rcx).gs().wraps()        gs:[eax + ecx]
//   Mem::absolute(40).gs()                               gs:[40]
//   Mem::rip(label)                                      [rip + (label - end of instruction)]
struct Mem {
  static constexpr u8 none = 0xff;

  i32 disp = 0;
  Label label;      // of a rip-relative operand, else none
  u8 base = none;   // register number, or none
  u8 index = none;  // register number other than rsp's, or none
  Scale scale = Scale::By1;
  Segment segment = Segment::None;
  Sum sum = Sum::Whole;

  static constexpr Mem at(Gpr base, i32 disp = 0) {
    Mem mem;
    mem.disp = disp;
    mem.base = u8(base);
    return mem;
  }
  static constexpr Mem indexed(Gpr base, Gpr index, Scale scale = Scale::By1, i32 disp = 0) {
    DCHECK(index != Gpr::Rsp);
    Mem mem = at(base, disp);
    mem.index = u8(index);
    mem.scale = scale;
    return mem;
  }
  static constexpr Mem scaled(Gpr index, Scale scale, i32 disp = 0) {
    DCHECK(index != Gpr::Rsp);
    Mem mem = absolute(disp);
    mem.index = u8(index);
    mem.scale = scale;
    return mem;
  }
  static constexpr Mem absolute(i32 disp) {
    Mem mem;
    mem.disp = disp;
    return mem;
  }
  static constexpr Mem rip(Label label, i32 disp = 0) {
    Mem mem = absolute(disp);
    mem.label = label;
    return mem;
  }
  constexpr Mem gs() const {
    Mem mem = *this;
    mem.segment = Segment::Gs;
    return mem;
  }
  constexpr Mem wraps() const {
    Mem mem = *this;
    mem.sum = Sum::Wraps;
    return mem;
  }
};

// Names as assemblers write them: name(Gpr::R8, Width::W32) is "r8d".
std::string_view name(Gpr reg, Width width = Width::W64);
std::string_view name(Xmm reg);
std::string_view name(Condition condition);  // the suffix: "ne", "ae"

}  // namespace skerry::x64
