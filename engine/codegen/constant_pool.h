// The constants that a function's code loads from behind it, each value once.

#pragma once

#include <span>

#include "base/array.h"
#include "base/types.h"

namespace skerry::codegen {

struct Constant {
  u64 low, high;
  u32 size;  // 4, 8 or 16 bytes
  bool operator==(const Constant&) const = default;
};

class ConstantPool {
 public:
  // The index of the constant: that of an equal one, unless many that came between collide with it, else the
  // number of constants so far.
  u32 add(const Constant& constant);
  std::span<const Constant> constants() const { return constants_; }
  // Costs time in proportion to the constants, not to the most there ever were.
  void clear();

 private:
  u32 find_slot(const Constant& constant) const;
  void insert(u32 index);

  Array<Constant> constants_;
  Array<u32> slot_of_;  // parallel to constants_: where in slots_ it was put
  Array<u32> slots_;    // hash table, a power of two: 0, or 1 + index into constants_
};

}  // namespace skerry::codegen
