// translate: a function body -> ir::Function, while it is validated.
//
//   translate::Scratch scratch;                  // one per thread, reused
//   ir::Function function;                       // likewise
//   TRY(translate_function(module, index, features, {}, scratch, function));
//
// The module has passed validate_module. The errors are those of validate_function, and Limit
// where the SSA form of a body would be out of all proportion to it (a thousand values carried
// over each of a million branches).
//
// What is made of what:
//
//   local.get, .set, .tee  nothing: an array says which value each local has now
//   block, if, else        nothing, until something branches to the end
//   loop                   a block with parameters for the locals that the loop assigns (prescan.h)
//   end                    if something branched here, a block with parameters for results, and for
//                          locals that were assigned inside and differ between the edges
//   br, br_if, br_table    Jump, Branch, BrTable; the block goes on where no edge comes in between
//   drop, nop              nothing
//
// Where the prescan, or what edges carry, exceeds its budget, the function is translated again with its
// locals in frame slots: edges then carry only operands. TranslateOutcome says so.

#pragma once

#include <memory>

#include "base/result.h"
#include "engine/ir/function.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"

namespace skerry::translate {

// Where locals live: as values, or where that is out of proportion in frame slots.
enum class LocalsPolicy : u8 { Values, Slots };

struct Options {
  bool fuel = false;  // count operators (docs/ir.md)
  LocalsPolicy locals = LocalsPolicy::Values;  // Slots: always
  bool reuse = true;  // of what a block has computed already
};

struct TranslateOutcome {
  bool locals_in_slots = false;
  u64 work = 0;  // bytes scanned, instructions and list entries made: what the time is in proportion to
};

// The arrays of one translation, kept from function to function. One thread at a time.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(Scratch&&) noexcept;
  Scratch& operator=(Scratch&&) noexcept;

  struct Arrays;
  Arrays& arrays() { return *arrays_; }

 private:
  std::unique_ptr<Arrays> arrays_;
};

Result<TranslateOutcome> translate_function(const wasm::Module& module, FuncIndex index, Features features,
                                            const Options& options, Scratch& scratch, ir::Function& out);

}  // namespace skerry::translate
