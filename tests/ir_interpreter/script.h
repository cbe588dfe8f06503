// Scripts of the WebAssembly test suite, run by the interpreter of the IR.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/ir_interpreter/interpreter.h"

namespace skerry::oracle {

struct ScriptResult {
  u32 commands = 0;
  std::vector<std::string> failures;  // "line 12: ..."
};

ScriptResult run_script(std::string_view wast, Features features, const translate::Options& options = {});

}  // namespace skerry::oracle
