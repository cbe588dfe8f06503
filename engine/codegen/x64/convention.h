// The calling convention of compiled code on x86-64, as docs/abi.md has it: which places
// arguments and results have.

#pragma once

#include <span>

#include "engine/codegen/allocation.h"
#include "engine/codegen/x64/registers.h"
#include "engine/wasm/types.h"

namespace skerry::x64 {

constexpr Gpr instance_register = Gpr::R14;
constexpr Gpr far_register = Gpr::R10;  // the record of a call that may leave the instance; scratch
constexpr Gpr scratch_gpr = Gpr::R11;
constexpr Xmm scratch_xmm = Xmm::Xmm15;
constexpr Xmm second_scratch_xmm = Xmm::Xmm14;

inline constexpr Gpr argument_gprs[] = {Gpr::Rdi, Gpr::Rsi, Gpr::Rdx, Gpr::Rcx, Gpr::R8, Gpr::R9, Gpr::Rax};
inline constexpr Gpr result_gprs[] = {Gpr::Rax, Gpr::Rcx, Gpr::Rdx, Gpr::Rsi, Gpr::Rdi, Gpr::R8, Gpr::R9};
constexpr u32 argument_gpr_count = 7, result_gpr_count = 7, argument_xmm_count = 8, result_xmm_count = 8;
inline constexpr Gpr callee_saved[] = {Gpr::Rbx, Gpr::R12, Gpr::R13, Gpr::R15};

constexpr u32 register_number(Gpr reg) { return number(reg); }
constexpr u32 register_number(Xmm reg) { return codegen::float_register_base + number(reg); }

inline constexpr codegen::RegisterFile register_file = {
    {{{0 /*rax*/, 1 /*rcx*/, 2 /*rdx*/, 6 /*rsi*/, 7 /*rdi*/, 8, 9, 3 /*rbx*/, 12, 13, 15}, 11},
     {{32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45}, 14}},
    u64{1} << 3 | u64{1} << 12 | u64{1} << 13 | u64{1} << 15};

// Hands out places one value after another: registers, then words of the stack.
class PlaceCounter {
 public:
  constexpr PlaceCounter(std::span<const Gpr> gprs, u32 xmms) : gprs_(gprs), xmms_(xmms) {}
  struct Where {
    bool in_register;
    u32 index;  // register number, or word
  };
  constexpr Where next(bool is_float) {
    if (is_float) {
      if (used_xmms_ < xmms_) return {true, codegen::float_register_base + used_xmms_++};
    } else if (used_gprs_ < gprs_.size()) {
      return {true, number(gprs_[used_gprs_++])};
    }
    return {false, words_++};
  }
  constexpr u32 words() const { return words_; }

 private:
  std::span<const Gpr> gprs_;
  u32 xmms_;
  u32 used_gprs_ = 0, used_xmms_ = 0, words_ = 0;
};

constexpr PlaceCounter argument_places() { return {argument_gprs, argument_xmm_count}; }
constexpr PlaceCounter result_places() { return {result_gprs, result_xmm_count}; }

// How many words of the caller's memory a function's results overflow into.
inline u32 overflowing_results(const FuncType& type) {
  PlaceCounter places = result_places();
  for (ValueType result : type.results) places.next(ir::is_float(ir::type_of(result)));
  return places.words();
}
// How many words of arguments are on the stack.
inline u32 stack_arguments(const FuncType& type) {
  PlaceCounter places = argument_places();
  if (overflowing_results(type)) places.next(false);
  for (ValueType param : type.params) places.next(ir::is_float(ir::type_of(param)));
  return places.words();
}

}  // namespace skerry::x64
