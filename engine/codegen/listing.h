// listing: VCode with the places of its operands, as text for people.
//
//   Alu.32 #1 rax:v7 = rax:v3, slot2:v5
//
// An operand is the place that the allocator gave it, then its virtual register; slots are of the frame. What aux (#)
// and imm (at the end) mean is the ISA's: they are told as numbers where they are not zero.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codegen/allocation.h"

namespace skerry::codegen {

struct ListedInst {
  static constexpr u32 no_position = ~u32{0};
  u32 position;  // in the .wasm; none: the head of a block
  std::string text;
};

// `name` gives a register of Place::reg() its name.
std::vector<ListedInst> list(const VCode& code, std::span<const VOpInfo> ops, const Allocation& allocation,
                             std::string_view (*name)(u32 reg));

}  // namespace skerry::codegen
