// The machines that code is made for, as tests go through them: each ISA with the least CPU and with the most that is
// known of it or, where the tests run on it, that it has.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/codegen/target.h"

namespace skerry::tests {

struct TestTarget {
  std::string name;  // x64_least, x64, riscv64_least, riscv64
  std::unique_ptr<codegen::Target> (*make)();
  bool runs_here;
  bool memory_base_register;  // whether its code may keep memory 0's base in one here
};

const std::vector<TestTarget>& all_targets();
// Those whose code runs here, the least first.
std::vector<const TestTarget*> native_targets();

}  // namespace skerry::tests
