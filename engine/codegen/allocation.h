// Where values live: the answer of a register allocator, and the machine's registers as
// allocators see them.

#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "engine/codegen/vcode.h"

namespace skerry::codegen {

// A register (class in the upper half: 0..31 integer, 32..63 float), a slot of the frame, or none.
class Place {
 public:
  constexpr Place() = default;
  static constexpr Place reg(u32 number) { return Place(i32(number)); }
  static constexpr Place slot(u32 index) { return Place(-2 - i32(index)); }
  constexpr bool is_none() const { return raw_ == -1; }
  constexpr bool is_reg() const { return raw_ >= 0; }
  constexpr bool is_slot() const { return raw_ < -1; }
  constexpr u32 reg() const { return u32(raw_); }
  constexpr u32 slot() const { return u32(-2 - raw_); }
  constexpr auto operator<=>(const Place&) const = default;

 private:
  constexpr explicit Place(i32 raw) : raw_(raw) {}
  i32 raw_ = -1;
};

constexpr u32 float_register_base = 32;
constexpr u32 register_count = 64;
constexpr RegClass class_of(u32 reg) { return reg < float_register_base ? RegClass::Int : RegClass::Float; }

// What an allocator may use. Orders are of preference, ended by the count.
struct RegisterFile {
  struct Class {
    u8 order[32];
    u32 count;
  };
  Class classes[2];   // by RegClass
  u64 callee_saved;   // a bit a register
};

// A move of a value from one of its places to another. `from` none: of a constant.
struct PlannedMove {
  u32 at;  // the instruction before which it happens, or the target of its edge
  Place to, from;
  VReg value;
};

// What allocations took and came to.
struct AllocationCounts {
  u64 functions = 0;
  u64 work = 0;   // steps
  u64 moves = 0;  // before instructions
  u64 simple = 0;  // functions that were too large for more than a linear scan

  void add(const AllocationCounts& other) {
    functions += other.functions;
    work += other.work;
    moves += other.moves;
    simple += other.simple;
  }
};

struct Allocation {
  IndexMap<VReg, Place> places;
  u32 slot_count = 0;
  u64 used_registers = 0;  // a bit a register: to know which callee-saved ones to keep

  // Where a value may have several places, each is a register of its own: those from `first_copy` on, of which `values`
  // tells whose they are.
  u32 first_copy = ~u32{0};
  std::vector<VReg> values;
  std::vector<PlannedMove> moves;       // ascending; those before one instruction happen at once
  std::vector<PlannedMove> edge_moves;  // all that edges hand over and move, ascending by target
  bool plans_edges = false;             // if not, an edge hands over what the target says, from place to place
  AllocationCounts counts;

  VReg value_of(VReg vreg) const {
    return vreg.is_none() || vreg.raw() < first_copy ? vreg : values[vreg.raw() - first_copy];
  }
  std::span<const PlannedMove> moves_of_edge(u32 target) const {
    auto [first, last] = std::ranges::equal_range(edge_moves, target, {}, &PlannedMove::at);
    return {first, last};
  }
  void clear() {
    places.clear();
    slot_count = 0;
    used_registers = 0;
    first_copy = ~u32{0};
    values.clear();
    moves.clear();
    edge_moves.clear();
    plans_edges = false;
    counts = {};
  }
};

}  // namespace skerry::codegen
