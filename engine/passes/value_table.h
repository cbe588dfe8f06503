// ValueTable: what is known to compute what, for numbering values of a function that is being written.
//
// A table by the fields of an instruction and the version of the state that it reads (0: none). An entry holds in
// the blocks that the block in which it was made dominates. Where an equal key is made anew because the known one does
// not dominate, the new one takes its place: it lies nearer to what comes.
//
// Open addressing; the table doubles when it is half full, so that a look-up takes constant steps.

#pragma once

#include <bit>
#include <array>

#include "engine/ir/builder.h"
#include "engine/passes/dominators.h"

namespace skerry::passes {

// Of all fields of an instruction, and one number more.
inline u64 hash_of(const ir::Inst& inst, u32 number) {
  auto words = std::bit_cast<std::array<u64, 2>>(inst);
  u64 mixed = (words[0] ^ u64{number} << 32) * 0x9e3779b97f4a7c15 ^ words[1];
  mixed *= 0xd6e8feb86659fd93;
  return mixed ^ mixed >> 32;
}

class ValueTable {
 public:
  void reset(ir::Function& function, ir::Builder& builder, const DominatorTree& dominators, u32 expected) {
    function_ = &function;
    builder_ = &builder;
    dominators_ = &dominators;
    usize size = std::bit_ceil(usize{expected} * 2 + 64);
    entries_.assign(size, {});
    used_ = 0;
    reused_ = 0;
  }
  u64 reused() const { return reused_; }

  // The instruction, appended unless it is known.
  ir::Value add(const ir::Inst& inst) { return add(inst, 0); }
  ir::Value add(const ir::Inst& inst, u32 version) {
    Entry& entry = at(inst, version);
    if (holds(entry)) return ++reused_, ir::Value(entry.value);
    ir::Value value = builder_->append(inst);
    put(entry, inst, version, value);
    return value;
  }
  ir::Value constant(ir::Type type, u64 bits) {
    return add({.op = ir::Op::Const, .type = type, .b = u32(bits), .c = u32(bits >> 32)});
  }

  // Without appending: what is known, or none; and what is to be known from here on.
  ir::Value find(const ir::Inst& inst, u32 version) {
    Entry& entry = at(inst, version);
    return holds(entry) ? ir::Value(entry.value) : ir::Value::none();
  }
  void know(const ir::Inst& inst, u32 version, ir::Value value) { put(at(inst, version), inst, version, value); }

 private:
  static constexpr u32 none = ~u32{0};
  struct Entry {
    ir::Inst inst;
    u32 version = 0;
    u32 value = none;
    u32 block = 0;
  };

  bool holds(const Entry& entry) const {
    return entry.value != none && dominators_->dominates(ir::Block(entry.block), here());
  }
  ir::Block here() const { return ir::Block(function_->blocks.size() - 1); }

  void put(Entry& entry, const ir::Inst& inst, u32 version, ir::Value value) {
    bool is_new = entry.value == none;
    entry = {inst, version, value.raw(), here().raw()};
    if (is_new && ++used_ * 2 > entries_.size()) grow();
  }

  Entry& at(const ir::Inst& inst, u32 version) {
    usize mask = entries_.size() - 1;
    for (usize i = hash_of(inst, version) & mask;; i = (i + 1) & mask) {
      Entry& entry = entries_[i];
      if (entry.value == none || (entry.version == version && entry.inst == inst)) return entry;
    }
  }
  void grow() {
    std::vector<Entry> old(entries_.size() * 2);
    std::swap(old, entries_);
    for (const Entry& entry : old) if (entry.value != none) at(entry.inst, entry.version) = entry;
  }

  ir::Function* function_ = nullptr;
  ir::Builder* builder_ = nullptr;
  const DominatorTree* dominators_ = nullptr;
  std::vector<Entry> entries_;
  usize used_ = 0;
  u64 reused_ = 0;
};

}  // namespace skerry::passes
