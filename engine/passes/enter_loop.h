// enter_loop: a function -> the same function, begun at the head of one of its loops (docs/tiers.md).
//
// A frame that has come to the head of a loop is to go on in another body. What goes on from there are blocks behind
// that head in the text, and, by the back edges of the loops around, those loops again from their heads:
//
//   loop A { ..; loop B { x } y }     entered at B    =>    entry; loop B { x } y; loop A { ..; loop B { x } y }
//
// So the part that follows the head is copied for the loop itself and for each loop around it, outwards, and a jump to
// the head of a loop around goes to the copy that begins there. Each loop is entered at its head only, blocks stand in
// the order of the old text within each copy, and jumps between copies go forwards: the order of docs/ir.md holds.
//
// A value that was made in front of a copy's head dominates it, hence it has not changed since the frame came to the
// loop: in all copies it is the value of the entry block, which has it from the cells of LoopValue. One that has no
// cell, since the old code keeps it nowhere, is a constant, or pure and computed again.

#pragma once

#include <span>
#include <vector>

#include "engine/ir/function.h"

namespace skerry::passes {

class EnterLoop {
 public:
  static constexpr u32 most_copies = 8;
  static constexpr u32 most_cells = 1024;
  // Instructions of the result, at most: so many for each of the function, and some.
  static constexpr u32 growth = 4, spare = 4096;

  using HasCell = bool (*)(const void* context, ir::Value value);
  // False: the loop cannot be entered, or not within the bounds. Nothing is to be read then.
  bool run(const ir::Function& from, ir::Loop loop, HasCell has_cell, const void* context);

  const ir::Function& function() const { return out_; }
  // What the cells hold: values of the old function, behind which come its frame slots in order.
  std::span<const ir::Value> cells() const { return cells_; }

 private:
  using Block = ir::Block;
  using Inst = ir::Inst;
  using Loop = ir::Loop;
  using Value = ir::Value;
  static constexpr u32 none = ~u32{0};

  struct Copy {
    Block header;              // old
    u32 first_value;           // old, of the header
    bool is_wanted = false;
    std::vector<u32> blocks;   // old, ascending
    u32 first_block = 0;       // new, of the first
  };

  void find_copies(Loop loop);
  bool find_blocks();
  bool find_entry_values();
  bool need(Value value);
  void write_entry();
  void write_copy(u32 index);
  void write_block(u32 index, Block block);
  void open_loops(u32 index, Block block);
  Loop new_loop(Loop old) const { return old.is_none() ? Loop::none() : Loop(loops_[old.raw()]); }
  u32 renamed(u32 old) const { return values_[old]; }
  u32 move_list(u32 at, u32 fixed, u32 count);
  u32 move_target(u32 index, u32 target);

  const ir::Function* from_ = nullptr;
  HasCell has_cell_ = nullptr;
  const void* context_ = nullptr;
  ir::Function out_;
  std::vector<Copy> copies_;        // the loop's own first, then outwards
  std::vector<u32> copy_at_;        // by old block: which copy begins at it
  std::vector<u32> needed_;         // old values of the entry block, ascending
  std::vector<u8> is_needed_;       // by old value
  std::vector<u32> entry_values_;   // by old value: new, of the entry block
  std::vector<u32> values_;         // the same, and of the copy that is written
  std::vector<u32> new_blocks_;     // by old block, of the copy that is written
  std::vector<u32> loops_;          // by old loop, likewise
  std::vector<ir::Value> cells_;
};

}  // namespace skerry::passes
