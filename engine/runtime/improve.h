// Improver: a function that has become hot -> its body by the gear best, whole or entered at a loop; and one that is
// about to be called -> its body by the gear quick (docs/tiers.md).
//
// One thread's working memory for the modules that it works on, one after the other. release() gives it back; it must
// be called before the module that was worked on last is dropped. Whoever wants the processor has it between two
// passes.

#pragma once

#include <memory>

#include "engine/codegen/allocation.h"
#include "engine/passes/enter_loop.h"
#include "engine/runtime/compile.h"

namespace skerry::runtime {

// Where the frame of a quick body keeps what a body that is entered at one of its loops wants.
struct FrameTable {
  struct Cell {
    codegen::Place place;
    ir::Type type;
  };
  std::vector<Cell> cells;       // in the order of LoopValue
  u64 saved_registers = 0;       // callee-saved ones that it keeps, the lowest right below the frame pointer
  codegen::Place result_pointer; // where results go that overflow; none: there are no such results
};

class Improver {
 public:
  // Valid until the next call. The error is of translation, which has succeeded before, or there is not enough memory.
  Result<const codegen::CompiledFunction*> whole(const CompiledModule& module, FuncIndex function);
  // `loop` in the order of the function's loops. Null: it cannot be entered (passes/enter_loop.h).
  Result<const codegen::CompiledFunction*> at_loop(const CompiledModule& module, FuncIndex function, u32 loop,
                                                   FrameTable& frame);
  // By the gear quick. The caller has seen that there is memory.
  Result<const codegen::CompiledFunction*> quick(const CompiledModule& module, FuncIndex function);
  void release();

 private:
  void turn_to(const CompiledModule& module);
  FunctionCompiler& quick_compiler(const CompiledModule& module);
  Result<void> ready(const CompiledModule& module, FuncIndex function);

  const CompiledModule* module_ = nullptr;
  std::unique_ptr<FunctionCompiler> best_, quick_;
  passes::EnterLoop enter_loop_;
};

}  // namespace skerry::runtime
