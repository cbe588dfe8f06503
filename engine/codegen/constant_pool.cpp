#include "engine/codegen/constant_pool.h"

#include <algorithm>
#include <bit>

namespace skerry::codegen {

// The slot that holds the constant, else the slot that is to hold it: a free one or, where max_probes are taken,
// one that then forgets its constant. Constants that a hostile module chose so as to collide thus cost no more
// than others, and are emitted more than once.
u32 ConstantPool::find_slot(const Constant& constant) const {
  constexpr u32 max_probes = 8;
  constexpr u64 factor = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
  // The upper bits of the product depend on all bits of the constant, its lower ones on the lower ones alone,
  // which are zeros in short floating-point numbers.
  u64 hash = (constant.low ^ constant.high * factor) * factor;
  u32 first = u32(hash >> (64 - std::countr_zero(slots_.size()))), mask = u32(slots_.size()) - 1;
  for (u32 probe = 0; probe < max_probes; ++probe) {
    u32 slot = (first + probe) & mask, entry = slots_[slot];
    if (entry == 0 || constants_[entry - 1] == constant) return slot;
  }
  return first;
}

void ConstantPool::insert(u32 index) {
  u32 slot = find_slot(constants_[index]);
  slot_of_[index] = slot;
  slots_[slot] = index + 1;
}

u32 ConstantPool::add(const Constant& constant) {
  if (2 * (constants_.size() + 1) > slots_.size()) {
    slots_.assign(std::max<usize>(16, 2 * slots_.size()), 0);
    for (u32 i = 0; i < constants_.size(); ++i) insert(i);
  }
  u32 entry = slots_[find_slot(constant)];
  if (entry != 0 && constants_[entry - 1] == constant) return entry - 1;
  constants_.push_back(constant);
  slot_of_.push_back(0);
  insert(u32(constants_.size() - 1));
  return u32(constants_.size() - 1);
}

void ConstantPool::clear() {
  for (u32 slot : slot_of_) slots_[slot] = 0;
  constants_.clear();
  slot_of_.clear();
}

}  // namespace skerry::codegen
