// Debugger: who is told of compiled code in the form of an object file, so that a debugger of the process knows
// functions and lines.
//
//   config.debug_information = DebugInformation::Lines;
//   config.debugger = Debugger::gdb();
//
// The object file has a symbol for each function and lines as an artifact has them: of the program's source where the
// module carries DWARF, else byte offsets in the .wasm. It is made for each module as a whole, so not where functions
// are compiled lazily. Called by whoever makes and drops modules, so by several threads at once.

#pragma once

#include <memory>
#include <span>

#include "skerry/integers.h"

namespace skerry {

class Debugger {
 public:
  virtual ~Debugger() = default;
  // ELF, whose sections and symbols have the addresses of the code. The token is for code_removed.
  virtual void* code_added(std::span<const u8> object) = 0;
  virtual void code_removed(void* token) = 0;

  // By the interface that gdb and lldb look for in a process (`__jit_debug_register_code`).
  static std::shared_ptr<Debugger> gdb();
};

}  // namespace skerry
