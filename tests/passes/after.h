// A function's text before and after passes of the best gear, verified after each.

#pragma once

#include <string>
#include <string_view>

#include "base/string.h"
#include "engine/ir/parse.h"
#include "engine/ir/print.h"
#include "engine/ir/verify.h"
#include "engine/passes/pipeline.h"

namespace skerry::passes {

// All memories are its own. Globals 0 and 1 are imported and mutable, 2 to 5 its own and mutable, 6 never changes.
inline wasm::Module test_module() {
  wasm::Module module;
  for (u32 i = 0; i < 3; ++i) module.memories.push({});
  module.imported_globals = 2;
  for (u32 i = 0; i < 7; ++i)
    module.globals.push({{ValueType::I32, i < 6 ? Mutability::Var : Mutability::Const}, {}});
  return module;
}

// What is printed after the passes, or what is wrong.
inline std::string after(PassSet passes, std::string_view text, PassCounts* counts = nullptr) {
  Result<ir::ParsedFunction> parsed = ir::parse(text);
  if (!parsed) return parsed.error().message;
  if (Result<void> verified = ir::verify(parsed->function); !verified) return "before: " + verified.error().message;
  static const wasm::Module module = test_module();
  Pipeline pipeline(passes);
  std::string wrong;
  auto watch = [](void* wrong, Pass pass, const ir::Function& function) {
    Result<void> verified = ir::verify(function);
    if (!verified) *static_cast<std::string*>(wrong) += concat(name_of(pass), ": ", verified.error().message, "\n");
  };
  pipeline.set_watch(watch, &wrong);
  pipeline.run(module, parsed->function);
  if (counts) for (const PassCounts& pass : pipeline.counts()) counts->add(pass);
  return wrong.empty() ? ir::print(parsed->function) : wrong + ir::print(parsed->function);
}

inline std::string after(Pass pass, std::string_view text) { return after(only(pass) | only(Pass::Prune), text); }

}  // namespace skerry::passes
