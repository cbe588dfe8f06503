// A symbolic check of a register allocation, independent of how it was made.
//
// It runs through the code with, for each place, the virtual register whose value is there,
// until nothing changes any more: what a block may count on is what all edges into it agree
// on. Every read must find its register where the allocation says that it is. Nothing of
// live ranges is used. (The idea is that of regalloc2's checker, and of abstract
// interpretation in general.)
//
// Where values have several places, operands have been written anew: each must stand for the register that the code had
// there before. Planned moves are followed, those of an edge before its parameters are named. (That a place may still
// hold what a register was an iteration ago misleads nobody: what is read on a second way round is read on the first
// as well, and is not there.)
//
// For tests and debug builds: a state of all places is kept for each block.

#pragma once

#include <string>

#include "engine/codegen/allocation.h"
#include "engine/codegen/vcode.h"

namespace skerry::codegen {

// What is wrong first, in words; empty if all is well, or if the function is too large to be checked. `before` is the
// code as it was before allocation; `code` itself where nothing was written anew.
std::string check_allocation(const ir::Function& function, const VCode& before, const VCode& code,
                             std::span<const VOpInfo> op_infos, const RegisterFile& file, const Allocation& allocation);

// Says so and aborts: an allocation that is wrong is our bug.
[[noreturn]] void allocation_failed(const std::string& wrong);

}  // namespace skerry::codegen
