// The machines that code can be made for, by name.

#pragma once

#include <memory>
#include <string_view>

#include "engine/codegen/target.h"

namespace skerry::runtime {

struct ChosenTarget {
  std::unique_ptr<codegen::Target> target;
  bool runs_here = false;
};

// `name` as in --target, `cpu` as in --cpu; empty: this machine, and all that it can do.
Result<ChosenTarget> choose_target(std::string_view name, std::string_view cpu);

// The machine's number in ELF files.
u16 elf_machine(std::string_view name);

}  // namespace skerry::runtime
