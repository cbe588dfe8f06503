// Machine: the functions of a module as machine code, in the least instance that runs them.
//
// No runtime and no signal handlers: traps are calls, memories are checked explicitly. A
// module may have functions, globals and one memory, and no imports; globals begin as zero. It is how code
// generation is tested by itself, against the interpreter of the IR.

#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/codegen/target.h"
#include "engine/codegen/x64/cpu.h"
#include "tests/ir_interpreter/interpreter.h"

namespace skerry::tests {

class Machine {
 public:
  Machine(const oracle::Program& program, x64::CpuFeatures cpu);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  oracle::Outcome invoke(std::string_view exported, std::span<const u64> arguments);
  std::span<u8> memory() { return memory_; }

 private:
  u8* place(std::span<const u8> code);

  const oracle::Program& program_;
  InstanceLayout layout_;
  std::unique_ptr<codegen::Target> target_;
  u8* code_ = nullptr;
  u8* code_end_ = nullptr;
  std::vector<u8> memory_;
  std::vector<u64> instance_;
  std::vector<const void*> builtins_;
  IndexMap<FuncIndex, const u8*> functions_;
  MemoryRecord memory_record_{};
  StoreState state_{};
};

}  // namespace skerry::tests
