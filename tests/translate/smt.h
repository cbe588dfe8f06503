// Terms of SMT-LIB for the integer part of the IR: what a solver needs to prove that two values are equal, whatever the
// parameters are (SMT-LIB 2.6, theories FixedSizeBitVectors and FloatingPoint).
//
//   smt::Terms terms(function);
//   terms.value(v)    "(bvadd i0 #x00000001)": a bit vector of the type's width
//   terms.trap(v)     0 as a bit vector of 8 bits if the instruction does not trap, else its code + 1
//
// Parameters are constants that declarations() declares, by type and number: i0, l1, f0, d0; the memory that a load
// reads
// is one too, m. What the theories have no term for (arithmetic of floats) is opaque: a function that nothing is known
// of.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/ir/function.h"

namespace skerry::smt {

bool is_opaque(ir::Op op);
std::string declarations(u32 params_of_each_type);

class Terms {
 public:
  explicit Terms(const ir::Function& function) : function_(function) {}

  std::string value(ir::Value value) const;
  std::string trap(ir::Value value) const;

 private:
  std::string integer(const ir::Inst& inst) const;

  const ir::Function& function_;
};

// Gives the text to z3: the lines that it answers, nothing if there is no z3.
std::optional<std::vector<std::string>> solve(const std::string& text);

}  // namespace skerry::smt
