// Prescan: the bytes of a body -> which locals each block, loop and if assigns.
//
// Translation makes block parameters for the locals that may differ where edges meet, and at
// a loop's head it must know them before it has seen the loop. One pass over the bytes, with
// immediates skipped by a table, gives for each structured instruction the distinct locals
// of local.set and local.tee between it and its end.
//
//   Prescan prescan;
//   prescan.scan(code, offset, locals);
//   for (Prescan::Frame frame : prescan.frames) prescan.assigned(frame);
//
// How: a stack holds the locals assigned so far, with a mark where each open frame began. At
// a frame's end, what is above its mark is made distinct in place, copied to `locals`, and
// left where it is, now as a part of the frame outside.
//
// Where n frames nest and assign n locals in the innermost, the lists have n² entries. Past
// a budget, a multiple of the body's size, the scan gives up and says so: over_budget().
// Bytes that are no instruction end the scan; the lists of frames still open are then empty.
// Validation, which reads the same bytes, will not get past that point.

#pragma once

#include <span>

#include "base/array.h"
#include "base/types.h"

namespace skerry::translate {

// Work, and output, that is in proportion to a body of so many bytes.
constexpr u64 budget_of(u64 body_bytes) { return 16 * body_bytes + 4096; }

class Prescan {
 public:
  struct Frame {
    u32 offset;  // of the opcode, in the module
    u32 begin;   // in the array of locals
    u32 count;
  };

  // `code` stands at `offset` in the module and runs to the end of the body; `local_count` includes parameters.
  void scan(std::span<const u8> code, u32 offset, u32 local_count);

  std::span<const Frame> frames() const { return frames_; }  // in the order in which they open
  std::span<const u32> assigned(const Frame& frame) const { return {locals_.data() + frame.begin, frame.count}; }
  bool over_budget() const { return over_budget_; }
  u64 work() const { return work_; }  // bytes and stack entries visited

 private:
  struct Open {
    u32 frame;
    u32 mark;
  };
  void close(const Open& open);

  Array<Frame> frames_;
  Array<u32> locals_;
  Array<u32> stack_;
  Array<Open> open_;
  Array<u32> stamps_;  // by local: the last frame end that saw it, of any body so far
  u32 stamp_ = 0;
  u64 work_ = 0;
  bool over_budget_ = false;
};

}  // namespace skerry::translate
