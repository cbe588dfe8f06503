// Numbering: appends instructions so that none computes what is known already.
//
// A direct-mapped table of fixed size holds, by the hash of all their fields, the values of
// instructions. A new instruction that equals the one in its place is not appended. An entry
// serves if it is not before the start of the current extended block (a chain of blocks each of
// which has the one before as its only predecessor, so that all of the chain so far dominates
// what comes) and, where it reads state, not before the last instruction that may have changed
// that state. Since the fields in the function itself are compared, a stale entry does no harm,
// and the table needs no clearing.
//
// An instruction that traps may be numbered: an equal one that went before did not trap.

#pragma once

#include <array>
#include <bit>

#include "engine/ir/builder.h"

namespace skerry::translate {

// What an instruction that may be numbered depends on beside its fields.
enum class State : u8 { Memory, MemorySize, Global, Table, Slot, Count };

class Numbering {
 public:
  Numbering(ir::Function& function, ir::Builder& builder) : function_(function), builder_(builder) {}

  // A new function; without reuse, everything that is added is appended.
  enum class Reuse : u8 { Yes, No };
  void reset(Reuse reuse) {
    floor_ = reuse == Reuse::Yes ? 0 : ~u32{0};
    start_ = floor_;
    changed_.fill(0);
  }
  // What comes is not dominated by what is there.
  void begin_extended_block() { start_ = std::max(builder_.next().raw(), floor_); }
  // The next instruction changes this state, or all of it.
  void change(State state) { changed_[u8(state)] = builder_.next().raw(); }
  void change_all() { changed_.fill(builder_.next().raw()); }

  ir::Value add(ir::Inst inst) { return add_since(inst, start_); }
  ir::Value add(ir::Inst inst, State state) {
    return add_since(inst, std::max(start_, changed_[u8(state)]));
  }
  ir::Value constant(ir::Type type, u64 bits) {
    return add({.op = ir::Op::Const, .type = type, .b = u32(bits), .c = u32(bits >> 32)});
  }

 private:
  static constexpr u32 table_bits = 9;

  ir::Value add_since(ir::Inst inst, u32 start) {
    auto words = std::bit_cast<std::array<u64, 2>>(inst);
    u64 hash = (words[0] ^ (words[1] * 0x9e3779b97f4a7c15)) * 0xd6e8feb86659fd93;
    u32& entry = table_[hash >> (64 - table_bits)];
    if (entry >= start && entry < function_.insts.size()) {
      auto known = std::bit_cast<std::array<u64, 2>>(function_[ir::Value(entry)]);
      if (((known[0] ^ words[0]) | (known[1] ^ words[1])) == 0) return ir::Value(entry);
    }
    ir::Value value = builder_.append(inst);
    entry = value.raw();
    return value;
  }

  ir::Function& function_;
  ir::Builder& builder_;
  u32 floor_ = 0;  // no entry before it serves in this function
  u32 start_ = 0;  // the first instruction of the extended block
  std::array<u32, u8(State::Count)> changed_ = {};  // by state: no entry before it serves
  std::array<u32, 1 << table_bits> table_ = {};
};

}  // namespace skerry::translate
