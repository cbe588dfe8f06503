// Where a calling convention puts arguments and results: an ISA's lists of registers, and what follows from them.

#pragma once

#include <span>

#include "engine/codegen/allocation.h"
#include "engine/ir/function.h"
#include "engine/wasm/types.h"

namespace skerry::codegen {

// Hands out places one value after another: registers, then words of the stack.
template <class Gpr>
class PlaceCounter {
 public:
  // Floats go to `floats` registers from `first_float` on, numbered as in Place.
  constexpr PlaceCounter(std::span<const Gpr> gprs, u32 first_float, u32 floats)
      : gprs_(gprs), first_float_(first_float), floats_(floats) {}
  struct Where {
    bool in_register;
    u32 index;  // register number, or word
  };
  constexpr Where next(bool is_float) {
    if (is_float) {
      if (used_floats_ < floats_) return {true, first_float_ + used_floats_++};
    } else if (used_gprs_ < gprs_.size()) {
      return {true, u32(gprs_[used_gprs_++])};
    }
    return {false, words_++};
  }
  constexpr u32 words() const { return words_; }

 private:
  std::span<const Gpr> gprs_;
  u32 first_float_, floats_;
  u32 used_gprs_ = 0, used_floats_ = 0, words_ = 0;
};

template <class Gpr>
struct Convention {
  std::span<const Gpr> argument_gprs, result_gprs;
  std::span<const Gpr> callee_saved;
  u32 first_float;  // of arguments and of results
  u32 floats;

  constexpr PlaceCounter<Gpr> argument_places() const { return {argument_gprs, first_float, floats}; }
  constexpr PlaceCounter<Gpr> result_places() const { return {result_gprs, first_float, floats}; }

  // How many words of the caller's memory a function's results overflow into. Its address is then the first argument.
  u32 overflowing_results(const FuncType& type) const {
    PlaceCounter<Gpr> places = result_places();
    for (ValueType result : type.results) places.next(ir::is_float(ir::type_of(result)));
    return places.words();
  }
  // How many words of arguments are on the stack.
  u32 stack_arguments(const FuncType& type) const {
    PlaceCounter<Gpr> places = argument_places();
    if (overflowing_results(type)) places.next(false);
    for (ValueType param : type.params) places.next(ir::is_float(ir::type_of(param)));
    return places.words();
  }
};

}  // namespace skerry::codegen
