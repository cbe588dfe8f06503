// CodeNotes: what an instruction of compiled code stands for, in words: places in the .wasm, traps, callees, and fields
// of the instance.

#pragma once

#include <string>

#include "engine/codegen/target.h"
#include "engine/wasm/features.h"
#include "tools/disassembly.h"

namespace skerry::tools {

// function 3 "fib"
std::string function_name(const wasm::Module& module, FuncIndex function);

// The functions that are meant: all of the module's own, or one by its index or name.
Result<std::vector<FuncIndex>> choose_functions(const wasm::Module& module, const std::string& wanted);

// Whether notes say where in the .wasm a trap or a call is, for those who do not see it otherwise.
enum class NotePlaces : u8 { Yes, No };

class CodeNotes {
 public:
  CodeNotes(const wasm::Module& module, const InstanceLayout& layout, Features features, NotePlaces places)
      : module_(module), layout_(layout), features_(features), places_(places) {}

  std::string of(FuncIndex function, const Line& line, const codegen::CompiledFunction& compiled) const;

 private:
  std::string wasm_at(FuncIndex function, const codegen::CompiledFunction& compiled, u32 position) const;

  const wasm::Module& module_;
  const InstanceLayout& layout_;
  const Features features_;
  const NotePlaces places_;
};

}  // namespace skerry::tools
