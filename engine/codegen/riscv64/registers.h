// The operands of RISC-V instructions: registers, widths, conditions, memory operands.

#pragma once

#include <string_view>

#include "base/check.h"
#include "base/index.h"
#include "base/types.h"
#include "engine/codegen/label.h"

namespace skerry::riscv64 {

// x0 to x31 and f0 to f31, by the names that the psABI gives them. S0 is the frame pointer.
enum class Gpr : u8 {
  Zero, Ra, Sp, Gp, Tp, T0, T1, T2, S0, S1, A0, A1, A2, A3, A4, A5,
  A6, A7, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, T3, T4, T5, T6,
};

enum class Fpr : u8 {
  Ft0, Ft1, Ft2, Ft3, Ft4, Ft5, Ft6, Ft7, Fs0, Fs1, Fa0, Fa1, Fa2, Fa3, Fa4, Fa5,
  Fa6, Fa7, Fs2, Fs3, Fs4, Fs5, Fs6, Fs7, Fs8, Fs9, Fs10, Fs11, Ft8, Ft9, Ft10, Ft11,
};

constexpr u32 gpr_count = 32;
constexpr u32 fpr_count = 32;

// Kept for the assembler: jumps that are far, constants and displacements that are large go through it. It has no
// value across anything that may emit one of those, which assembler.h says of each function.
constexpr Gpr assembler_gpr = Gpr::T6;

// The number of a register as instructions spell it.
constexpr u32 number(Gpr reg) { return u32(reg); }
constexpr u32 number(Fpr reg) { return u32(reg); }

// The width of an atomic or floating-point operation, and of the integer that a float is converted from or to.
enum class Width : u8 { W32, W64 };

constexpr u32 bytes(Width width) { return width == Width::W32 ? 4 : 8; }

// What a branch tests of two registers, by its encoding (funct3). Less and GreaterEqual compare signed, Below and
// AboveEqual unsigned. x > y is y < x: there are no more than these.
enum class Condition : u8 { Equal = 0, NotEqual = 1, Less = 4, GreaterEqual = 5, Below = 6, AboveEqual = 7 };

// Holds exactly when `condition` does not.
constexpr Condition invert(Condition condition) { return Condition(u8(condition) ^ 1); }

// How a conversion of a float to an integer rounds (field rm): to nearest with ties to even, toward zero, down, up,
// to nearest with ties away from zero. Arithmetic here always rounds to nearest, ties to even.
enum class Rounding : u8 { Rne, Rtz, Rdn, Rup, Rmm };

using codegen::Label;

// Whether `value` fits the signed field of so many bits.
constexpr bool fits_signed(i64 value, u32 bits) {
  return value >= -(i64{1} << (bits - 1)) && value < i64{1} << (bits - 1);
}

// A memory operand: base + disp, which is computed in 64 bits. Instructions hold 12 bits of the displacement;
// Assembler::near() makes any operand one that they can hold.
struct Mem {
  Gpr base = Gpr::Zero;
  i32 disp = 0;

  static constexpr Mem at(Gpr base, i32 disp = 0) { return {base, disp}; }
  constexpr bool is_near() const { return fits_signed(disp, 12); }
};

// Names as assemblers write them: "a0", "fs11".
std::string_view name(Gpr reg);
std::string_view name(Fpr reg);
std::string_view name(Condition condition);  // the suffix: "ne", "geu"
std::string_view name(Rounding rounding);

}  // namespace skerry::riscv64
