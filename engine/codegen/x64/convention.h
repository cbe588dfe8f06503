// The calling convention of compiled code on x86-64, as docs/abi.md has it: which places
// arguments and results have.

#pragma once

#include <iterator>

#include "engine/codegen/convention.h"
#include "engine/codegen/x64/registers.h"

namespace skerry::x64 {

class Assembler;

constexpr Gpr instance_register = Gpr::R14;
constexpr Gpr far_register = Gpr::R10;  // the record of a call that may leave the instance; scratch
constexpr Gpr scratch_gpr = Gpr::R11;
constexpr Xmm scratch_xmm = Xmm::Xmm15;
constexpr Xmm second_scratch_xmm = Xmm::Xmm14;

inline constexpr Gpr argument_gprs[] = {Gpr::Rdi, Gpr::Rsi, Gpr::Rdx, Gpr::Rcx, Gpr::R8, Gpr::R9, Gpr::Rax};
inline constexpr Gpr result_gprs[] = {Gpr::Rax, Gpr::Rcx, Gpr::Rdx, Gpr::Rsi, Gpr::Rdi, Gpr::R8, Gpr::R9};
inline constexpr Gpr callee_saved[] = {Gpr::Rbx, Gpr::R12, Gpr::R13, Gpr::R15};

constexpr u32 register_number(Gpr reg) { return number(reg); }
constexpr u32 register_number(Xmm reg) { return codegen::float_register_base + number(reg); }

inline constexpr codegen::RegisterFile register_file = {
    {{{0 /*rax*/, 1 /*rcx*/, 2 /*rdx*/, 6 /*rsi*/, 7 /*rdi*/, 8, 9, 3 /*rbx*/, 12, 13, 15}, 11},
     {{32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45}, 14}},
    u64{1} << 3 | u64{1} << 12 | u64{1} << 13 | u64{1} << 15};

using PlaceCounter = codegen::PlaceCounter<Gpr>;
inline constexpr codegen::Convention<Gpr> convention = {argument_gprs, result_gprs, callee_saved, register_number(Xmm::Xmm0), 8};
constexpr u32 argument_gpr_count = std::size(argument_gprs), argument_xmm_count = convention.floats;

constexpr PlaceCounter argument_places() { return convention.argument_places(); }
constexpr PlaceCounter result_places() { return convention.result_places(); }
inline u32 overflowing_results(const FuncType& type) { return convention.overflowing_results(type); }
inline u32 stack_arguments(const FuncType& type) { return convention.stack_arguments(type); }

// What is called through an entry of a table: the TableEntry in the far register becomes the FuncRecord there.
void far_record_from_entry(Assembler& a);

}  // namespace skerry::x64
