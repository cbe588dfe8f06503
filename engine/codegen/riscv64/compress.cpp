#include "engine/codegen/riscv64/compress.h"

#include <utility>

#include "engine/codegen/riscv64/insts.h"
#include "engine/codegen/riscv64/registers.h"

namespace skerry::riscv64 {
namespace {

constexpr u32 sp = 2;

// A copy of the bits [high:low] of x, as a field that begins at bit `at`.
constexpr u32 field(u32 x, u32 high, u32 low, u32 at) { return (x >> low & ((2u << (high - low)) - 1)) << at; }

// Formats with three bits for a register have x8 to x15.
constexpr bool is_short(u32 reg) { return (reg & 0x18) == 8; }
constexpr u32 at7(u32 reg) { return (reg & 7) << 7; }
constexpr u32 at2(u32 reg) { return (reg & 7) << 2; }

constexpr u16 inst(u32 funct3, u32 quadrant, u32 fields) { return u16(funct3 << 13 | fields | quadrant); }
// Format CI: a register, and a signed immediate of 6 bits.
constexpr u16 ci(u32 funct3, u32 reg, u32 imm) {
  return inst(funct3, 1, field(imm, 5, 5, 12) | reg << 7 | field(imm, 4, 0, 2));
}
// Format CB: a short register, and 6 bits.
constexpr u16 cb(u32 funct2, u32 reg, u32 imm) {
  return inst(4, 1, field(imm, 5, 5, 12) | funct2 << 10 | at7(reg) | field(imm, 4, 0, 2));
}
// Format CA: two short registers; `funct` is bit 12 and bits 6:5.
constexpr u16 ca(u32 funct, u32 reg, u32 other) {
  return inst(4, 1, field(funct, 2, 2, 12) | 3 << 10 | at7(reg) | field(funct, 1, 0, 5) | at2(other));
}
// Format CR.
constexpr u16 cr(u32 funct4, u32 reg, u32 other) { return u16(funct4 << 12 | reg << 7 | other << 2 | 2); }

// Displacements of words and doublewords: from sp for loads and for stores, and from a short register.
constexpr u32 load_sp4(u32 d) { return field(d, 5, 5, 12) | field(d, 4, 2, 4) | field(d, 7, 6, 2); }
constexpr u32 load_sp8(u32 d) { return field(d, 5, 5, 12) | field(d, 4, 3, 5) | field(d, 8, 6, 2); }
constexpr u32 store_sp4(u32 d) { return field(d, 5, 2, 9) | field(d, 7, 6, 7); }
constexpr u32 store_sp8(u32 d) { return field(d, 5, 3, 10) | field(d, 8, 6, 7); }
constexpr u32 short4(u32 d) { return field(d, 5, 3, 10) | field(d, 2, 2, 6) | field(d, 6, 6, 5); }
constexpr u32 short8(u32 d) { return field(d, 5, 3, 10) | field(d, 7, 6, 5); }

// `funct3` is that of the loads by quadrant 0; from sp it is the same in quadrant 2. Stores have 4 more.
u16 load(u32 funct3, bool wide, u32 to, u32 base, u32 d) {
  if (d & (wide ? 7 : 3)) return 0;
  if (base == sp && d < (wide ? 512 : 256)) return inst(funct3, 2, (wide ? load_sp8(d) : load_sp4(d)) | to << 7);
  if (!is_short(to) || !is_short(base) || d >= (wide ? 256 : 128)) return 0;
  return inst(funct3, 0, (wide ? short8(d) : short4(d)) | at7(base) | at2(to));
}
u16 store(u32 funct3, bool wide, u32 from, u32 base, u32 d) {
  if (d & (wide ? 7 : 3)) return 0;
  if (base == sp && d < (wide ? 512 : 256)) return inst(funct3, 2, (wide ? store_sp8(d) : store_sp4(d)) | from << 2);
  if (!is_short(from) || !is_short(base) || d >= (wide ? 256 : 128)) return 0;
  return inst(funct3, 0, (wide ? short8(d) : short4(d)) | at7(base) | at2(from));
}

u16 add_immediate(u32 to, u32 x, i32 imm) {
  if (to == 0) return x == 0 && imm == 0 ? u16(1) : u16(0);  // nop
  if (x == 0) return fits_signed(imm, 6) ? ci(2, to, u32(imm)) : 0;
  if (imm == 0) return cr(8, to, x);  // mv
  if (to == x && fits_signed(imm, 6)) return ci(0, to, u32(imm));
  if (x != sp) return 0;
  u32 n = u32(imm);
  if (to == sp && imm % 16 == 0 && fits_signed(imm, 10)) {
    return inst(3, 1, field(n, 9, 9, 12) | sp << 7 | field(n, 4, 4, 6) | field(n, 6, 6, 5) | field(n, 8, 7, 3) |
                          field(n, 5, 5, 2));
  }
  if (is_short(to) && imm > 0 && imm < 1024 && imm % 4 == 0)
    return inst(0, 0, field(n, 5, 4, 11) | field(n, 9, 6, 7) | field(n, 2, 2, 6) | field(n, 3, 3, 5) | at2(to));
  return 0;
}

// x op= y; y op x where op commutes.
u16 two_operands(u32 funct, bool commutes, u32 to, u32 x, u32 y) {
  if (!is_short(x) || !is_short(y)) return 0;
  if (to == x) return ca(funct, x, y);
  return commutes && to == y ? ca(funct, y, x) : 0;
}

// The immediates of formats J and B.
constexpr i32 jump_distance(u32 word) {
  return i32(word & 0x80000000) >> 11 | i32(word & 0xff000) | i32(field(word, 20, 20, 11) | field(word, 30, 21, 1));
}
constexpr i32 branch_distance(u32 word) {
  return i32(word & 0x80000000) >> 19 | i32(field(word, 7, 7, 11) | field(word, 30, 25, 5) | field(word, 11, 8, 1));
}

u16 jump(u32 word) {
  i32 distance = jump_distance(word);
  if ((word >> 7 & 31) != 0 || !fits_signed(distance, 12)) return 0;
  u32 d = u32(distance);
  return inst(5, 1, field(d, 11, 11, 12) | field(d, 4, 4, 11) | field(d, 9, 8, 9) | field(d, 10, 10, 8) |
                        field(d, 6, 6, 7) | field(d, 7, 7, 6) | field(d, 3, 1, 3) | field(d, 5, 5, 2));
}

u16 branch(u32 word, u32 funct3, u32 x, u32 y) {
  i32 distance = branch_distance(word);
  if (x == 0) std::swap(x, y);
  if (funct3 > 1 || y != 0 || !is_short(x) || !fits_signed(distance, 9)) return 0;
  u32 d = u32(distance);
  return inst(6 + funct3, 1, field(d, 8, 8, 12) | field(d, 4, 3, 10) | at7(x) | field(d, 7, 6, 5) |
                                 field(d, 2, 1, 3) | field(d, 5, 5, 2));
}

}  // namespace

u16 compress(u32 word) {
  u32 to = word >> 7 & 31, x = word >> 15 & 31, y = word >> 20 & 31;
  u32 funct3 = word >> 12 & 7, funct7 = word >> 25;
  i32 i = i32(word) >> 20;                        // the immediate of format I
  u32 s = (word >> 25 & 0x7f) << 5 | (word >> 7 & 31);  // of format S, where it is not negative
  u32 shift = word >> 20 & 63;
  switch (word & 0x7f) {
    case 0x13:
      switch (funct3) {
        case 0: return add_immediate(to, x, i);
        case 1:
          return word >> 26 == 0 && to == x && to != 0 && shift != 0
                     ? inst(0, 2, field(shift, 5, 5, 12) | to << 7 | field(shift, 4, 0, 2))
                     : 0;
        case 5:
          if (to != x || !is_short(to) || shift == 0) return 0;
          return word >> 26 == 0 ? cb(0, to, shift) : word >> 26 == 0x10 ? cb(1, to, shift) : 0;
        case 7: return to == x && is_short(to) && fits_signed(i, 6) ? cb(2, to, u32(i)) : 0;
        default: return 0;
      }
    case 0x1b:
      if (funct3 != 0 || to == 0 || !fits_signed(i, 6)) return 0;
      return x == 0 ? ci(2, to, u32(i)) : to == x ? ci(1, to, u32(i)) : 0;
    case 0x33:
      if (funct7 == 0x20) return funct3 == 0 ? two_operands(0, false, to, x, y) : 0;
      if (funct7 != 0) return 0;
      switch (funct3) {
        case 0:
          if (to == 0 || (x == 0 && y == 0)) return 0;
          if (x == 0 || y == 0) return cr(8, to, x | y);  // mv
          return to == x ? cr(9, to, y) : to == y ? cr(9, to, x) : 0;
        case 4: return two_operands(1, true, to, x, y);
        case 6: return two_operands(2, true, to, x, y);
        case 7: return two_operands(3, true, to, x, y);
        default: return 0;
      }
    case 0x3b:
      if (funct3 != 0) return 0;
      return funct7 == 0x20 ? two_operands(4, false, to, x, y) : funct7 == 0 ? two_operands(5, true, to, x, y) : 0;
    case opcode_lui: {
      i32 upper = i32(word) >> 12;
      return to != 0 && to != sp && upper != 0 && fits_signed(upper, 6) ? ci(3, to, u32(upper)) : 0;
    }
    case opcode_load:
      if (i < 0 || to == 0) return 0;
      return funct3 == 2 ? load(2, false, to, x, u32(i)) : funct3 == 3 ? load(3, true, to, x, u32(i)) : 0;
    case opcode_load_fp: return i >= 0 && funct3 == 3 ? load(1, true, to, x, u32(i)) : 0;
    case opcode_store: return funct3 == 2 ? store(6, false, y, x, s) : funct3 == 3 ? store(7, true, y, x, s) : 0;
    case opcode_store_fp: return funct3 == 3 ? store(5, true, y, x, s) : 0;
    case opcode_branch: return branch(word, funct3, x, y);
    case opcode_jal: return jump(word);
    case opcode_jalr: return i == 0 && x != 0 && to <= 1 ? cr(8 + to, x, 0) : 0;
    case 0x73: return word == info(Plain::Ebreak).word ? cr(9, 0, 0) : 0;
    default: return 0;
  }
}

}  // namespace skerry::riscv64
