// The calling convention of compiled code on riscv64, as docs/abi.md has it: which places
// arguments and results have, and what registers hold.
//
// An i32 or a reference in an integer register has bits 63:32 equal to bit 31, always: in every
// virtual register, spill slot and stack word. So i32 operations are those that end in w, which
// extend their result, or bitwise ones, which keep what their operands have; comparisons, also
// unsigned ones, are those of 64 bits; and what wants an i32 as an unsigned number (an address, i64.extend_i32_u)
// extends it first. The one exception is a sum of which all users read the low half alone (Selection::use_low,
// add_shifted_low), and in the gear best a block's parameter that it is handed to, of which the same is so: it lives
// within the function, as what instructions that end in w, shorter stores and addresses take; it is in no list of
// arguments or results, and no comparison or branch reads it. An f32 is NaN-boxed in its register, and spilled with the box.

#pragma once

#include "engine/codegen/convention.h"
#include "engine/codegen/riscv64/registers.h"

namespace skerry::riscv64 {

class Assembler;

constexpr Gpr instance_register = Gpr::S1;
constexpr Gpr memory_base_register = Gpr::S11;
constexpr Gpr frame_register = Gpr::S0;
constexpr Gpr far_register = Gpr::T1;  // the record of a call that may leave the instance; scratch
constexpr Gpr entry_register = Gpr::T3;  // the entry of a call through a table; no argument is in it
constexpr Gpr scratch_gpr = Gpr::T2;
constexpr Fpr scratch_fpr = Fpr::Ft11;
constexpr Fpr second_scratch_fpr = Fpr::Ft10;

constexpr u32 register_number(Gpr reg) { return number(reg); }
constexpr u32 register_number(Fpr reg) { return codegen::float_register_base + number(reg); }

inline constexpr Gpr argument_gprs[] = {Gpr::A0, Gpr::A1, Gpr::A2, Gpr::A3, Gpr::A4, Gpr::A5, Gpr::A6, Gpr::A7};
inline constexpr Gpr callee_saved[] = {Gpr::S2, Gpr::S3, Gpr::S4, Gpr::S5, Gpr::S6, Gpr::S7, Gpr::S8, Gpr::S9, Gpr::S10};

inline constexpr codegen::Convention<Gpr> convention = {argument_gprs, argument_gprs, callee_saved,
                                                        register_number(Fpr::Fa0), 8};
using PlaceCounter = codegen::PlaceCounter<Gpr>;

// a0 to a5 first, which compressed instructions reach.
inline constexpr codegen::RegisterFile register_file = {
    {{{10, 11, 12, 13, 14, 15, 16, 17, 5 /*t0*/, 28 /*t3*/, 29, 30, 18 /*s2*/, 19, 20, 21, 22, 23, 24, 25, 26}, 21},
     {{42 /*fa0*/, 43, 44, 45, 46, 47, 48, 49, 32 /*ft0*/, 33, 34, 35, 36, 37, 38, 39, 60 /*ft8*/, 61}, 18}},
    u64{0x1ff} << 18};

// What is called through an entry of a table: of the TableEntry in `entry` the FuncRecord, in the far register.
void far_record_from_entry(Assembler& a, Gpr entry);

}  // namespace skerry::riscv64
