// compile: the bodies of a validated module -> machine code, on several threads.
//
// Functions are independent. Threads take runs of neighbouring functions, translate and
// compile them into buffers of their own; afterwards the buffers are laid out in the order of
// the module, so that the code does not depend on who compiled what. The error of the first
// function in the module that has one is the result.

#pragma once

#include <functional>
#include <optional>

#include "engine/runtime/compiled_module.h"
#include "engine/translate/translate.h"

namespace skerry::runtime {

// One thread's working memory: bodies in, machine code out.
class FunctionCompiler {
 public:
  FunctionCompiler(const Engine& engine, const wasm::Module& module, const InstanceLayout& layout,
                   codegen::CallStyle calls, Gear gear);

  ~FunctionCompiler();
  FunctionCompiler(const FunctionCompiler&) = delete;
  FunctionCompiler& operator=(const FunctionCompiler&) = delete;

  // The result is valid until the next call.
  Result<const codegen::CompiledFunction*> compile(FuncIndex function);
  // The same of a function that is translated already.
  const codegen::CompiledFunction* compile(const ir::Function& function);
  // What passes have done since the last time, to the engine's counts; the destructor does so as well.
  void tell_counts();

  // For people who look inside: told of the IR after each stage, by the stage's name; and what the last call made of it.
  using Watch = std::function<void(std::string_view stage, const ir::Function& function)>;
  void set_watch(Watch watch);
  std::vector<codegen::ListedInst> listing() const { return scratch_->listing(); }

  // What the last call compiled, and in the gear quick, where its values are.
  const ir::Function& function() const { return function_; }
  codegen::FrameView frame() const { return scratch_->frame(); }

 private:
  const codegen::CompiledFunction* generate();

  const Engine& engine_;
  const wasm::Module& module_;
  const InstanceLayout& layout_;
  codegen::Settings settings_;
  const translate::Options options_;
  translate::Scratch translate_scratch_;
  std::unique_ptr<codegen::Scratch> scratch_;
  ir::Function function_;
  passes::Callees callees_;
  std::optional<passes::Pipeline> pipeline_;  // of the best gear
  codegen::CompiledFunction compiled_;
  codegen::AllocationCounts allocation_;
  Watch watch_;
};

Result<ModuleCode> compile_module(const Engine& engine, const wasm::Module& module, const InstanceLayout& layout);

}  // namespace skerry::runtime
