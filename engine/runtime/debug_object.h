// The object file by which a debugger knows code that lies in memory (skerry/debugger.h): ELF with the code's
// addresses, functions as symbols and the debug sections, without the code itself.

#pragma once

#include <vector>

#include "base/types.h"

namespace skerry::runtime {

class CompiledModule;

// Of an eagerly compiled module.
std::vector<u8> write_debug_object(const CompiledModule& module);

}  // namespace skerry::runtime
