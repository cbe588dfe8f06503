// Where values live: the answer of a register allocator, and the machine's registers as
// allocators see them.

#pragma once

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
  constexpr bool operator==(const Place&) const = default;

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

struct Allocation {
  IndexMap<VReg, Place> places;
  u32 slot_count = 0;
  u64 used_registers = 0;  // a bit a register: to know which callee-saved ones to keep
};

}  // namespace skerry::codegen
