// Valid modules to begin with: generated ones, and those of the WebAssembly test suite.

#pragma once

#include <string>
#include <vector>

#include "tests/fuzz/bodies.h"

namespace skerry::fuzz {

std::vector<Bytes> generated_inputs(u32 count);
// Every `step`-th module of the suite of at most 20,000 bytes, damaged ones included. Empty if the suite is not here.
std::vector<Bytes> suite_inputs(u32 step);

}  // namespace skerry::fuzz
