// Backtrace: the guest's functions on the stack, as pcs, written down before the stack goes.
//
// Capturing follows frame pointers, innermost first: through compiled functions and the
// stubs between them, past the host's frames by the exits that activations note, to the end
// of the chain. It allocates nothing and may run in a signal handler. Of a deep stack the
// first and the last frames are kept; of those between, how many there were at each of a few places, since a recursion
// has few. Naming them comes later, when there is time.

#pragma once

#include <vector>

#include "engine/abi/instance.h"
#include "engine/runtime/code_ranges.h"
#include "platform/platform.h"
#include "skerry/trap.h"

namespace skerry::runtime {

class Backtrace {
 public:
  // From a fault, at the instruction itself.
  void capture(const platform::FaultContext& fault, const Activation* activation);
  // From the host: from where the innermost activation was left.
  void capture(const Activation* activation);
  void clear() { count_ = left_elsewhere_ = places_ = 0; }

  // The frames with their names; `left_out` is how many there were between the halves.
  std::vector<Frame> frames(u32& left_out) const;
  static constexpr u32 half = 16;

 private:
  enum class Kind : u8 { Instruction, ReturnAddress };
  struct Item {
    u64 pc;
    Kind kind;
  };
  static constexpr u32 most_places = 16;
  struct Place {
    u64 pc;
    u64 count;
  };
  void walk(u64 frame_pointer, u64 low, const Activation* activation);
  void add_caller_without_frame(const platform::FaultContext& fault, const Activation* activation);
  void leave_out(u64 return_address);
  u64 add_exit(const Activation& activation);
  void add(u64 pc, Kind kind);

  u64 count_ = 0;  // all that were seen; the last `half` are a ring behind the first
  Item items_[2 * half];
  u64 left_elsewhere_ = 0;  // left out, at none of the places
  u32 places_ = 0;
  Place left_[most_places];
};

}  // namespace skerry::runtime
